"""Trusted facts of probability, each by its name, on distributions where all is known.

Every symbol is computed from the distribution itself (exact binomial tails, counted or integrated
chances); then the premises and conclusions are evaluated as they are written. A new fact must be
added here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import erf, exp, log, pi

import numpy as np
import pytest
import sympy as sp
from perturbproof.theory.statement import TrustedFact
from perturbproof.theory.steps import probability
from scipy.stats import binom

FACTS = {name: f for name, f in vars(probability).items() if isinstance(f, TrustedFact)}
TRIALS = 200
Draw = Callable[[np.random.Generator], tuple[float, ...]]


def cosine_sign(rng: np.random.Generator) -> tuple[float, ...]:
    return (rng.uniform(-1.5, 1.5) * pi,)


def uniform_angle(rng: np.random.Generator) -> tuple[float, ...]:
    """Chances are counted over many directions of a Gaussian vector, seen in a random plane."""
    ends = np.sort(rng.uniform(-0.5, 1.5, 4)) * pi
    z = rng.standard_normal((20_000, 3)) @ np.linalg.qr(rng.standard_normal((3, 2)))[0]
    angles = (np.arctan2(z[:, 1], z[:, 0]) + pi / 2) % (2 * pi) - pi / 2
    inside = [(ends[0] < t < ends[1]) or (ends[2] < t < ends[3]) for t in angles]
    one = int(rng.integers(len(angles)))
    return (float(np.mean(inside)), float(inside[one]), float(angles[one]), *ends)


def bessel(rng: np.random.Generator) -> tuple[float, ...]:
    size = int(rng.integers(2, 6))
    a, b = np.linalg.qr(rng.standard_normal((size, 2)))[0].T
    z = rng.standard_normal(size)
    return a @ z, b @ z, float(np.linalg.norm(z)) * (1 + 1e-12)


def tail(rng: np.random.Generator) -> tuple[int, float, float, float]:
    """A binomial sum: terms, their chance, a deviation, and its exact probability."""
    terms, chance = int(rng.integers(1, 60)), rng.uniform(0.05, 0.95)
    deviation = rng.uniform(0, 1) * terms
    counts = np.arange(terms + 1)
    far = np.abs(counts - terms * chance) > deviation
    return terms, chance, deviation, min(1.0, binom.pmf(counts, terms, chance)[far].sum())


def hoeffding(rng: np.random.Generator) -> tuple[float, ...]:
    terms, _, deviation, probability_of_it = tail(rng)
    least = 2 * exp(-2 * deviation**2 / terms)
    failure = max(least * (1 + 1e-9), 1e-300) * rng.choice([1.0, 2.0])
    return probability_of_it, terms, rng.integers(0, 2), 0, 1, deviation, failure


def weighted_hoeffding(rng: np.random.Generator) -> tuple[float, ...]:
    """Coins between 0 and b_j: all outcomes are counted."""
    b, heads = rng.uniform(0, 1, 8) * rng.choice([1, 0.1], 8), rng.uniform(0.05, 0.95)
    outcomes_ = np.array(list(product([0, 1], repeat=8)))
    chances = np.prod(np.where(outcomes_, heads, 1 - heads), axis=1)
    apart = outcomes_ @ b - heads * b.sum()
    sides, deviation = int(rng.integers(1, 3)), rng.uniform(0, 1) * b.sum()
    far = (abs(apart) if sides == 2 else apart) > deviation
    failure = sides * exp(-2 * deviation**2 / (b @ b)) * (1 + 1e-9)
    return chances[far].sum(), sides, b @ b, b[0] * rng.integers(2), 0, b[0], deviation, failure


def normal_near(rng: np.random.Generator) -> tuple[float, ...]:
    radius, deviation = rng.uniform(0, 3, 2) * 10.0 ** rng.integers(-3, 2)
    return erf(radius / deviation / 2**0.5), radius, deviation


def step_mean(rng: np.random.Generator) -> tuple[float, ...]:
    one, two = outcomes(rng, 2)
    two &= ~one
    u, v, c = rng.standard_normal(3)
    number = np.where(one, u, np.where(two, v, c))
    at = int(rng.integers(50))
    return number.mean(), number[at], one.mean(), two.mean(), one[at], two[at], u, v, c


def bernstein(rng: np.random.Generator) -> tuple[float, ...]:
    terms, chance, deviation, probability_of_it = tail(rng)
    spread, variance = max(chance, 1 - chance), chance * (1 - chance)
    least = 2 * exp(-(deviation**2) / (2 * terms * variance + 2 * spread * deviation / 3))
    failure = max(least * (1 + 1e-9), 1e-300)
    term = rng.integers(0, 2)
    return (
        probability_of_it,
        terms,
        term,
        chance,
        spread * (1 + 1e-12),
        variance,
        deviation,
        failure,
    )


def outcomes(rng: np.random.Generator, events: int) -> np.ndarray:
    """Events on 50 equally likely outcomes."""
    return rng.uniform(size=(events, 50)) < rng.uniform(0, 0.4, (events, 1))


def union(rng: np.random.Generator) -> tuple[float, ...]:
    happened = outcomes(rng, int(rng.integers(1, 6)))
    each = happened.mean(1)
    return happened.any(0).mean(), len(happened), rng.choice(each), each.max()


def neither(rng: np.random.Generator) -> tuple[float, ...]:
    one, two = outcomes(rng, 2)
    return (~one & ~two).mean(), one.mean(), two.mean() + 1e-12


def sub_event(rng: np.random.Generator) -> tuple[float, ...]:
    one, two = outcomes(rng, 2)
    rare, common = one & two, one
    at = int(rng.integers(50))
    return rare.mean(), common.mean(), float(rare[at]), float(common[at])


def uncorrelated(rng: np.random.Generator) -> tuple[float, ...]:
    """All outcomes of K fair choices between two values, weighted alike."""
    terms, (low, high) = int(rng.integers(1, 9)), rng.standard_normal(2)
    grids = np.meshgrid(*[[low, high]] * terms)
    sums = sum(g.ravel() for g in grids)
    return float(np.mean(sums)), float(np.var(sums)), terms, (low + high) / 2, (high - low) ** 2 / 4


DRAWS: dict[str, Draw] = {
    "COSINE_SIGN": cosine_sign,
    "UNIFORM_ANGLE": uniform_angle,
    "BESSEL": bessel,
    "HOEFFDING": hoeffding,
    "WEIGHTED_HOEFFDING": weighted_hoeffding,
    "NORMAL_NEAR": normal_near,
    "STEP_MEAN": step_mean,
    "BERNSTEIN": bernstein,
    "UNION": union,
    "NEITHER": neither,
    "SUB_EVENT": sub_event,
    "UNCORRELATED": uncorrelated,
}
HEURISTICS = {"NORMAL_HEURISTIC", "NORM_HEURISTIC"}
TOLERANCE = {"UNIFORM_ANGLE": 0.02}  # counted: five deviations of 20 000 directions
FEWER = {"UNIFORM_ANGLE": 20}


def test_every_fact_is_tried_or_said_to_be_a_heuristic() -> None:
    assert set(DRAWS) | HEURISTICS == set(FACTS)
    for name in HEURISTICS:
        assert FACTS[name].key.startswith("H-")
        assert "not a theorem" in FACTS[name].says


@cache
def compiled(formula: sp.Basic) -> Callable[[dict[sp.Symbol, float]], object]:
    """A formula as a function; integrals are worked out once."""
    symbols = tuple(sorted(formula.free_symbols, key=str))
    function = sp.lambdify(symbols, formula.doit(), "math")
    return lambda at: function(*(at[s] for s in symbols))


def holds(formula: sp.Basic, at: dict[sp.Symbol, float], tolerance: float) -> bool:
    if isinstance(formula, sp.Eq):
        left, right = (float(compiled(side)(at)) for side in formula.args)  # type: ignore[arg-type]
        return abs(left - right) <= tolerance * max(1, abs(left))
    if isinstance(formula, sp.Equivalent):
        left, right = (holds(side, at, tolerance) for side in formula.args)
        return left == right
    if isinstance(formula, sp.Implies):
        return not holds(formula.args[0], at, tolerance) or holds(formula.args[1], at, tolerance)
    if isinstance(formula, (sp.And, sp.Or)):
        parts = (holds(part, at, tolerance) for part in formula.args)
        return all(parts) if isinstance(formula, sp.And) else any(parts)
    return bool(compiled(formula)(at))


@pytest.mark.parametrize("name", DRAWS)
def test_fact_on_random_distributions(name: str) -> None:
    fact, rng = FACTS[name], np.random.default_rng(0)
    tried = 0
    for _ in range(FEWER.get(name, TRIALS)):
        at = dict(zip(fact.symbols, map(float, DRAWS[name](rng)), strict=True))
        if not all(holds(p, at, 0) for p in fact.premises):
            continue
        tried += 1
        for conclusion in fact.conclusions:
            assert holds(conclusion, at, TOLERANCE.get(name, 1e-9)), at
    assert tried >= FEWER.get(name, TRIALS) // 2


def test_hoeffding_is_in_its_usual_form() -> None:
    """32 terms in [0, 1] and t = 4: 2 exp(-2 t²/32) is the smallest p that the premise allows."""
    fact = FACTS["HOEFFDING"]
    failure = 2 * exp(-2 * 4**2 / 32)
    at = dict(zip(fact.symbols, (0, 32, 0, 0, 1, 4, failure), strict=True))
    left, right = (float(side.subs(at)) for side in fact.premises[2].args)
    assert left == pytest.approx(right)
    assert left == pytest.approx(32 * log(2 / failure))
