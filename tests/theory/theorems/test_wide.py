"""The theorems on wide networks, held against networks trained by automatic differentiation.

Path weights are added up step by step from what the network was at each step, in the closed form
for momentum, and not by the recursion of the proof. Every step of a proof that speaks of measured
symbols is evaluated at random neurons, samples and points: also definitions, which nobody checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import erf
from typing import Any

import numpy as np
import pytest
import torch
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import Theorem, prove, symbols
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems.wide import bias_kernel, lazy_kernel, path_kernel, wide_agreement

from .formulas import true

WIDTH, SAMPLES, DIMENSION, STEPS = 6, 4, 3, 5
Array = np.ndarray
Values = dict[str, Any]


class Run:
    """A network f(x) = sum_j a_j phi(<w_j, x> + b_j), trained for some steps; all that it was."""

    def __init__(
        self,
        rng: np.random.Generator,
        x: Array,
        y: Array,
        loss: str,
        gamma: float,
        mu: float,
        rates: Array,
        width: int = WIDTH,
    ) -> None:
        self.rates, self.gamma, self.mu = rates, gamma, mu
        self.x, self.y = np.c_[x, np.ones(len(x))], y
        self.a = rng.standard_normal(width) / width**0.5
        d = x.shape[1]
        start = rng.standard_normal((width, d + 1)) / np.append(np.full(d, d**0.5), 1)
        self.w, self.v, self.pull = [start], [np.zeros_like(start)], []
        for eta in rates:
            w = torch.tensor(self.w[-1], requires_grad=True)
            margins = torch.tensor(self.y) * self._output(w)
            pulled = margins.detach().numpy()
            total = -margins if loss == "identity" else torch.nn.functional.softplus(-margins)
            total.mean().backward()
            self.pull.append(np.ones(len(y)) if loss == "identity" else 1 / (1 + np.exp(pulled)))
            assert w.grad is not None
            self.v.append(mu * self.v[-1] - eta * w.grad.numpy())
            self.w.append(self.w[-1] + self.v[-1])
        self.slopes = [self.slope(w @ self.x.T) for w in self.w]  # j, n

    def _output(self, w: torch.Tensor) -> torch.Tensor:
        h = torch.tensor(self.x) @ w.T
        return torch.maximum(h, self.gamma * h) @ torch.tensor(self.a)

    def slope(self, h: Array) -> Array:
        return np.where(h > 0, 1, self.gamma)

    def output(self, z: Array, t: int) -> Array:
        h = self.w[t] @ z
        return self.a @ (self.slope(h) * h)

    def gradient(self, x: Array, t: int) -> Array:
        h = self.w[t] @ np.append(x, 1)
        return (self.a * self.slope(h)) @ self.w[t][:, :-1]

    def gain(self, t: int) -> float:
        """What all steps before t weigh in the velocity."""
        return sum(self.rates[s] * self.mu ** (t - 1 - s) for s in range(t))

    def total(self, t: int) -> float:
        return sum(self.gain(s) for s in range(1, t + 1))

    def speed(self, t: int) -> Array:
        """The weights (j, n) in the velocity after t steps: mu^(t-1-s) of what the step s gave."""
        gave = (
            self.rates[s] * self.pull[s] * self.slopes[s] / len(self.y) * self.mu ** (t - 1 - s)
            for s in range(t)
        )
        return sum(gave, np.zeros(self.slopes[0].shape))

    def path(self, t: int) -> Array:
        """The path weights c (j, n) after t steps."""
        return sum((self.speed(s) for s in range(1, t + 1)), np.zeros(self.slopes[0].shape))

    def weights(self, j: int, n: int, t: int, letter: str = "n") -> Values:
        ends = (("_first", 0), ("", t), ("_next", t + 1))
        return {
            f"target_{letter}": self.y[n],
            f"loss_slope_{letter}": self.pull[t][n],
            f"unit_slope_{letter}": self.slopes[t][j, n],
            **{f"path_weight_{letter}{end}": self.path(at)[j, n] for end, at in ends},
            **{f"speed_weight_{letter}{end}": self.speed(at)[j, n] for end, at in ends},
        }

    def seen(self, j: int, n: int, t: int, name: str, probe: Array) -> Values:
        """What neuron j and sample n answer to a probe."""
        signed = self.y * (self.x @ probe)
        push = self.rates[t] * self.pull[t] * self.slopes[t][j] / len(self.y)
        values = {f"{name}_reach": self.x[n] @ probe, f"{name}_push": push @ signed}
        for end, at in (("_first", 0), ("", t), ("_next", t + 1)):
            values |= {
                f"{name}_height{end}": self.w[at][j] @ probe,
                f"{name}_pace{end}": self.v[at][j] @ probe,
                f"{name}_path{end}": self.path(at)[j] @ signed,
                f"{name}_speed{end}": self.speed(at)[j] @ signed,
            }
        return values

    def at(self, j: int, n: int, t: int, z: Array) -> Values:
        """The values of the symbols of f for neuron j and sample n at z, after t steps."""
        slope = self.slope(self.w[t] @ z)
        kernel = (self.a**2 * slope) @ self.path(t)
        path = kernel @ (self.y * (self.x @ z))
        return {
            "momentum": self.mu,
            "rate_t": self.rates[t],
            "gamma": self.gamma,
            "N": len(self.y),
            "output_j": self.a[j],
            **self.weights(j, n, t),
            **self.seen(j, n, t, "point", z),
            "slope_z": slope[j],
            "kernel_n": kernel[n],
            "wide_z": self.output(z, t),
            "start_part_z": (self.a * slope) @ (self.w[0] @ z),
            "path_part_j": path,
            "path_part_z": path,
        }


def drawn(rng: np.random.Generator, fault: Callable[[Run, Array], Array] | None = None) -> Values:
    """Symbols of `path-kernel` for f and for g, which learns from f's gradients."""
    gamma, mu = float(rng.choice([0.0, 0.3, 1.0])), float(rng.choice([0.0, 0.5, 0.9]))
    loss, kept = str(rng.choice(["identity", "logistic"])), float(rng.integers(2))
    how = (loss, gamma, mu, rng.uniform(0.2, 3, STEPS))
    x = rng.standard_normal((SAMPLES, DIMENSION))
    f = Run(rng, x, rng.choice([-1.0, 1.0], SAMPLES), *how)
    gradients = np.array([f.gradient(r, STEPS) for r in x])
    norms = np.linalg.norm(gradients, axis=1)
    if not norms.all():  # a sample at which every neuron of a ReLU network is off
        return drawn(rng, fault)
    labels, eps = rng.choice([-1.0, 1.0], SAMPLES), float(rng.uniform(0.1, 2))
    eta = eps * labels[:, None] * gradients / norms[:, None]
    g = Run(rng, kept * x + (eta if fault is None else fault(f, eta)), labels, *how)
    j, n, t = (int(rng.integers(end)) for end in (WIDTH, SAMPLES, STEPS))
    z, v = (np.append(rng.standard_normal(DIMENSION), one) for one in (1, 0))
    mine, other = f.at(j, n, t, z), g.at(j, n, t, z)
    slope = f.slope(f.w[t] @ z)
    slant = (f.a**2 * slope) @ f.path(t) @ (f.y * (f.x @ v))
    kernel = (g.a**2 * g.slope(g.w[t] @ z)) @ g.path(t)
    residual = 1e-12
    return {
        **{f"adv_{name}": value for name, value in other.items()},
        **mine,
        **f.seen(j, n, t, "along", v),
        "slant_z": f.gradient(z[:-1], t) @ v[:-1],
        "rho_v": (f.a * slope) @ (f.w[0] @ v),
        "slant_path_j": slant,
        "slant_path_z": slant,
        "kept": kept,
        "eps": eps,
        "natural_n": x[n] @ z[:-1],
        "gradient_n": gradients[n] @ z[:-1],
        "gradient_norm_n": norms[n],
        "perturbed_part": eps * kernel @ (gradients @ z[:-1] / norms),
        "other_part": kernel @ (labels * (1 + kept * x @ z[:-1])),
        "bias_part": kernel @ labels,
        "natural_part": kernel @ (labels * (x @ z[:-1])),
        "path_weight_min": min(f.path(t).min(), g.path(t).min()),
        "path_contrary": 0,
        **{f"{of}_{what}": residual for of in PARTS for what in ("residual", "rounding")},
    }


