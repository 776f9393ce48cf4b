#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""eb_jepa's MPPI in its Two Rooms beside ours with the same weights.

    git clone https://github.com/facebookresearch/eb_jepa
    python eb_jepa.py export --repo eb_jepa --out exports/eb_jepa
    python eb_jepa.py time --repo eb_jepa --dir exports/eb_jepa --ours "COMMAND" --iterations 1
    python eb_jepa.py time --repo eb_jepa --dir exports/eb_jepa --ours "COMMAND" --what rollout

The model of examples/ac_video_jepa (an IMPALA encoder, a GRU of 512 that takes the two numbers of an action
as they are) and its planner, as planning_mppi.yaml has it: 20 iterations of 200 sequences of 90 steps. The
weights are drawn, by PyTorch's rules, and the norms and biases too. Start and goal are pictures of the
peer's own environment.

`--what plan` times `GCAgent.act`, which encodes the one picture 200 times in every iteration, as the peer
does; `--what rollout` one `JEPA.unroll` of 200 times 90 steps from encoded states. `--iterations` runs so
many of a plan and multiplies the time: ours must then do the same, or run all.

Nothing is changed in the peer. For the rollout its `unroll` is given an encoder that passes states on.
"""
import torch
from torch import nn

import interleave

CASES, LATENT, ACTIONS = 32, 512, 2
PARTS = ("encoder.", "predictor.")


def configure(arguments, iterations=None):
    """The model's and the planner's settings."""
    from omegaconf import OmegaConf

    folder = arguments.repo / "examples" / "ac_video_jepa" / "cfgs"
    plan = OmegaConf.load(folder / "planning_mppi.yaml")
    plan.planner.n_iters = iterations or plan.planner.n_iters
    return OmegaConf.load(folder / "train.yaml").model, plan


def environment():
    """Their Two Rooms, with the settings of the peer's evaluation."""
    from eb_jepa.datasets.two_rooms.env import DotWall
    from eb_jepa.datasets.two_rooms.utils import update_config_from_yaml
    from eb_jepa.datasets.two_rooms.wall_dataset import WallDatasetConfig
    from eb_jepa.datasets.utils import load_env_data_config

    config = update_config_from_yaml(WallDatasetConfig, load_env_data_config("two_rooms"))
    return DotWall(config=config, level="normal", n_allowed_steps=200)


def world_model(arguments, weights=None, seed=0):
    """As the peer's main.py builds it, without the criteria of training."""
    interleave.use_checkout(arguments.repo)
    from eb_jepa.architectures import ImpalaEncoder, RNNPredictor
    from eb_jepa.jepa import JEPA

    torch.manual_seed(seed)
    cfg = configure(arguments)[0]
    size = environment().img_size
    encoder = ImpalaEncoder(
        stack_sizes=(16, cfg.henc, cfg.dstc),
        input_channels=cfg.dobs,
        mlp_output_dim=LATENT,
        input_shape=(cfg.dobs, size, size),
    )
    predictor = RNNPredictor(hidden_size=LATENT, action_dim=ACTIONS, final_ln=encoder.final_ln)
    model = JEPA(encoder, nn.Identity(), predictor, None, None)
    interleave.draw_constants(model, seed + 1)
    if weights:
        interleave.load_tensors(model, weights)
    return model.eval()


def planner(arguments, model, iterations=None):
    """Their agent with a goal set, and the picture it plans from, [1, C, 1, Y, X]."""
    from eb_jepa.planning import GCAgent

    env = environment()
    picture, info = env.reset()
    normalise = env.normalizer.normalize_state
    plan_cfg = configure(arguments, iterations)[1]
    agent = GCAgent(model, action_dim=ACTIONS, plan_cfg=plan_cfg, normalizer=env.normalizer, env=env)
    agent.set_goal(info["target_obs"].float(), info["target_position"])
    return agent, normalise(picture.float()).unsqueeze(0).unsqueeze(2)


class Rollout:
    """Their `unroll` from states [N, D] and actions [N, A, H], without the encoder."""

    def __init__(self, model):
        from eb_jepa.jepa import JEPA

        self.model = JEPA(nn.Identity(), model.action_encoder, model.predictor, None, None)

    @torch.no_grad()
    def __call__(self, states, actions):
        """-> [N, H + 1, D]"""
        imagined, _ = self.model.unroll(
            states[:, :, None, None, None],
            actions,
            nsteps=actions.shape[2],
            unroll_mode="autoregressive",
            ctxt_window_time=1,
            compute_loss=False,
        )
        return imagined[..., 0, 0].transpose(1, 2)


