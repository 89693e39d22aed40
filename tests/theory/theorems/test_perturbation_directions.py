"""Alignment of perturbation directions and of the true gradient with q, from raw vectors."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import theorem
from perturbproof.theory.symbols import gamma, symbols_of
from perturbproof.theory.theorems.perturbation.gradient_alignment import BALANCED

INSTANCES = 1000


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def checker(id: str):
    """Whether the assumptions hold, and every claim's measured side minus its bound."""
    entry = theorem(id)

    compiled = {
        part.relation: [
            compile_expression(side, symbols_of(part.relation)) for side in part.relation.args
        ]
        for part in (*entry.assumptions, *entry.claims)
    }

    def gap(relation: sp.Basic, values: dict[str, float]) -> float:
        at = [values[s.name] for s in symbols_of(relation)]
        left, right = (float(side(*at)) for side in compiled[relation])
        return left - right if isinstance(relation, (sp.Ge, sp.Gt)) else right - left

    def check(values: dict[str, float]) -> dict[str, float] | None:
        if any(gap(a.relation, values) < 0 for a in entry.assumptions):
            return None
        return {c.id: gap(c.relation, values) for c in entry.claims}

    return check


def kept(q: np.ndarray, k: int) -> np.ndarray:
    mask = np.zeros(len(q))
    mask[np.argsort(-np.abs(q))[:k]] = 1
    return q * mask


def directions(q: np.ndarray, k: int) -> dict[str, float]:
    return {
        "nnz_q": np.count_nonzero(q),
        "top_k": k,
        "cos_sign": cosine(np.sign(q), q),
        "cos_rescaled": cosine(q / np.abs(q).max(), q),
        "cos_value": cosine(kept(q, k), q),
        "cos_top_sign": cosine(np.sign(kept(q, k)), q),
    }


def test_alignment_of_random_directions() -> None:
    check, rng = checker("perturbation-alignment"), np.random.default_rng(1)
    for _ in range(INSTANCES):
        size = int(rng.integers(1, 30))
        heavy = rng.integers(0, 6)
        q = rng.standard_normal(size) * np.exp(heavy * rng.standard_normal(size))
        q *= rng.uniform(size=size) < rng.choice([1.0, 0.5])
        if not q.any():
            q[0] = 1.0
        values = directions(q, int(rng.integers(1, np.count_nonzero(q) + 1)))
        found = check(values)
        assert found is not None
        assert min(found.values()) >= -1e-12, (values, found)
        assert values["cos_rescaled"] == pytest.approx(1)


def test_alignment_bounds_are_sharp() -> None:
    check = checker("perturbation-alignment")
    equal = check(directions(np.ones(16), 4))
    assert equal is not None
    assert equal["value"] == pytest.approx(0)
    assert equal["top-sign"] == pytest.approx(0.5 - 0.5)
    dominated = check(directions(np.concatenate([[1e9], np.ones(15)]), 4))
    assert dominated is not None
    assert dominated["sign"] == pytest.approx(0, abs=1e-8)


def test_sign_of_a_gaussian_aligns_as_the_notes_say() -> None:
    q = np.random.default_rng(2).standard_normal(200_000)
    assert cosine(np.sign(q), q) == pytest.approx(np.sqrt(2 / np.pi), abs=2e-3)


class Trained:
    """The limit network of nearly orthogonal data, and its input gradients by hand."""

    def __init__(self, x: np.ndarray, y: np.ndarray, slope: float, width: int = 4) -> None:
        self.a = np.repeat([1.0, -1.0], width // 2) / np.sqrt(width)
        self.x, self.y, self.slope = x, y, slope
        features = np.stack(
            [
                s * (self.a * np.where(s * self.a > 0, 1, slope))[:, None] * p
                for p, s in zip(x, y, strict=True)
            ]
        )
        inner = np.einsum("njd,kjd->nk", features, features)
        self.lam = np.linalg.solve(inner, np.ones(len(x)))
        self.w = np.einsum("n,njd->jd", self.lam, features)
        self.own = width * y[:, None] * self.a * (x @ self.w.T)
        self.q = (self.lam * y) @ x

    def gradient(self, z: np.ndarray) -> np.ndarray:
        slopes = np.where(self.w @ z > 0, 1.0, self.slope)
        return (self.a * slopes) @ self.w

    def values(self) -> dict[str, float]:
        parts = [(self.lam * self.y)[self.y == s] @ self.x[self.y == s] for s in (1, -1)]
        found = [cosine(self.gradient(z), self.q) for z in self.x]
        return {
            "gamma": self.slope,
            "activation_margin": float(self.own.min()),
            "class_cos": cosine(*parts),
            "gradient_cos_min": min(found),
            "gradient_cos_max": max(found),
        }


def test_gradient_on_random_data() -> None:
    check, rng, met = checker("gradient-alignment"), np.random.default_rng(3), 0
    while met < INSTANCES:
        size = int(rng.integers(2, 8))
        y = rng.permutation(np.concatenate([[1.0, -1.0], rng.choice([-1.0, 1.0], size - 2)]))
        coherence = rng.choice([0.0, 0.05, 0.3])
        x = np.eye(size) * rng.uniform(0.5, 2, size) + coherence * rng.uniform(-1, 1, (size, size))
        net = Trained(x, y, float(rng.uniform(0.01, 1)))
        values = net.values()
        if net.lam.min() <= 0 or (found := check(values)) is None:
            continue
        met += 1
        assert min(found.values()) >= -1e-9, (values, found)


@pytest.mark.parametrize("slope", [1.0, 0.5, 0.1, 0.01])
def test_closed_form_for_orthogonal_balanced_data(slope: float) -> None:
    values = Trained(np.eye(6), np.array([1.0, -1, 1, -1, 1, -1]), slope).values()
    expected = float(compile_expression(BALANCED, (gamma,))(slope))
    assert values["gradient_cos_min"] == pytest.approx(expected)
    assert values["gradient_cos_max"] == pytest.approx(expected)
    assert expected >= 1 / np.sqrt(2)


def test_unbalanced_data_go_below_the_floor_of_balanced_ones() -> None:
    """With few samples of one label its cosine comes to the general bound, the other's does not."""
    slope = 0.02
    values = Trained(np.eye(26), np.array([1.0] + [-1.0] * 25), slope).values()
    bound = 2 * np.sqrt(2 * slope * (1 + slope**2)) / (1 + slope) ** 2
    assert values["gradient_cos_min"] == pytest.approx(bound, rel=1e-3)
    assert values["gradient_cos_min"] < 0.4
    assert values["gradient_cos_max"] > 1 / np.sqrt(2)