PARTS = ("output", "gradient", "learned")


def evaluated(theorem: Theorem, draw: Callable[[], Values], count: int) -> Counter[str]:
    """How often each step was evaluated, all of them true."""
    seen: Counter[str] = Counter()
    for _ in range(count):
        at = draw()
        for step in prove(theorem).steps:
            known = all(s.name in at for s in symbols_of(step.formula))
            if known and step.id not in CHOSEN:
                assert true(step.formula, at), (step.id, step.formula, at)
                seen[step.id] += 1
    return seen


CHOSEN = {"smallest"}
"""Definitions that pick a neuron and a sample, for which others are drawn."""


def test_the_path_kernel_step_by_step() -> None:
    rng, entry = np.random.default_rng(7), path_kernel.THEOREM
    seen = evaluated(entry, lambda: drawn(rng), 10)
    assert {step.id for step in entry.proof} - seen.keys() == CHOSEN


def test_a_perturbation_that_is_not_normalised_breaks_the_identity() -> None:
    rng, entry = np.random.default_rng(7), path_kernel.THEOREM
    with pytest.raises(AssertionError, match="perturbed"):
        evaluated(entry, lambda: drawn(rng, lambda f, eta: 1.01 * eta), 1)


# Near the start.


def closed(f: Run, z: Array, points: int = 300) -> Array:
    """Phi(x_n, z), the mean over half turns of the plane, by the trapezoidal rule."""
    scale = np.append(np.full(len(z) - 1, (len(z) - 1) ** -0.5), 1)
    x, z = f.x * scale, z * scale
    cosine = (x @ z) / np.linalg.norm(x, axis=1) / np.linalg.norm(z)
    psi = 2 * np.pi * (np.arange(points) + 0.5) / points
    angles = np.arccos(np.clip(cosine, -1, 1))
    return np.array([(f.slope(np.cos(psi)) * f.slope(np.cos(psi - a))).mean() for a in angles])


