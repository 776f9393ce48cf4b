#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""The tables of docs/performance.md from what was measured.

    rollout_bench --benchmark_min_time=0.3 --benchmark_format=json > rollout.json
    python tdmpc2.py time ... --json tdmpc2.json      # and the other peers
    python table.py rollout.json tdmpc2.json lewm.json eb_jepa.json mppi.json > tables.md

The first file gives the roof: what the tile kernels reach on products alone, one thread; the others each
give a table of a peer in turns with ours. Share of the roof: FLOPs of our plan (products only, counted when
compiling) per second of the median, beside threads times the roof of the same precision and instruction set.
"""
import json
import pathlib
import sys

MILLION = 1e6


def roofs(benchmarks):
    """GFLOP/s on one thread by (precision, instruction set)."""
    found = {}
    for row in benchmarks["benchmarks"]:
        parts = row["name"].split("/")
        if parts[0] == "products":
            found[parts[1], parts[2]] = row["gflops"] / 1e9 if row["gflops"] > MILLION else row["gflops"]
    return found


def roof_table(roof):
    print("| products alone, one thread | " + " | ".join(f"{p}, {s}" for p, s in roof) + " |")
    print("|---" * (len(roof) + 1) + "|")
    print("| GFLOP/s | " + " | ".join(f"{g:.0f}" for g in roof.values()) + " |\n")


def rollout_table(benchmarks):
    """Model steps a second: plain and compiled, forwards and with gradients."""
    rows = {}
    for row in benchmarks["benchmarks"]:
        parts = row["name"].split("/")
        if parts[0] == "products":
            continue
        size = "/".join(parts[-3:-1])
        rows.setdefault("/".join(parts[:-3]), {})[size] = row["items_per_second"]
    sizes = list(next(iter(rows.values())))
    print("| thousand model steps/s (candidates/steps) | " + " | ".join(sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for name, rates in rows.items():
        print(f"| {name} | " + " | ".join(f"{rates[size] / 1e3:.0f}" for size in sizes) + " |")
    print()


def peer_table(measured, roof):
    scaled = "; ".join(f"{name}: {factor:g} times a part" for name, factor in measured["scaled_by"].items())
    print(
        f"**{measured['kind']}**: {measured['processor']['name']}, torch {measured['torch']},"
        f" {measured['threads']} threads" + (f"; {scaled}" if scaled else "") + "\n"
    )
    ours = [one["header"] for one in measured["ours"]]
    columns = [header["name"] for header in ours]
    print("| | median ms | least ms | " + " | ".join(f"times {c}" for c in columns) + " | GFLOP/s, share |")
    print("|---" * (len(columns) + 4) + "|")
    for name, row in measured["summary"].items():
        ratios = [row.get(f"ratio to {column}", float("nan")) for column in columns]
        if "ratio to ours" in row:
            ratios = [row["ratio to ours"]]
        speed = ""
        for header in ours:
            if header["name"] != name:
                continue
            rate = header["flops_a_plan"] / row["median_ms"] / MILLION
            key = ("bfloat16" if "bfloat16" in name else "float32", header["instruction_set"])
            share = rate / (roof[key] * header["threads"]) if key in roof else float("nan")
            speed = f"{rate:.0f}, {100 * share:.0f} %"
        cells = " | ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"| {name} | {row['median_ms']:.1f} | {row['min_ms']:.1f} | {cells} | {speed} |")
    errors = ", ".join(f"{header['name']}: {header['error']:.1e}" for header in ours)
    print(f"\nLargest difference of energies from the recorded ones, of their deviation: {errors}.\n")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    files = [json.loads(pathlib.Path(name).read_text()) for name in sys.argv[1:]]
    roof = roofs(files[0])
    roof_table(roof)
    rollout_table(files[0])
    for measured in files[1:]:
        peer_table(measured, roof)


if __name__ == "__main__":
    main()
