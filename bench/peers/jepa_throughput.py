#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""JEPA training in eager PyTorch beside `forethink train`: frames a second of both, in turns.

    python3 -m venv peers && peers/bin/pip install torch==2.15.0 numpy
    peers/bin/python bench/peers/jepa_throughput.py --rounds 6

The same network, criteria, batch, precision and optimizer, read from the settings that `forethink train`
resolves, and written as one would in Python: vectorised, fused AdamW, bf16 autocast where the processor
multiplies bf16. Take the PyTorch that the binary was built with, so that the kernels are the same.

Ours is one process, stopped (SIGSTOP) while Python's turn lasts and the other way round, so that both
see the same machine. Both are timed over `--interval` steps at a time, the first of each turn not
counted: ours by the times in metrics.jsonl, which include drawing the frames; Python finds its frames
drawn, as bytes in memory. Printed: parameters and FLOPs of both, a line of medians, and JSON.

Forethink tells the C library to keep freed memory, Python does not, and on a processor that is a large
part of the difference. `--keep-memory` gives Python the same: measure with and without.
"""
import argparse
import ctypes
import json
import math
import os
import pathlib
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import tomllib

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIDE, CHANNELS, ACTION = 65, 2, 2  # Of Two Rooms.
MIDDLE = 128  # The byte that becomes 0.
NEVER = 1_000_000_000


# ---- The network and its criteria. Names of modules are ours, so that checkpoints can be compared.


class PatchEncoder(nn.Module):
    """Bytes [N, 65, 65, 2] -> states [N, D]; see forethink/perception/patch_encoder.h."""

    def __init__(self, dim, patch, patch_dim, merge, merge_dim, hidden, standardise):
        super().__init__()
        self.cut, self.merged = patch, merge
        self.blocks = -(-SIDE // (patch * merge))  # Each way; the last ones are filled up.
        image_dim = self.blocks**2 * merge_dim
        self.patch = nn.Linear(patch * patch * CHANNELS, patch_dim)
        self.merge = nn.Linear(merge * merge * patch_dim, merge_dim)
        self.hidden = nn.Linear(image_dim, hidden)
        self.out = nn.Linear(hidden, dim)
        self.skip = nn.Linear(image_dim, dim, bias=False)
        self.standardise = standardise
        if standardise:
            self.register_buffer("channel_mean", torch.zeros(CHANNELS))
            self.register_buffer("channel_scale", torch.ones(CHANNELS))

    def look(self, frames):
        if not self.standardise:
            return
        pixels = ((frames.float() - MIDDLE) / MIDDLE).reshape(-1, CHANNELS)
        self.channel_mean.copy_(pixels.mean(0))
        self.channel_scale.copy_(1 / pixels.std(0).clamp_min(1e-3))

    def cut_patches(self, x):
        """-> [N * blocks, M M, P P C], scaled: the quickest of six orders of the same operations."""
        n, p, m, b = x.shape[0], self.cut, self.merged, self.blocks
        number = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
        x = x.to(number).sub_(MIDDLE).mul_(1 / MIDDLE)  # Exact in both.
        beyond = b * m * p - SIDE
        x = F.pad(x, (0, 0, 0, beyond, 0, beyond)).view(n, b, m, p, b, m, p * CHANNELS)
        return x.permute(0, 1, 4, 2, 5, 3, 6).reshape(n * b * b, m * m, p * p * CHANNELS)

    def embed(self, patches):
        if not self.standardise:
            return self.patch(patches)
        # Scaling the layer is cheaper than scaling the pixels.
        weight = self.patch.weight * self.channel_scale.repeat(self.cut**2)
        bias = self.patch.bias - torch.mv(weight, self.channel_mean.repeat(self.cut**2))
        return F.linear(patches, weight, bias)

    def forward(self, x):
        h = F.relu(self.embed(self.cut_patches(x))).flatten(1)
        u = F.relu(self.merge(h)).view(x.shape[0], -1)
        s = self.out(F.relu(self.hidden(u))) + self.skip(u)
        return F.layer_norm(s.float(), s.shape[-1:])


class Mlp(nn.Module):
    def __init__(self, widths, activation):
        super().__init__()
        self.layers = len(widths) - 1
        self.activation = activation
        for i in range(self.layers):
            self.add_module(f"layer{i}", nn.Linear(widths[i], widths[i + 1]))

    def forward(self, x):
        for i in range(self.layers - 1):
            x = self.activation(getattr(self, f"layer{i}")(x))
        return getattr(self, f"layer{self.layers - 1}")(x)


class Predictor(nn.Module):
    def __init__(self, dim, action, hidden, layers, final_scale):
        super().__init__()
        self.mlp = Mlp([dim + action] + [hidden] * layers + [dim], F.silu)
        with torch.no_grad():
            for parameter in getattr(self.mlp, f"layer{layers}").parameters():
                parameter.mul_(final_scale)

    def forward(self, s, a):
        s = s + self.mlp(torch.cat((s, a), 1))
        return F.layer_norm(s.float(), s.shape[-1:])


class InverseDynamics(nn.Module):
    def __init__(self, dim, action):
        super().__init__()
        self.mlp = Mlp([2 * dim, 256, 256, action], F.relu)

    def forward(self, s, s_next):
        return self.mlp(torch.cat((s, 4 * (s_next - s)), -1))


class Peer(nn.Module):
    """What JepaTrainer trains."""

    def __init__(self, settings):
        super().__init__()
        dim, predictor = settings["encoder"]["dim"], settings["predictor_network"]
        action = ACTION * settings["jepa"]["window"]["skip"]
        self.jepa = nn.Module()
        encoder = settings["encoder"]
        self.jepa.encoder_x = PatchEncoder(
            dim, **encoder["patch"], standardise=encoder["standardise"]
        )
        self.jepa.predictor = Predictor(
            dim, action, predictor["hidden"], predictor["layers"], predictor["final_scale"]
        )
        self.inverse_dynamics = InverseDynamics(dim, action)

    def losses(self, frames, actions, rollout):
        """frames [B, T, 65, 65, 2], actions [B, T-1, A] -> criteria by name."""
        windows, length = frames.shape[:2]
        s = self.jepa.encoder_x(frames.flatten(0, 1)).view(windows, length, -1)
        starts = length - rollout
        now, imagined = s[:, :starts].flatten(0, 1), []
        steps = actions.unfold(1, rollout, 1).flatten(0, 1)  # [B * starts, A, K]
        for k in range(rollout):
            now = self.jepa.predictor(now, steps[:, :, k])
            imagined.append(now)
        actual = s[:, 1:].unfold(1, rollout, 1).flatten(0, 1).transpose(1, 2)
        rows = s.flatten(0, 1)
        estimate = self.inverse_dynamics(s[:, :-1], s[:, 1:])
        return {
            "prediction": F.mse_loss(torch.stack(imagined, 1), actual),
            "inverse_dynamics": F.mse_loss(estimate.float(), actions),
            "variance": F.relu(1 - (rows.var(0) + 1e-4).sqrt()).mean(),
            "covariance": covariance(rows),
            "time_similarity": F.mse_loss(s[:, 1:], s[:, :-1]),
            "lasting": coding_rate(s.mean(1)),
        }


def covariance(rows):
    n, dim = rows.shape
    centred = rows - rows.mean(0, keepdim=True)
    c = torch.mm(centred.t(), centred) / (n - 1)
    return (c.square().sum() - c.diagonal().square().sum()) / (dim * (dim - 1))


def coding_rate(rows, precision=0.02):
    n, dim = rows.shape
    with torch.autocast("cpu", enabled=False):
        centred = rows - rows.mean(0, keepdim=True)
        spread = torch.eye(dim) + torch.mm(centred.t(), centred) / ((n - 1) * precision)
        log_determinant = 2 * torch.linalg.cholesky(spread).diagonal().log().sum()
    return math.log1p(1 / precision) - log_determinant / dim


# ---- Data and training.


def draw(x, y, wall, door):
    """Agents [...] and layouts [...] -> bytes [..., 65, 65, 2], as Two Rooms is drawn."""
    pixel = torch.arange(SIDE, dtype=torch.float32)
    across = torch.exp(-((pixel - x.unsqueeze(-1)) ** 2) / (2 * 1.3**2))
    down = 255 * torch.exp(-((pixel - y.unsqueeze(-1)) ** 2) / (2 * 1.3**2))
    blob = down.unsqueeze(-1) * across.unsqueeze(-2)
    border = (pixel == 4) | (pixel == 60)
    column = (pixel - wall.unsqueeze(-1)).abs() <= 1
    closed = (pixel - door.unsqueeze(-1)).abs() > 4
    walls = border | border.unsqueeze(1) | (closed.unsqueeze(-1) & column.unsqueeze(-2))
    return torch.stack((blob.to(torch.uint8), walls.to(torch.uint8) * 255), -1)


class Recordings:
    """Walks in random layouts, drawn once and kept as bytes [episodes * steps, 65, 65, 2]."""

    def __init__(self, episodes, steps, seed=0):
        rng = torch.Generator().manual_seed(seed)
        turns = 0.45 * torch.randn(episodes, steps, generator=rng)
        heading = 2 * math.pi * torch.rand(episodes, 1, generator=rng) + turns.cumsum(1)
        self.actions = torch.stack((heading.cos(), heading.sin()), -1)
        place = 5 + 54 * torch.rand(episodes, 2, generator=rng)
        wall = torch.randint(20, 45, (episodes,), generator=rng).float()
        door = torch.randint(10, 55, (episodes,), generator=rng).float()
        self.frames = torch.empty(episodes, steps, SIDE, SIDE, CHANNELS, dtype=torch.uint8)
        for t in range(steps):
            self.frames[:, t] = draw(place[:, 0], place[:, 1], wall, door)
            after = (place + self.actions[:, t]).clamp(5, 59)
            self.actions[:, t], place = after - place, after
        self.episodes, self.steps = episodes, steps
        self.frames, self.actions = self.frames.flatten(0, 1), self.actions.flatten(0, 1)

    def windows(self, batch, length, skip):
        span = (length - 1) * skip
        first = torch.randint(self.steps - span, (batch, 1))
        rows = torch.randint(self.episodes, (batch, 1)) * self.steps + first + torch.arange(span + 1)
        frames = self.frames.index_select(0, rows[:, ::skip].flatten())
        actions = self.actions.index_select(0, rows[:, :-1].flatten())
        return frames.view(batch, length, SIDE, SIDE, CHANNELS), actions.view(
            batch, length - 1, skip * ACTION
        )


def multiplies_bf16():
    try:
        flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


class PeerTraining:
    def __init__(self, settings, data, f32):
        self.options, self.data, self.step = settings["jepa"], data, 0
        self.bf16 = self.options["bf16"] and multiplies_bf16() and not f32
        self.weights = {n: w for n, w in self.options["weights"].items() if w > 0}
        self.model = Peer(settings)
        self.model.jepa.encoder_x.look(data.frames[torch.randint(len(data.frames), (4000,))])
        optimizer = self.options["optimizer"]
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=optimizer["learning_rate"],
            weight_decay=optimizer["weight_decay"],
            fused=True,
        )
        self.parts = {}

    def rate_share(self):
        o, steps = self.options["optimizer"], self.options["steps"]
        if self.step < o["warmup_steps"]:
            return (self.step + 1) / (o["warmup_steps"] + 1)
        progress = min(1, (self.step - o["warmup_steps"]) / max(1, steps - o["warmup_steps"]))
        return o["floor"] + (1 - o["floor"]) * 0.5 * (1 + math.cos(math.pi * progress))

    def loss(self):
        window = self.options["window"]
        frames, actions = self.data.windows(self.options["batch"], window["length"], window["skip"])
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            self.parts = self.model.losses(frames, actions, self.options["rollout"])
            ramp = 0.5 + 0.5 * min(1, 2 * self.step / self.options["steps"])
            return sum(
                value * self.weights.get(name, 0) * (ramp if name == "prediction" else 1)
                for name, value in self.parts.items()
                if name in self.weights
            )

    def advance(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss().backward()
        clip = self.options["optimizer"]["clip"]
        nn.utils.clip_grad_norm_(self.model.parameters(), clip, foreach=True)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options["optimizer"]["learning_rate"] * self.rate_share()
        self.optimizer.step()
        self.step += 1

    def turn(self, intervals, interval):
        """Seconds a step of each interval but the first."""
        seconds = []
        for _ in range(intervals + 1):
            start = time.perf_counter()
            for _ in range(interval):
                self.advance()
            seconds.append((time.perf_counter() - start) / interval)
        return seconds[1:]


# ---- Ours.


def keep_freed_memory():
    """As forethink/core/memory.cpp does: large tensors are then not mapped anew in every step."""
    for parameter in (-3, -1):  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD
        ctypes.CDLL(None).mallopt(parameter, 2**31 - 1)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a stopped orphan would stay.


class Ours:
    """`forethink train` in a folder of its own, stopped while it is not its turn."""

    def __init__(self, arguments, folder):
        self.folder = folder
        assignments = [
            f"encoder.dim={arguments.dim}",
            f"jepa.steps={NEVER}",
            f"jepa.loop.log_every={arguments.interval}",
            f"jepa.loop.diagnose_every={NEVER}",
            f"jepa.loop.checkpoint_every={NEVER}",
            *arguments.set,
        ]
        command = [arguments.binary, "train", arguments.experiment, "--run-dir", folder]
        for assignment in assignments:
            command += ["--set", assignment]
        self.errors = open(f"{folder}.log", "w+")
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, "OMP_NUM_THREADS": str(arguments.threads)},
            stdout=self.errors,
            stderr=self.errors,
            preexec_fn=die_with_parent,
        )

    def lines(self):
        try:
            text = (self.folder / "metrics.jsonl").read_text()
        except OSError:
            return []
        whole = text[: text.rfind("\n") + 1].splitlines()
        return [line for line in map(json.loads, whole) if line["stage"] == "jepa"]

    def wait_for_lines(self, count):
        while len(self.lines()) < count:
            if self.process.poll() is not None:
                self.errors.seek(0)
                sys.exit(f"ours ended with {self.process.returncode}: {self.errors.read()[-2000:]}")
            time.sleep(0.2)

    def settings(self):
        return tomllib.loads((self.folder / "config.resolved.toml").read_text())

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def turn(self, intervals):
        """Seconds a step of each interval but the first, which holds Python's turn."""
        before = len(self.lines())
        self.process.send_signal(signal.SIGCONT)
        self.wait_for_lines(before + intervals + 1)
        self.stop()
        lines = self.lines()[before : before + intervals + 1]
        return [
            (b["time"] - a["time"]) / (b["step"] - a["step"]) for a, b in zip(lines, lines[1:])
        ]

    def finish(self):
        """Ends it at its next step, where it leaves a checkpoint: shapes of tensors by name."""
        self.process.send_signal(signal.SIGTERM)
        self.process.send_signal(signal.SIGCONT)
        self.process.wait(timeout=120)
        file = next((self.folder / "checkpoints" / "jepa").glob("step-*/tensors.safetensors"))
        with file.open("rb") as tensors:
            header = json.loads(tensors.read(struct.unpack("<Q", tensors.read(8))[0]))
        return {
            name: entry["shape"]
            for name, entry in header.items()
            if name.startswith(("jepa.", "inverse_dynamics."))
        }

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.errors.close()


