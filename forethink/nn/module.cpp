// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/nn/module.h"

namespace forethink {

Value Predictor::describe(Formula&, Value, Value) const {
  throw NotCompiled("the predictor " + name() + " has no formula");
}

}  // namespace forethink
