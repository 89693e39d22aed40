"""Wide networks: training and path weights against torch's gradients, the kernel against draws and
integrals of high precision, identities and certificates against plain loops."""

import math

import mpmath
import numpy as np
import pytest
import torch
from perturbproof.numerics.compiler import compile_expression
from perturbproof.numerics.wide import fresh, training
from perturbproof.numerics.wide.fresh import fresh_starts
from perturbproof.numerics.wide.identities import Paths, learned
from perturbproof.numerics.wide.kernel import (
    kernel,
    kernel_enclosed,
    kernel_of,
    kernel_on_device,
)
from perturbproof.numerics.wide.lazy import Lazy
from perturbproof.numerics.wide.predictors import alignments, directions, predicted
from perturbproof.numerics.wide.setting import WideSetup, draw_labels, draw_start
from perturbproof.numerics.wide.training import WideNetwork, perturbations, train_wide
from perturbproof.theory.symbols import gamma
from perturbproof.theory.theorems.wide.bias_kernel import KERNEL, kernel_angle

SLOPE = 0.3
SETUPS = {
    "identity": WideSetup(loss="identity", steps=7, momentum=0.6, eps=0.7),
    "logistic": WideSetup(loss="logistic", steps=40, momentum=0.9, eps=0.7, base="natural"),
    "plain": WideSetup(loss="logistic", steps=30, learning_rate=0.5, labels="fair", eps=2.0),
}


def drawn(seed=0, n=12, d=5, shift=0.4):
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(n) % 2, -1.0, 1.0)
    return rng, rng.standard_normal((n, d)) + shift * y[:, None], y


def pair(setup, seed=0, width=9, slope=SLOPE, n=12, d=5):
    """f, g, what was perturbed, and test points."""
    rng, x, y = drawn(seed, n, d)
    f = train_wide(x, y, draw_start(width, d, rng), slope, setup)
    labels = draw_labels(setup.labels, n, rng)
    eta = perturbations(f.network, x, setup.eps, labels)
    base = x if setup.base == "natural" else None
    learnt = eta if base is None else x + eta
    g = train_wide(learnt, labels, draw_start(width, d, rng), slope, setup)
    return f, g, base, rng.standard_normal((8, d))


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_training_is_that_of_torch(setup):
    rng, x, y = drawn()
    start = draw_start(9, 5, rng)
    found = train_wide(x, y, start, SLOPE, setup)
    layer = torch.nn.Linear(5, 9, dtype=torch.float64)
    with torch.no_grad():
        layer.weight[:], layer.bias[:] = (
            torch.tensor(start.weights[:, :-1]),
            torch.tensor(start.weights[:, -1]),
        )
    moving = [torch.zeros_like(parameter) for parameter in layer.parameters()]
    points, labels, outer = map(torch.tensor, (x, y, start.outer))
    paths, least = np.zeros((12, 9)), math.inf
    for step in range(setup.steps):
        layer.zero_grad()
        heights = layer(points)
        output = torch.nn.functional.leaky_relu(heights, SLOPE) @ outer
        margins = labels * output
        loss = -margins if setup.loss == "identity" else torch.nn.functional.softplus(-margins)
        loss.mean().backward()
        # As torch.optim.SGD, which takes seconds to import.
        for parameter, velocity in zip(layer.parameters(), moving, strict=True):
            velocity.mul_(setup.momentum).add_(parameter.grad)
            parameter.data.add_(velocity, alpha=-setup.learning_rate)
        pull = np.ones(12) if setup.loss == "identity" else torch.sigmoid(-margins).detach().numpy()
        worth = sum(setup.momentum**k for k in range(setup.steps - step)) * setup.learning_rate
        slopes = np.where(heights.detach().numpy() > 0, 1.0, SLOPE)
        paths += worth * pull[:, None] / 12 * slopes
        least = min(least, pull.min())
    weights = torch.column_stack([layer.weight, layer.bias]).detach().numpy()
    assert found.network.weights == pytest.approx(weights, abs=1e-12)
    assert found.paths == pytest.approx(paths, rel=1e-12)
    assert found.least_slope == pytest.approx(least)
    moved = start.weights + start.outer[:, None] * ((paths * y[:, None]).T @ np.c_[x, np.ones(12)])
    assert moved == pytest.approx(weights, abs=1e-12)
    total = sum(
        setup.learning_rate * (1 - setup.momentum**k) / (1 - setup.momentum)
        for k in range(1, setup.steps + 1)
    )
    assert setup.path_time.lower == pytest.approx(total)


