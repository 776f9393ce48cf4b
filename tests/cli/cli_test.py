#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""The command line as a user meets it: one tiny run from end to end, and what can go wrong.

    FORETHINK=build/release/forethink python3 tests/cli/cli_test.py
"""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from run_case import FORETHINK, HERE, RunCase, forethink

TINY = os.path.join(HERE, "tiny.toml")
PARTS = ["world_model", "probe", "roadmap", "critic_roadmap", "critic_recordings"]


def digests_of_model(run):
    """A hash of the tensors of every part: equal runs have equal models."""
    return {part: hashlib.sha256(
        (run / "model" / part / "tensors.safetensors").read_bytes()).hexdigest()[:16]
            for part in PARTS}


class CommandLine(RunCase):
    experiment = TINY

    # One run from end to end.

    def test_a_run_leaves_everything_behind(self):
        self.assertEqual(self.whole.returncode, 0, self.whole.stderr)
        for name in ["config.resolved.toml", "recordings.h5", "metrics.jsonl", "results.json",
                     "films.json", "report.html"]:
            self.assertTrue((self.run_dir / name).exists(), name)
        results = json.loads((self.run_dir / "results.json").read_text())
        self.assertEqual(len(results["planners"]), 4)  # One for each cost.
        self.assertIn("random_success_rate", results["task_lists"][0])
        stages = {json.loads(line)["stage"] for line in open(self.run_dir / "metrics.jsonl")}
        self.assertLessEqual({"jepa", "predictor", "roadmap", "critic_roadmap",
                              "critic_recordings", "probes"}, stages)

    def test_running_again_does_nothing_twice(self):
        before = digests_of_model(self.run_dir)
        again = forethink("train", self.run_dir)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(digests_of_model(self.run_dir), before)

    def test_evaluate_prints_one_json_object_last(self):
        result = forethink("evaluate", self.run_dir, "--tasks", "four_rooms_published_50",
                           "--episodes", 4, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        measured = json.loads(result.stdout.splitlines()[-1])
        self.assertLessEqual({"success_rate", "wilson_low", "wilson_high", "episodes", "seed",
                              "steps_to_success_median", "model_steps_per_episode",
                              "planning_seconds_per_episode", "plan_ms_p50", "plan_ms_p99",
                              "random_success_rate", "tasks_sha256"}, set(measured))
        self.assertEqual(measured["episodes"], 4)

    def test_equal_seeds_give_equal_models(self):
        twin = self.folder / "twin"
        self.assertEqual(forethink("train", TINY, "--run-dir", twin).returncode, 0)
        self.assertEqual(digests_of_model(twin), digests_of_model(self.run_dir))

    def test_a_killed_run_goes_on_to_the_same_model(self):
        killed = self.folder / "killed"
        for pause in [1.5, 2.0, 2.5, 3.5]:  # Each try gets further than the last.
            process = subprocess.Popen([FORETHINK, "train", TINY, "--run-dir", str(killed)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            process.wait()
        result = forethink("train", TINY, "--run-dir", killed)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(digests_of_model(killed), digests_of_model(self.run_dir))

    def test_an_interrupt_is_a_clean_stop(self):
        stopped = self.folder / "stopped"
        command = [FORETHINK, "train", TINY, "--run-dir", str(stopped), "--set", "jepa.steps=100000"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while not (stopped / "checkpoints" / "jepa").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, text = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, text)
        self.assertIn("run the same command again to go on", text)

    def test_an_exported_model_acts(self):
        model = self.folder / "model"
        exported = forethink("export", self.run_dir, model)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.assertEqual({part.name for part in (model / "model").iterdir() if part.is_dir()},
                         {"world_model", "probe", "critic_roadmap"})
        result = forethink("evaluate", model, "--tasks", "four_rooms_published_50", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout.splitlines()[-1])["cost"], "critic_roadmap")

    def test_an_exported_model_is_trained_on(self):
        model = self.folder / "exported_to_train"
        self.assertEqual(forethink("export", self.run_dir, model, "--cost", "goal").returncode, 0)
        trained = forethink("train", model)
        self.assertEqual(trained.returncode, 0, trained.stderr)
        for part in PARTS:
            self.assertTrue((model / "model" / part).is_dir(), part)

    def test_the_shipped_model_reaches_its_goals(self):
        result = forethink("evaluate", "models/four_rooms", "--tasks", "four_rooms_published_50",
                           "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        measured = json.loads(result.stdout.splitlines()[-1])
        # Measured 98 to 100 %; 45 of 50 leaves room for other processors' rounding.
        self.assertGreaterEqual(measured["successes"], 45)
        self.assertLess(measured["random_success_rate"], 0.1)

    def test_the_shipped_random_wall_model_reaches_its_goals(self):
        result = forethink("evaluate", "models/two_rooms_random", "--tasks",
                           "two_rooms_random_dev_300", "--episodes", 60, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        measured = json.loads(result.stdout.splitlines()[-1])
        # Measured 100 %; 54 of 60 leaves room for other processors' rounding.
        self.assertGreaterEqual(measured["successes"], 54)
        self.assertLess(measured["random_success_rate"], 0.1)

    def test_scenes_teach_a_critic_without_one_roadmap_of_all(self):
        run = self.folder / "scenes"
        trained = forethink("train", TINY, "--run-dir", run, "--set", 'learn=["critic_roadmap"]',
                            "--set", "critic_roadmap.method=scenes",
                            "--set", "critic_roadmap.scenes.scenes=3",
                            "--set", "critic_roadmap.scenes.nodes=60")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        self.assertEqual({part.name for part in (run / "model").iterdir() if part.is_dir()},
                         {"world_model", "probe", "critic_roadmap"})
        result = forethink("evaluate", run, "--tasks", "four_rooms_published_50", "--episodes", 2,
                           "--cost", "critic_roadmap", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_inspect_and_doctor_answer(self):
        shown = forethink("inspect", self.run_dir)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for part in PARTS:
            self.assertIn(part, shown.stdout)
        self.assertIn("correct", forethink("doctor").stdout)

    # What can go wrong.

    def test_an_unknown_setting_names_the_nearest(self):
        self.assertRefused(forethink("train", TINY, "--set", "jepa.batchs=3"), 2, "jepa.batchs",
                           "jepa.batch")

    def test_a_setting_out_of_range_is_named(self):
        for assignment, words in [("jepa.batch=1", ["jepa.batch = 1", "batch >= 2"]),
                                  ("jepa.weights.variance=-1", ["jepa.weights.variance = -1"]),
                                  ("validation_share=1.5", ["validation_share = 1.5"]),
                                  ("environment.name=five_rooms", ["four_rooms"]),
                                  ("act.goal.episode.deliberation.planner.name=icme", ["icem"]),
                                  ("roadmap.nodes=0", ["roadmap.nodes = 0"]),
                                  ("critic_roadmap.method=scene", ["one of roadmap, scenes"]),
                                  ("critic_roadmap.scenes.nodes=1", ["scenes.nodes = 1"]),
                                  ('learn=["critic_roadmap"]', ["needs \"roadmap\""]),
                                  ("jepa.optimizer.learning_rate=fast", ["must be a number"])]:
            with self.subTest(assignment):
                result = forethink("train", TINY, "--run-dir", self.folder / "refused", "--set",
                                   assignment)
                self.assertRefused(result, 2, *words)
                self.assertFalse((self.folder / "refused").exists())

    def test_other_settings_do_not_overwrite_a_run(self):
        result = forethink("run", TINY, "--run-dir", self.run_dir, "--set", "seed=4")
        self.assertRefused(result, 2, "seed")

    def test_a_missing_experiment_or_run_is_named(self):
        self.assertRefused(forethink("run", "no/such.toml"), 2, "no/such.toml")
        self.assertRefused(forethink("evaluate", self.folder), 2, "is not a run")

    def test_a_missing_model_is_refused(self):
        run = self.copy("no-model")
        shutil.rmtree(run / "model")
        self.assertRefused(forethink("evaluate", run), 5, "world_model")

    def test_a_truncated_checkpoint_is_refused(self):
        run = self.copy("truncated")
        path = run / "model" / "world_model" / "tensors.safetensors"
        path.write_bytes(path.read_bytes()[:-100])
        self.assertRefused(forethink("evaluate", run), 5, "tensors.safetensors")

    def test_a_flipped_bit_is_refused(self):
        run = self.copy("flipped")
        path = run / "model" / "roadmap" / "tensors.safetensors"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
        self.assertRefused(forethink("evaluate", run), 5, "roadmap")

    def test_truncated_recordings_are_refused(self):
        run = self.copy("recordings")
        shutil.rmtree(run / "model")
        shutil.rmtree(run / "checkpoints")
        path = run / "recordings.h5"
        path.write_bytes(path.read_bytes()[:2000])
        self.assertRefused(forethink("train", run), 4, "recordings.h5")

    def test_an_edited_task_list_is_refused(self):
        tasks = json.loads(pathlib.Path("experiments/tasks/four_rooms_published_50.json").read_text())
        tasks["tasks"][0]["start"][0] += 1
        path = self.folder / "edited.json"
        path.write_text(json.dumps(tasks))
        self.assertRefused(forethink("evaluate", self.run_dir, "--tasks", path), 4, "edited.json")

    def test_an_unknown_task_list_or_cost_is_named(self):
        self.assertRefused(forethink("evaluate", self.run_dir, "--tasks", "five_rooms"), 4,
                           "five_rooms")
        self.assertRefused(forethink("evaluate", self.run_dir, "--cost", "roadmpa"), 2, "roadmap")
        self.assertRefused(forethink("evaluate", self.run_dir, "--planner", "icme"), 2, "icem")

    def test_a_collapse_stops_the_run_and_names_the_cause(self):
        result = forethink("train", TINY, "--run-dir", self.folder / "collapsed",
                           "--set", "jepa.steps=400",
                           "--set", "jepa.weights.variance=0.0",
                           "--set", "jepa.weights.covariance=0.0",
                           "--set", "jepa.weights.inverse_dynamics=0.0",
                           "--set", "jepa.weights.time_similarity=100.0",
                           "--set", "encoder.norm=none", "--set", "predictor_network.norm=none",
                           "--set", "jepa.optimizer.learning_rate=0.01")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("collapse", result.stderr)

    def test_wrong_use_says_how(self):
        self.assertEqual(forethink().returncode, 2)
        self.assertEqual(forethink("rnu").returncode, 2)
        self.assertEqual(forethink("--help").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
