#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""Records what three published Two Rooms environments do, for our own to be compared with.

    python3 tests/parity/record_two_rooms.py EB_JEPA PLDM LATENT_LAB [--only PART]

The arguments are checkouts of the repositories named in README.md beside this file, which also says
what each part of the recording means. Everything recorded comes out of the peers' own code; this file
only chooses inputs, feeds the noise and takes means. Wants torch, numpy, scipy, gymnasium and PyYAML.
"""
import argparse
import base64
import hashlib
import json
import math
import pathlib
import random
import subprocess
import sys
import unittest.mock as mock
import zlib

import numpy as np
import torch
import yaml

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORIES = {"eb_jepa": "facebookresearch/eb_jepa", "pldm": "vladisai/PLDM",
                "latent_lab": "adimunot21/latent-lab"}
SEED = 20260101
# The layout both pixel environments agree on: a frame of 65 x 65, border lines at 4 and 60, a wall of
# 3 pixels and a doorway of 4 pixels to each side of its centre.
SIZE, LOW, HIGH, HALF_WALL, HALF_DOOR = 65, 4, 60, 1, 4


# --- Numbers

def f32(value):
    """The nearest float32, as a Python float."""
    return float(np.float32(value))


def short(value):
    """A float32 as the shortest decimal that reads back to it, also by way of a double; NaN is null."""
    value = np.float32(value)
    if np.isnan(value):
        return None
    decimal = float(str(value))
    return decimal if np.float32(decimal) == value else float(value)


def summary(values):
    """Mean, standard deviation, range, and the standard error of the mean, of a list of numbers."""
    values = np.asarray(values, dtype=np.float64)
    deviation = values.std(ddof=1)
    return {"mean": round(float(values.mean()), 6), "se": round(deviation / math.sqrt(len(values)), 6),
            "std": round(float(deviation), 6), "min": round(float(values.min()), 6),
            "max": round(float(values.max()), 6)}


def share(values):
    """The mean of truths with its standard error."""
    values = np.asarray(values, dtype=np.float64)
    mean = float(values.mean())
    return {"mean": round(mean, 6), "se": round(math.sqrt(mean * (1 - mean) / len(values)), 6)}


def ratio(counts, totals):
    """A share over all steps, whose error allows for the steps of one trajectory being alike."""
    counts, totals = np.asarray(counts, dtype=np.float64), np.asarray(totals, dtype=np.float64)
    mean = counts.sum() / totals.sum()
    residual = counts - mean * totals
    error = residual.std(ddof=1) / math.sqrt(len(counts)) / totals.mean()
    return {"mean": round(float(mean), 6), "se": round(float(error), 6)}


def seed_all(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


# --- The peers

class EbJepa:
    """eb_jepa's evaluation environment and data set, from its own configuration file."""

    def __init__(self, checkout):
        sys.path.insert(0, str(checkout))
        from eb_jepa.datasets.two_rooms import env, utils, wall_dataset
        folder = pathlib.Path(env.__file__).parent
        self.settings = yaml.safe_load((folder / "data_config.yaml").read_text())
        self.module, self.utils, self.wall_dataset = env, utils, wall_dataset

    def config(self, **changes):
        return self.utils.update_config_from_yaml(self.wall_dataset.WallDatasetConfig,
                                                  {**self.settings, **changes})

    def env(self, **changes):
        return self.module.DotWall(self.config(**changes), level="normal")

    def next_position(self, wall, door, position, action):
        env = self.shared_env()
        # A random layout holds float32, a fixed one whole numbers.
        kind = torch.float32
        env.wall_x, env.hole_y = torch.tensor(wall, dtype=kind), torch.tensor(door, dtype=kind)
        env.dot_position = torch.tensor(position)
        return env._calculate_next_position(torch.tensor(action))

    def shared_env(self):
        if not hasattr(self, "_env"):
            self._env = self.env()
        return self._env

    def env_frame(self, wall, door, position):
        env = self.shared_env()
        env.dot_position = torch.tensor(position)
        env.wall_img = env._render_walls(torch.tensor(float(wall)), torch.tensor(float(door)))
        return env._render_dot_and_wall()

    def dataset(self, **changes):
        return recording(self.wall_dataset.WallDataset)(
            self.config(normalize=False, sample_length=90, **changes))