def test_gradients_are_those_of_torch():
    rng, x, _ = drawn()
    start = draw_start(9, 5, rng)
    network = WideNetwork(start.weights, start.outer, SLOPE)
    points = torch.tensor(x, requires_grad=True)
    heights = points @ torch.tensor(start.weights[:, :-1]).T + torch.tensor(start.weights[:, -1])
    (torch.nn.functional.leaky_relu(heights, SLOPE) @ torch.tensor(start.outer)).sum().backward()
    assert points.grad is not None
    assert network.gradients(x) == pytest.approx(points.grad.numpy(), abs=1e-14)
    eta = perturbations(network, x, 0.3, np.where(np.arange(12) < 5, -1.0, 1.0))
    assert np.linalg.norm(eta, axis=1) == pytest.approx(0.3)
    assert (np.sign((eta * points.grad.numpy()).sum(1)) == np.where(np.arange(12) < 5, -1, 1)).all()


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_identities_hold_within_rounding(setup, slope):
    f, g, base, z = pair(setup, slope=slope)
    first, second = Paths(f), Paths(g)
    for found in (
        first.at(z).output_residual(),
        second.at(f.x).output_residual(),
        first.at(f.x).gradient_residual(),
        learned(first, second, base, z).residual,
    ):
        assert 0 <= found.value <= found.rounding < 1e-9


def test_the_parts_are_what_they_are_called():
    f, g, base, z = pair(SETUPS["logistic"])
    found = learned(Paths(f), Paths(g), base, z)
    a, w = g.start.outer, g.network.weights
    slopes = np.where(np.c_[z, np.ones(8)] @ w.T > 0, 1.0, SLOPE)
    units = f.network.gradients(f.x)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    parts = np.zeros((4, 8))
    for j in range(9):
        for b in range(8):
            slope = slopes[b, j]
            parts[0, b] += a[j] * slope * (g.start.weights[j] @ np.append(z[b], 1.0))
            for n in range(12):
                c = a[j] ** 2 * slope * g.paths[n, j]
                parts[1, b] += 0.7 * c * (units[n] @ z[b])
                parts[2, b] += g.y[n] * c
                parts[3, b] += g.y[n] * c * (f.x[n] @ z[b])
    for part, seen in zip(
        parts, (found.start_part, found.perturbing, found.biasing, found.mislabelled), strict=True
    ):
        assert seen.mid == pytest.approx(part, abs=1e-12)
        assert (abs(seen.mid - part) <= seen.rad + 1e-13).all()
    assert found.contrary == 0
    outweighs = abs(parts[1]) > abs(parts[0] + parts[2] + parts[3])
    assert np.array_equal(found.outweighed, outweighs)


@pytest.mark.parametrize("fault", ["worth", "homogeneous", "_sizes"])
def test_what_is_wrong_shows(fault, monkeypatch):
    wrong = {
        "worth": lambda setup, step: setup.learning_rate,
        "homogeneous": lambda x: np.column_stack([x, np.zeros(len(x))]),
        "_sizes": lambda gradients: 1.01 * np.linalg.norm(gradients, axis=1),
    }
    monkeypatch.setattr(training, fault, wrong[fault])
    f, g, base, z = pair(SETUPS["logistic"])
    found = learned(Paths(f), Paths(g), base, z).residual
    assert found.value > 1e6 * found.rounding


# The kernel.


def exact_kernel(x, z, slope):
    """From the angle, in 40 digits."""
    with mpmath.workdps(40):
        u, v = ([mpmath.mpf(c) / mpmath.sqrt(len(p)) for c in p] + [mpmath.mpf(1)] for p in (x, z))
        inner = mpmath.fsum(a * b for a, b in zip(u, v, strict=True))
        sizes = mpmath.sqrt(mpmath.fsum(a * a for a in u) * mpmath.fsum(b * b for b in v))
        angle = mpmath.acos(min(inner / sizes, mpmath.mpf(1)))
        gamma = mpmath.mpf(slope)
        return (1 + gamma**2) * (mpmath.pi - angle) / (2 * mpmath.pi) + gamma * angle / mpmath.pi


def points(rng, d=4):
    x = rng.standard_normal((6, d)) * 10.0 ** rng.uniform(-3, 3, (6, 1))
    z = np.concatenate([x[:2], -x[2:3], x[3:4] + 1e-9, rng.standard_normal((2, d))])
    return x, z


def test_kernel_in_balls_holds_the_exact_one():
    rng = np.random.default_rng(4)
    x, z = points(rng)
    for slope in (0.0, 0.3, 1.0):
        found = kernel_enclosed(x, z, slope)
        plain = kernel(x, z, slope)
        device = kernel_on_device(torch.tensor(x), torch.tensor(z), slope).numpy()
        for n in range(len(x)):
            for b in range(len(z)):
                exact = exact_kernel(x[n], z[b], slope)
                assert found.lower[n, b] <= exact <= found.upper[n, b]
                assert plain[n, b] == pytest.approx(float(exact), abs=1e-7)
                assert device[n, b] == pytest.approx(float(exact), abs=1e-7)
        assert np.median(found.rad) < 1e-13


