#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""Checks that sources obey the layers, name what they include, and carry their licence.

A file of a folder includes only its own folder and lower layers (table LAYERS below; folders of one
layer do not know each other). Unit tests (x_test.cpp) may also use the shared suites in tests/.

    python3 tests/layers/check_layers.py [ROOT]     prints each offence as file:line: text; exit 1
    python3 tests/layers/check_layers.py --self-test
"""

import re
import sys
import tempfile
import unittest
from pathlib import Path

LAYERS = {
    "forethink/core": 0,
    "forethink/kernels": 1,
    "forethink/nn": 2,
    "forethink/perception": 3,
    "forethink/world_model": 3,
    "forethink/cost": 3,
    "forethink/memory": 3,
    "forethink/planning": 3,
    "forethink/environments": 3,
    "forethink/datasets": 3,
    "forethink/actor": 4,
    "forethink/rollout": 4,
    "forethink/importers": 4,
    "forethink/configurator": 5,
    "forethink/agent": 6,
    "forethink/training": 7,
    "forethink/evaluation": 7,
    "apps": 8,
    "bench": 8,
    "examples": 8,
    "tests": 8,
}

LICENCE = ["// SPDX-License-Identifier: Apache-2.0", "// Copyright 2026 The Forethink Authors"]
SCRIPTS = (".py", ".sh", ".cmake", ".in", "CMakeLists.txt")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# These cost 13 s and more a file; headers get by with <torch/types.h> or <torch/nn/module.h>.
HEAVY = {"torch/torch.h", "torch/all.h", "torch/nn.h", "torch/extension.h"}
PRECOMPILED = "forethink/core/precompiled.h"


def folder_of(path):
    """The layered folder that holds the path ("forethink/cost", "apps"), or None."""
    parts = path.split("/")
    if parts[0] == "forethink":
        return "/".join(parts[:2]) if len(parts) > 2 else None
    return parts[0]


def check_file(root, name):
    """Yields (line number, what is wrong)."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    if lines[:2] != LICENCE:
        yield 1, "must begin with the two lines: " + " | ".join(LICENCE)
    folder = folder_of(name)
    if folder not in LAYERS:
        yield 1, f"folder {folder} is not in the table of layers (tests/layers/check_layers.py)"
        return
    # Highway includes an -inl.h once for each instruction set.
    header = name.endswith(".h") and not name.endswith("-inl.h")
    if header and not any(line.startswith("#pragma once") for line in lines):
        yield 1, "a header needs #pragma once"
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, included = match[1] == '"', match[2]
        if name.endswith(".h") and folder != "tests" and included in HEAVY and name != PRECOMPILED:
            yield number, f"a header must not include <{included}>; use <torch/types.h>"
        if included == PRECOMPILED:
            yield number, "precompiled.h is never included by hand"
        target = folder_of(included) if "/" in included else None
        ours = target in LAYERS or included.startswith("forethink/")
        if not ours:
            if quoted and not (root / name).parent.joinpath(included).exists():
                yield number, f'"{included}" is not ours: include it with <>'
            continue
        if not quoted:
            yield number, f'our own headers are included with quotes: "{included}"'
        if not (root / included).is_file():
            yield number, f"{included} does not exist"
        elif target not in LAYERS:
            yield number, f"{included} lies in no layered folder"
        elif target != folder and LAYERS[target] >= LAYERS[folder]:
            from_test = folder == "tests" or name.endswith("_test.cpp")
            if not (from_test and target in ("tests", "apps")):
                yield number, (f"{folder} (layer {LAYERS[folder]}) must not include {target} "
                               f"(layer {LAYERS[target]})")


def check_tree(root):
    """All offences below root, as "file:line: text", and the number of files read."""
    offences, files = [], 0
    tops = {folder.split("/")[0] for folder in LAYERS} | {"cmake", "scripts"}
    for top in sorted(tops):
        for path in sorted((root / top).rglob("*")):
            if path.name.endswith(SCRIPTS) or top == "scripts" and not path.suffix:
                files += 1
                first = path.read_text(encoding="utf-8").splitlines()[:3]
                if not any("SPDX-License-Identifier: Apache-2.0" in line for line in first):
                    offences.append(f"{path.relative_to(root)}:1: needs an SPDX line at the top")
            elif path.suffix in (".h", ".cpp") and top not in ("cmake", "scripts"):
                files += 1
                name = path.relative_to(root).as_posix()
                offences += [f"{name}:{line}: {text}" for line, text in check_file(root, name)]
                if path.name.endswith("_test.cpp") and name.startswith("forethink/"):
                    subject = path.with_name(path.name.replace("_test.cpp", ".h"))
                    source = path.with_name(path.name.replace("_test.cpp", ".cpp"))
                    whole_folder = path.name == path.parent.name + "_test.cpp"
                    if not (subject.exists() or source.exists() or whole_folder):
                        offences.append(f"{name}:1: tests nothing: no {subject.name} beside it")
    return offences, files


