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

from sympy.logic.boolalg import Boolean

from ..numerics.compiler import compile_relation
from ..numerics.enclose.binomial import binomial_interval
from ..theory.exact.interval import Interval
from ..theory.statement import Theorem
from ..theory.symbols import symbols_of
from .values import Measured, Trials

FAMILY_ERROR = 0.01
"""Chance, over a whole run, of a false decision in either direction."""


@dataclass(frozen=True)
class Level:
    """The error of the intervals that a statement is read at, one of `statements` in its run."""

    error: float
    statements: int

    def __str__(self) -> str:
        family = f"exact binomial interval at family-wise {1 - FAMILY_ERROR:.0%}"
        if self.statements == 1:
            return f"{family} (the only statistical statement of the run)"
        return f"{family} (Holm, {self.statements} statistical statements in the run)"


Decision = Callable[[float], bool | None]
"""Whether a statement is decided to hold, or to fail, by an interval of that error."""

Levels = Mapping[Boolean, Level]
"""The level of every statistical statement about one scenario."""


@dataclass(frozen=True)
class _Statement:
    scenario: int
    relation: Boolean
    measured: Mapping[str, Measured]

    def holds(self, error: float) -> bool | None:
        values = values_at(self.relation, self.measured, error)
        return None if values is None else compile_relation(self.relation).evaluate(values).holds


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
    scenarios: Iterable[tuple[Iterable[Theorem], Mapping[str, Measured]]],
) -> tuple[Levels, ...]:
    """The levels of a run, for each of its scenarios: its theorems and what was measured."""
    given = tuple(scenarios)
    statements = [
        _Statement(number, relation, measured)
        for number, (theorems, measured) in enumerate(given)
        for relation in dict.fromkeys(
            part.relation for t in theorems for part in (*t.assumptions, *t.claims)
        )
        if counted_symbols(relation, measured)
    ]
    found: list[dict[Boolean, Level]] = [{} for _ in given]
    errors = holm_errors([statement.holds for statement in statements])
    for statement, error in zip(statements, errors, strict=True):
        found[statement.scenario][statement.relation] = Level(error, len(statements))
    return tuple(found)


def holm_errors(decisions: Sequence[Decision]) -> tuple[float, ...]:
    """The error at which each statement of a run is read, from what every error would decide."""
    holding, failing = (
        _holm(len(decisions), lambda e, way=way: sum(decide(e) is way for decide in decisions))
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


def _holm(statements: int, decided: Callable[[float], int]) -> float:
    """The error at which one direction is read; `decided` counts what an error decides."""
    error, done = FAMILY_ERROR / max(statements, 1), 0
    while (count := decided(error)) > done:
        done = count
        if done < statements:
            error = FAMILY_ERROR / (statements - done)
    return error