def near(f: Run, j: int, n: int, t: int, z: Array) -> Values:
    """The symbols of `lazy-kernel` and of the certificate at z."""
    count, horizon, k = len(f.y), f.total(STEPS), (n + 1) % len(f.y)
    at, a2 = f.at(j, n, t, z), f.a**2
    reach, first = f.x @ z, f.slope(f.w[0] @ z)
    spread = abs(reach).sum()
    h_0, h_n = f.w[0] @ z, f.w[0] @ f.x.T
    limit = abs(f.a) * horizon / count
    flip_z = (abs(h_0) <= limit * spread).astype(float)
    spreads = abs(f.x @ f.x.T).sum(axis=0)
    flip_n = (abs(h_n) <= limit[:, None] * spreads).astype(float)
    start = (a2 * first) @ f.slopes[0]
    held = (a2 * first) @ f.path(t)
    phi, s_2, s_4 = closed(f, z), a2.sum(), (a2**2).sum()
    missed = start - s_2 * phi
    deviation = (z[:-1] @ z[:-1] / (len(z) - 1) + 1) ** 0.5
    chance = np.array([erf(r / deviation / 2**0.5) for r in limit * spread])
    for end, when in (("_first", 0), ("", t), ("_next", t + 1)):
        at |= {f"gain_t{end}": f.gain(when), f"total_t{end}": f.total(when)}
    return {
        **at,
        **f.weights(j, k, t, "k"),
        **f.seen(j, k, t, "sample", f.x[n]),
        "path_time": horizon,
        "loss_weight_min": 1,
        "reach_sum_z": spread,
        "reach_sum_n": spreads[n],
        "first_slope_z": first[j],
        "first_slope_n": f.slopes[0][j, n],
        "flip_zj": flip_z[j],
        "flip_nj": flip_n[j, n],
        "flips_z": a2 @ flip_z,
        "flips_n": a2 @ flip_n[:, n],
        "start_z0": f.output(z, 0),
        "start_kernel_n": start[n],
        "behind_zj": max(0, limit[j] * spread - abs(h_0[j])),
        "bend_z": abs(f.a) @ np.maximum(0, limit * spread - abs(h_0)),
        "hat_sum_z": start @ (f.y * reach),
        "flip_reach_z": (a2 @ flip_n) @ abs(reach),
        "held_part_j": held @ (f.y * reach),
        "held_part_z": held @ (f.y * reach),
        "held_kernel_n": held[n],
        "lazy_contrary": 0,
        "start_contrary": 0,
        "drift_contrary": 0,
        "fresh_slope_n": f.slopes[0][j, n],
        "fresh_slope_z": first[j],
        "width_squares": (1 - f.gamma**2) ** 2 * s_4,
        "mass_2": s_2,
        "mass_3": (abs(f.a) ** 3).sum(),
        "mass_4": s_4,
        "d": len(z) - 1,
        "fresh_norm": np.linalg.norm(z[:-1]),
        "fresh_deviation": deviation,
        "near_kink": chance[j],
        "flips_mean": a2 @ chance,
        "closed_kernel_n": phi[n],
        "signal_z": (f.y * phi) @ reach / count,
        "missed_sum_z": (f.y * missed) @ reach,
        "kernel_error_z": abs(missed).max(),
        "flips_bound_z": a2 @ flip_z,
        "flip_reach_bound_z": (a2 @ flip_n) @ abs(reach),
        "kernel_bound_z": abs(missed).max(),
    }


