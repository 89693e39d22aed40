"""Symbols of captured networks, one or a pair, against plain NumPy from the weights and samples.

The limit comes from all 2 N pieces of the margin program by non-negative least squares, the
certificate from its definition, without a Gram matrix, balls or a working set.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from perturbproof.verify.measure import measure, measured_symbols
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.learner import Learner

from .oracles import limit_by_pieces
from .small_scenarios import scenario

CASES = {
    "steep": {"slope": 0.1, "loss": "exponential", "samples": 5},
    "flat, logistic": {"slope": 0.9, "loss": "logistic", "samples": 7},
}


@dataclass
class Plain:
    """The certificate of one learner, written out. D are the diameters of the two halves."""

    v: np.ndarray
    u: np.ndarray
    lam: np.ndarray
    slopes: np.ndarray
    rho: float
    r: float
    activation: float
    slack: float
    tau: float

    @property
    def normal(self) -> np.ndarray:
        return (self.v - self.u) / 2


def plain(learner: Learner, loss: str) -> Plain:
    x, y, gamma = learner.sample.x, learner.sample.y.astype(float), learner.slope
    (v, u), weights = limit_by_pieces(x, y, gamma)
    n = len(y)
    lam = weights[:n] + weights[n:]
    slopes = (weights[:n] + gamma * weights[n:]) / np.where(lam > 0, lam, 1.0)
    total, share = lam.sum(), lam[lam > 0] / lam.sum()
    w = learner.training.network.weights()
    half, root = len(w) // 2, np.sqrt(len(w))
    h = x @ w.T
    bent = np.where(h > 0, h, gamma * h)
    margin = y * (bent[:, :half].sum(axis=1) - bent[:, half:].sum(axis=1)) / root
    entropy, ratio = -(share * np.log(share)).sum(), np.sqrt(total)
    if loss == "exponential":
        rho = entropy - np.log(np.exp(-margin).sum())
    else:
        value = np.log1p(np.exp(-margin)).sum()
        rho = entropy - np.log(value) - value / 2 - value**2 / 24
        ratio *= value / (1 - np.exp(-value))
    reach = max(np.linalg.norm(w) / rho, ratio)
    r = np.sqrt(max(reach**2 - total, 0.0))
    b = w * root
    apart = [
        max(np.linalg.norm(i - j) for i in part for j in part) for part in (b[:half], b[half:])
    ]
    own = np.where(y > 0, x @ v, x @ u) / 2
    cross = np.where(y > 0, x @ u, x @ v) / 2
    norms, wide = np.linalg.norm(x, axis=1), np.where(y > 0, *apart)
    best = np.full(n, -np.inf)
    for beta in np.linspace(0, 1, 2001):
        length = np.sqrt((1 - beta) ** 2 / 2 + beta**2 * gamma**2 / 2)
        near = (1 - beta) * own + beta * (1 - entropy / rho + gamma * cross)
        best = np.maximum(best, 2 * (near - length * norms * r) - wide * norms / rho)
    pairs = np.where(np.equal.outer(y > 0, np.arange(len(w)) < half), h * root, np.inf)
    q = (v - u) / 2
    gap = (1 - gamma) / (4 * gamma) * max(apart) / 2 / rho
    tau = (r + gap) / np.linalg.norm(q)
    return Plain(v, u, lam, slopes, rho, r, pairs.min() / rho, best.min(), tau)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def expected(experiment: Experiment, loss: str) -> dict[str, float]:
    f, g = plain(experiment, loss), plain(experiment.perturbed, loss)
    made, z = experiment.perturbed.made, experiment.limit_points
    pulls = g.lam * (1 + g.slopes) / 2
    step = 2.0 * pulls.sum()
    base = (pulls * made.base.y) @ made.base.x
    q, learnt = f.normal, g.normal
    lean, taught = z @ q / np.linalg.norm(q), z @ learnt / np.linalg.norm(learnt)
    covered = step * abs(lean) > abs(z @ base)
    length = np.linalg.norm(z, axis=1)
    alike = lean * taught > 0
    promised = (abs(lean) > f.tau * length) & (abs(taught) > g.tau * length) & alike
    signs = [np.sign(one.network.output(z)) for one in (experiment, experiment.perturbed)]
    slack, slack_adv = min(f.slack, f.activation), min(g.slack, g.activation)
    return {
        "capture_slack": slack,
        "general_slack": slack,
        "adv_capture_slack": slack_adv,
        "tau_ever": f.tau,
        "adv_tau_ever": g.tau,
        "capture_distance": f.r,
        "general_radius": f.r,
        "limits_step": step,
        "limits_base": float(np.linalg.norm(base)),
        "limits_cos": cosine(q, learnt),
        "limits_covered": int(covered.sum()),
        "limits_agree": int((covered & alike).sum()),
        "networks_covered": int(promised.sum()),
        "networks_agree": int((promised & (signs[0] == signs[1])).sum()),
    }


@pytest.fixture(scope="module", params=CASES, ids=str)
def pair(request) -> tuple[Experiment, str]:
    case = CASES[request.param]
    data = {"kind": "gaussian", "samples": case["samples"], "dimension": 30, "labels": "random"}
    made = {"base": "uniform", "samples": 8, "labels": "random"}
    small = scenario(
        data=data,
        perturbed=made | {"perturbation": {"kind": "l2", "eps": 2.0}},
        network={"slope": case["slope"], "width": 4, "initial_scale": 1e-6},
        training={"until": "captured", "steps": 3000, "loss": case["loss"]},
        tolerance={"angle": 0.3},
    )
    return Experiment(small), case["loss"]


def test_symbols_of_captured_networks_have_their_plain_values(pair) -> None:
    experiment, loss = pair
    assert experiment.captured.captured
    assert experiment.perturbed.captured.captured
    plainly = expected(experiment, loss)
    found = measure(experiment, plainly)
    for name, value in plainly.items():
        known = found[name].value
        assert known is not None, found[name].how
        # Certificates take a beta near the best, and the duality gap gives half the digits.
        room = 0 if isinstance(value, int) else 2e-3 * abs(value)
        assert known.lower - room <= value <= known.upper + room, (name, value, known)


def test_what_is_followed_stays_between_certificate_and_checkpoint(pair) -> None:
    experiment, loss = pair
    one, names = plain(experiment, loss), ("activation", "distance")
    for prefix in ("followed", "general"):
        found = measure(experiment, [f"{prefix}_{name}" for name in names])
        activation, distance = (found[f"{prefix}_{name}"].value for name in names)
        assert activation is not None
        assert distance is not None
        assert one.slack - 1e-3 <= activation.lower <= one.activation + 1e-6
        assert distance.upper <= one.r * (1 + 1e-3)


def test_every_symbol_of_captured_networks_is_tried_here(pair) -> None:
    experiment, loss = pair
    plainly = experiment.scenario.model_copy(
        update={"training": experiment.scenario.training.model_copy(update={"until": "steps"})}
    )
    only = measured_symbols(experiment.scenario) - measured_symbols(plainly)
    tried = set(expected(experiment, loss))
    tried |= {f"{a}_{b}" for a in ("followed", "general") for b in ("activation", "distance")}
    by_anchor = {name for name in only if name.startswith(("anchor_", "settled_"))}
    assert only - by_anchor <= tried  # tests/numerics/test_anchor.py has those
