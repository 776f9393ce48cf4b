#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""pytorch_mppi's controller over a learned network beside ours with the same weights.

    git clone https://github.com/UM-ARM-Lab/pytorch_mppi
    python mppi.py export --repo pytorch_mppi --out exports/mppi
    python mppi.py time --repo pytorch_mppi --dir exports/mppi --ours "COMMAND" --compile

The library leaves the dynamics to its user. Here they are three linear layers with ReLU between them, from
a state of 256 numbers and 2 actions to the next state; the cost of a step is the squared distance to a
goal, summed over 16 steps of 512 sequences.

"command" is `MPPI.command`: noise, rollout, costs, weights, new plan. "rollout" is the rollout and its
costs alone, written as a plain loop. `--compile` adds what the library's own `MPPI.compile` gives, and the
plain loop compiled whole.

Nothing is changed in the peer. It is called under no_grad, or it would record gradients.
"""
import torch
from torch import nn

import interleave

STATE, ACTIONS, HIDDEN = 256, 2, 512
SAMPLES, HORIZON, NOISE_VARIANCE, LAMBDA = 512, 16, 0.25, 100.0
CASES = 32


def network():
    return nn.Sequential(
        nn.Linear(STATE + ACTIONS, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, STATE),
    )


class Problem:
    def __init__(self, weights=None):
        self.network = network()
        if weights:
            interleave.load_tensors(self.network, weights)
        self.start, self.goal = torch.randn(STATE), torch.randn(STATE)

    def dynamics(self, state, action):
        return self.network(torch.cat((state, action), 1))

    def running_cost(self, state, action):
        return (state - self.goal).square().sum(1)

    def rollout(self, actions):
        """Actions [N, H, A] -> costs [N]."""
        state, cost = self.start.expand(len(actions), -1), 0
        for t in range(actions.shape[1]):
            state = self.dynamics(state, actions[:, t])
            cost = cost + self.running_cost(state, actions[:, t])
        return cost

    def controller(self, arguments, samples=SAMPLES):
        interleave.use_checkout(arguments.repo / "src")
        from pytorch_mppi import MPPI

        return MPPI(
            self.dynamics,
            self.running_cost,
            STATE,
            NOISE_VARIANCE * torch.eye(ACTIONS),
            num_samples=samples,
            horizon=HORIZON,
            lambda_=LAMBDA,
            u_min=-torch.ones(ACTIONS),
            u_max=torch.ones(ACTIONS),
        )


def sequences(samples):
    return torch.rand(samples, HORIZON, ACTIONS) * 2 - 1


def record(problem, controller):
    """One command of the peer for a few sequences, and what happens inside it."""
    controller.U = 0.5 * sequences(1)[0]
    plan = controller.U.roll(-1, 0)
    plan[-1] = 0  # `command` first moves the plan on by one step.
    torch.manual_seed(1)
    noise = torch.randn(CASES, HORIZON, ACTIONS)  # As `command` is to draw it.
    torch.manual_seed(1)
    action = controller.command(problem.start)
    actions = controller.perturbed_action
    torch.testing.assert_close(actions, (plan + NOISE_VARIANCE**0.5 * noise).clamp(-1, 1))

    state, states, costs = problem.start.expand(CASES, -1), [], []
    for t in range(HORIZON):
        state = problem.dynamics(state, actions[:, t])
        states.append(state)
        costs.append(problem.running_cost(state, actions[:, t]))
    for_noise = (plan * LAMBDA / NOISE_VARIANCE * (actions - plan)).sum((1, 2))
    torch.testing.assert_close(torch.stack(costs).sum(0) + for_noise, controller.cost_total)
    torch.testing.assert_close(controller.U[0], action)
    return {
        "start": problem.start,
        "goal": problem.goal,
        "plan": plan,
        "noise": noise,
        "actions": actions,
        "states": torch.stack(states, 1),
        "step_costs": torch.stack(costs, 1),
        "rollout_costs": problem.rollout(actions),
        "total_costs": controller.cost_total,
        "weights_of_sequences": controller.omega,
        "new_plan": controller.U,
    }


@torch.no_grad()
def export(arguments):
    torch.manual_seed(arguments.seed)
    problem = Problem()
    for layer in problem.network[::2]:
        nn.init.kaiming_normal_(layer.weight)
    problem.network[-1].weight *= 0.7  # The state neither dies away over 16 steps nor blows up.
    weights = interleave.tensors_of(problem.network, "")
    reference = record(problem, problem.controller(arguments, CASES))
    controller, actions = problem.controller(arguments), sequences(SAMPLES)
    spec = {
        "kind": "mppi",
        "peer_commit": interleave.commit(arguments.repo),
        "seed": arguments.seed,
        "state_dim": STATE,
        "action_dim": ACTIONS,
        "hidden_dim": HIDDEN,
        "layers": ["linear relu", "linear relu", "linear"],
        "activation": "relu",
        "horizon": HORIZON,
        "samples": SAMPLES,
        "iterations": 1,
        "noise_variance": NOISE_VARIANCE,
        "lambda": LAMBDA,
        "action_min": -1.0,
        "action_max": 1.0,
        "discount": 1.0,
        "model_steps_a_plan": SAMPLES * HORIZON,
        "flops_a_plan": interleave.count_flops(lambda: controller.command(problem.start)),
        "flops_a_rollout": interleave.count_flops(lambda: problem.rollout(actions)),
    }
    interleave.write_folder(arguments.out, spec, weights, reference)


def contestants(arguments, spec, weights):
    torch.manual_seed(spec["seed"])
    problem, actions = Problem(weights), sequences(SAMPLES)

    def command(compiled):
        controller = problem.controller(arguments)
        if compiled:
            controller.compile()
        return torch.no_grad()(lambda: controller.command(problem.start))

    def rollout(compiled):
        costs = torch.compile(problem.rollout) if compiled else problem.rollout
        return torch.no_grad()(lambda: costs(actions))

    timed = []
    for compiled in (False, True) if arguments.compile else (False,):
        suffix = " compiled" if compiled else ""
        timed += interleave.precisions("command" + suffix, command(compiled))
        timed += interleave.precisions("rollout" + suffix, rollout(compiled))
    return timed, []


if __name__ == "__main__":
    interleave.main(__doc__, export, contestants)
