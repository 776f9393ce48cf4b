# SPDX-License-Identifier: Apache-2.0
#
#   make demo    learn FourRoom from pixels, plan, act; ends with a report to open
#   make build   build/release/forethink
#   make test    every test; what CI calls
#   make quick   the unit tests alone, for work on the code
#   make format  lay out all sources with clang-format
#   make tidy    clang-tidy over all sources (slow: about 20 s a file)
#
# Each sets up the machine first (scripts/setup) and costs nothing where that is done already.

MAKEFLAGS += --no-print-directory
# A miss costs ccache a hash of the precompiled header (720 MB), which doubles a first build. Work on
# the code with `make quick CCACHE_DISABLE=` where it pays.
export CCACHE_DISABLE ?= 1
JOBS ?= $(shell nproc)
RUN ?= runs/demo

.PHONY: demo build test quick format tidy setup setup-tests configure
.DEFAULT_GOAL := build
# Set-up, configuration and build follow each other; the build itself uses every core.
.NOTPARALLEL:

setup:
	@scripts/setup

setup-tests:
	@scripts/setup --tests

configure:
	@cmake --preset release

build: setup configure
	@cmake --build --preset release --parallel $(JOBS) --target forethink forethink_cli
	@echo "Built build/release/forethink"

demo: build
	@build/release/forethink run experiments/four_rooms.toml --run-dir $(RUN)
	@scripts/show_report $(RUN)/report.html

# One test at a time: many measure time, or use every core themselves. ctest's own line comes last.
test: setup-tests configure
	@cmake --build --preset release --parallel $(JOBS)
	@ctest --preset release --output-on-failure --no-label-summary

quick: setup-tests configure
	@cmake --build --preset release --parallel $(JOBS)
	@ctest --preset release --output-on-failure --no-label-summary --label-exclude slow

format: setup-tests
	@find forethink apps bench examples tests -name '*.h' -o -name '*.cpp' | xargs clang-format-14 -i

tidy: setup-tests configure
	@scripts/tidy --all
