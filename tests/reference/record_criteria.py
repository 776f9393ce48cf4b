#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Forethink Authors
"""Records what other implementations of our training criteria answer, for criteria_test.cpp.

Calls the published code of each criterion, in float64 on small fixed inputs, and writes the inputs, the
value and its gradient to criteria.json beside this file. Run once; the tests need neither this program
nor the other code. CHECKOUTS holds a checkout of each repository, as CHECKOUTS/owner/name.

    python3 tests/reference/record_criteria.py CHECKOUTS
"""

import importlib.util
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch
from torch import nn

# Imported by the others' files for data and networks; no criterion computes with them.
NOT_NEEDED = ("torchvision", "torchvision.datasets", "torchvision.transforms", "PIL", "numpy", "scipy",
              "scipy.stats", "sklearn", "sklearn.metrics", "einops")
GENERATOR = torch.Generator().manual_seed(20260101)


def draw(*shape, scale=1.0):
    """Three decimals, so that the file can be read."""
    numbers = torch.randn(*shape, generator=GENERATOR, dtype=torch.float64) * scale
    return (numbers * 1000).round() / 1000


def load(folder, path):
    """The module in `path` of a checkout, which finds its neighbours as if it were run there."""
    file = folder / path
    spec = importlib.util.spec_from_file_location("peer_" + folder.name.replace("-", "_"), file)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sys, "path", [str(file.parent), str(folder), *sys.path]):
        spec.loader.exec_module(module)
    return module


def without_networks(kind, **members):
    """An instance of a training module whose networks are the identity: its criterion alone."""
    made = kind.__new__(kind)
    nn.Module.__init__(made)
    made.backbone = made.projector = nn.Identity()
    for name, member in members.items():
        setattr(made, name, member)
    return made


@contextmanager
def in_float64():
    """Some ask for float32 tables by name; their own code then fills float64 ones."""
    with mock.patch.object(torch, "float32", torch.float64):
        yield


def given_directions(directions):
    """Whoever draws directions is handed these; they are of length one already."""
    return mock.patch.object(torch, "randn", lambda *_, **__: directions.clone())


class Recorder:
    def __init__(self, checkouts):
        self.checkouts = checkouts
        self.peers = {}
        self.cases = []

    def folder(self, peer):
        folder = self.checkouts / peer
        commit = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], check=True,
                                capture_output=True, text=True).stdout.strip()
        self.peers[peer] = commit
        return folder

    def case(self, criterion, peer, call, function, inputs, **more):
        """`function` gets `inputs`; those named in `more["fixed"]` need no gradient.

        Ours is factor * value + offset of theirs; `relation` says why if that is not 1 and 0.
        """
        fixed = more.pop("fixed", {})
        leaves = {name: tensor.clone().requires_grad_(True) for name, tensor in inputs.items()}
        value = function(**leaves)
        gradients = torch.autograd.grad(value, list(leaves.values()))
        factor, offset = more.pop("factor", 1.0), more.pop("offset", 0.0)
        self.cases.append({
            "criterion": criterion, "peer": peer, "call": call, **more,
            "factor": factor, "offset": offset,
            "inputs": {name: tensor_json(tensor) for name, tensor in inputs.items()},
            "fixed": {name: tensor_json(tensor) for name, tensor in fixed.items()},
            "value": value.item(),
            "gradients": {name: tensor_json(gradient)
                          for name, gradient in zip(leaves, gradients)}})
        print(f"{criterion:18} {peer:34} {value.item():.12g}")


def tensor_json(tensor):
    return {"shape": list(tensor.shape), "values": tensor.detach().flatten().tolist()}


def as_text(to):
    """JSON with one line for each entry of a case, so that tensors do not take a page each."""
    cases = [",\n".join(f"  {json.dumps(key)}: {json.dumps(entry)}" for key, entry in case.items())
             for case in to.cases]
    return ("{" + f'"recorded_with": {json.dumps("torch " + torch.__version__.split("+")[0])},\n'
            + f'"peers": {json.dumps(to.peers, indent=1)},\n"cases": [\n {{\n'
            + "\n },\n {\n".join(cases) + "\n }\n]}\n")


def record_vicreg(to):
    peer = "facebookresearch/vicreg"
    module = load(to.folder(peer), "main_vicreg.py")
    x = draw(12, 4)
    y = 0.6 * x + draw(12, 4, scale=0.3)
    for weights in ((25.0, 25.0, 1.0), (2.0, 5.0, 3.0)):
        criterion = without_networks(
            module.VICReg, num_features=4,
            args=SimpleNamespace(batch_size=12, sim_coeff=weights[0], std_coeff=weights[1],
                                 cov_coeff=weights[2]))
        to.case("vicreg", peer, "main_vicreg.VICReg.forward", criterion, {"x": x, "y": y},
                options=dict(zip(("invariance", "variance", "covariance"), weights)))


def record_barlow_twins(to):
    peer = "facebookresearch/barlowtwins"
    module = load(to.folder(peer), "main.py")
    x = draw(10, 5)
    for weight in (0.0051, 0.3):
        criterion = without_networks(module.BarlowTwins, bn=nn.BatchNorm1d(5, affine=False),
                                     args=SimpleNamespace(batch_size=10, lambd=weight))
        to.case("barlow_twins", peer, "main.BarlowTwins.forward",
                lambda x, y: criterion(x, y), {"x": x, "y": x + draw(10, 5, scale=0.8)},
                options={"off_diagonal": weight}, factor=1 / 5,
                relation="ours is divided by D = 5")


