"""The predicted accuracy: its moments against draws, its values against the published ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import prove
from perturbproof.theory.statement import Inequality
from perturbproof.theory.steps.perturbed import N_adv, eps
from perturbproof.theory.symbols import N, d
from perturbproof.theory.theorems.learning.accuracy_prediction import (
    PREDICTION,
    THEOREM,
    adv_accuracy,
    base_variance,
)
from scipy.stats import norm

PREDICT = compile_expression(PREDICTION, (d, N, N_adv, eps, base_variance))


def test_is_proved_as_a_prediction() -> None:
    assert prove(THEOREM).verdict == "proved"
    assert THEOREM.kind == "prediction"
    heuristics = [fact for fact in THEOREM.trusted_base if fact.key.startswith("H-")]
    assert len(heuristics) == 2
    assert all("not a theorem" in fact.says for fact in heuristics)


@pytest.mark.parametrize(("adversarial", "seen"), [(100, 0.664), (1000, 0.893), (2500, 0.962)])
def test_reproduces_the_values_of_the_notes(adversarial: int, seen: float) -> None:
    value = PREDICT(10_000, 1000, adversarial, 0.78, 1 / 3)
    assert value == pytest.approx(seen, abs=5e-4)
    root = np.sqrt(10.0) / np.sqrt(1 + 10_000 / (3 * 0.78**2 * adversarial))
    assert value == pytest.approx(norm.cdf(root))


def scores(
    rng: np.random.Generator, kind: str, sizes: tuple[int, int, int], size: float
) -> np.ndarray:
    """y_k <q_adv, x_k> of all natural samples for multipliers 1, from raw vectors."""
    samples, dimension, adversarial = sizes

    def draw(count: int) -> np.ndarray:
        shape = (count, dimension)
        return rng.uniform(-1, 1, shape) if kind == "uniform" else rng.standard_normal(shape)

    x, base = draw(samples), draw(adversarial)
    y, labels = (rng.choice([-1.0, 1.0], n) for n in (samples, adversarial))
    q = y @ x
    perturbed = base + size * labels[:, None] * q / np.linalg.norm(q)
    return y * (x @ (labels @ perturbed))


@pytest.mark.parametrize("kind", ["uniform", "gaussian"])
def test_moments_and_accuracy_of_drawn_scores(kind: str) -> None:
    """Mean and variance as derived (q's norm aside, which fluctuates little), and the share."""
    rng = np.random.default_rng(3)
    sizes, size = (60, 300, 80), 1.2
    samples, dimension, adversarial = sizes
    drawn = np.concatenate([scores(rng, kind, sizes, size) for _ in range(200)])
    v, kurtosis = (1 / 3, 9 / 5) if kind == "uniform" else (1.0, 3.0)
    mean = size * adversarial * np.sqrt(dimension * v / samples)
    variance = adversarial * dimension * v * v
    variance += (size * adversarial) ** 2 * v * (samples - 2 + kurtosis) / samples
    assert drawn.mean() == pytest.approx(mean, rel=0.02)
    assert drawn.var() == pytest.approx(variance, rel=0.06)
    predicted = PREDICT(dimension, samples, adversarial, size, v)
    assert (drawn > 0).mean() == pytest.approx(predicted, abs=0.01)


def test_prediction_on_a_thousand_small_draws() -> None:
    """Each draw is a share of few samples: on the average over draws the prediction holds."""
    rng = np.random.default_rng(4)
    gaps = []
    for _ in range(1000):
        sizes = (int(rng.integers(20, 40)), int(rng.integers(50, 150)), int(rng.integers(10, 60)))
        size = rng.uniform(0.3, 3)
        share = (scores(rng, "gaussian", sizes, size) > 0).mean()
        gaps.append(share - PREDICT(sizes[1], sizes[0], sizes[2], size, 1.0))
    assert abs(np.mean(gaps)) < 0.01


def test_planted_errors_leave_a_gap() -> None:
    claim = THEOREM.claims[0]
    wrong = sp.Abs(adv_accuracy - PREDICTION.subs(N, 2 * N)) <= claim.relation.rhs  # type: ignore[attr-defined]
    assert prove(replace(THEOREM, claims=(replace(claim, relation=wrong),))).verdict == "gap"

    steps = tuple(
        replace(s, goal=sp.Eq(s.goal.lhs, 2 * s.goal.rhs))  # type: ignore[attr-defined]
        if isinstance(s, Inequality) and s.id == "mean"
        else s
        for s in THEOREM.proof
    )
    assert prove(replace(THEOREM, proof=steps)).verdict == "gap"