# ---- That both do the same.


def refuse_what_is_not_here(settings):
    jepa, predictor = settings["jepa"], settings["predictor_network"]
    known = {
        "prediction", "inverse_dynamics", "variance", "covariance", "time_similarity", "lasting"
    }  # fmt: skip
    others = [n for n, w in jepa["weights"].items() if w > 0 and n not in known]
    wanted = {
        "environment.name = two_rooms": settings["environment"]["name"] == "two_rooms",
        "encoder.kind = patch": settings["encoder"]["kind"] == "patch",
        "encoder.norm = layer_norm": settings["encoder"]["norm"] == "layer_norm",
        "encoder.frames = 1": settings["encoder"]["frames"] == 1,
        "predictor_network.kind = residual_mlp": predictor["kind"] == "residual_mlp",
        "predictor_network.conditioning = concatenate": predictor["conditioning"] == "concatenate",
        "predictor_network.norm = layer_norm": predictor["norm"] == "layer_norm",
        "predictor_network.latent_dim = 0": predictor["latent_dim"] == 0,
        "jepa.inverse_dynamics_span = 1": jepa["inverse_dynamics_span"] == 1,
        f"no criteria but {sorted(known)}": not others,
    }
    for rule, holds in wanted.items():
        if not holds:
            sys.exit(f"the peer is written for {rule}")