class Pldm:
    """PLDM's evaluation environment and data set; the wall is fixed at 32 with the door at 10."""

    def __init__(self, checkout):
        sys.path.insert(0, str(checkout))
        from pldm_envs.wall import wall
        from pldm_envs.wall.data import wall as data
        self.folder = pathlib.Path(wall.__file__).parent
        self.module, self.data = wall, data

    def env(self):
        return self.module.DotWall(img_size=SIZE, device=torch.device("cpu"))

    def next_position(self, wall, door, position, action):
        if not hasattr(self, "_env"):
            self._env = self.env()
        env = self._env
        env.wall_x, env.hole_y = torch.tensor(wall), torch.tensor(door)
        env.dot_position = torch.tensor(position)
        return env._calculate_next_position(torch.tensor(action))

    def env_frame(self, wall, door, position):
        env = self.env()
        env.dot_position = torch.tensor(position)
        env.wall_img = env._render_walls(torch.tensor(wall), torch.tensor(door))
        return env._render_dot_and_wall()

    def dataset(self, configuration="good_quality_data", **changes):
        settings = yaml.safe_load((self.folder / "configs" / f"{configuration}.yaml").read_text())
        settings["action_angle_noise"] = float(settings["action_angle_noise"])
        names = self.data.WallDatasetConfig.__dataclass_fields__
        settings = {key: value for key, value in {**settings, **changes}.items() if key in names}
        return recording(self.data.WallDataset)(self.data.WallDatasetConfig(**settings))


def recording(dataset_class):
    """The data set, keeping the positions of all 91 observations instead of drawing them.

    A sample holds the positions, but eb_jepa's has the last one cut off.
    """

    class Recording(dataset_class):
        drawn = True

        def render_location(self, locations):
            self.positions = locations.squeeze(-2)
            if self.drawn:
                return super().render_location(locations)
            return torch.zeros(*locations.shape[:-1], SIZE, SIZE, dtype=torch.uint8)

    return Recording


# --- Cases: (kind, wall, door, x, y, dx, dy, noise x, noise y)

KINDS = ["free", "border", "border_corner", "wall_face", "wall_beside_door", "wall_and_border",
         "door_approach", "in_doorway", "jamb_from_inside", "jamb_from_outside", "on_plane", "onto_plane",
         "clamp_and_set_back", "zero_action", "vertical", "horizontal", "long_step", "door_corner"]