def pair(rng: np.random.Generator, width: int = WIDTH) -> tuple[Run, Run]:
    """Two networks trained with the identity loss, on sets of their own."""
    gamma, mu = float(rng.choice([0.0, 0.5, 1.0])), float(rng.choice([0.0, 0.8]))
    rates = rng.uniform(0.1, 1, STEPS) * 10.0 ** rng.integers(-2, 1)
    runs = []
    for _ in range(2):
        x, y = rng.standard_normal((SAMPLES, DIMENSION)), rng.choice([-1.0, 1.0], SAMPLES)
        runs.append(Run(rng, x, y, "identity", gamma, mu, rates, width))
    return runs[0], runs[1]


def lazy(rng: np.random.Generator) -> Values:
    """Symbols of `lazy-kernel` and `wide-agreement`."""
    f, g = pair(rng, int(rng.choice([WIDTH, 400])))
    j, n, t = (int(rng.integers(end)) for end in (WIDTH, SAMPLES, STEPS))
    z = np.append(rng.standard_normal(DIMENSION), 1)
    return {
        **{f"adv_{name}": value for name, value in near(g, j, n, t, z).items()},
        **near(f, j, n, t, z),
        "base_contrary": 0,
        "learned_contrary": 0,
        "wide_certified": 1,
        "wide_matches": 1,
    }


def test_the_lazy_kernel_step_by_step() -> None:
    """All but the steps that speak of chances of a fresh start."""
    rng, entry = np.random.default_rng(8), lazy_kernel.THEOREM
    seen = evaluated(entry, lambda: lazy(rng), 10)
    left = {step.id for step in entry.proof} - seen.keys()
    assert left == {
        *("pair", "pairs", "kernel-good", "kernel-chance", "claim-kernel"),
        *("flips-far", "flips-over", "flips-rare", "flips-any", "flips-good", "flips-chance"),
        "claim-flips",
    }


def test_the_certificate_step_by_step() -> None:
    rng, entry = np.random.default_rng(9), wide_agreement.THEOREM
    seen = evaluated(entry, lambda: lazy(rng), 10)
    assert {step.id for step in entry.proof} - seen.keys() == {"base", "learned"}


def certified(f: Run, z: Array) -> tuple[float, float]:
    """f^(z) and by how much the certificate for its sign holds, from the start."""
    at = near(f, 0, 0, STEPS - 1, z) | {"total_t": f.total(STEPS)}
    certificate = wide_agreement.CERTIFIED
    left, right = (
        compile_expression(side, names)(*(at[s.name] for s in names))
        for side in certificate.args
        for names in (symbols_of(side),)
    )
    return at["signal_z"], float(left - right)