def record(arguments, model):
    """The peer's costs of a few sequences, and the states on the way."""
    agent, picture = planner(arguments, model)
    steps = agent.planner.plan_length
    actions = agent.planner.max_std * torch.randn(CASES, ACTIONS, steps)
    with torch.no_grad():
        costs = agent.planner.cost_function(actions, picture)
        start = model.encode(picture).flatten(1)  # [1, D]
    states = Rollout(model)(start.repeat(CASES, 1), actions)  # [N, H + 1, D], the start included
    goal = agent.goal_state_enc.flatten(1)
    torch.testing.assert_close((states - goal.unsqueeze(1)).square().mean(2).sum(1), costs)
    return {
        "picture": picture[:, :, 0],
        "start": start,
        "goal": goal,
        "actions": actions.transpose(1, 2),
        "latents": states[:, 1:],
        "costs": costs,
    }


def rollout_call(arguments, model, samples):
    steps = configure(arguments)[1].planner.plan_length
    states, actions = torch.randn(samples, LATENT), torch.randn(samples, ACTIONS, steps)
    states = nn.functional.layer_norm(states, (LATENT,))
    rollout = Rollout(model)
    return lambda: rollout(states, actions)


def export(arguments):
    model = world_model(arguments, seed=arguments.seed)
    cfg, plan = configure(arguments)
    agent, picture = planner(arguments, model, iterations=1)
    search = agent.planner
    samples, steps, iterations = search.num_samples, search.plan_length, plan.planner.n_iters
    flops_an_iteration = interleave.count_flops(lambda: agent.act(picture, t0=True))
    spec = {
        "kind": "eb_jepa",
        "peer_commit": interleave.commit(arguments.repo),
        "seed": arguments.seed,
        "latent_dim": LATENT,
        "action_dim": ACTIONS,
        "picture": list(picture.shape[1:2] + picture.shape[3:]),
        "encoder": {
            "kind": "impala",
            "stacks": [16, cfg.henc, cfg.dstc],
            "blocks_a_stack": model.encoder.num_blocks,
            "pooling": "max 3 by 3, stride 2, padding 1, after the first convolution of a stack",
            "flattened": model.encoder.mlp.in_features,
        },
        "predictor": {"kind": "gru", "layers": 1, "gates": "r z n, as torch.nn.GRU", "then": "layer_norm"},
        "action_encoder": "identity",
        "layer_norm_eps": model.predictor.final_ln.eps,
        "cost": "sum over the start and all steps of the mean over the latent of (state - goal)^2",
        "horizon": steps,
        "samples": samples,
        "iterations": iterations,
        "elites": search.num_elites,
        "temperature": search.temperature,
        "first_std": search.max_std,
        "discount": 1.0,
        "pictures_encoded_a_plan": samples * iterations,
        "model_steps_a_plan": samples * iterations * steps,
        "model_steps_a_rollout": samples * steps,
        "flops_a_plan": flops_an_iteration * iterations,
        "flops_a_rollout": interleave.count_flops(rollout_call(arguments, model, samples)),
    }
    weights = interleave.tensors_of(model, *PARTS)
    interleave.write_folder(arguments.out, spec, weights, record(arguments, model))


def contestants(arguments, spec, weights):
    iterations = arguments.iterations or spec["iterations"]

    def timed(name, compiled):
        model = world_model(arguments, weights)
        if compiled:
            # The peer's `torch.compile(jepa)` compiles only `forward`, which planning does not call. So
            # the two networks are compiled, the GRU by leave of a setting.
            torch._dynamo.config.allow_rnn = True
            model.encoder, model.predictor = torch.compile(model.encoder), torch.compile(model.predictor)
        if arguments.what == "rollout":
            return interleave.precisions(name, rollout_call(arguments, model, spec["samples"]))
        agent, picture = planner(arguments, model, iterations)
        calls = interleave.precisions(name, lambda: agent.act(picture, t0=True))
        for contestant in calls:
            contestant.scale = spec["iterations"] / iterations
        return calls

    theirs = timed(arguments.what, compiled=False)
    if arguments.compile:
        theirs += timed(f"{arguments.what} compiled", compiled=True)
    model = world_model(arguments, weights)
    _, picture = planner(arguments, model)
    one = lambda: model.encode(picture)
    all_alike = lambda: model.encode(picture.repeat(spec["samples"], 1, 1, 1, 1))
    return theirs, [
        interleave.Contestant("encoding one picture, f32", one),
        interleave.Contestant(f"encoding it {spec['samples']} times, f32", all_alike),
    ]


def more(add, command):
    if command == "time":
        add("--what", choices=("plan", "rollout"), default="plan")
        add("--iterations", type=int, help="run so many of a plan's, and multiply the time")


if __name__ == "__main__":
    interleave.main(__doc__, export, contestants, more)
