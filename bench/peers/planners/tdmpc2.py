#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""TD-MPC2's planner, as its authors ship it, beside ours with the same weights.

    git clone https://github.com/nicklashansen/tdmpc2
    python tdmpc2.py export --repo tdmpc2 --out exports/tdmpc2
    python tdmpc2.py time --repo tdmpc2 --dir exports/tdmpc2 --ours "COMMAND" --compile

The 5M single-task model on state observations, with the sizes of DMControl's walker (24 observed, 6
actions, episodes of 500 steps) and every planning default of its config.yaml: 6 iterations of 512
sequences of 3 steps, of which 24 come from the policy. The weights are drawn, by the authors' own rules
but where those say zero (the last layers of rewards and values) and for norms and biases.

`--what plan` times `TDMPC2.act`, from the observation to the action; `--what value` one call of
`_estimate_value` for 512 sequences, of which a plan has 6.

Changed in the peer: its constructor, which wants a GPU and makes optimizers (see `agent`); and under
`--compile` how the weights of the value heads reach their network (see `let_heads_be_compiled`).
"""
import torch

import interleave

OBSERVED, ACTIONS, EPISODE_LENGTH = 24, 6, 500
CASES = 32
TINY = {"latent_dim": 16, "mlp_dim": 16, "enc_dim": 16}  # For a test: a few kilobytes.
PARTS = ("_encoder.", "_dynamics.", "_reward.", "_pi.", "_Qs.params.")


def configure(repo, **settings):
    """What the peer's train.py reads from config.yaml, for model_size=5 and one task."""
    from common import MODEL_SIZE
    from common.parser import cfg_to_dataclass
    from omegaconf import OmegaConf

    cfg = OmegaConf.load(repo / "tdmpc2" / "config.yaml")
    del cfg["defaults"]
    cfg.update(MODEL_SIZE[5])
    cfg.update(
        {
            "task": "walker-walk",
            "multitask": False,
            "tasks": ["walker-walk"],
            "task_dim": 0,
            "obs_shape": {"state": [OBSERVED]},
            "action_dim": ACTIONS,
            "episode_length": EPISODE_LENGTH,
            "bin_size": (cfg.vmax - cfg.vmin) / (cfg.num_bins - 1),
            "compile": False,
            **settings,
        }
    )
    return cfg_to_dataclass(cfg)


def agent(arguments, **settings):
    interleave.use_checkout(arguments.repo / "tdmpc2")
    from common.world_model import WorldModel
    from tdmpc2 import TDMPC2

    class OnCpu(TDMPC2):
        """Theirs but for the constructor, which puts everything on cuda:0: of what it sets, this sets
        on the CPU what planning reads. `act`, `plan`, `_plan` and `_estimate_value` are inherited."""

        def __init__(self, cfg):
            torch.nn.Module.__init__(self)
            self.cfg = cfg
            self.device = torch.device("cpu")
            self.model = WorldModel(cfg).eval()
            self.discount = self._get_discount(cfg.episode_length)
            self._prev_mean = torch.nn.Buffer(torch.zeros(cfg.horizon, cfg.action_dim))

    return OnCpu(configure(arguments.repo, **settings))


@torch.no_grad()
def record(theirs):
    """Their `_estimate_value` for a few sequences, and what happens inside it."""
    from common import math

    model, cfg = theirs.model, theirs.cfg
    obs = torch.randn(OBSERVED)
    start = model.encode(obs.unsqueeze(0), None)  # [1, Z]
    z = start.repeat(CASES, 1)
    actions = torch.rand(cfg.horizon, CASES, ACTIONS) * 2 - 1

    torch.manual_seed(1)  # What `_estimate_value` is to draw: noise of the policy, then two heads.
    noise, heads = torch.randn(CASES, ACTIONS), torch.randperm(cfg.num_q)[:2]
    torch.manual_seed(1)
    values = theirs._estimate_value(z, actions, None)

    latents, logits, total, discount = [], [], 0, 1
    for action in actions:
        logits.append(model.reward(z, action, None))
        total = total + discount * math.two_hot_inv(logits[-1], cfg)
        discount = discount * theirs.discount
        z = model.next(z, action, None)
        latents.append(z)
    torch.manual_seed(1)
    last_action, policy = model.pi(z, None)
    q = math.two_hot_inv(model.Q(z, last_action, None, return_type="all"), cfg)  # [Q, 32, 1]
    torch.testing.assert_close(total + discount * q[heads].sum(0) / 2, values)
    return {
        "obs": obs,
        "start": start,
        "actions": actions.transpose(0, 1),
        "latents": torch.stack(latents, 1),
        "reward_logits": torch.stack(logits, 1),
        "rewards": math.two_hot_inv(torch.stack(logits, 1), cfg).squeeze(-1),
        "policy_noise": noise,
        "policy_mean": policy["mean"],
        "policy_log_std": policy["log_std"],
        "policy_action": last_action,
        "q_heads": heads,
        "q_of_every_head": q.squeeze(-1),
        "values": values.squeeze(-1),
    }