def draw_case(kind, wall, door, rng):
    """One case of a kind: where the dot is and what it does, before rounding to float32."""
    u = rng.uniform
    sign = lambda: rng.choice([-1, 1])
    left, right, low_jamb, high_jamb = wall - HALF_WALL, wall + HALF_WALL, door - HALF_DOOR, door + HALF_DOOR
    # Inside the frame, to one side of the wall.
    beside = lambda: u(LOW + 3, left - 3) if rng.random() < 0.5 else u(right + 3, HIGH - 3)
    solid = lambda: u(LOW + 3, low_jamb - 0.5) if low_jamb - 0.5 > LOW + 3 and rng.random() < 0.5 \
        else u(min(high_jamb + 0.5, HIGH - 3.5), HIGH - 3)
    border = lambda: rng.choice([LOW, HIGH])
    inward = lambda plane: 1 if plane == LOW else -1
    turn = lambda norm: (lambda angle: (norm * math.cos(angle), norm * math.sin(angle)))(u(0, 2 * math.pi))
    noise = [rng.gauss(0, 1), rng.gauss(0, 1)]

    if kind == "free":
        x, y, (dx, dy) = beside(), u(LOW + 3, HIGH - 3), turn(u(0, 2.45))
    elif kind == "border":
        plane = border()
        near, step = plane + inward(plane) * u(0.05, 1.5), -inward(plane) * u(0.2, 2.4)
        if rng.random() < 0.5:
            x, y, dx, dy = near, u(LOW + 3, HIGH - 3), step, u(-1, 1)
        else:
            x, y, dx, dy = beside(), near, u(-1, 1), step
    elif kind == "border_corner":
        px, py = border(), border()
        x, y = px + inward(px) * u(0.05, 1.2), py + inward(py) * u(0.05, 1.2)
        dx, dy = -inward(px) * u(0.3, 1.7), -inward(py) * u(0.3, 1.7)
    elif kind in ("wall_face", "wall_beside_door", "door_approach"):
        side = sign()
        x, dx = wall + side * (HALF_WALL + u(0.02, 1.5)), -side * u(0.3, 2.4)
        if kind == "wall_face":
            y = solid()
        elif kind == "wall_beside_door":
            y = rng.choice([low_jamb, high_jamb]) + u(-1.2, 1.2)
        else:
            y = door + u(-HALF_DOOR, HALF_DOOR)
        dy = u(-1.5, 1.5) if kind != "wall_face" else u(-0.8, 0.8)
    elif kind == "wall_and_border":
        side, plane = sign(), border()
        x, y = wall + side * (HALF_WALL + u(0.05, 1.2)), plane + inward(plane) * u(0.05, 1.2)
        dx, dy = -side * u(0.3, 1.7), -inward(plane) * u(0.3, 1.7)
    elif kind == "in_doorway":
        x, y, (dx, dy) = wall + u(-1, 1), door + u(-3.5, 3.5), turn(u(0, 2.45))
    elif kind == "jamb_from_inside":
        side = sign()
        x, y = wall + u(-1, 1), door + side * (HALF_DOOR - u(0.02, 1))
        dx, dy = u(-0.6, 0.6), side * u(0.3, 2.3)
    elif kind == "jamb_from_outside":
        across, along = sign(), sign()
        x, y = wall - across * (HALF_WALL + u(0.02, 0.8)), door + along * (HALF_DOOR - u(0.05, 1.2))
        dx, dy = across * u(0.5, 1.8), along * u(0.5, 1.8)
    elif kind == "on_plane":
        x, y, (dx, dy) = beside(), u(LOW + 3, HIGH - 3), turn(u(0.2, 2.4))
        if rng.random() < 0.6:
            x = rng.choice([LOW, HIGH, left, right, wall])
            y = rng.choice([y, door + u(-3, 3), low_jamb, high_jamb])
        else:
            y = rng.choice([LOW, HIGH, low_jamb, high_jamb])
            x = rng.choice([x, wall + u(-1, 1)])
    elif kind == "onto_plane":
        # Eighths are exact in float32, so the step ends on the plane and not beside it.
        eighths = lambda low, high: round(u(low, high) * 8) / 8
        dx, dy = rng.choice([-1, 1]) * eighths(0.25, 1.75), eighths(-1.5, 1.5)
        if rng.random() < 0.6:
            plane = LOW if dx < 0 and rng.random() < 0.3 else HIGH if dx > 0 and rng.random() < 0.3 \
                else rng.choice([left, right])
            x, y = plane - dx, rng.choice([eighths(LOW + 3, HIGH - 3), door + eighths(-3, 3),
                                           low_jamb - dy, high_jamb - dy])
        else:
            plane = LOW if dy < 0 else HIGH if rng.random() < 0.5 else high_jamb
            x, y = rng.choice([round(beside()), wall + eighths(-0.5, 0.5)]), plane - dy
    elif kind == "clamp_and_set_back":
        inner = draw_case(rng.choice(["border", "border_corner", "wall_face", "wall_and_border"]), wall, door,
                          rng)
        noise = rng.choice([[0.0, 0.0], [u(-150, 150), u(-150, 150)], [0.0, u(-150, 150)],
                            [u(-150, 150), 0.0], [u(-1, 1), u(-150, 150)], [-0.0, u(-2, 2)]])
        return inner[:4] + tuple(noise)
    elif kind == "zero_action":
        dx, dy = rng.choice([0.0, -0.0]), rng.choice([0.0, -0.0])
        x = rng.choice([beside(), LOW, HIGH, left, right, wall, wall + u(-1, 1)])
        y = rng.choice([u(LOW + 3, HIGH - 3), door + u(-3, 3), LOW, HIGH, low_jamb, high_jamb])
    elif kind == "vertical":
        dx, dy = 0.0, sign() * u(0.3, 2.4)
        x, y = rng.choice([(beside(), u(LOW + 3, HIGH - 3)), (wall + u(-1, 1), door + u(-4, 4)),
                           (beside(), LOW + u(0, 1) if dy < 0 else HIGH - u(0, 1)),
                           (rng.choice([left, right, LOW, HIGH]), u(LOW + 3, HIGH - 3))])
    elif kind == "horizontal":
        dx, dy = sign() * u(0.3, 2.4), 0.0
        x, y = rng.choice([(beside(), u(LOW + 3, HIGH - 3)), (wall - math.copysign(1.5, dx), door + u(-4, 4)),
                           (wall - math.copysign(1.5, dx), solid()), (beside(), border()),
                           (LOW + u(0, 1) if dx < 0 else HIGH - u(0, 1), u(LOW + 3, HIGH - 3))])
    elif kind == "long_step":
        x, y, (dx, dy) = beside(), u(LOW + 3, HIGH - 3), turn(rng.choice([u(2.45, 6), u(6, 60)]))
    else:  # door_corner
        side, jamb = sign(), rng.choice([low_jamb, high_jamb])
        x, y = wall + side * (HALF_WALL + u(0.2, 1.5)), jamb + u(-1.5, 1.5)
        aim_x, aim_y = wall + side * (HALF_WALL + u(-0.2, 0.2)), jamb + u(-0.2, 0.2)
        scale = u(1.0, 2.0)
        dx, dy = (aim_x - x) * scale, (aim_y - y) * scale
    return x, y, dx, dy, noise[0], noise[1]


