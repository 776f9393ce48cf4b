# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""Exact nearest neighbours beside faiss (IndexFlatL2), in turns on two threads.

    pip install faiss-cpu numpy
    python3 bench/peers/nearest.py --ours build/release/nearest_bench [--rounds 7]

Prints milliseconds (medians over rounds) and the median over rounds of the ratio in the same round.
"""

import argparse
import json
import re
import statistics
import subprocess
import time

import faiss
import numpy

SIZES = [(16384, 128, 4096, 4), (100000, 192, 64, 10), (1000, 128, 16, 4)]


def ours(program, size):
    """Milliseconds of one search, by precision."""
    name = "/".join(f"{key}:{value}" for key, value in zip("MDNk", size))
    text = subprocess.run(
        [program, f"--benchmark_filter={re.escape(name)}", "--benchmark_min_time=0.2",
         "--benchmark_format=json"],
        check=True, capture_output=True, text=True).stdout
    return {run["name"].split("/")[1] if run["name"].startswith("nearest") else "plain":
            run["real_time"] for run in json.loads(text)["benchmarks"]}


def peer(index, queries, count):
    """Milliseconds of one search: the median of as many as take a fifth of a second."""
    times = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < 0.2 or len(times) < 3:
        start = time.perf_counter()
        index.search(queries, count)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(2)
    rng = numpy.random.default_rng(0)
    for size in SIZES:
        M, D, N, k = size
        index = faiss.IndexFlatL2(D)
        index.add(rng.standard_normal((M, D), dtype=numpy.float32))
        queries = rng.standard_normal((N, D), dtype=numpy.float32)
        rows = []
        for _ in range(arguments.rounds):
            rows.append({"faiss": peer(index, queries, k), **ours(arguments.ours, size)})
        print(f"M={M} D={D} N={N} k={k}")
        for name in rows[0]:
            median = statistics.median(row[name] for row in rows)
            ratio = statistics.median(row["faiss"] / row[name] for row in rows)
            print(f"  {name:10} {median:9.3f} ms  faiss takes {ratio:.2f} times as long")


if __name__ == "__main__":
    main()
