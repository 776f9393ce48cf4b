#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds every fuzz program with ASan and UBSan and runs each:
#   tests/fuzz/run.sh [SECONDS]   a search, for 60 seconds if not told otherwise
#   tests/fuzz/run.sh smoke       the corpus and 300,000 inputs that are the same every time
# Needs clang-19, libclang-rt-19-dev and libfuzzer-19-dev (or CXX=another clang with libFuzzer).
# New inputs go to build/fuzz/; an input that fails is left there as NAME-crash-*, and the exit
# code is not 0. Run one again with build/fuzz/NAME_fuzz FILE, and add it to the corpus.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/build/fuzz
core=$root/forethink/core
cxx=${CXX:-clang++-19}
if [ "${1:-}" = smoke ]; then
  found=smoke  # Beside what searches found, which would change what is tried.
  effort="-seed=1 -runs=300000"
  rm -rf "$out/smoke"
else
  found=.
  effort="-max_total_time=${1:-60}"
fi

fuzz() {  # NAME SOURCES...: the parsers that read bytes from outside know no torch.
  name=$1
  shift
  "$cxx" -std=c++20 -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all -I "$root" "$root/tests/fuzz/${name}_fuzz.cpp" "$@" \
    -o "$out/${name}_fuzz"
  mkdir -p "$out/$found/$name"
  # An input of 1 MiB may take 100 ms without sanitizers; 5 s leave room for them and a busy machine.
  "$out/${name}_fuzz" $effort -timeout=5 -rss_limit_mb=1024 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$out/$name-" \
    "$out/$found/$name" "$root/tests/fuzz/corpus/$name" 2>"$out/$name.log" ||
    { tail -n 40 "$out/$name.log"; exit 1; }
  grep 'stat::number_of_executed_units' "$out/$name.log" | sed "s/^/$name: /"
}

mkdir -p "$out"
fuzz safetensors_header "$core/safetensors_header.cpp"
fuzz settings "$core/settings.cpp"
fuzz metrics "$core/metrics.cpp" "$core/files.cpp" "$core/checksum.cpp"