def draw_cases(count, seed, layout=None):
    rng = random.Random(seed)
    cases = []
    for index in range(count):
        kind = KINDS[index % len(KINDS)]
        # As in eb_jepa's layouts: walls from 20 to 44, doors from 10 to 54.
        wall, door = layout or (rng.randrange(20, SIZE - 20), rng.randrange(10, SIZE - 10))
        cases.append((kind, wall, door, *map(f32, draw_case(kind, wall, door, rng))))
    return cases


# --- Parts of the recording

def evaluation_step(peer, case):
    """The next position with every draw of `torch.randn` replaced by the case's pair."""
    _, wall, door, x, y, dx, dy, *noise = case
    draws = 0

    def randn(*shape, **options):
        nonlocal draws
        assert shape == (2,), shape
        draws += 1
        return torch.tensor(noise)

    with mock.patch.object(torch, "randn", randn):
        position = peer.next_position(wall, door, [x, y], [dx, dy])
    assert position.dtype == torch.float32
    return position.tolist(), draws


def same(a, b):
    return all(x == y or (math.isnan(x) and math.isnan(y)) for x, y in zip(a, b))


def evaluation_steps(eb_jepa, pldm):
    columns = ["kind", "wall_x", "door_y", "x", "y", "dx", "dy", "noise_x", "noise_y", "next_x", "next_y",
               "draws"]

    def table(peer, cases):
        rows, differ = [], 0
        for case in cases:
            (x, y), draws = evaluation_step(peer, case)
            other, _ = evaluation_step(pldm if peer is eb_jepa else eb_jepa, case)
            differ += not same((x, y), other)
            rows.append([KINDS.index(case[0]), case[1], case[2], *map(short, case[3:]), short(x), short(y),
                         draws])
        return {"columns": columns, "other_peer_differs": differ, "rows": rows}

    return {"kinds": KINDS, "eb_jepa": table(eb_jepa, draw_cases(720, SEED)),
            "pldm": table(pldm, draw_cases(720, SEED + 1, layout=(32, 10)))}


def dataset_steps(eb_jepa, pldm):
    cases = draw_cases(720, SEED + 2)
    column = lambda *indices: torch.tensor([[case[i] for i in indices] for case in cases])
    start, actions = column(3, 4), column(5, 6)[:, None]
    walls = column(1).squeeze(-1), column(2).squeeze(-1)

    ours = eb_jepa.dataset()
    ours.drawn = False
    ends = []
    for i in range(len(cases)):
        one = slice(i, i + 1)
        ours.config.n_steps = 91  # only cuts a window out of the sample
        ours.generate_transitions(start[one], actions[one], None, (walls[0][one], walls[1][one]))
        ends.append(ours.positions[0, -1].tolist())

    theirs = pldm.dataset(batch_size=len(cases))
    theirs.drawn = False
    theirs.generate_transitions(start, actions, torch.zeros(len(cases), 2), walls)
    differ = sum(not same(a, b) for a, b in zip(ends, theirs.positions[:, -1].tolist()))
    rows = [[KINDS.index(case[0]), case[1], case[2], *map(short, case[3:7]), *map(short, end)]
            for case, end in zip(cases, ends)]
    return {"columns": ["kind", "wall_x", "door_y", "x", "y", "dx", "dy", "next_x", "next_y"],
            "kinds": KINDS, "pldm_differs": differ, "rows": rows}


