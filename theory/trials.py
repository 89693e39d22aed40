"""Every step that the solver proved, tried on random admissible points with exact rationals.

The points and the values of the formulas come from `sampling` and `evaluation`, which share nothing
with the translation to SMT: a wrong encoding shows as a point where the facts hold and the goal
does not, and facts that contradict each other as the lack of any point.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from .engine import StepReport
from .evaluation import Undecided, Undefined, precision, truth
from .sampling import Plan, draw, plan
from .symbols import symbols_of

PRECISION_BITS = 128
PLANS = 4
ATTEMPTS_PER_POINT = 40


@dataclass(frozen=True)
class TrialReport:
    """How a step fared: `points` admissible points, at `undecided` of which enclosures overlapped.

    `violations` are points where the facts hold and a goal does not. `problem` says why there are
    fewer points than asked, which for no point at all may mean that the facts exclude each other.
    """

    step: str
    points: int
    undecided: int
    violations: tuple[Mapping[str, str], ...]
    problem: str = ""


def trial(step: StepReport, count: int = 1000, seed: int = 0) -> TrialReport:
    """Try a step on `count` random admissible points; the same seed gives the same points.

    A step without goals (a definition, an identity) is not tried and has no points.

    Raises:
        TypeError: a formula holds a construct that is not evaluated.
    """
    if not step.goals:
        return TrialReport(step.id, 0, 0, ())
    rng = random.Random(seed)
    symbols = symbols_of(*step.hypotheses, *step.goals)
    squares = frozenset(
        e.base
        for formula in (*step.hypotheses, *step.goals)
        for e in formula.atoms(sp.Pow)
        if isinstance(e.base, sp.Symbol) and e.exp.is_Rational and not e.exp.is_integer
    )
    with precision(PRECISION_BITS):
        return _tried(step, count, rng, symbols, squares)


def _tried(
    step: StepReport,
    count: int,
    rng: random.Random,
    symbols: tuple[sp.Symbol, ...],
    squares: frozenset[sp.Symbol],
) -> TrialReport:
    points = undecided = attempts = 0
    violations: list[Mapping[str, str]] = []
    plans = [plan(step.hypotheses, symbols, rng) for _ in range(PLANS)]
    while points < count and attempts < ATTEMPTS_PER_POINT * max(count, 50):
        attempts += 1
        chosen = _promising(plans, rng)
        point = draw(chosen, rng, squares)
        if point is None:
            if chosen.tried >= 60 and not chosen.found:
                plans[plans.index(chosen)] = plan(step.hypotheses, symbols, rng)
            continue
        points += 1
        try:
            results = [truth(goal, point) for goal in step.goals]
        except (Undefined, Undecided):
            results = [None]
        undecided += None in results
        if False in results:
            violations.append({s.name: str(v) for s, v in point.items()})
    problem = ""
    if points == 0:
        problem = f"no admissible point in {attempts} attempts: do the facts contradict each other?"
    elif points < count:
        problem = f"only {points} admissible points in {attempts} attempts"
    return TrialReport(step.id, points, undecided, tuple(violations), problem)


def _promising(plans: list[Plan], rng: random.Random) -> Plan:
    """Mostly plans that have given points; always some chance for the others."""
    weights = [((p.found + 1) / (p.tried + 2)) ** 4 for p in plans]
    return rng.choices(plans, weights=weights)[0]
