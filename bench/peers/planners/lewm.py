#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""stable-worldmodel's CEM with its LeWM world model beside ours with the same weights.

    git clone https://github.com/galilai-group/stable-worldmodel
    python lewm.py export --repo stable-worldmodel --out exports/lewm
    python lewm.py time --repo stable-worldmodel --dir exports/lewm --ours "COMMAND" --iterations 2

The model of scripts/train/config/lewm.yaml for Push-T, with 10 numbers an action (2, five times), and the
settings of scripts/plan/config: 30 iterations of 300 sequences of 5 actions, the 30 best kept. The peer
starts from one picture; its window then grows to three and moves on (`--history 3` starts from three). The
weights are drawn by the peer's own rules, but where those say zero (AdaLN) and for norms and biases.

`--what plan` times `CEMSolver.solve`, `--what cost` one call of `get_cost`, of which a plan has 30. The
picture is encoded beforehand, and that is timed apart. `--iterations` runs so many of a plan and
multiplies the time: ours must then do the same, or run all. bf16 and `--compile` are as in the peer's
eval_wm.py: weights in bf16 under autocast, and a compiled predictor.

Nothing is changed in the peer. Its solver is handed the states, by the doors it has for that ("emb",
`encode_goal`); its ViT is built here from transformers, as stable-pretraining's `vit_hf` does, so that
this package and its many others need not be installed.
"""
import functools
import types

import gymnasium
import numpy as np
import torch

import interleave

FRAME_SKIP, ACTIONS = 5, 10
ENCODER = {"hidden_size": 192, "num_hidden_layers": 12, "num_attention_heads": 3, "intermediate_size": 768}
TINY_ENCODER = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
CASES = 32
PARTS = ("predictor.", "action_encoder.", "pred_proj.")


def configure(arguments):
    """lewm.yaml, and the planner's settings for Push-T."""
    from omegaconf import OmegaConf

    model = OmegaConf.load(arguments.repo / "scripts" / "train" / "config" / "lewm.yaml")
    plan = OmegaConf.load(arguments.repo / "scripts" / "plan" / "config" / "pusht.yaml").plan_config
    solver = OmegaConf.load(arguments.repo / "scripts" / "plan" / "config" / "solver" / "cem.yaml")
    model.model.action_encoder.input_dim = ACTIONS
    if getattr(arguments, "tiny", False):  # For a test: a few kilobytes.
        model.embed_dim, model.img_size = 16, 28
        model.model.predictor.update({"depth": 2, "heads": 2, "dim_head": 8, "mlp_dim": 16})
        model.model.pred_proj.hidden_dim = 16
    return model, plan, solver


def world_model(arguments, weights=None, seed=0):
    interleave.use_checkout(arguments.repo)
    from hydra.utils import instantiate
    from stable_worldmodel.wm.lewm.lewm import LeWM
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(seed)
    cfg = configure(arguments)[0]
    sizes = TINY_ENCODER if getattr(arguments, "tiny", False) else ENCODER
    encoder = ViTConfig(image_size=cfg.img_size, patch_size=cfg.patch_size, **sizes)
    names = ("predictor", "action_encoder", "projector", "pred_proj")
    model = LeWM(
        ViTModel(encoder, add_pooling_layer=False, use_mask_token=False),
        **{name: instantiate(cfg.model[name]) for name in names},
    )
    interleave.draw_constants(model, seed + 1)
    with torch.no_grad():
        model.action_encoder.embed[-1].weight *= 8  # Embeddings of size 1: actions then matter.
    if weights:
        interleave.load_tensors(model, weights)
    return model.eval().requires_grad_(False)


def evaluator(model, goal):
    """Their cost: rollout, then squared distance of the last state to the goal's. `goal` is [1, 1, D]."""
    from stable_worldmodel.planning import GoalMSE, ShootingCostEvaluator

    return ShootingCostEvaluator(model, GoalMSE(), encode_goal=lambda model, info: goal)