def test_certified_points_are_right_and_there_are_some() -> None:
    """A wide network after a short time, at points of all kinds."""
    rng, tally = np.random.default_rng(3), Counter()
    centre = np.full(20, 0.7)
    y = rng.choice([-1.0, 1.0], 12)
    x = y[:, None] * centre + rng.standard_normal((12, 20))
    f = Run(rng, x, y, "identity", 0.5, 0.5, np.full(STEPS, 0.15), 4000)
    for _ in range(12):
        z = np.append(rng.choice([-1, 1]) * centre + rng.standard_normal(20), 1)
        signal, slack = certified(f, z)
        right = np.sign(f.output(z, STEPS)) == np.sign(signal)
        tally["certified" if slack > 0 else "open", bool(right)] += 1
    assert tally["certified", True] >= 4
    assert tally["certified", False] == 0


def test_with_momentum_the_path_time_is_less_than_the_rate_times_steps_over_one_less_mu() -> None:
    """At gamma = 1, where no slope changes, the bound is 0 and met at the right time only."""
    rng, eta, mu = np.random.default_rng(4), 0.1, 0.9
    x, y = rng.standard_normal((SAMPLES, DIMENSION)), rng.choice([-1.0, 1.0], SAMPLES)
    f = Run(rng, x, y, "identity", 1.0, mu, np.full(STEPS, eta))
    time = eta * (STEPS / (1 - mu) - mu * (1 - mu**STEPS) / (1 - mu) ** 2)
    assert f.total(STEPS) == pytest.approx(time)
    assert f.a**2 @ f.path(STEPS) * SAMPLES / time == pytest.approx(np.full(SAMPLES, f.a @ f.a))
    assert time < 0.3 * eta * STEPS / (1 - mu)


# The kernel of the start.


@pytest.mark.parametrize("neurons", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_the_kernel_in_closed_form_is_the_mean_over_neurons(neurons: int, gamma: float) -> None:
    rng, entry = np.random.default_rng(5), bias_kernel.THEOREM
    names = (symbols.gamma, bias_kernel.kernel_angle)
    closed_form = compile_expression(bias_kernel.KERNEL, names)
    for d in (1, 30):
        x, z = rng.standard_normal((2, d))
        w, b = rng.standard_normal((neurons, d)) / d**0.5, rng.standard_normal(neurons)
        h_x, h_z = w @ x + b, w @ z + b
        product = np.where(h_x > 0, 1, gamma) * np.where(h_z > 0, 1, gamma)
        x, z = np.append(x / d**0.5, 1), np.append(z / d**0.5, 1)
        cosine = x @ z / np.linalg.norm(x) / np.linalg.norm(z)
        error = 5 * product.std() / neurons**0.5
        assert abs(product.mean() - closed_form(gamma, np.arccos(cosine))) < error
        at = {
            "gamma": gamma,
            "kernel_cos": cosine,
            "kernel_same": ((h_x > 0) == (h_z > 0)).mean(),
            "kernel_asked": error + 5 * (1 - gamma) ** 2 / neurons**0.5,
        }
        assert true(entry.claims[0].relation, at)


def test_the_kernel_in_closed_form_is_an_integral_over_half_turns() -> None:
    rng, names = np.random.default_rng(6), (symbols.gamma, bias_kernel.kernel_angle)
    closed_form = compile_expression(bias_kernel.KERNEL, names)
    f, _ = pair(rng)
    z = np.append(rng.standard_normal(DIMENSION), 1)
    scale = np.append(np.full(DIMENSION, DIMENSION**-0.5), 1)
    cosines = (f.x * scale) @ (z * scale)
    cosines /= np.linalg.norm(f.x * scale, axis=1) * np.linalg.norm(z * scale)
    assert closed(f, z, 20_000) == pytest.approx(
        [closed_form(f.gamma, a) for a in np.arccos(cosines)], abs=2e-4
    )