def frame_bytes(frame):
    frame = frame.squeeze().contiguous()
    assert frame.dtype == torch.uint8 and frame.shape == (2, SIZE, SIZE), frame.shape
    return frame.numpy().tobytes()


def packed(data):
    return base64.b64encode(zlib.compress(data, 9)).decode()


def frames(eb_jepa, pldm):
    states = [(32, 10, 20.0, 30.0), (32, 10, 32.0, 10.0), (32, 10, 45.5, 50.25), (32, 18, 4.3, 4.3),
              (20, 54, 59.7, 59.7), (44, 10, 43.0, 33.3), (27, 31, 27.9, 30.1), (38, 42, 6.6, 57.4),
              (25, 16, 57.4, 6.6), (33, 47, 31.123457, 47.654321), (41, 22, 12.75, 12.5), (30, 35, 52.1, 35.9)]
    data = [eb_jepa.dataset(), pldm.dataset(batch_size=1)]
    rows = []
    for index, (wall, door, x, y) in enumerate(states):
        drawn = {"eb_jepa_env": eb_jepa.env_frame(wall, door, [x, y]), "pldm_env": pldm.env_frame(wall, door, [x, y])}
        for name, dataset in zip(("eb_jepa_dataset", "pldm_dataset"), data):
            dot = dataset.render_location(torch.tensor([[[[x, y]]]]))
            room = dataset.render_walls(torch.tensor([wall]), torch.tensor([door]))
            drawn[name] = torch.cat([dot.view(1, SIZE, SIZE), room.view(1, SIZE, SIZE)])
        content = {name: frame_bytes(frame) for name, frame in drawn.items()}
        digests = {name: hashlib.sha256(value).hexdigest() for name, value in content.items()}
        row = {"wall_x": wall, "door_y": door, "x": short(x), "y": short(y),
               "all_equal": len(set(digests.values())) == 1, "sha256": digests["eb_jepa_env"]}
        if not row["all_equal"]:
            row["sha256_of"] = digests
        # Per channel too: a last-bit difference of exp() can only touch the dot's.
        row["sha256_wall_channel"] = hashlib.sha256(content["eb_jepa_env"][SIZE * SIZE:]).hexdigest()
        if index in (0, 1, 9):
            row["zlib_base64"] = packed(content["eb_jepa_env"])
        rows.append(row)
    return {"shape": [2, SIZE, SIZE], "channels": ["dot", "walls"], "states": rows}


def starts_and_goals(eb_jepa, pldm, resets=20000):
    def table(env):
        names = ["start_x", "start_y", "target_x", "target_y", "wall_x", "door_y"]
        rows = []
        for _ in range(resets):
            env.reset()
            rows.append([*env.dot_position.tolist(), *env.target_position.tolist(), float(env.wall_x),
                         float(env.hole_y)])
        rows = np.array(rows)
        result = {"resets": resets, **{name: summary(rows[:, i]) for i, name in enumerate(names)},
                  "starts_at_left": share(rows[:, 0] < rows[:, 4]),
                  "distance": summary(np.hypot(rows[:, 0] - rows[:, 2], rows[:, 1] - rows[:, 3]))}
        for side, mask in (("start_x_at_left", rows[:, 0] < rows[:, 4]),
                           ("start_x_at_right", rows[:, 0] > rows[:, 4])):
            result[side] = summary(rows[mask, 0])
        return result

    seed_all(SEED)
    return {"eb_jepa_random_wall": table(eb_jepa.env(fix_wall=False)),
            "eb_jepa_fixed_wall": table(eb_jepa.env(fix_wall=True)), "pldm_fixed_wall": table(pldm.env())}


