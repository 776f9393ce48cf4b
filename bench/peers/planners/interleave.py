# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""What the scripts of this folder share: arguments, files, and timing a peer in turns with ours.

Each script hands `main` two functions: `export(arguments)` writes a folder with `write_folder`, and
`contestants(arguments, spec, weights)` gives the calls to time with the weights of such a folder.

Ours is a subprocess. It first prints one line, a JSON object to be kept (its "name" names the column);
then it answers every line `plan` on its standard input with one line: the milliseconds of one plan. It
must not compute in between. A round runs every contestant once, in an order drawn anew; what is printed
are medians, minima, and the median over rounds of the ratio to ours in the same round.
"""
import argparse
import contextlib
import ctypes
import dataclasses
import io
import json
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode

REST_S = 0.05  # Between turns, until the threads of the one before have gone to sleep.


# ---- The peer's checkout.


def use_checkout(*folders):
    """Lets their packages be imported, and not the scripts here, some of which have the same names."""
    here = pathlib.Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if pathlib.Path(entry or ".").resolve() != here]
    for folder in folders:
        if not folder.is_dir():
            sys.exit(f"--repo is not a checkout of the peer: there is no {folder}")
        sys.path.insert(0, str(folder))


def commit(repo):
    """Of the checkout, or None if it is none of git's."""
    command = ["git", "-C", str(repo), "rev-parse", "--show-prefix", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.split("\n")
    return lines[1] if done.returncode == 0 and lines[0] == "" else None


# ---- The folder of an export.


@torch.no_grad()
def draw_constants(module, seed):
    """Draws whatever the peer sets to a constant, so that no error can hide behind zeros and ones:
    matrices of zeros from N(0, 1 / inputs), all others from N(constant, 0.1^2)."""
    rng = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict(keep_vars=True).items():
        if not torch.is_tensor(tensor) or tensor.is_meta or not tensor.is_floating_point():
            continue
        if tensor.numel() < 2:
            continue
        constant = tensor.flatten()[0].item()
        if bool((tensor != constant).any()):
            continue
        matrix = constant == 0 and name.endswith("weight") and tensor.dim() > 1
        scale = tensor.shape[-1] ** -0.5 if matrix else 0.1
        tensor.copy_(constant + scale * torch.randn(tensor.shape, generator=rng))


def tensors_of(module, *prefixes):
    """The state_dict of the parts whose names begin so, each tensor with memory of its own."""
    return {
        name: tensor.detach().clone().contiguous()
        for name, tensor in module.state_dict().items()
        if name.startswith(prefixes) and torch.is_tensor(tensor) and tensor.is_floating_point()
    }


@torch.no_grad()
def load_tensors(module, weights):
    """The reverse; everything in `weights` must be in the module."""
    tensors = module.state_dict(keep_vars=True)
    unknown = [name for name in weights if name not in tensors]
    if unknown:
        sys.exit(f"the peer has no {', '.join(unknown)}: was the export made with this checkout?")
    for name, weight in weights.items():
        tensors[name].copy_(weight)


def count_flops(call):
    """What PyTorch's own counter sees: a product and a sum of matrices and convolutions are two."""
    counter = FlopCounterMode(display=False)
    # It keeps a count for each module, in a way that tensordict's modules do not bear. One is enough.
    counter.mod_tracker = contextlib.nullcontext()
    counter.mod_tracker.parents = {"Global"}
    with counter:
        call()
    return counter.get_total_flops()


def write_folder(folder, spec, weights, reference):
    folder.mkdir(parents=True, exist_ok=True)
    for name, tensors in (("weights", weights), ("reference", reference)):
        tensors = {n: t.detach().clone().contiguous() for n, t in tensors.items()}
        save_file(tensors, folder / f"{name}.safetensors")
    spec = {**spec, "weights": {name: list(tensor.shape) for name, tensor in weights.items()}}
    spec["reference"] = {name: list(tensor.shape) for name, tensor in reference.items()}
    (folder / "spec.json").write_text(json.dumps(spec, indent=2) + "\n")
    parameters = sum(tensor.numel() for tensor in weights.values())
    print(f"{folder}: {parameters} weights, {spec['flops_a_plan'] / 1e9:.2f} GFLOP a plan")


# ---- Timing.


@dataclasses.dataclass
class Contestant:
    """A call of the peer to time."""

    name: str
    run: Callable[[], object]
    scale: float = 1.0  # What the time is multiplied by, where a part of a plan stands for the whole.

    def milliseconds(self):
        with contextlib.redirect_stdout(io.StringIO()):  # Some peers print at every plan.
            start = time.perf_counter()
            self.run()
            return 1e3 * (time.perf_counter() - start) * self.scale


class Ours:
    """The subprocess of `--ours`."""

    def __init__(self, command, threads):
        self.command = command
        self.process = subprocess.Popen(
            shlex.split(command),
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.header = json.loads(self.line())
        self.name = self.header.get("name", "ours")
        self.round_trips_ms = []

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.command} ended with {self.process.wait()}")
        return line

    def milliseconds(self):
        start = time.perf_counter()
        self.process.stdin.write("plan\n")
        self.process.stdin.flush()
        answer = float(self.line())
        self.round_trips_ms.append(1e3 * (time.perf_counter() - start))
        return answer

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def autocast(call):
    def with_bf16():
        with torch.autocast("cpu", torch.bfloat16):
            call()

    return with_bf16


def precisions(name, call):
    """The two contestants that are there for every peer. Autocast keeps what it has cast of a weight, to
    the end of the call, only if the weight asks for gradients: leave it so, and call under no_grad."""
    return [Contestant(f"{name}, f32", call), Contestant(f"{name}, bf16 autocast", autocast(call))]


def keep_freed_memory():
    """As forethink/core/memory.cpp does: large tensors are then not mapped anew at every step."""
    for parameter in (-3, -1):  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD
        ctypes.CDLL(None).mallopt(parameter, 2**31 - 1)


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return {"name": "unknown", "bf16": False}
    field = lambda key: next((li.split(":", 1)[1].strip() for li in lines if li.startswith(key)), "")
    flags = field("flags").split()
    return {
        "name": field("model name") or "unknown",
        "bf16": "avx512_bf16" in flags or "amx_bf16" in flags,
        "cores": os.cpu_count(),
    }


def take_turns(everyone, rounds, seed=0):
    """Milliseconds of each, round by round."""
    order, times = list(everyone), {contestant.name: [] for contestant in everyone}
    rng = random.Random(seed)
    for i in range(rounds):
        rng.shuffle(order)
        for contestant in order:
            time.sleep(REST_S)
            times[contestant.name].append(contestant.milliseconds())
        print(
            f"round {i + 1}: " + ", ".join(f"{n} {t[-1]:.1f}" for n, t in times.items()),
            file=sys.stderr,
            flush=True,
        )
    return times


def summary(times, ours):
    rows = {}
    for name, milliseconds in times.items():
        rows[name] = {"median_ms": statistics.median(milliseconds), "min_ms": min(milliseconds)}
        for other in ours:
            ratios = [theirs / mine for theirs, mine in zip(milliseconds, times[other.name])]
            rows[name][f"ratio to {other.name}"] = statistics.median(ratios)
            rows[name][f"range to {other.name}"] = [min(ratios), max(ratios)]
    return rows


def print_table(rows, ours):
    width = max(len(name) for name in rows)
    columns = [f"ratio to {other.name}" for other in ours]
    print(f"{'':{width}}  median ms     min ms" + "".join(f"  {column:>18}" for column in columns))
    for name, row in rows.items():
        ratios = "".join(f"  {row[column]:>18.2f}" for column in columns)
        print(f"{name:{width}}  {row['median_ms']:9.2f}  {row['min_ms']:9.2f}{ratios}")


def time_everyone(arguments, contestants):
    if arguments.keep_memory:
        keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    spec = json.loads((arguments.dir / "spec.json").read_text())
    theirs, apart = contestants(arguments, spec, load_file(arguments.dir / "weights.safetensors"))
    if arguments.only:
        theirs = [c for c in theirs if any(part in c.name for part in arguments.only)]
    load = os.getloadavg()[0]
    ours = []
    try:
        for command in arguments.ours:
            ours.append(Ours(command, arguments.threads))
        everyone = ours + theirs
        if len({contestant.name for contestant in everyone}) < len(everyone):
            sys.exit("two contestants have the same name")
        failed = {}
        for contestant in everyone + apart:
            try:
                for _ in range(arguments.warm_up):
                    contestant.milliseconds()
            except Exception as error:  # A compiler may fail on a peer's code; the others go on.
                failed[contestant.name] = f"{type(error).__name__}: {error}"
                print(f"{contestant.name} failed: {failed[contestant.name]}", file=sys.stderr)
        everyone = [c for c in everyone if c.name not in failed]
        apart = [c for c in apart if c.name not in failed]
        for other in ours:
            other.round_trips_ms.clear()
        times = take_turns(everyone, arguments.rounds)
        times_apart = {c.name: [c.milliseconds() for _ in range(arguments.rounds)] for c in apart}
    finally:
        for other in ours:
            other.end()

    rows, rows_apart = summary(times, ours), summary(times_apart, [])
    result = {
        "kind": spec["kind"],
        "processor": processor(),
        "torch": torch.__version__,
        "threads": arguments.threads,
        "keep_memory": arguments.keep_memory,
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "peer_commit": commit(arguments.repo),
        "flops_a_plan": spec["flops_a_plan"],
        "model_steps_a_plan": spec["model_steps_a_plan"],
        "failed": failed,
        "scaled_by": {c.name: c.scale for c in theirs if c.scale != 1},
        "ours": [
            {"command": o.command, "header": o.header, "round_trips_ms": o.round_trips_ms} for o in ours
        ],
        "summary": rows,
        "apart": rows_apart,
        "milliseconds": times,
    }
    text = json.dumps(result, indent=2)
    if arguments.json:
        arguments.json.write_text(text + "\n")
    else:
        print(text)
    about = result["processor"]
    print(f"\n{spec['kind']}: {about['name']}, torch {torch.__version__}, {arguments.threads} threads")
    if load > 0.5:
        print(f"the load was {load:.1f} before the start: threads wait for each other, times say little")
    print_table(rows, ours)
    for name, row in rows_apart.items():
        print(f"apart: {name} {row['median_ms']:.2f} ms, min {row['min_ms']:.2f}")


def main(doc, export, contestants, more=lambda add, command: None):
    """Runs `export` or `time`; `more(add, command)` may add arguments of the script's own to either."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    path = pathlib.Path

    add = commands.add_parser("export", help="write weights, sizes and recorded cases").add_argument
    add("--repo", type=path, required=True, help="a checkout of the peer")
    add("--out", type=path, required=True)
    add("--seed", type=int, default=0)
    more(add, "export")

    add = commands.add_parser("time", help="time the peer, in turns with ours").add_argument
    add("--repo", type=path, required=True, help="a checkout of the peer")
    add("--dir", type=path, required=True, help="what export wrote")
    add("--ours", action="append", default=[], help="a command; may be given more than once")
    add("--rounds", type=int, default=10)
    add("--warm-up", type=int, default=2, help="runs of each before the first round")
    add("--threads", type=int, default=2, help="of each")
    add("--compile", action="store_true", help="also the peer under torch.compile")
    add("--only", action="append", help="of the peer only what has this in its name")
    add("--keep-memory", action="store_true", help="Python keeps freed memory, as ours does")
    add("--json", type=path, help="write the JSON here instead of printing it")
    more(add, "time")

    arguments = parser.parse_args()
    if arguments.command == "export":
        torch.set_num_threads(2)
        export(arguments)
    else:
        time_everyone(arguments, contestants)
