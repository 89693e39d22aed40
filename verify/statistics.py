"""Statistical statements: counts of trials, and one level of confidence for a whole run.

A *statement* is an assumption or a claim, on the data of one scenario, in which a probability p
appears that is known by trials alone. It is decided when it holds (or fails) for every p of an
exact interval. A run makes m statements, and each decision can be wrong in one way: deciding that
it holds when it does not (towards a false PASS), or that it fails when it does not (a false FAIL).
Each of the two is kept below `FAMILY_ERROR` over the whole run by Holm's step-down method.

**The method, in one direction** ("holds"; "fails" is the same). Start with error e = FAMILY_ERROR/m
for every interval. Count the D statements that are decided to hold at e. Set e = FAMILY_ERROR/(m -
D) and count again, until nothing is gained. The last e is Holm's: with P_i the smallest error at
which statement i is decided to hold, those decided are the ones Holm's method rejects for the
P_i (this project).

**Why it is sound.** Let k >= 1 statements not hold in truth. Consider the first e at which one of
them is decided to hold. Whatever was decided before holds in truth, so D <= m - k and
e <= FAMILY_ERROR/k. Intervals are nested, so that the false statement is also decided to hold at
FAMILY_ERROR/k, where its interval then misses the true p. Each of the k intervals does so with
probability at most FAMILY_ERROR/k; together at most FAMILY_ERROR. Nothing is assumed of how the
trials of different statements depend on each other: several may use the same draws.

**What is not done.** One step-down for both directions at once would not be sound: correct
decisions in one direction would loosen the intervals of statements that can still be wrong in the
other, and the sum above becomes larger than FAMILY_ERROR.

**What must not depend on the trials**, and does not: the number of draws is the scenario's, never
"until decided"; which statements there are follows from scenarios, theorems and data, and the draws
that are counted come from random streams of their own. Statements are counted whatever becomes of
their theorem. Two theorems that make the same statement of the same scenario make one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from flint import arb, fmpz
from scipy.special import betaincinv
from sympy.logic.boolalg import Boolean

from ..numerics.compiler import decide_relation
from ..theory.exact.interval import Interval
from ..theory.exact.scalars import working_precision
from ..theory.statement import Theorem
from ..theory.symbols import symbols_of
from .values import Measured, Trials

# The exact (Clopper-Pearson) interval of a probability, with its tails verified.
#
# Of n independent trials with success probability p, k succeeded. The lower end solves Pr[X >= k |
# p] = error/2 and the upper one Pr[X <= k | p] = error/2, so that each misses p with a probability
# of at most error/2, whatever p is (Clopper & Pearson, Biometrika 1934). SciPy's inverse of the
# incomplete beta function proposes an end, and the tail, summed term by term in ball arithmetic,
# confirms it.

_BITS = 128
_NEGLIGIBLE = 2.0**-80
# An end is moved outward by this much at first, relative to itself, when rounding put it inside.
_FIRST_STEP = 2.0**-51
# Two right computations of a tail differ by far less than this.
_LARGEST_STEP = 2.0**-20
# Far below this SciPy's inverse gives up.
_LEAST_ERROR = 1e-100


class TailFault(ArithmeticError):
    """Two computations of a binomial tail exclude each other: an error of the code."""


@lru_cache(maxsize=65536)
def binomial_interval(successes: int, trials: int, error: float) -> Interval:
    """Encloses the success probability except with a chance of at most `error` in [1e-100, 1].

    Intervals of the same counts are nested: a smaller error gives a wider one.

    Raises:
        ValueError: not 0 <= successes <= trials, trials >= 1, or an error out of range.
        TailFault: the tails found contradict each other.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no count of successes among trials")
    if not _LEAST_ERROR <= error <= 1:
        raise ValueError(f"error: must lie in [{_LEAST_ERROR}, 1], found {error}")
    low = _lower_end(successes, trials, error / 2)
    # Failures are successes of probability 1 - p; taken exactly, as one minus a float may round.
    high = 1 - Interval.exact(_lower_end(trials - successes, trials, error / 2))
    return Interval.exact(low).hull(high)


def _lower_end(successes: int, trials: int, tail: float) -> float:
    """The largest p, up to rounding, with Pr[X >= successes | p] <= tail."""
    if successes == 0:
        return 0.0
    end, step = float(betaincinv(successes, trials - successes + 1, tail)), _FIRST_STEP
    while not upper_tail(successes, trials, end).certainly_at_most(tail):
        if step > _LARGEST_STEP:
            raise TailFault(
                f"the lower end {end:.9g} for {successes} of {trials} leaves a tail of "
                f"{upper_tail(successes, trials, end)}, not of {tail:.9g}"
            )
        end, step = end * (1 - step), 2 * step
    return end