def describe_trajectories(positions, actions, wall, door):
    """Statistics of positions [N, 91, 2], actions [N, 90, 2] and the rooms [N] they were made in."""
    positions, actions = positions.double().numpy(), actions.double().numpy()
    wall, door = wall.double().numpy(), door.double().numpy()
    from_wall = positions[..., 0] - wall[:, None]
    length = np.linalg.norm(actions, axis=-1)
    heading = actions / length[..., None]
    stayed = (positions[:, 1:] == positions[:, :-1]).all(-1) & (length > 0)
    moved = np.linalg.norm(positions[:, 1:] - positions[:, :-1], axis=-1)
    inside = (np.abs(from_wall[:, 0]) <= HALF_WALL) & (np.abs(positions[:, 0, 1] - door) > HALF_DOOR)
    cosine = (heading[:, 1:] * heading[:, :-1]).sum(-1)
    return {
        "trajectories": len(positions), "actions_each": actions.shape[1],
        "step_length": {**summary(length.mean(1)), "std_of_single_steps": round(float(length.std()), 6),
                        "min_single": round(float(length.min()), 6), "max_single": round(float(length.max()), 6)},
        "cosine_of_successive_headings": summary(cosine.mean(1)),
        "stayed_though_acting": ratio(stayed.sum(1), np.full(len(stayed), stayed.shape[1])),
        "trajectories_without_contact": share(~stayed.any(1)),
        "moved_per_step": summary(moved.mean(1)),
        "ends_in_other_room": share(np.sign(from_wall[:, 0]) != np.sign(from_wall[:, -1])),
        "crosses_middle_line": share((np.sign(from_wall).max(1) > 0) & (np.sign(from_wall).min(1) < 0)),
        "seen_beyond_both_faces": share((from_wall.min(1) < -HALF_WALL) & (from_wall.max(1) > HALF_WALL)),
        "displacement": summary(np.linalg.norm(positions[:, -1] - positions[:, 0], axis=-1)),
        "distance_from_middle_line": summary(np.abs(from_wall).mean(1)),
        "x": summary(positions[..., 0].mean(1)), "y": summary(positions[..., 1].mean(1)),
        "starts_inside_the_wall": share(inside),
        "start_x": summary(positions[:, 0, 0]), "start_y": summary(positions[:, 0, 1]),
    }


