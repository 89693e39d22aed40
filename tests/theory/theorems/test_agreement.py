"""Agreement of linear boundaries, held against drawn test points and normals from raw vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import Theorem, prove
from perturbproof.theory.statement import Citation, Conclusion
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems.learning import agreement_floor, agreement_law
from scipy.stats import binom

INSTANCES = 1000
LAW, FLOOR = agreement_law.THEOREM, agreement_floor.THEOREM


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))


@pytest.mark.parametrize("theorem", [LAW, FLOOR], ids=lambda t: t.id)
def test_is_proved(theorem: Theorem) -> None:
    assert prove(theorem).verdict == "proved"


@pytest.mark.parametrize("dimension", [2, 3, 50])
@pytest.mark.parametrize("shape", ["gaussian", "sphere", "heavy tails"])
def test_law_on_drawn_points(dimension: int, shape: str) -> None:
    """The law is the probability of a binomial count, at a level of 1e-6 for each case."""
    rng = np.random.default_rng(dimension)
    law = compile_expression(agreement_law.LAW, (agreement_law.rho,))
    z = rng.standard_normal((40_000, dimension))
    if shape != "gaussian":
        z /= np.linalg.norm(z, axis=1, keepdims=True)
    if shape == "heavy tails":
        z *= rng.standard_cauchy((len(z), 1))
    for _ in range(5):
        q, q_adv = rng.standard_normal((2, dimension)) + 0.3
        agreed = int((np.sign(z @ q) == np.sign(z @ q_adv)).sum())
        expected = float(law(cosine(q, q_adv)))
        assert binom.cdf(agreed, len(z), expected) > 1e-6
        assert binom.sf(agreed - 1, len(z), expected) > 1e-6


def test_law_reproduces_the_values_seen() -> None:
    """Predicted values .6194, .6751, .7371, .6525 come from cosines; 4000 points scatter .008."""
    rng = np.random.default_rng(0)
    for predicted in (0.6194, 0.6751, 0.7371, 0.6525):
        rho = np.cos(np.pi * (1 - predicted))
        z = rng.standard_normal((100_000, 20))
        q, other = np.eye(20)[:2]
        q_adv = rho * q + np.sqrt(1 - rho**2) * other
        seen = (np.sign(z @ q) == np.sign(z @ q_adv)).mean()
        assert seen == pytest.approx(predicted, abs=0.006)
        assert float(agreement_law.LAW.subs(agreement_law.rho, rho)) == pytest.approx(predicted)


def test_always_rule_on_random_normals() -> None:
    """No disagreeing point beyond sqrt(1 - rho²), and points just inside it that do disagree."""
    rng = np.random.default_rng(1)
    relation = LAW.claims[1].relation
    bound = compile_expression(relation.rhs, symbols_of(relation.rhs))  # type: ignore[attr-defined]
    closest = 0.0
    for _ in range(INSTANCES):
        dimension = int(rng.integers(2, 6))
        q = rng.standard_normal(dimension)
        q_adv = q + rng.uniform(0, 2) * rng.standard_normal(dimension)
        rho = cosine(q, q_adv)
        if rho <= 0:
            continue
        z = rng.standard_normal((60, dimension))
        disagree = np.sign(z @ q) != np.sign(z @ q_adv)
        largest = np.abs(cosine(z, q))[disagree].max(initial=0.0)
        assert largest <= bound(rho) + 1e-12
        closest = max(closest, largest / bound(rho))
    assert closest > 0.99


def test_floor_on_random_parts() -> None:
    """rho, computed from the vectors, is never below the floor, which is attained."""
    rng = np.random.default_rng(2)
    names = (
        agreement_floor.base_part,
        agreement_floor.perturbation_part,
        agreement_floor.alignment,
    )
    floor = compile_expression(agreement_floor.FLOOR, names)
    admissible, closest = 0, 1.0
    while admissible < INSTANCES:
        dimension = int(rng.integers(2, 5))
        q, noise = rng.standard_normal((2, dimension))
        direction = q + rng.uniform(0, 1) * rng.standard_normal(dimension)
        push = rng.uniform(0.5, 2) * direction / np.linalg.norm(direction)
        base = rng.uniform(0, 1.5) * noise
        sizes = np.linalg.norm(base), np.linalg.norm(push), cosine(direction, q)
        if not sizes[0] < sizes[2] * sizes[1]:
            continue
        admissible += 1
        gap = cosine(push + base, q) - floor(*sizes)
        assert gap >= -1e-12
        closest = min(closest, gap)
    assert closest < 0.01


def test_planted_errors_leave_a_gap() -> None:
    rho, law = agreement_law.rho, LAW.claims[0]
    wrong = 1 - sp.acos(rho) / (2 * sp.pi)
    changed = replace(law, formal=sp.Eq(agreement_law.agreement, wrong))
    assert prove(replace(LAW, claims=(changed, LAW.claims[1]))).verdict == "gap"

    wider = replace(
        LAW.claims[1], relation=agreement_law.disagreement_cos <= (1 - rho**2), formal=None
    )
    assert prove(replace(LAW, claims=(law, wider))).verdict == "gap"

    without = tuple(
        replace(step, by=" ".join(u for u in step.rests_on if u != "same-side"))
        for step in LAW.proof
    )
    assert prove(replace(LAW, proof=without, assumptions=LAW.assumptions[:1])).verdict == "gap"


def test_planted_error_in_an_interval_leaves_a_gap() -> None:
    """The probability cannot be read off intervals of angles in which the signs do not agree."""
    quarter = agreement_law.alpha - sp.pi / 4
    uniform = next(s for s in LAW.proof if isinstance(s, Citation) and s.id == "uniform")
    fact, at = uniform.cited.fact, uniform.cited.at
    wrong = replace(uniform, cited=fact(*at[:3], quarter, *at[4:]))
    steps = tuple(wrong if step is uniform else step for step in LAW.proof)
    proof = prove(replace(LAW, proof=steps))
    assert next(s.id for s in proof.open_steps) == "uniform"


def test_planted_error_in_the_floor_leaves_a_gap() -> None:
    cosine_claim = FLOOR.claims[0]
    larger = replace(
        cosine_claim,
        relation=cosine_claim.relation.subs(
            agreement_floor.base_part, agreement_floor.base_part / 2
        ),
    )
    proof = tuple(s for s in FLOOR.proof if not (isinstance(s, Conclusion) and s.claim != "cosine"))
    changed = replace(FLOOR, claims=(larger,), proof=proof)
    assert prove(changed, timeout_ms=1000).verdict in ("gap", "unknown")
    assert "claim-cosine" in [s.id for s in prove(changed, timeout_ms=1000).open_steps]
