// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Precompiled header: what nearly every source file reads. Never include it by hand; a file
// includes what it uses, and this only makes that cheap (5 s instead of 18 s a file).
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <vector>
