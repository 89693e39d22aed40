"""Trials whose truth is known, statistical and exact: how often are they decided wrongly?

Every simulated run takes the way of a real one (`statistics.holm_errors` on compiled relations of
the catalog). Only the counts are drawn here, from binomial distributions with known probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.stats import binom, binomtest

from ...numerics.boundary.gram import gram_statistics
from ...numerics.boundary.multipliers import exact_multipliers
from ...numerics.compiler import decide_relation
from ...theory.exact.interval import Interval
from ...theory.theorems.boundary import concentration
from ...theory.theorems.boundary.uniform_data import CONDITIONS
from ...theory.theorems.learning import agreement_law
from ..statistics import FAMILY_ERROR, Decision, decided, holm_errors
from ..values import Measured

# Enclosures and decisions against rational arithmetic, on small inputs built to be nasty.
#
# The fast part of what the tests do at length: nothing here shares a formula with what it tries.

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


def _exact_gram(x: np.ndarray) -> fmpq_mat:
    rows = fmpq_mat([[fmpq(*value.as_integer_ratio()) for value in row] for row in x.tolist()])
    return rows * rows.transpose()


def _contains(found: Interval, exact: fmpq) -> bool:
    return found.contains(Fraction(int(exact.p), int(exact.q)))


def _gram_trial(name: str, x: np.ndarray) -> ExactTrial:
    enclosed, exact = gram_statistics(x).gram, _exact_gram(x)
    places = np.ndindex(len(x), len(x))
    wrong = sum(not _contains(enclosed.interval(n, k), exact[n, k]) for n, k in places)
    return ExactTrial(f"a Gram matrix that misses the exact one: {name}", len(x) ** 2, wrong)


def _multiplier_trial(rng: np.random.Generator) -> ExactTrial:
    """Nearly dependent samples: A lambda = 1 solved over the rationals."""
    wrong = unknown = times = 0
    y = np.array([1, -1, 1, -1], dtype=np.int8)
    ones = fmpq_mat([[1]] * len(y))
    same, other = (1 + _SLOPE**2) / 2, -_SLOPE
    for k in range(0, 50, 5):
        x = rng.standard_normal((4, 6))
        x[2] = x[0] + 2.0**-k * x[2]
        found = exact_multipliers(gram_statistics(x), y, _SLOPE).lam
        exact = _exact_gram(x)
        for n, m in np.ndindex(exact.nrows(), exact.ncols()):
            exact[n, m] *= fmpq(*(same if y[n] == y[m] else other).as_integer_ratio())
        solution = exact.solve(ones)
        times += len(y)
        if found is None:
            unknown += len(y)
        else:
            wrong += sum(not _contains(found.interval(n), solution[n, 0]) for n in range(len(y)))
    return ExactTrial(
        "multipliers that miss the exact ones: dependent samples", times, wrong, unknown
    )


def _edge_trials() -> Iterator[ExactTrial]:
    """Two samples of entries +-1 on the edge of the paper's condition, one entry then nudged."""
    for exponent in (20, 40, 50):
        times = wrong = unknown = 0
        for sign in (-1, 0, 1):
            x = np.ones((2, 96))
            x[1, :47] = -1
            x[0, -1] += sign * 2.0**-exponent
            found = gram_statistics(x)
            values = {"gamma": Interval.exact(_SLOPE), "N": Interval.exact(2)}
            values |= {"R_min": found.R_min, "R_max": found.R_max, "p_max": found.p_max}
            holds = decide_relation(CONDITIONS["paper"], values)
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
    low, high = sorted((gram[0, 0], gram[1, 1]))
    return abs(gram[0, 1]) * 6 * high < fmpq(*(_SLOPE**3).as_integer_ratio()) * low**2


FLOOR = 0.95
"""`at least` statements say that a probability is at least this."""

_RHO, _ASKED = 0.3, 0.1
LAW = 1 - math.acos(_RHO) / math.pi
"""`agreement` statements say that a probability is this up to 0.1."""

_RELATION = {
    "at least": (concentration.THEOREM.claims[0].relation, "chance_paper"),
    "agreement": (agreement_law.THEOREM.claims[0].relation, "agreement"),
}
_GIVEN = {
    "delta": Measured(1 - Interval.exact(FLOOR), "given"),
    "rho": Measured(Interval.exact(_RHO), "given"),
    "agreement_asked": Measured(Interval.exact(_ASKED), "given"),
}