def value_call(theirs):
    """One call of `_estimate_value`, as in an iteration of a plan."""
    cfg = theirs.cfg
    with torch.no_grad():
        z = theirs.model.encode(torch.randn(1, OBSERVED), None).repeat(cfg.num_samples, 1)
    actions = torch.rand(cfg.horizon, cfg.num_samples, ACTIONS) * 2 - 1
    return lambda: theirs._estimate_value(z, actions, None)


def export(arguments):
    torch.manual_seed(arguments.seed)
    sizes = TINY if arguments.tiny else {}
    theirs = agent(arguments, num_samples=CASES, **sizes)
    interleave.draw_constants(theirs.model, arguments.seed + 1)
    weights = interleave.tensors_of(theirs.model, *PARTS)
    reference = record(theirs)

    shipped = agent(arguments, **sizes)
    interleave.load_tensors(shipped.model, weights)
    cfg = shipped.cfg
    spec = {
        "kind": "tdmpc2",
        "peer_commit": interleave.commit(arguments.repo),
        "seed": arguments.seed,
        "obs_dim": OBSERVED,
        "action_dim": ACTIONS,
        "latent_dim": cfg.latent_dim,
        "enc_dim": cfg.enc_dim,
        "mlp_dim": cfg.mlp_dim,
        "simnorm_dim": cfg.simnorm_dim,
        "num_q": cfg.num_q,
        "q_heads_in_value": 2,
        "num_bins": cfg.num_bins,
        "vmin": cfg.vmin,
        "vmax": cfg.vmax,
        "log_std_min": cfg.log_std_min,
        "log_std_max": cfg.log_std_max,
        "layer_norm_eps": shipped.model._dynamics[0].ln.eps,
        "activation": "mish",
        "layers": {
            "_encoder.state": ["linear layer_norm mish", "linear layer_norm simnorm"],
            "_dynamics": ["linear layer_norm mish"] * 2 + ["linear layer_norm simnorm"],
            "_reward": ["linear layer_norm mish"] * 2 + ["linear"],
            "_pi": ["linear layer_norm mish"] * 2 + ["linear"],
            "_Qs.params": ["linear layer_norm mish"] * 2 + ["linear"],
        },
        "horizon": cfg.horizon,
        "samples": cfg.num_samples,
        "iterations": cfg.iterations,
        "elites": cfg.num_elites,
        "policy_samples": cfg.num_pi_trajs,
        "temperature": cfg.temperature,
        "min_std": cfg.min_std,
        "max_std": cfg.max_std,
        "discount": shipped.discount,
        "model_steps_a_plan": cfg.iterations * cfg.num_samples * cfg.horizon
        + cfg.num_pi_trajs * (cfg.horizon - 1),
        "model_steps_a_value": cfg.num_samples * cfg.horizon,
        "flops_a_plan": interleave.count_flops(lambda: shipped.act(reference["obs"], eval_mode=True)),
        "flops_a_value": interleave.count_flops(value_call(shipped)),
    }
    interleave.write_folder(arguments.out, spec, weights, reference)


def let_heads_be_compiled(model):
    """tensordict 0.14 swaps the heads' weights into one network in a way that torch.compile of 2.15 fails
    on. This computes the same: the network over its stacked weights."""
    heads = model._Qs
    weights = {name: w.data for name, w in heads.params.flatten_keys(".").items()}

    def one_head(weights, x):
        return torch.func.functional_call(heads.module, weights, (x,))

    heads.forward = lambda x: torch.vmap(one_head, (0, None), randomness="different")(weights, x)


def contestants(arguments, spec, weights):
    def call(compiled):
        torch.manual_seed(spec["seed"])
        theirs = agent(arguments, compile=compiled)
        interleave.load_tensors(theirs.model, weights)
        if compiled:
            let_heads_be_compiled(theirs.model)
        if arguments.what == "plan":
            obs = torch.randn(OBSERVED)
            return lambda: theirs.act(obs, eval_mode=True)
        if compiled:
            theirs._estimate_value = torch.compile(theirs._estimate_value, mode="reduce-overhead")
        return value_call(theirs)

    timed = interleave.precisions(arguments.what, call(compiled=False))
    if arguments.compile:  # In the mode of the peer; each precision for itself, as their graphs differ.
        timed += interleave.precisions(f"{arguments.what} compiled", call(compiled=True))[:1]
        timed += interleave.precisions(f"{arguments.what} compiled", call(compiled=True))[1:]
    return timed, []


def more(add, command):
    if command == "export":
        add("--tiny", action="store_true", help="small layers, for a test")
    if command == "time":
        add("--what", choices=("plan", "value"), default="plan")


if __name__ == "__main__":
    interleave.main(__doc__, export, contestants, more)