class SelfTest(unittest.TestCase):
    """Plants one offence at a time in a small tree and expects it to be named."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.write("forethink/core/types.h", "#pragma once\n#include <torch/types.h>")
        self.write("forethink/cost/cost.h", '#pragma once\n#include "forethink/core/types.h"')
        self.write("forethink/planning/energy.h", '#pragma once\n#include "forethink/core/types.h"')
        self.write("forethink/actor/actor.h",
                   '#pragma once\n#include "forethink/cost/cost.h"\n'
                   '#include "forethink/planning/energy.h"')

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text, licence=True):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("\n".join(LICENCE) + "\n" if licence else "") + text + "\n")

    def expect_one(self, text):
        offences, _ = check_tree(self.root)
        self.assertEqual(len(offences), 1, offences)
        self.assertIn(text, offences[0])

    def test_clean_tree_passes(self):
        self.assertEqual(check_tree(self.root), ([], 4))

    def test_upward(self):
        self.write("forethink/core/up.cpp", '#include "forethink/cost/cost.h"')
        self.expect_one("forethink/core/up.cpp:3: forethink/core (layer 0) must not include "
                        "forethink/cost (layer 3)")

    def test_sideways(self):
        self.write("forethink/planning/peek.cpp", '#include "forethink/cost/cost.h"')
        self.expect_one("must not include forethink/cost")

    def test_angle_brackets_do_not_hide_it(self):
        self.write("forethink/planning/peek.cpp", "#include <forethink/cost/cost.h>")
        offences, _ = check_tree(self.root)
        self.assertTrue(any("must not include forethink/cost" in text for text in offences))

    def test_library_must_not_know_the_app(self):
        self.write("apps/forethink/command.h", "#pragma once")
        self.write("forethink/evaluation/report.cpp", '#include "apps/forethink/command.h"')
        self.expect_one("must not include apps")

    def test_tests_may_know_the_app(self):
        self.write("apps/forethink/command.h", "#pragma once")
        self.write("tests/cli/cli_test.cpp", '#include "apps/forethink/command.h"')
        self.assertEqual(check_tree(self.root)[0], [])

    def test_unit_tests_may_use_shared_suites(self):
        self.write("tests/conformance/suite.h", "#pragma once")
        self.write("forethink/cost/cost_test.cpp", '#include "tests/conformance/suite.h"')
        self.assertEqual(check_tree(self.root)[0], [])

    def test_unit_tests_obey_layers(self):
        self.write("forethink/cost/cost_test.cpp", '#include "forethink/actor/actor.h"')
        self.expect_one("must not include forethink/actor")

    def test_unknown_folder(self):
        self.write("forethink/misc/thing.cpp", "")
        self.expect_one("not in the table of layers")

    def test_missing_header(self):
        self.write("forethink/cost/goal.cpp", '#include "forethink/cost/goal.h"')
        self.expect_one("does not exist")

    def test_missing_licence(self):
        self.write("forethink/cost/goal.cpp", "", licence=False)
        self.expect_one("must begin with")

    def test_missing_licence_of_a_script(self):
        self.write("tests/fuzz/run.sh", "exit 0", licence=False)
        self.expect_one("needs an SPDX line")

    def test_missing_pragma_once(self):
        self.write("forethink/cost/goal.h", "")
        self.expect_one("#pragma once")

    def test_heavy_header(self):
        self.write("forethink/cost/goal.h", "#pragma once\n#include <torch/torch.h>")
        self.expect_one("must not include <torch/torch.h>")

    def test_heavy_is_fine_in_a_source(self):
        self.write("forethink/cost/goal.cpp", "#include <torch/torch.h>")
        self.assertEqual(check_tree(self.root)[0], [])

    def test_test_without_subject(self):
        self.write("forethink/cost/orphan_test.cpp", "")
        self.expect_one("tests nothing")


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.argv.pop()
        unittest.main()
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    offences, files = check_tree(root)
    for offence in offences:
        print(offence)
    print(f"{files} files, {len(offences)} offences")
    sys.exit(1 if offences or files == 0 else 0)


if __name__ == "__main__":
    main()
