// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Made-up lives for the report's test in a browser: animals written by hand live in the meadow, and
// what an agent would have thought is invented around what they felt.
//
// Role:    tests; nothing of it is a measurement.
#pragma once

#include "forethink/evaluation/lives.h"

/// Five agents, a life that lasts and one that ends early, and diagnoses.
forethink::LivesReport make_lives();
