#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""An agent that lives, as a user meets it: one tiny run from end to end, and what can go wrong.

    FORETHINK=build/release/forethink python3 tests/cli/living_test.py
"""
import hashlib
import json
import os
import pathlib
import shutil
import unittest

from run_case import HERE, RunCase, forethink

TINY = os.path.join(HERE, "tiny_meadow.toml")
PARTS = ["world_model", "sight_critic", "drive_critic", "policy"]
AGENTS = ["full", "no memory", "no critic", "reactive", "random"]


class Living(RunCase):
    experiment = TINY

    def test_a_run_leaves_everything_behind(self):
        self.assertEqual(self.whole.returncode, 0, self.whole.stderr)
        for part in PARTS:
            self.assertTrue((self.run_dir / "model" / part).is_dir(), part)
        lives = json.loads((self.run_dir / "lives.json").read_text())
        self.assertEqual([agent["name"] for agent in lives["agents"]], AGENTS)
        self.assertEqual(len(lives["stories"]), 2)
        self.assertEqual({entry["steps"] for entry in lives["vitals_prediction"]}, {1, 8, 32})
        self.assertGreater(len(lives["calibration"]), 0)
        page = (self.run_dir / "report.html").read_text()
        for name in ["no memory", "no critic"]:
            self.assertIn(name, page)

    def test_training_again_gives_the_same_model(self):
        again = self.folder / "again"
        self.assertEqual(forethink("train", TINY, "--run-dir", again).returncode, 0)
        for part in PARTS:
            name = pathlib.Path("model") / part / "tensors.safetensors"
            self.assertEqual((again / name).read_bytes(), (self.run_dir / name).read_bytes(), part)

    def test_a_run_cut_off_between_stages_goes_on_to_the_same_model(self):
        cut = self.copy("cut")
        shutil.rmtree(cut / "model")
        shutil.rmtree(cut / "checkpoints" / "predictor_1")
        shutil.rmtree(cut / "checkpoints" / "round_critic_1")
        result = forethink("train", cut)
        self.assertEqual(result.returncode, 0, result.stderr)
        for part in PARTS:
            name = pathlib.Path("model") / part / "tensors.safetensors"
            self.assertEqual((cut / name).read_bytes(), (self.run_dir / name).read_bytes(), part)

    def test_evaluate_prints_one_json_object_last(self):
        result = forethink("evaluate", self.run_dir, "--agent", "full", "--agent", "random",
                           "--episodes", 3, "--seed", 5, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual([agent["name"] for agent in report["agents"]], ["full", "random"])
        self.assertEqual(report["agents"][0]["worlds"], 3)
        self.assertEqual(report["agents"][0]["not_compiled"], [])
        self.assertGreater(report["agents"][0]["model_steps_per_act"], 0)
        self.assertEqual(report["agents"][1]["model_steps_per_act"], 0)

    def test_an_exported_model_lives(self):
        model = self.folder / "model"
        self.assertEqual(forethink("export", self.run_dir, model).returncode, 0)
        result = forethink("evaluate", model, "--agent", "full", "--episodes", 2)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_trials_run(self):
        for trial, said in [("memory", "drinks again"), ("adjustment", "slip, adjusts")]:
            result = forethink("evaluate", self.run_dir, "--trial", trial, "--episodes", 2)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(said, result.stderr)

    # What is refused.

    def test_a_model_of_another_intrinsic_cost_is_refused(self):
        seal = '  "sha256_of_the_lines_above"'
        for part in PARTS:
            other = self.copy("other-" + part)
            manifest = other / "model" / part / "manifest.json"
            body, old = manifest.read_text().split(seal)
            (digest,) = {value for value in json.loads(body.rstrip(",\n") + "}")["metadata"].values()
                         if len(value) == 64}
            body = body.replace(digest, "0" * 64)  # Sealed anew: it is whole, and of another agent.
            old_seal = old.split('"')[1]
            manifest.write_text(body + seal + old.replace(
                old_seal, hashlib.sha256(body.encode()).hexdigest()))
            self.assertRefused(forethink("evaluate", other, "--agent", "random"), 5, "intrinsic")

    def test_weights_and_agents_are_checked_by_name(self):
        for key, value, word in [("living.intrinsic.thirst", "-1", "thirst"),
                                 ("living.critic.pain", "nan", "pain"),
                                 ("living.critic_weight", "-0.5", "critic_weight"),
                                 ("living.intrinsic.boredom", "1", "boredom"),
                                 ("living.discount", "0", "discount"),
                                 ("living.own_lives.plain", "1", "plain")]:
            result = forethink("evaluate", self.run_dir, "--set", f"{key}={value}")
            self.assertRefused(result, 2, word)
        self.assertRefused(forethink("evaluate", self.run_dir, "--agent", "fulll"), 2, "full")

    def test_a_critic_of_other_states_is_refused(self):
        other = self.copy("other-states")
        result = forethink("evaluate", other, "--agent", "full", "--set",
                           "living.drive_critic.network.unread=16")
        self.assertRefused(result, 5, "the model needs")

    def test_options_of_worlds_with_goals_and_of_trials_are_not_ignored(self):
        for option in (["--planner", "cem"], ["--cost", "goal"], ["--tasks", "four_rooms_300"]):
            self.assertRefused(forethink("evaluate", self.run_dir, *option), 2, option[0])
        self.assertRefused(forethink("evaluate", self.run_dir, "--trial", "memory", "--json"), 2,
                           "--trial")

    def test_missing_parts_and_what_is_for_goals_are_refused(self):
        missing = self.copy("missing")
        shutil.rmtree(missing / "model" / "policy")
        self.assertRefused(forethink("evaluate", missing), 5, "policy")


if __name__ == "__main__":
    unittest.main()
