# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""What the tests of the command line share."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
FORETHINK = os.path.abspath(os.environ.get("FORETHINK", "build/release/forethink"))


def forethink(*arguments, **options):
    return subprocess.run([FORETHINK, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, **options)


class RunCase(unittest.TestCase):
    """One run of `experiment` from end to end, which the tests of a class share."""
    experiment = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="forethink-cli-"))
        cls.run_dir = cls.folder / "whole"
        cls.whole = forethink("run", cls.experiment, "--run-dir", cls.run_dir)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def copy(self, name):
        copy = self.folder / name
        shutil.copytree(self.run_dir, copy)
        (copy / ".lock").unlink(missing_ok=True)
        return copy

    def assertRefused(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertNotIn("internal error", result.stderr)
