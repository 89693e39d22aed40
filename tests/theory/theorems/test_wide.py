"""The theorems on wide networks, held against networks trained by automatic differentiation.

Path weights are added up step by step from what the network was at each step, in the closed form
for momentum, and not by the recursion of the proof. Every step of a proof that speaks of measured
symbols is evaluated at random neurons, samples and points: also definitions, which nobody checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from perturbproof.theory import Theorem, prove
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems.wide import path_kernel

from .formulas import true

WIDTH, SAMPLES, DIMENSION, STEPS = 6, 4, 3, 5
Array = np.ndarray


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
    ) -> None:
        self.rates = rates
        self.x, self.y, self.gamma, self.mu = np.c_[x, np.ones(len(x))], y, gamma, mu
        self.a = rng.standard_normal(WIDTH) / WIDTH**0.5
        start = rng.standard_normal((WIDTH, x.shape[1] + 1))
        self.w, self.v, self.pull = [start], [np.zeros_like(start)], []
        for eta in self.rates:
            w = torch.tensor(self.w[-1], requires_grad=True)
            margins = torch.tensor(self.y) * self._output(w)
            pulled = margins.detach().numpy()
            total = -margins if loss == "identity" else torch.nn.functional.softplus(-margins)
            total.mean().backward()
            self.pull.append(np.ones(len(y)) if loss == "identity" else 1 / (1 + np.exp(pulled)))
            assert w.grad is not None
            self.v.append(mu * self.v[-1] - eta * w.grad.numpy())
            self.w.append(self.w[-1] + self.v[-1])
        self.slopes = [np.where(self.x @ w.T > 0, 1, gamma).T for w in self.w]  # j, n

    def _output(self, w: torch.Tensor) -> torch.Tensor:
        h = torch.tensor(self.x) @ w.T
        return torch.maximum(h, self.gamma * h) @ torch.tensor(self.a)

    def speed(self, t: int) -> Array:
        """The weights (j, n) in the velocity after t steps: mu^(t-1-s) of what the step s gave."""
        gave = [
            self.rates[s] * self.pull[s] * self.slopes[s] / len(self.y) * self.mu ** (t - 1 - s)
            for s in range(t)
        ]
        return np.sum(gave, axis=0) if t else np.zeros((WIDTH, len(self.y)))

    def path(self, t: int) -> Array:
        """The path weights c (j, n) after t steps."""
        return sum((self.speed(s) for s in range(1, t + 1)), np.zeros((WIDTH, len(self.y))))

    def gradient(self, x: Array, t: int) -> Array:
        h = self.w[t] @ np.append(x, 1)
        return (self.a * np.where(h > 0, 1, self.gamma)) @ self.w[t][:, :-1]

    def at(self, j: int, n: int, t: int, probes: dict[str, Array]) -> dict[str, Any]:
        """The values of the symbols of neuron j and sample n after t steps, at some probes."""
        y, reach = self.y, {name: self.x @ probe for name, probe in probes.items()}
        values: dict[str, Any] = {
            "momentum": self.mu,
            "rate_t": self.rates[t],
            "target_n": y[n],
            "output_j": self.a[j],
            "loss_slope_n": self.pull[t][n],
            "unit_slope_n": self.slopes[t][j, n],
            "path_weight_n": self.path(t)[j, n],
            "path_weight_n_first": 0,
            "path_weight_n_next": self.path(t + 1)[j, n],
            "speed_weight_n": self.speed(t)[j, n],
            "speed_weight_n_first": 0,
            "speed_weight_n_next": self.speed(t + 1)[j, n],
        }
        for name, probe in probes.items():
            for end, when in (("_first", 0), ("", t), ("_next", t + 1)):
                values |= {
                    f"{name}_height{end}": self.w[when][j] @ probe,
                    f"{name}_pace{end}": self.v[when][j] @ probe,
                    f"{name}_path{end}": self.path(when)[j] @ (y * reach[name]),
                    f"{name}_speed{end}": self.speed(when)[j] @ (y * reach[name]),
                }
            push = self.rates[t] * self.pull[t] * self.slopes[t][j] / len(y)
            values |= {f"{name}_reach": reach[name][n], f"{name}_push": push @ (y * reach[name])}
        z, h = probes["point"], self.w[t] @ probes["point"]
        slope = np.where(h > 0, 1, self.gamma)
        kernel = (self.a**2 * slope) @ self.path(t)
        values |= {
            "slope_z": slope[j],
            "kernel_n": kernel[n],
            "wide_z": float(self._output_at(z, t)),
            "start_part_z": (self.a * slope) @ (self.w[0] @ z),
            "path_part_j": kernel @ (y * reach["point"]),
            "path_part_z": kernel @ (y * reach["point"]),
        }
        if "along" in probes:
            v = probes["along"]
            values |= {
                "slant_z": self.gradient(z[:-1], t) @ v[:-1],
                "rho_v": (self.a * slope) @ (self.w[0] @ v),
                "slant_path_j": kernel @ (y * reach["along"]),
                "slant_path_z": kernel @ (y * reach["along"]),
            }
        return values

    def _output_at(self, z: Array, t: int) -> float:
        h = self.w[t] @ z
        return float(self.a @ np.maximum(h, self.gamma * h))


def drawn(
    rng: np.random.Generator, fault: Callable[[Run, Array], Array] | None = None
) -> dict[str, Any]:
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
    j, n, t = int(rng.integers(WIDTH)), int(rng.integers(SAMPLES)), int(rng.integers(STEPS))
    z, v = (np.append(rng.standard_normal(DIMENSION), one) for one in (1, 0))
    mine, other = f.at(j, n, t, {"point": z, "along": v}), g.at(j, n, t, {"point": z})
    kernel = (g.a**2 * np.where(g.w[t] @ z > 0, 1, gamma)) @ g.path(t)
    smallest = min(f.path(t).min(), g.path(t).min())
    return {
        **{f"adv_{name}": value for name, value in other.items()},
        **mine,
        "gamma": gamma,
        "N": SAMPLES,
        "kept": kept,
        "eps": eps,
        "natural_n": x[n] @ z[:-1],
        "gradient_n": gradients[n] @ z[:-1],
        "gradient_norm_n": norms[n],
        "perturbed_part": eps * kernel @ (gradients @ z[:-1] / norms),
        "other_part": kernel @ (labels * (1 + kept * x @ z[:-1])),
        "bias_part": kernel @ labels,
        "natural_part": kernel @ (labels * (x @ z[:-1])),
        "path_weight_min": smallest,
        **{f"{of}_{what}": 1e-12 for of in ("output", "gradient", "learned") for what in RESIDUAL},
        "path_contrary": 0,
    }


RESIDUAL = ("residual", "rounding")


def evaluated(theorem: Theorem, draw: Callable[[], dict[str, Any]], count: int) -> Counter[str]:
    """How often each step was evaluated, all of them true."""
    seen: Counter[str] = Counter()
    for _ in range(count):
        at = draw()
        for step in prove(theorem).steps:
            known = all(s.name in at for s in symbols_of(step.formula))
            if known and step.id not in ("smallest",):
                assert true(step.formula, at), (step.id, step.formula, at)
                seen[step.id] += 1
    return seen


def test_the_path_kernel_step_by_step() -> None:
    rng, entry = np.random.default_rng(7), path_kernel.THEOREM
    seen = evaluated(entry, lambda: drawn(rng), 25)
    assert {step.id for step in entry.proof} - seen.keys() == {"smallest"}


def test_a_perturbation_that_is_not_normalised_breaks_the_identity() -> None:
    rng, entry = np.random.default_rng(7), path_kernel.THEOREM
    with pytest.raises(AssertionError, match="perturbed"):
        evaluated(entry, lambda: drawn(rng, lambda f, eta: 1.01 * eta), 1)