def encode(model, frames):
    """Pictures [N, 3, 224, 224] -> states [1, N, D]."""
    with torch.no_grad():
        return model.encode({"pixels": frames.unsqueeze(0)})["emb"]


def context(size, states, past):
    """What the solver is given: pictures [1, H, ...], of which only the number counts once their states
    [1, H, D] are known, and the actions [1, H - 1, A] between them."""
    info = {"pixels": torch.zeros(1, states.shape[1], 3, size, size), "emb": states}
    return {**info, "action_history": past} if states.shape[1] > 1 else info


def per_sequence(info, samples):
    """As the solver spreads it over its sequences: [1, ...] -> [1, S, ...]."""
    return {name: t.unsqueeze(1).expand(1, samples, *t.shape[1:]) for name, t in info.items()}


def record(model, size, horizon):
    """Their costs of a few sequences and the states on the way, from one picture and from three."""
    frames = model.predictor.num_frames
    states = encode(model, torch.randn(frames + 1, 3, size, size))
    goal, states = states[:, -1:], states[:, :-1]
    past = torch.randn(1, frames - 1, ACTIONS)
    actions = torch.randn(1, CASES, horizon, ACTIONS)
    reference = {"goal": goal[0, 0], "actions": actions[0], "past_actions": past[0]}
    for history in (1, frames):
        info = per_sequence(context(size, states[:, frames - history :], past), CASES)
        with torch.no_grad():
            costs = evaluator(model, goal).get_cost(info, actions)
        latents = info["predicted_emb"][0, :, history:]
        torch.testing.assert_close((latents[:, -1] - goal[0]).square().sum(1), costs[0])
        reference[f"start.{history}"] = states[0, frames - history :]
        reference[f"latents.{history}"] = latents
        reference[f"costs.{history}"] = costs[0]
    with torch.no_grad():
        reference["action_embeddings"] = model.action_encoder(actions[0])
    return reference


