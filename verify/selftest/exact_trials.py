"""Enclosures and decisions against rational arithmetic, on small inputs built to be nasty.

The fast part of what the tests do at length: nothing here shares a formula with what it tries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...numerics.boundary.gram import gram_statistics
from ...numerics.boundary.multipliers import exact_multipliers
from ...numerics.compiler import compile_relation
from ...theory.exact.interval import Interval
from ...theory.theorems.boundary.uniform_data import CONDITIONS

_SLOPE = Fraction(1, 2)


@dataclass(frozen=True)
class ExactTrial:
    """What was tried, how often, how often the outcome excludes the exact one, and was open."""

    tried: str
    times: int
    wrong: int
    open: int = 0


def exact_trials(rng: np.random.Generator) -> Iterator[ExactTrial]:
    """All of them."""
    for name, samples in _nasty(rng).items():
        yield _gram_trial(name, samples)
    yield _multiplier_trial(rng)
    yield from _edge_trials()


def _nasty(rng: np.random.Generator) -> dict[str, np.ndarray]:
    normal = rng.standard_normal((6, 12))
    cancelling = np.concatenate([normal, -normal[:, ::-1] * (1 + 2.0**-50)], axis=1)
    return {
        "inner products that cancel": cancelling * rng.choice([1.0, 2.0**30], cancelling.shape),
        "scales from 1e-150 to 1e150": normal * 10.0 ** rng.uniform(-150, 150, (6, 1)),
        "denormal samples": normal * 1e-310,
        "nearly equal samples": normal[:1] + 2.0**-45 * normal,
    }


def _exact_gram(x: np.ndarray) -> list[list[Fraction]]:
    rows = [[Fraction(value) for value in row] for row in x.tolist()]
    return [
        [sum((a * b for a, b in zip(n, k, strict=True)), Fraction(0)) for k in rows] for n in rows
    ]


def _gram_trial(name: str, x: np.ndarray) -> ExactTrial:
    enclosed, exact = gram_statistics(x).gram, _exact_gram(x)
    size = range(len(x))
    wrong = sum(not enclosed.interval(n, k).contains(exact[n][k]) for n in size for k in size)
    return ExactTrial(f"a Gram matrix that misses the exact one: {name}", len(x) ** 2, wrong)


def _multiplier_trial(rng: np.random.Generator) -> ExactTrial:
    """Nearly dependent samples: A lambda = 1 solved by elimination over the rationals."""
    wrong = unknown = times = 0
    y = np.array([1, -1, 1, -1], dtype=np.int8)
    for k in range(0, 50, 5):
        x = rng.standard_normal((4, 6))
        x[2] = x[0] + 2.0**-k * x[2]
        found = exact_multipliers(gram_statistics(x), y, _SLOPE).lam
        exact = _solved(_exact_gram(x), y)
        times += len(y)
        if found is None:
            unknown += len(y)
            continue
        wrong += sum(not found.interval(n).contains(exact[n]) for n in range(len(y)))
    return ExactTrial(
        "multipliers that miss the exact ones: dependent samples", times, wrong, unknown
    )


def _solved(gram: list[list[Fraction]], y: np.ndarray) -> list[Fraction]:
    size = range(len(y))
    rows = [
        [gram[n][k] * ((1 + _SLOPE**2) / 2 if y[n] == y[k] else -_SLOPE) for k in size]
        + [Fraction(1)]
        for n in size
    ]
    for n in size:
        pivot = next(k for k in size if k >= n and rows[k][n])
        rows[n], rows[pivot] = rows[pivot], rows[n]
        rows[n] = [value / rows[n][n] for value in rows[n]]
        for k in size:
            if k != n:
                rows[k] = [a - rows[k][n] * b for a, b in zip(rows[k], rows[n], strict=True)]
    return [row[-1] for row in rows]


def _edge_trials() -> Iterator[ExactTrial]:
    """Two samples of entries +-1 on the edge of the paper's condition, one entry then nudged."""
    relation = compile_relation(CONDITIONS["paper"])
    for exponent in (20, 40, 50):
        times = wrong = unknown = 0
        for sign in (-1, 0, 1):
            x = np.ones((2, 96))
            x[1, :47] = -1
            x[0, -1] += sign * 2.0**-exponent
            found = gram_statistics(x)
            values = {"gamma": Interval.exact(_SLOPE), "N": Interval.exact(2)}
            values |= {"R_min": found.R_min, "R_max": found.R_max, "p_max": found.p_max}
            holds = relation.evaluate(values).holds
            times, unknown = times + 1, unknown + (holds is None)
            wrong += holds is not None and holds is not _paper_holds(x)
        yield ExactTrial(
            f"a decision on the wrong side, 2^-{exponent} from the edge and on it",
            times,
            wrong,
            unknown,
        )


def _paper_holds(x: np.ndarray) -> bool:
    gram = _exact_gram(x)
    low, high = sorted((gram[0][0], gram[1][1]))
    return abs(gram[0][1]) < _SLOPE**3 * low**2 / (6 * high)