@dataclass(frozen=True)
class Simulated:
    """One statement: what it says, from how many trials it is judged, and the true probability."""

    kind: Literal["at least", "agreement"]
    trials: int
    probability: float

    @property
    def true(self) -> bool:
        if self.kind == "at least":
            return self.probability >= FLOOR
        return abs(self.probability - LAW) <= _ASKED

    def decision(self, successes: int) -> Decision:
        """What an interval of any error decides after so many successes."""
        return lambda error: _holds(self.kind, successes, self.trials, error)


@dataclass(frozen=True)
class Rates:
    """What became of `runs` simulated runs.

    false_passes, false_fails: runs with at least one false statement decided to hold, and with at
    least one true one decided not to. power: share of false statements decided not to hold; NaN
    where there are none.
    """

    runs: int
    false_passes: int
    false_fails: int
    power: float

    def evidence_against(self, allowed: float = FAMILY_ERROR) -> float:
        """Chance of as many wrong runs, of the worse kind, if each had the chance `allowed`."""
        worse = max(self.false_passes, self.false_fails)
        return float(binomtest(worse, self.runs, allowed, alternative="greater").pvalue)


def simulate(statements: Sequence[Simulated], quantiles: np.ndarray) -> Rates:
    """Simulate runs that make these statements.

    `quantiles` in [0, 1) say how many trials succeed: (runs, statements) where statements are
    independent of each other, (runs, 1) where they use the same draws.
    """
    runs = len(quantiles)
    trials = np.array([s.trials for s in statements])
    probabilities = np.array([s.probability for s in statements])
    counts = binom.ppf(quantiles, trials, probabilities).astype(int)
    passes = fails = detected = 0
    for row in counts.tolist():
        decisions = [s.decision(k) for s, k in zip(statements, row, strict=True)]
        errors = holm_errors(decisions)
        held = [decide(error) for decide, error in zip(decisions, errors, strict=True)]
        judged = list(zip(statements, held, strict=True))
        passes += any(found is True and not s.true for s, found in judged)
        fails += any(found is False and s.true for s, found in judged)
        detected += sum(found is False and not s.true for s, found in judged)
    false = runs * sum(not s.true for s in statements)
    return Rates(runs, passes, fails, detected / false if false else math.nan)


def _edge(count: int, trials: int, by: float = 0.0) -> tuple[Simulated, ...]:
    """`at least` statements with a probability that much below the floor."""
    return (Simulated("at least", trials, FLOOR - by),) * count


_CLEAR = (Simulated("at least", 300, 0.9999), Simulated("agreement", 1000, LAW)) * 2
_LAW_EDGE = (Simulated("agreement", 1000, LAW + _ASKED - 1e-9),) * 4
_JUST_OUTSIDE = (Simulated("agreement", 1000, LAW + _ASKED + 1e-9),) * 4

FAMILIES: dict[str, tuple[Simulated, ...]] = {
    "8 true statements, on the edge of being false": _edge(8, 300),
    "4 true agreements on the edge": _LAW_EDGE,
    "4 clearly true, 4 true on the edge": (*_CLEAR, *_edge(4, 300)),
    "4 clearly true, 4 barely false": (*_CLEAR, *_edge(4, 300, 1e-9)),
    "4 clearly true, 4 agreements barely missed": (*_CLEAR, *_JUST_OUTSIDE),
    "4 clearly false, 4 true on the edge": (*_edge(4, 300, 0.3), *_edge(4, 300)),
    "1 barely false statement alone": _edge(1, 300, 1e-9),
}
"""Families of statements in which deciding is as hard as it gets."""

VIOLATIONS = (0.01, 0.02, 0.05, 0.1, 0.2)


def power(runs: int, rng: np.random.Generator) -> dict[float, float]:
    """The chance that a claim is refuted, by how far the true probability is below the floor.

    Of 300 trials, in a run with four clear statements besides.
    """
    families = {by: (*_CLEAR, *_edge(1, 300, by)) for by in VIOLATIONS}
    return {
        by: simulate(all_, rng.random((runs, len(all_)))).power for by, all_ in families.items()
    }


@cache
def _holds(kind: str, successes: int, trials: int, error: float) -> bool | None:
    relation, symbol = _RELATION[kind]
    counted = {symbol: Measured.counted(successes, trials, "draws")}
    return decided(relation, {**_GIVEN, **counted}, error)