def trajectories(eb_jepa, pldm, count=4096):
    seed_all(SEED)
    result = {}
    dataset = eb_jepa.dataset(fix_wall=False, cross_wall_rate=0.35)
    dataset.drawn = False
    rows = []
    for _ in range(count):
        sample = dataset[0]
        assert sample.actions.shape[-1] == 90 and dataset.positions.shape[1] == 91
        rows.append((dataset.positions[0].clone(), sample.actions.reshape(2, 90).T.clone(), sample.wall_x[0],
                     sample.door_y[0]))
    result["eb_jepa_random_wall_0.35"] = describe_trajectories(*map(torch.stack, zip(*rows)))

    for name, configuration, changes in (
            ("pldm_fixed_wall_0.60", "good_quality_data", {}),
            ("pldm_random_trajectories", "random_trajectories", {}),
            ("pldm_fixed_wall_0.00", "good_quality_data", {"cross_wall_rate": 0})):
        dataset = pldm.dataset(configuration, batch_size=1024, **changes)
        dataset.drawn = False
        rows = []
        for _ in range(count // 1024):
            sample = dataset.generate_multistep_sample()
            rows.append((dataset.positions.clone(), sample.actions))
        positions, actions = map(torch.cat, zip(*rows))
        result[name] = describe_trajectories(positions, actions, torch.full((len(positions),), 32),
                                             torch.full((len(positions),), 10))
    return result


def latent_lab(checkout):
    """The unit square: steps, frames, starts and goals, and episodes of the data set."""
    sys.path.insert(0, str(checkout / "training" / "src"))
    # Its evaluation module imports what training wants; only the drawing of positions is used here.
    for name in ("PIL", "latentlab.data.dataset", "latentlab.models", "latentlab.models.encoder",
                 "latentlab.planning.cem", "latentlab.train"):
        sys.modules[name] = mock.MagicMock()
    from latentlab.data import generate
    from latentlab.envs.two_rooms import TwoRoomsEnv
    from latentlab.planning import evaluate

    env = TwoRoomsEnv(seed=0)
    most = env.config.max_step
    rng = random.Random(SEED)
    u = rng.uniform
    rows = []

    def freed(x, y, toward_x, toward_y):
        """The first free state on the way from a touching one: rounding decides which one it is."""
        while not env.is_free(x, y):
            x, y = math.nextafter(x, toward_x), math.nextafter(y, toward_y)
        return x, y

    def walk(kind, start, actions):
        env.set_state(*start)
        for action in actions:
            before = env.state
            rows.append([kind, *before, *action, *env.step(action)])

    walk("free", (0.21, 0.33), [(u(-most, most), u(-most, most)) for _ in range(12)])
    walk("wall_from_left", (0.37, 0.17), [(most, 0.0)] * 4 + [(0.013, 0.0)] * 4)
    walk("wall_from_right", (0.62, 0.87), [(-most, 0.0)] * 3 + [(-0.007, 0.0)] * 4)
    walk("slide", (0.39, 0.08), [(most, 0.05)] * 8)
    walk("slide", (0.61, 0.93), [(-0.06, -0.04)] * 8)
    walk("door", (0.27, 0.47), [(0.07, 0.004)] * 9)
    walk("door", (0.74, 0.53), [(-most, -0.003)] * 8)
    walk("door_corner", (0.41, 0.31), [(0.02, 0.03)] * 10)
    walk("door_corner", (0.6, 0.7), [(-0.025, -0.02)] * 10)
    walk("door_corner", (0.5, 0.5), [(0.004, 0.021)] * 8)
    walk("door_corner", (0.5, 0.45), [(0.0, -0.01)] * 4)
    walk("touching", freed(0.42, 0.2, 0.0, 0.2), [(0.0, 0.03), (1e-12, 0.0), (1e-3, 0.0)])
    walk("touching", freed(0.5, 0.43, 0.5, 1.0), [(0.0, 0.0), (0.0, -1e-12), (0.02, 0.0)])
    walk("boundary", (0.12, 0.09), [(-most, -0.05)] * 3 + [(-0.03, 0.04)] * 3)
    walk("boundary", (0.9, 0.91), [(0.06, most)] * 3 + [(0.01, -0.05)] * 3)
    walk("oversized", (0.22, 0.78), [(3.0, -7.0), (-2.0, 0.5), (0.0800001, -0.0800001), (-1e9, 1e9)])
    walk("zero", (0.3, 0.6), [(0.0, 0.0), (-0.0, -0.0)])
    while len(rows) < 150:
        start = evaluate.sample_position(env, np.random.default_rng(rng.randrange(2**31)))
        walk("free", start, [(u(-0.1, 0.1), u(-0.1, 0.1)) for _ in range(6)])

    pictures = []
    for index, state in enumerate([(0.25, 0.3), (0.5, 0.5), (0.05, 0.05), (0.95, 0.95), (0.41, 0.11),
                                   (0.59, 0.83), (0.4375, 0.5), (0.7123, 0.3321)]):
        env.set_state(*state)
        data = env.render().tobytes()
        pictures.append({"x": state[0], "y": state[1], "sha256": hashlib.sha256(data).hexdigest(),
                         **({"zlib_base64": packed(data)} if index in (0, 1) else {})})

    # Starts and goals as its evaluation draws them: half of the tasks cross the wall.
    numbers = np.random.default_rng(SEED)
    tasks = {"crossing": [], "free": []}
    for index in range(20000):
        if index < 10000:
            rooms = ("left", "right") if numbers.uniform() < 0.5 else ("right", "left")
            tasks["crossing"].append([*evaluate.sample_position(env, numbers, rooms[0]),
                                      *evaluate.sample_position(env, numbers, rooms[1])])
        else:
            tasks["free"].append([*evaluate.sample_position(env, numbers),
                                  *evaluate.sample_position(env, numbers)])
    draws = {}
    for name, values in tasks.items():
        values = np.array(values)
        draws[name] = {"tasks": len(values),
                       **{column: summary(values[:, i])
                          for i, column in enumerate(["start_x", "start_y", "goal_x", "goal_y"])},
                       "start_left_of_middle": share(values[:, 0] < 0.5),
                       "other_room": share((values[:, 0] < 0.5) != (values[:, 2] < 0.5)),
                       "distance": summary(np.hypot(values[:, 0] - values[:, 2], values[:, 1] - values[:, 3]))}

    class Watched(TwoRoomsEnv):
        def step(self, action):
            before = self.state
            after = super().step(action)
            self.log.append((*before, *action, *after))
            return after

    watched = Watched(seed=0)
    numbers = np.random.default_rng(SEED)
    episodes = {"random": [], "goal": []}
    while sum(map(len, episodes.values())) < 200:
        goal_directed = bool(numbers.uniform() < 0.5)
        watched.log = []
        generate.rollout_episode(watched, 60, numbers, goal_directed)
        episodes["goal" if goal_directed else "random"].append(watched.log)

    def describe(logs):
        logs = np.array(logs)  # [N, 60, 6]
        before, action, after = logs[..., 0:2], logs[..., 2:4], logs[..., 4:6]
        wanted = np.clip(before + action, 0.05, 0.95)
        blocked = (wanted != before) & (after == before)
        stopped = (action != 0) & (wanted == before)
        length = np.linalg.norm(action, axis=-1)
        return {"episodes": len(logs),
                "action_length": {**summary(length.mean(1)), "std_of_single_steps": round(float(length.std()), 6)},
                "moved_length": summary(np.linalg.norm(after - before, axis=-1).mean(1)),
                "axis_moves_blocked_by_wall": ratio(blocked.sum((1, 2)), np.full(len(logs), 120)),
                "x_moves_blocked_by_wall": ratio(blocked[..., 0].sum(1), np.full(len(logs), 60)),
                "y_moves_blocked_by_wall": ratio(blocked[..., 1].sum(1), np.full(len(logs), 60)),
                "axis_moves_stopped_by_boundary": ratio(stopped.sum((1, 2)), np.full(len(logs), 120)),
                "ends_in_other_room": share((before[:, 0, 0] < 0.5) != (after[:, -1, 0] < 0.5)),
                "displacement": summary(np.linalg.norm(after[:, -1] - before[:, 0], axis=-1))}

    return {"steps": {"columns": ["kind", "x", "y", "dx", "dy", "next_x", "next_y"], "rows": rows},
            "frames": {"shape": [64, 64], "states": pictures}, "starts_and_goals": draws,
            "episodes": {"all": describe(episodes["random"] + episodes["goal"]),
                         **{name: describe(logs) for name, logs in episodes.items()}}}


# --- Writing

def write(recording, path):
    """JSON with one row of a table on each line."""
    rows = []

    def hide(value):
        if isinstance(value, dict):
            return {key: hide(item) for key, item in value.items()}
        if isinstance(value, list) and value and isinstance(value[0], list):
            rows.append("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in value) + "\n]")
            return f"@{len(rows) - 1}@"
        return value

    text = json.dumps(hide(recording), indent=1, allow_nan=False)
    for index, table in enumerate(rows):
        text = text.replace(f'"@{index}@"', table)
    json.loads(text)
    path.write_text(text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in REPOSITORIES:
        parser.add_argument(name, type=pathlib.Path, help=f"a checkout of {REPOSITORIES[name]}")
    parser.add_argument("--only", help="record this part alone, and keep the others as they are")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "two_rooms.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    eb_jepa, pldm = EbJepa(arguments.eb_jepa.resolve()), Pldm(arguments.pldm.resolve())
    parts = {"evaluation_steps": lambda: evaluation_steps(eb_jepa, pldm),
             "dataset_steps": lambda: dataset_steps(eb_jepa, pldm),
             "frames": lambda: frames(eb_jepa, pldm),
             "starts_and_goals": lambda: starts_and_goals(eb_jepa, pldm),
             "trajectories": lambda: trajectories(eb_jepa, pldm),
             "latent_lab": lambda: latent_lab(arguments.latent_lab.resolve())}
    recording = {
        "command": "python3 tests/parity/record_two_rooms.py EB_JEPA PLDM LATENT_LAB",
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__},
        "peers": {name: {"repository": repository, "commit": subprocess.run(
            ["git", "-C", str(getattr(arguments, name)), "rev-parse", "HEAD"], check=True, capture_output=True,
            text=True).stdout.strip()} for name, repository in REPOSITORIES.items()}}
    old = json.loads(arguments.output.read_text()) if arguments.only else {}
    for name, part in parts.items():
        if arguments.only in (None, name):
            seed_all(SEED)
            recording[name] = part()
            print(f"{name}: recorded", file=sys.stderr, flush=True)
        elif name in old:
            recording[name] = old[name]
    write(recording, arguments.output)


if __name__ == "__main__":
    main()