def flops_of_ours(shapes, settings):
    """FLOPs of the products of one step, from the shapes in our checkpoint: each weight is used forward
    and for its own gradient, and for that of its input unless that is the image."""
    jepa, patch = settings["jepa"], settings["encoder"]["patch"]
    frames = jepa["batch"] * jepa["window"]["length"]
    blocks = frames * (-(-SIDE // (patch["patch"] * patch["merge"]))) ** 2
    predicted = jepa["batch"] * (jepa["window"]["length"] - jepa["rollout"]) * jepa["rollout"]
    rows = {
        "jepa.encoder_x.patch": blocks * patch["merge"] ** 2,
        "jepa.encoder_x.merge": blocks,
        "jepa.encoder_x": frames,
        "jepa.predictor": predicted,
        "inverse_dynamics": jepa["batch"] * (jepa["window"]["length"] - 1),
    }
    total, dim = 0, settings["encoder"]["dim"]
    for name, shape in shapes.items():
        if name.endswith(".weight"):
            of = max((part for part in rows if name.startswith(part + ".")), key=len)
            passes = 2 if of == "jepa.encoder_x.patch" else 3
            total += passes * 2 * rows[of] * shape[0] * shape[1]
    for criterion, samples in (("covariance", frames), ("lasting", jepa["batch"])):
        if jepa["weights"].get(criterion, 0) > 0:
            total += 3 * 2 * samples * dim * dim
    if jepa["weights"].get("lasting", 0) > 0:
        total += 2 * dim**3  # In the gradient of Cholesky.
    return total


def flops_of_peer(training):
    """What PyTorch's own counter sees in a step; a matrix times a vector and Cholesky it leaves out."""
    training.model.zero_grad(set_to_none=True)
    with FlopCounterMode(display=False) as counter:
        training.loss().backward()
    return counter.get_total_flops()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--experiment", default=ROOT / "experiments" / "two_rooms_random.toml")
    add("--binary", default=ROOT / "build" / "release" / "forethink")
    add("--set", action="append", default=[], help="section.key=value, as for forethink train")
    add("--dim", type=int, default=256, help="encoder.dim")
    add("--rounds", type=int, default=10, help="turns of each")
    add("--intervals", type=int, default=8, help="timed intervals a turn")
    add("--interval", type=int, default=10, help="steps an interval")
    add("--threads", type=int, default=os.cpu_count(), help="of each")
    add("--episodes", type=int, default=300, help="that Python keeps in memory, 0.77 MB each")
    add("--f32", action="store_true", help="Python without autocast, whatever ours does")
    add("--keep-memory", action="store_true", help="Python keeps freed memory, as ours does")
    add("--json", type=pathlib.Path, help="also write the JSON here")
    arguments = parser.parse_args()
    if arguments.keep_memory:
        keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    load = os.getloadavg()[0]

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="jepa_throughput."))
    ours = Ours(arguments, scratch / "run")
    try:
        ours.wait_for_lines(2)
        ours.stop()
        settings = ours.settings()
        refuse_what_is_not_here(settings)
        jepa = settings["jepa"]
        data = Recordings(arguments.episodes, settings["collect"]["steps"])
        peer = PeerTraining(settings, data, arguments.f32)
        peer_flops = flops_of_peer(peer)
        peer.turn(0, 2 * arguments.interval)  # Warm, as ours is.

        rounds = []
        frames = jepa["batch"] * jepa["window"]["length"]
        for _ in range(arguments.rounds):
            theirs_s = statistics.median(peer.turn(arguments.intervals, arguments.interval))
            ours_s = statistics.median(ours.turn(arguments.intervals))
            rounds.append({"pytorch_s": theirs_s, "ours_s": ours_s, "ratio": theirs_s / ours_s})
            print("round", len(rounds), json.dumps(rounds[-1]), flush=True)
        last = ours.lines()[-1]
        our_shapes = ours.finish()
    finally:
        ours.kill()
        shutil.rmtree(scratch, ignore_errors=True)

    their_shapes = {name: list(tensor.shape) for name, tensor in peer.model.state_dict().items()}
    count = lambda shapes: sum(math.prod(s) for n, s in shapes.items() if "channel_" not in n)
    median = lambda key: statistics.median(r[key] for r in rounds)
    result = {
        "torch": torch.__version__,
        "threads": arguments.threads,
        "bf16": {"pytorch": peer.bf16, "ours": jepa["bf16"] and multiplies_bf16()},
        "pytorch_keeps_memory": arguments.keep_memory,
        "load_before": load,
        "dim": settings["encoder"]["dim"],
        "batch": jepa["batch"],
        "length": jepa["window"]["length"],
        "weights": peer.weights,
        "parameters": {"pytorch": count(their_shapes), "ours": count(our_shapes)},
        "same_tensors": our_shapes == their_shapes,
        "flops_a_step": {"pytorch": peer_flops, "ours": flops_of_ours(our_shapes, settings)},
        "losses": {
            "pytorch": {"step": peer.step, **{n: v.item() for n, v in peer.parts.items()}},
            "ours": {"step": last["step"], **{n: last[n] for n in peer.parts if n in last}},
        },
        "rounds": rounds,
        "step_s": {"pytorch": median("pytorch_s"), "ours": median("ours_s")},
        "frames_per_s": {
            "pytorch": frames / median("pytorch_s"),
            "ours": frames / median("ours_s"),
        },
        "ratio": median("ratio"),
        "ratio_range": [min(r["ratio"] for r in rounds), max(r["ratio"] for r in rounds)],
    }
    if not result["same_tensors"]:
        print("NOT THE SAME NETWORK:", our_shapes, their_shapes, file=sys.stderr)
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")
    print(
        f"jepa step, D {result['dim']}: "
        f"pytorch {'bf16' if peer.bf16 else 'f32'}"
        f"{' keeping memory' if arguments.keep_memory else ''} {1e3 * median('pytorch_s'):.1f} ms "
        f"({result['frames_per_s']['pytorch']:.0f} frames/s), "
        f"ours with drawing {1e3 * median('ours_s'):.1f} ms "
        f"({result['frames_per_s']['ours']:.0f} frames/s), "
        f"ratio {result['ratio']:.2f} [{result['ratio_range'][0]:.2f}, {result['ratio_range'][1]:.2f}]"
    )


if __name__ == "__main__":
    main()
