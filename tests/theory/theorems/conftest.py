"""Perturbed sets built from raw vectors, shared by the tests of the theorems on them.

Data are drawn, networks written out neuron by neuron, and every symbol is measured from the vectors
by its definition. No formula of a proof is used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import Theorem
from perturbproof.theory.symbols import symbols_of

INSTANCES = 1000
WIDTH = 4
A = np.repeat([1.0, -1.0], WIDTH // 2) / np.sqrt(WIDTH)
Measured = dict[str, float]


@cache
def compiled(relation: sp.Basic) -> tuple[tuple[str, ...], tuple[Callable[..., float], ...]]:
    symbols = symbols_of(relation)
    sides = tuple(compile_expression(side, symbols) for side in relation.args)
    return tuple(s.name for s in symbols), sides


def holds(relation: sp.Basic, values: Measured, room: float = 1e-9) -> bool:
    """A relation in floating point, with room for rounding on the side of holding."""
    if isinstance(relation, sp.And):
        return all(holds(part, values, room) for part in relation.args)
    names, sides = compiled(relation)
    left, right = (float(side(*(values[n] for n in names))) for side in sides)
    slack = room * (abs(left) + abs(right)) + room * 1e-3
    if isinstance(relation, (sp.StrictLessThan, sp.LessThan)):
        return left <= right + slack
    return left >= right - slack


def assumed(entry: Theorem, values: Measured) -> bool:
    return all(holds(a.relation, values, room=0.0) for a in entry.assumptions)


def check(entry: Theorem, values: Measured) -> None:
    for claim in entry.claims:
        if not claim.limit and all(s.name in values for s in symbols_of(claim.relation)):
            assert holds(claim.relation, values), (entry.id, claim.id, values)


def network(w: np.ndarray, x: np.ndarray, slope: float) -> np.ndarray:
    t = x @ w.T
    return np.where(t > 0, t, slope * t) @ A


def solve(x: np.ndarray, y: np.ndarray, slope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Multipliers with tight margins and the own-half pattern, their network, and A."""
    features = np.stack(
        [y[n] * (A * np.where(y[n] * A > 0, 1.0, slope))[:, None] * x[n] for n in range(len(x))]
    )
    inner = np.einsum("njd,kjd->nk", features, features)
    lam = np.linalg.solve(inner, np.ones(len(x)))
    return lam, np.einsum("n,njd->jd", lam, features), inner


def extremes(x: np.ndarray, prefix: str = "") -> Measured:
    gram = x @ x.T
    norms = np.sqrt(np.diag(gram))
    off = np.abs(gram - np.diag(np.diag(gram))).max()
    return {f"{prefix}R_max": norms.max(), f"{prefix}R_min": norms.min(), f"{prefix}p_max": off}


def vectors(rng: np.random.Generator, size: int, dimension: int, spread: float) -> np.ndarray:
    """Nearly orthogonal vectors in random position, norms within a factor 1 + spread."""
    off = np.triu(rng.uniform(-1, 1, (size, size)), 1) * rng.choice([0, 0.003, 0.02])
    gram = np.diag(rng.uniform(1, 1 + spread, size) ** 2) + off + off.T
    basis = np.linalg.qr(rng.standard_normal((dimension, size)))[0]
    return np.linalg.cholesky(gram) @ basis.T


class Natural:
    """Natural samples, their KKT point, q, and what is measured of them."""

    def __init__(self, rng: np.random.Generator, size: int | None = None) -> None:
        size = size or int(rng.integers(2, 6))
        self.slope = float(rng.choice([1.0, 0.9, 0.5, 0.1, rng.uniform(0.05, 1)]))
        self.x = vectors(rng, size, size + 4, float(rng.choice([0.0, 0.2])))
        self.y = rng.permutation(np.resize([1.0, -1.0], size))
        self.lam, self.w, inner = solve(self.x, self.y, self.slope)
        self.q = (self.lam * self.y) @ self.x
        margins = self.y * (self.x @ self.q)
        own = WIDTH * self.y[:, None] * A * (self.x @ self.w.T)
        self.values: Measured = {
            **extremes(self.x),
            "gamma": self.slope,
            "N": size,
            "lambda_min": self.lam.min(),
            "lambda_max": self.lam.max(),
            "activation_margin": own.min(),
            "A_eigenvalue": np.linalg.eigvalsh(inner)[0],
            "norm_q": float(np.linalg.norm(self.q)),
            "q_margin_min": margins.min(),
            "q_margin_max": margins.max(),
            "imbalance": abs(self.y.sum()),
        }

    def measure(
        self, base: np.ndarray, labels: np.ndarray, along: np.ndarray, eps: float
    ) -> Measured:
        """What is measured of the set base + eps labels along, apart from a test point."""
        x = base + eps * labels[:, None] * along
        lam, w, inner = solve(x, labels, self.slope)
        own = WIDTH * labels[:, None] * A * (x @ w.T)
        self.adv_lam, self.adv_w, self.q_adv = lam, w, (lam * labels) @ x
        flipped = self.y * (self.x @ self.q_adv)
        return {
            **self.values,
            **extremes(base, "base_"),
            **extremes(x, "adv_"),
            "N_adv": len(base),
            "eps": eps,
            "dir_sq": float(along @ along),
            "kappa": np.abs(base @ along).max(),
            "adv_lambda_min": lam.min(),
            "adv_lambda_max": lam.max(),
            "adv_lambda_sum": lam.sum(),
            "adv_activation_margin": own.min(),
            "adv_A_eigenvalue": np.linalg.eigvalsh(inner)[0],
            "flip_margin_min": flipped.min(),
            "flip_margin_max": flipped.max(),
        }


def direction(rng: np.random.Generator, q: np.ndarray) -> np.ndarray:
    """One of the perturbation directions: L2, Linf sign, Linf rescaled, L0 by value and by sign."""
    top = np.where(np.abs(q) >= np.sort(np.abs(q))[-2], q, 0)
    kinds = (q / np.linalg.norm(q), np.sign(q), q / np.abs(q).max())
    return (*kinds, top / np.linalg.norm(top), np.sign(top))[rng.integers(5)]


@pytest.fixture(name="sets")
def perturbed_sets() -> SimpleNamespace:
    """The helpers above, for the test files of this folder."""
    return SimpleNamespace(
        INSTANCES=INSTANCES,
        Natural=Natural,
        assumed=assumed,
        check=check,
        compiled=compiled,
        direction=direction,
        extremes=extremes,
        holds=holds,
        network=network,
        solve=solve,
        vectors=vectors,
    )
