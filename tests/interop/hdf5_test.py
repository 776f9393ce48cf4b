#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""stable-worldmodel opens our HDF5 files, and we open its.

    python3 tests/interop/hdf5_test.py build/release/tests/interop/hdf5_columns build/release/forethink

Its own reader and writer run here, from the package of that name. Looked for where Python looks, and in
build/interop, where `scripts/setup --tests` puts it; exit code 77 if it is nowhere.

The package wants PyTorch for Python and some 50 more; the two classes under test want numpy and h5py,
and hand the arrays that they read to torch.from_numpy. Where torch or another cannot be imported, a
stand-in takes its place, and the first line of the output says which.
"""
import importlib
import importlib.metadata
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIPPED = 77
PROGRAMS = {}


def skip(why):
    print(f"skipped: {why}; scripts/setup --tests installs it")
    sys.exit(SKIPPED)


def import_peer():
    """The peer's module of the HDF5 format, and the names of what stands in for something absent."""
    sys.path.append(str(ROOT / "build" / "interop"))
    for name in ("numpy", "h5py"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            skip(f"{name} cannot be imported ({error})")
    spec = importlib.util.find_spec("stable_worldmodel")
    if spec is None:
        skip("stable-worldmodel is not installed")
    stand_ins = []
    for name in ("torch", "hdf5plugin", "tqdm", "loguru", "gymnasium"):
        try:
            importlib.import_module(name)
        except (ImportError, OSError):
            stand_ins.append(name)
            sys.modules[name] = unittest.mock.MagicMock(name=name)
    if "torch" in stand_ins:
        sys.modules["torch"].from_numpy = lambda values: values.view(array_class())
    if stand_ins:
        # Its packages' __init__ import everything; only the modules under test are wanted.
        folder = pathlib.Path(list(spec.submodule_search_locations)[0])
        for name in ("stable_worldmodel", "stable_worldmodel.data", "stable_worldmodel.data.formats"):
            package = types.ModuleType(name)
            package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
            sys.modules[name] = package
    return importlib.import_module("stable_worldmodel.data.formats.hdf5"), stand_ins


def array_class():
    """An array with the methods of a tensor that a reader of episodes may call on it."""
    import numpy

    class Array(numpy.ndarray):
        def permute(self, *axes):
            return self.transpose(axes)

        def numpy(self):
            return self.view(numpy.ndarray)

    return Array


def columns(command, file, skipped=None):
    """What hdf5_columns puts into a folder, as arrays; the lines on what it skipped join `skipped`."""
    import numpy
    with tempfile.TemporaryDirectory(prefix="forethink-columns-") as folder:
        result = subprocess.run([PROGRAMS["columns"], command, file, folder], check=True, timeout=300,
                                stdout=subprocess.PIPE, text=True)
        lines = result.stdout.splitlines()
        if skipped is not None:
            skipped += lines
        elif lines:
            raise AssertionError(f"{file}: skipped {lines}")
        folder = pathlib.Path(folder)
        index = json.loads((folder / "columns.json").read_text())
        return {name: numpy.frombuffer((folder / f"{name}.bin").read_bytes(), dtype=entry["dtype"])
                .reshape(entry["shape"]) for name, entry in index.items()}


class Interop(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="forethink-interop-")
        cls.folder = pathlib.Path(cls.holder.name)
        cls.file = cls.folder / "ours.h5"
        cls.ours = columns("write", cls.file)

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def assertSame(self, a, b, name):
        import numpy
        self.assertEqual(a.dtype, b.dtype, name)
        numpy.testing.assert_array_equal(a, b, err_msg=name)

    def assertSameColumns(self, found, wanted):
        self.assertEqual(sorted(found), sorted(wanted))
        for name in wanted:
            self.assertSame(found[name], wanted[name], name)

    def episodes_of(self, data):
        """Every column of the whole file, put together from the reader's episodes."""
        import numpy
        parts = [data.load_episode(index) for index in range(len(data.lengths))]
        whole = {}
        for name in data.column_names:
            arrays = [numpy.asarray(part[name].numpy()) for part in parts]
            if arrays[0].ndim == 4:  # It moves an image's channels to the front.
                arrays = [array.transpose(0, 2, 3, 1) for array in arrays]
            whole[name] = numpy.concatenate(arrays)
        return whole

    def random_episodes(self, seed, lengths, like):
        """Made-up episodes with the columns, row shapes and types of `like`."""
        import numpy
        rng = numpy.random.default_rng(seed)
        for length in lengths:
            episode = {}
            for name, column in like.items():
                shape = (length, *column.shape[1:])
                if column.dtype.kind == "f":
                    values = rng.normal(size=shape)
                elif column.dtype.kind == "b":
                    values = rng.random(shape) < 0.5
                else:
                    limits = numpy.iinfo(column.dtype)
                    values = rng.integers(limits.min, limits.max, size=shape, endpoint=True)
                episode[name] = values.astype(column.dtype)
            yield episode

    def sensors(self):
        return {name: column for name, column in self.ours.items() if name not in ("ep_len", "ep_offset")}

    def test_its_reader_finds_every_column_of_our_file(self):
        data = PEER.HDF5Dataset(path=self.file)
        self.assertEqual(sorted(data.column_names), sorted(self.sensors()))
        self.assertGreaterEqual({column.dtype.name for column in self.sensors().values()},
                                {"uint8", "int8", "int16", "int32", "int64", "float32", "float64", "bool"})
        self.assertSameColumns({name: data.get_col_data(name) for name in data.column_names},
                               self.sensors())

    def test_its_reader_finds_our_episodes(self):
        data = PEER.HDF5Dataset(path=self.file)
        self.assertEqual(list(data.lengths), list(self.ours["ep_len"]))
        self.assertEqual(list(data.offsets), list(self.ours["ep_offset"]))
        self.assertSameColumns(self.episodes_of(data), self.sensors())

    def test_its_clips_of_our_file_are_our_windows(self):
        steps, skip = 3, 2
        data = PEER.HDF5Dataset(path=self.file, frameskip=skip, num_steps=steps)
        lengths = [int(length) for length in self.ours["ep_len"]]
        self.assertEqual(len(data), sum(length - steps * skip + 1 for length in lengths))
        image = next(name for name, column in self.ours.items() if column.ndim == 4)
        for index in (0, len(data) // 2, len(data) - 1):
            episode, start = data.clip_indices[index]
            row = int(self.ours["ep_offset"][episode]) + start
            clip = data[index]
            self.assertSame(clip["action"].numpy(),
                            self.ours["action"][row:row + steps * skip].reshape(steps, -1), "action")
            self.assertSame(clip[image].numpy(), self.ours[image][row:row + steps * skip:skip]
                            .transpose(0, 3, 1, 2), image)

    def collect(self, name):
        """The recordings that the command line makes, in a run of their own."""
        run = self.folder / name
        self.forethink("collect", run)
        found, = run.rglob("*.h5")
        return run, found

    def forethink(self, command, run, code=0):
        result = subprocess.run([PROGRAMS["forethink"], command, ROOT / "tests" / "cli" / "tiny.toml",
                                 "--run-dir", run], timeout=300, capture_output=True, text=True)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stderr

    def test_its_reader_opens_what_the_command_line_collects(self):
        _, found = self.collect("collected")
        read = columns("read", found)
        data = PEER.HDF5Dataset(path=found)
        self.assertEqual(list(data.lengths), list(read.pop("ep_len")))
        self.assertEqual(list(data.offsets), list(read.pop("ep_offset")))
        self.assertSameColumns(self.episodes_of(data), read)

    def test_we_read_what_its_writer_writes(self):
        import numpy
        episodes = list(self.random_episodes(7, [9, 1, 17], self.sensors()))
        path = self.folder / "theirs.h5"
        with PEER.HDF5Writer(path, mode="overwrite") as writer:
            for episode in episodes:
                writer.write_episode({name: list(values) for name, values in episode.items()})
        skipped = []
        read = columns("read", path, skipped)
        self.assertEqual(list(read.pop("ep_len")), [9, 1, 17])
        self.assertEqual(list(read.pop("ep_offset")), [0, 9, 10])
        wanted = {name: numpy.concatenate([episode[name] for episode in episodes])
                  for name in self.sensors()}
        # Its writer asks for HDF5's latest format. From 1.12 on that stores the type of truths in a way that
        # 1.10 cannot read; then these are skipped, are said to be, and everything else is there.
        if skipped:
            name = "contact"
            self.assertEqual(wanted.pop(name).dtype, numpy.dtype(bool))
            self.assertEqual(len(skipped), 1)
            self.assertIn(f"{name}: of a newer format than", skipped[0])
        self.assertSameColumns(read, wanted)

    def test_we_read_our_file_after_its_writer_appended_to_it(self):
        import numpy
        path = self.folder / "appended.h5"
        path.write_bytes(self.file.read_bytes())
        episode, = self.random_episodes(8, [11], self.sensors())
        with PEER.HDF5Writer(path) as writer:
            writer.write_episode({name: list(values) for name, values in episode.items()})
        read = columns("read", path)
        rows = int(self.ours["ep_len"].sum())
        self.assertEqual(list(read.pop("ep_len")), [*self.ours["ep_len"], 11])
        self.assertEqual(list(read.pop("ep_offset")), [*self.ours["ep_offset"], rows])
        self.assertSameColumns(read, {name: numpy.concatenate([column, episode[name]])
                                      for name, column in self.sensors().items()})

    def test_training_refuses_recordings_that_do_not_fit_by_column(self):
        import h5py
        import numpy
        run, path = self.collect("unfit")
        whole = path.read_bytes()

        def refusal(**changes):
            """Replaces columns as another tool would, and returns what training says."""
            path.write_bytes(whole)
            with h5py.File(path, "a", libver="latest") as file:
                for name, change in changes.items():
                    values = change(file[name][:])
                    del file[name]
                    file.create_dataset(name, data=values)
            message = self.forethink("train", run, code=4)
            self.assertNotIn("internal error", message)
            return message

        def spoil(values):
            values[5, 0] = numpy.nan
            return values

        self.assertIn("column 'action' holds rows of Float [3], expected Float [2]",
                      refusal(action=lambda values: numpy.pad(values, ((0, 0), (0, 1)))))
        self.assertIn("column 'action' is not finite in 1 of 2400 rows, first in row 5",
                      refusal(action=spoil))
        self.assertIn("column 'state' is not finite in 1 of 2400 rows, first in row 5",
                      refusal(state=spoil))
        self.assertIn("column 'state' has 2399 rows, but column 'action' has 2400",
                      refusal(state=lambda values: values[:-1]))
        self.assertIn("column 'state' holds rows of Double",
                      refusal(state=lambda values: values.astype(numpy.float64)))
        self.assertIn("'ep_offset' has 20 episodes, but 'ep_len' has 19",
                      refusal(ep_len=lambda values: values[:-1]))
        rows = 2400
        self.assertIn("each needs at least one",
                      refusal(ep_len=lambda values: numpy.array([rows], values.dtype),
                              ep_offset=lambda values: values[:1]))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} HDF5_COLUMNS FORETHINK")
    PROGRAMS["columns"], PROGRAMS["forethink"] = sys.argv[1:3]
    PEER, absent = import_peer()
    import h5py
    print(f"stable-worldmodel {importlib.metadata.version('stable-worldmodel')}, h5py {h5py.__version__} "
          f"with HDF5 {h5py.version.hdf5_version}"
          + (f"; stand-ins for {', '.join(absent)}" if absent else ""), flush=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
