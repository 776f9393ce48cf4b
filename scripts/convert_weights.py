#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""A PyTorch checkpoint as a safetensors file that Forethink's importers read.

    pip install torch safetensors
    python scripts/convert_weights.py walker-walk.pt walker-walk.safetensors

Takes the state dict itself, or what lies under "model" or "state_dict" in the checkpoint. Only tensors of
floating-point numbers are kept, in float32, under their own names. Nothing of the file is executed
(weights_only).
"""
import argparse
import pathlib
import sys

import torch
from safetensors.torch import save_file


def flatten(tree, prefix=""):
    """Names joined by dots: some checkpoints nest their tensors."""
    for name, value in tree.items():
        if torch.is_tensor(value):
            yield prefix + str(name), value
        elif hasattr(value, "items"):
            yield from flatten(value, f"{prefix}{name}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    checkpoint = torch.load(arguments.checkpoint, map_location="cpu", weights_only=True)
    for key in ("model", "state_dict"):
        if hasattr(checkpoint, "keys") and key in checkpoint:
            checkpoint = checkpoint[key]
    if not hasattr(checkpoint, "items"):
        sys.exit(f"{arguments.checkpoint} holds no state dict")
    tensors = {
        name: tensor.detach().float().contiguous().clone()
        for name, tensor in flatten(checkpoint)
        if tensor.is_floating_point()
    }
    if not tensors:
        sys.exit(f"{arguments.checkpoint} holds no tensors of floating-point numbers")
    save_file(tensors, arguments.out)
    print(f"{len(tensors)} tensors, {sum(t.numel() for t in tensors.values())} numbers: {arguments.out}")


if __name__ == "__main__":
    main()