def upper_tail(successes: int, trials: int, probability: float) -> Interval:
    """Encloses Pr[X >= successes], 1 <= successes <= trials, for the success probability given."""
    if not 0 < probability < 1:
        return Interval.exact(min(max(probability, 0.0), 1.0))
    with working_precision(_BITS):
        odds = arb(probability) / (1 - arb(probability))
        term = arb(fmpz.bin_uiui(trials, successes)) * arb(probability) ** successes
        term *= (1 - arb(probability)) ** (trials - successes)
        total = arb(0)
        for count in range(successes, trials + 1):
            total += term
            ratio = odds * (trials - count) / (count + 1)
            term *= ratio
            # Ratios decrease, so that what is left is less than a geometric series.
            if ratio < 1 and (rest := term / (1 - ratio)) < total * _NEGLIGIBLE:
                return Interval.around(total.union(total + rest))
    return Interval.around(total)


FAMILY_ERROR = 0.01
"""Chance, over a whole run, of a false decision in either direction."""


@dataclass(frozen=True)
class Level:
    """The error of the intervals that a statement is read at, one of `statements` in its run."""

    error: float
    statements: int


Decision = Callable[[float], bool | None]
"""Whether a statement is decided to hold, or to fail, by an interval of that error."""

Levels = Mapping[Boolean, Level]
"""The level of every statistical statement about one scenario."""


def values_at(
    relation: Boolean, measured: Mapping[str, Measured], error: float
) -> dict[str, Interval] | None:
    """The values of a relation's symbols, probabilities as intervals of that error together.

    None when a symbol has no value.
    """
    names = [s.name for s in symbols_of(relation)]
    counted = counted_symbols(relation, measured)
    values: dict[str, Interval] = {}
    for name in names:
        found = measured.get(name)
        if found is None or found.value is None:
            return None
        values[name] = found.value
        if found.trials is not None:
            values[name] = _probability(found.trials, error / len(counted))
    return values


def _probability(share: Trials, error: float) -> Interval:
    """The exact interval of the probability that `share` counts, whatever the undecided were."""
    least = binomial_interval(share.successes, share.trials, error)
    if not share.undecided:
        return least
    # Both ends grow with the count, so that these two span the interval of every count between.
    return least.hull(binomial_interval(share.successes + share.undecided, share.trials, error))


def counted_symbols(relation: Boolean, measured: Mapping[str, Measured]) -> tuple[str, ...]:
    """The symbols of a relation that are known by trials."""
    names = (s.name for s in symbols_of(relation))
    return tuple(n for n in names if n in measured and measured[n].trials is not None)


def family_levels(
    scenarios: Iterable[tuple[Iterable[Theorem], Mapping[str, Measured]]], beside: int = 0
) -> tuple[Levels, ...]:
    """The levels of a run, for each of its scenarios: its theorems and what was measured.

    `beside` is how many statements the run makes elsewhere.
    """
    given = tuple(scenarios)
    statements = [
        (number, relation, measured)
        for number, (theorems, measured) in enumerate(given)
        for relation in dict.fromkeys(
            part.relation for t in theorems for part in (*t.assumptions, *t.claims)
        )
        if counted_symbols(relation, measured)
    ]
    decisions = [partial(decided, relation, measured) for _, relation, measured in statements]
    found: list[dict[Boolean, Level]] = [{} for _ in given]
    for (number, relation, _), error in zip(
        statements, holm_errors(decisions, beside), strict=True
    ):
        found[number][relation] = Level(error, len(statements) + beside)
    return tuple(found)


def decided(relation: Boolean, measured: Mapping[str, Measured], error: float) -> bool | None:
    """Whether intervals of that error decide a statement to hold, or to fail."""
    values = values_at(relation, measured, error)
    return None if values is None else decide_relation(relation, values)


def holm_errors(decisions: Sequence[Decision], beside: int = 0) -> tuple[float, ...]:
    """The error at which each statement of a run is read, from what every error would decide.

    Where the run makes statements elsewhere, `beside` of them, these share its error by number.
    """
    share = FAMILY_ERROR * (len(decisions) / max(len(decisions) + beside, 1))
    holding, failing = (
        _holm(
            len(decisions), share, lambda e, way=way: sum(decide(e) is way for decide in decisions)
        )
        for way in (True, False)
    )
    errors = []
    for decide in decisions:
        if decide(holding) is True:
            errors.append(holding)
        elif decide(failing) is False:
            errors.append(failing)
        else:
            # Undecided in both directions, and so at the stricter of the two errors.
            errors.append(min(holding, failing))
    return tuple(errors)


def _holm(statements: int, family_error: float, decided: Callable[[float], int]) -> float:
    """The error at which one direction is read; `decided` counts what an error decides."""
    error, done = family_error / max(statements, 1), 0
    while (count := decided(error)) > done:
        done = count
        if done < statements:
            error = family_error / (statements - done)
    return error