def record_eb_jepa(to):
    peer = "facebookresearch/eb_jepa"
    module = load(to.folder(peer), "eb_jepa/losses.py")
    x = draw(12, 4, scale=0.8)
    for floor in (1.0, 0.6):
        to.case("variance", peer, "losses.HingeStdLoss", module.HingeStdLoss(floor), {"x": x},
                options={"floor": floor})
    to.case("covariance", peer, "losses.CovarianceLoss", module.CovarianceLoss(), {"x": x})
    y = draw(12, 4, scale=0.8)
    to.case("vicreg", peer, "losses.VICRegLoss",
            lambda x, y: module.VICRegLoss(std_coeff=4.0, cov_coeff=6.0)(x, y)["loss"],
            {"x": x, "y": y}, options={"invariance": 1.0, "variance": 8.0, "covariance": 2.0},
            relation="theirs adds the two hinges where ours takes their mean (variance 2 * 4), and is "
                     "a mean over the D (D - 1) pairs where ours is divided by D (covariance "
                     "6 / (D - 1))")
    states = draw(3, 5, 4)  # [B, T, D]; theirs is [T, B, D].
    to.case("time_similarity", peer, "losses.TemporalSimilarityLoss",
            lambda x: module.TemporalSimilarityLoss()(x.transpose(0, 1)), {"x": states})
    record_inverse_dynamics(to, peer, module, states)


def record_inverse_dynamics(to, peer, module, states):
    networks = load(to.folder(peer), "eb_jepa/architectures.py")
    head = networks.InverseDynamicsModel(state_dim=4, hidden_dim=6, action_dim=2)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(draw(*parameter.shape, scale=0.5))
    actions = draw(3, 4, 2)  # [B, T-1, A]; theirs is [B, A, T], the last unused.
    unused = torch.zeros(3, 2, 1)
    criterion = module.InverseDynamicsLoss(head)
    to.case("inverse_dynamics", peer, "losses.InverseDynamicsLoss",
            lambda x: criterion(x.transpose(0, 1), torch.cat([actions.transpose(1, 2), unused], 2)),
            {"x": states},
            fixed={"actions": actions, **{f"head.{i}": parameter.detach()
                                          for i, parameter in enumerate(head.parameters())}},
            relation="theirs reads [s, s'], ours [s, 4 (s' - s)]: equal once the first layer is "
                     "rewritten")


def record_coding_rate(to):
    peer = "tsb0601/EMP-SSL"
    module = load(to.folder(peer), "loss.py")
    rows, dim = 16, 6
    x = draw(rows, dim)
    for precision in (0.02, 0.5):
        # logdet(I + D / (n eps) X^T X) with eps = D (n - 1) e / n is logdet(I + X^T X / ((n - 1) e)).
        criterion = module.TotalCodingRate(eps=dim * (rows - 1) * precision / rows)
        to.case("coding_rate", peer, "loss.TotalCodingRate",
                lambda x: criterion(x - x.mean(0)), {"x": x}, options={"precision": precision},
                factor=2 / dim, offset=torch.tensor(1 / precision).log1p().item(),
                relation="theirs is half the log determinant, of rows that are centred for it and "
                         "with eps = D (n - 1) e / n; ours is divided by D and 0 for white rows: "
                         "log(1 + 1/e) is added")


def record_info_nce(to):
    peer = "RElbers/info-nce-pytorch"
    module = load(to.folder(peer), "info_nce/__init__.py")
    x = draw(6, 2, 4)  # [B, T, D]; theirs sees one step at a time.
    for temperature in (0.1, 0.7):
        criterion = module.InfoNCE(temperature=temperature)
        to.case("info_nce", peer, "info_nce.InfoNCE",
                lambda x, y: torch.stack([criterion(x[:, t], y[:, t]) for t in range(2)]).mean(),
                {"x": x, "y": x + draw(6, 2, 4, scale=0.6)}, options={"temperature": temperature})


def record_sigreg(to):
    states, directions = draw(9, 2, 5, scale=1.4), draw(5, 7)
    directions = directions / directions.norm(dim=0)
    fixed = {"directions": directions}

    peer = "rbalestr-lab/lejepa"
    with mock.patch.object(sys, "path", [str(to.folder(peer)), *sys.path]):
        import lejepa
    with in_float64():
        test = lejepa.univariate.EppsPulley()
    criterion = lejepa.multivariate.SlicingUnivariateTest(test, num_slices=7)
    with given_directions(directions):
        to.case("sigreg", peer, "SlicingUnivariateTest(EppsPulley)",
                lambda x: criterion(x.transpose(0, 1)), {"x": states}, fixed=fixed)

    peer = "galilai-group/stable-worldmodel"
    module = load(to.folder(peer), "stable_worldmodel/wm/loss.py")
    with in_float64():
        criterion = module.SIGReg(num_proj=7)
    with given_directions(directions):
        to.case("sigreg", peer, "wm.loss.SIGReg", lambda x: criterion(x.transpose(0, 1)),
                {"x": states}, fixed=fixed)
    to.case("straightening", peer, "wm.loss.TemporalStraighteningLoss",
            module.TemporalStraighteningLoss(), {"x": draw(3, 5, 4)}, offset=1.0,
            relation="theirs is minus the mean cosine, ours one minus it")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    to = Recorder(Path(sys.argv[1]))
    with mock.patch.dict(sys.modules, {name: mock.MagicMock() for name in NOT_NEEDED}):
        for record in (record_eb_jepa, record_coding_rate, record_info_nce, record_sigreg):
            record(to)
        # These two gather over processes; here there is one.
        torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0,
                                             world_size=1)
        for record in (record_vicreg, record_barlow_twins):
            record(to)
        torch.distributed.destroy_process_group()
    path = Path(__file__).with_name("criteria.json")
    path.write_text(as_text(to), encoding="utf-8")
    print(f"{len(to.cases)} cases in {path}")


if __name__ == "__main__":
    main()