def solver_of(arguments, model, goal, history, iterations):
    from stable_worldmodel.planning import CEMSolver

    cfg, plan, settings = configure(arguments)
    solver = CEMSolver(
        evaluator(model, goal),
        batch_size=settings.batch_size,
        num_samples=settings.num_samples,
        var_scale=settings.var_scale,
        n_steps=iterations,
        topk=settings.topk,
    )
    action_space = gymnasium.spaces.Box(-1, 1, (1, ACTIONS // FRAME_SKIP), np.float32)
    config = types.SimpleNamespace(horizon=plan.horizon, action_block=plan.action_block)
    solver.configure(action_space=action_space, n_envs=1, config=config)
    width = cfg.embed_dim
    info = context(cfg.img_size, torch.randn(1, history, width), torch.randn(1, history - 1, ACTIONS))
    return solver, info


def random_goal(model):
    weight = model.predictor.pos_embedding
    return torch.randn(1, 1, weight.shape[-1]).to(weight.dtype)


def plan_call(arguments, model, history, iterations):
    solver, info = solver_of(arguments, model, random_goal(model), history, iterations)
    return lambda: solver.solve(info)


def cost_call(arguments, model, history):
    goal = random_goal(model)
    solver, info = solver_of(arguments, model, goal, history, 1)
    shape = (1, solver.num_samples, solver.horizon, solver.action_dim)
    actions = torch.randn(shape).to(goal.dtype)
    spread = {n: t.to(goal.dtype) for n, t in per_sequence(info, solver.num_samples).items()}

    @torch.inference_mode()
    def call():
        solver.cost.get_cost(dict(spread), actions)

    return call


def export(arguments):
    model = world_model(arguments, seed=arguments.seed)
    cfg, plan, solver = configure(arguments)
    weights = interleave.tensors_of(model, *PARTS)
    predictor, block = model.predictor, model.predictor.transformer.layers[0]
    frames = predictor.num_frames
    spec = {
        "kind": "lewm",
        "peer_commit": interleave.commit(arguments.repo),
        "seed": arguments.seed,
        "latent_dim": predictor.input_dim,
        "hidden_dim": predictor.hidden_dim,
        "depth": predictor.depth,
        "heads": predictor.heads,
        "head_dim": predictor.dim_head,
        "mlp_dim": predictor.mlp_dim,
        "window": frames,
        "action_dim": ACTIONS,
        "frame_skip": FRAME_SKIP,
        "action_smoothed_dim": model.action_encoder.smoothed_dim,
        "action_hidden_dim": model.action_encoder.mlp_scale * model.action_encoder.emb_dim,
        "pred_proj_dim": model.pred_proj.hidden_dim,
        "activations": {"mlp": "gelu (erf)", "adaLN_modulation": "silu", "action_encoder": "silu",
                        "pred_proj": "gelu (erf)"},
        "layer_norm_eps": {
            "norm1, norm2 (no weights)": block.norm1.eps,
            "attn.norm": block.attn.norm.eps,
            "mlp.net.0": block.mlp.net[0].eps,
            "transformer.norm": predictor.transformer.norm.eps,
        },
        "batch_norm_eps": model.pred_proj.net[1].eps,
        "modulation": ["shift_attn", "scale_attn", "gate_attn", "shift_mlp", "scale_mlp", "gate_mlp"],
        "horizon": plan.horizon,
        "samples": solver.num_samples,
        "iterations": solver.n_steps,
        "elites": solver.topk,
        "first_std": solver.var_scale,
        "history": 1,
        "discount": 1.0,
        "model_steps_a_plan": solver.num_samples * solver.n_steps * plan.horizon,
        "flops_a_cost": interleave.count_flops(cost_call(arguments, model, 1)),
        f"flops_a_cost.history_{frames}": interleave.count_flops(cost_call(arguments, model, frames)),
        "flops_to_encode": interleave.count_flops(
            lambda: encode(model, torch.randn(1, 3, cfg.img_size, cfg.img_size))
        ),
    }  # fmt: skip
    spec["flops_a_plan"] = spec["flops_a_cost"] * solver.n_steps
    reference = record(model, cfg.img_size, plan.horizon)
    interleave.write_folder(arguments.out, spec, weights, reference)


def contestant(name, precision, call, scale=1.0):
    if precision == torch.float32:
        return interleave.Contestant(f"{name}, f32", call, scale)
    return interleave.Contestant(f"{name}, bf16 autocast", interleave.autocast(call), scale)


def contestants(arguments, spec, weights):
    iterations = arguments.iterations or spec["iterations"]
    scale = spec["iterations"] / iterations

    theirs, apart = [], []
    for compiled in (False, True) if arguments.compile else (False,):
        for precision in (torch.float32, torch.bfloat16):
            model = world_model(arguments, weights).to(precision)
            if compiled:
                model.predictor = torch.compile(model.predictor)
            what = arguments.what + (" compiled" if compiled else "")
            if arguments.what == "plan":
                call = plan_call(arguments, model, arguments.history, iterations)
                theirs.append(contestant(what, precision, call, scale))
            else:
                call = cost_call(arguments, model, arguments.history)
                theirs.append(contestant(what, precision, call))
            if not compiled:
                size = configure(arguments)[0].img_size
                call = functools.partial(encode, model, torch.randn(1, 3, size, size))
                apart.append(contestant("encoding one picture", precision, call))
    return theirs, apart


def more(add, command):
    if command == "export":
        add("--tiny", action="store_true", help="small layers, for a test")
    if command == "time":
        add("--what", choices=("plan", "cost"), default="plan")
        add("--iterations", type=int, help="run so many of a plan's, and multiply the time")
        add("--history", type=int, choices=(1, 3), default=1, help="pictures a plan starts from")


if __name__ == "__main__":
    interleave.main(__doc__, export, contestants, more)