def test_kernel_is_the_formula_of_the_theorem():
    compiled = compile_expression(KERNEL, (gamma, kernel_angle))
    angles = np.linspace(0, np.pi, 7)
    for slope in (0.0, 0.3, 1.0):
        assert kernel_of(angles, slope) == pytest.approx(compiled(slope, angles), abs=1e-15)


def sampled_kernel(x, z, slope, draws, rng):
    """From so many fresh neurons, as the authors estimate it with 1000."""
    weights = draw_start(draws, x.shape[1], rng).weights
    left, right = (np.where(np.c_[p, np.ones(len(p))] @ weights.T > 0, 1.0, slope) for p in (x, z))
    return left @ right.T / draws


@pytest.mark.parametrize(
    "draws", [1000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_kernel_is_the_mean_over_neurons(draws):
    """Within 5 standard deviations of the mean of so many, the authors' estimate that of 1000."""
    rng = np.random.default_rng(5)
    x, z = points(rng)
    for slope in (0.0, 0.5):
        exact = kernel(x, z, slope)
        spread = np.sqrt(kernel(x, z, slope**2) - exact**2)
        seen = sampled_kernel(x, z, slope, draws, rng)
        assert (abs(seen - exact) <= 5 * spread / math.sqrt(draws) + 1e-9).all()
        assert abs(seen - exact).max() > 0.01 * spread.max() / math.sqrt(draws)


# Near the start.


def test_near_the_start_everything_stays_within_what_is_promised():
    setup = WideSetup(steps=5, learning_rate=0.05, momentum=0.5, eps=4.0)
    covered = 0
    for seed in range(4):
        f, g, _, z = pair(setup, seed, width=600, n=20, d=10)
        for trained in (f, g):
            lazy = Lazy(Paths(trained), z)
            assert lazy.kernel_contrary == lazy.start_contrary == lazy.drift_contrary == 0
            assert lazy.base_contrary == 0
            signs = np.sign(trained.network.output(z))
            assert (signs == np.sign(lazy.expected.mid))[lazy.certified].all()
            covered += int(lazy.certified.sum())
    assert covered > 5


def test_the_bounds_of_a_start_are_the_sums_they_stand_for():
    setup = WideSetup(steps=3, learning_rate=0.2)
    f, _, _, z = pair(setup, width=30)
    lazy, a, t = Lazy(Paths(f), z), abs(f.start.outer), setup.path_time.lower
    heights = f.begun.heights(z)
    reach = abs(z @ f.x.T + 1).mean(axis=1)
    over = t * np.outer(reach, a) - abs(heights)
    assert lazy.near.reach == pytest.approx(reach)
    assert lazy.near.flips == pytest.approx((over >= 0) @ a**2)
    assert lazy.near.bend == pytest.approx(np.maximum(over, 0) @ a)
    inner = (kernel(z, f.x, SLOPE) * (z @ f.x.T + 1)) @ f.y / 12
    assert lazy.expected.mid == pytest.approx(inner, abs=1e-12)
    own = np.where(heights > 0, 1.0, SLOPE) * a**2
    assert lazy.start_kernel.mid == pytest.approx(
        own @ np.where(f.begun.heights(f.x) > 0, 1.0, SLOPE).T
    )
    assert lazy.begun.mid == pytest.approx(f.begun.output(z))


def test_fresh_starts_keep_what_is_promised_and_show_what_is_not(monkeypatch):
    f, _, _, z = pair(WideSetup(steps=3, learning_rate=0.1), width=200)
    kept = list(fresh_starts(f, z, 0.1, 30, np.random.default_rng(0)))
    assert all(near is True and flips is True for near, flips in kept)
    monkeypatch.setattr(fresh, "kernel", lambda *given: 0.5 * kernel(*given))
    broken = list(fresh_starts(f, z, 0.1, 30, np.random.default_rng(0)))
    assert all(near is False for near, _ in broken)


# Predictions.


def test_predictors_meet_wide_networks_and_the_authors_leave_something_out():
    setup = WideSetup(steps=10, learning_rate=0.1, eps=4.0, labels="fair", base="natural")
    f, g, base, z = pair(setup, width=4000, n=30, d=20, slope=0.5)
    found = predicted(f, g, base, z)
    for n, along in enumerate(directions(f)):
        mean = sum(
            kernel(f.x[k : k + 1], f.x[n : n + 1], 0.5)[0, 0] * f.y[k] * f.x[k] for k in range(30)
        )
        assert along == pytest.approx(mean / np.linalg.norm(mean))
    assert alignments(f).min() > 0.8
    assert np.corrcoef(found.f, f.network.output(z))[0, 1] > 0.98
    corrected, authors = (
        np.corrcoef(values, g.network.output(z))[0, 1] for values in (found.g, found.authors)
    )
    assert corrected > max(authors, 0.8)


def test_labels():
    rng = np.random.default_rng(0)
    assert abs(draw_labels("balanced", 20, rng).sum()) == 0
    assert {abs(draw_labels("fair", 2, rng).sum()) for _ in range(20)} == {0}
