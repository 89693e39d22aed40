"""Every step that the solver proved, tried on random admissible points with exact rationals.

Neither the points nor the values of the formulas share anything with the translation to SMT: a
wrong encoding shows as a point where the facts hold and the goal does not, and facts that
contradict each other as the lack of any point.

Points are drawn one symbol after the other. Facts are broken into single comparisons (one branch of
every "or" is drawn). A symbol's value is solved for where an equation is affine in it, and drawn
between the bounds of the inequalities that are affine in it otherwise; what is left over decides by
rejection. Which order of the symbols works is found out by trying.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sympy as sp
from flint import arb, fmpq
from perturbproof.theory.engine import StepReport
from perturbproof.theory.exact.evaluate import SCALARS, Point, evaluator, truth, value
from perturbproof.theory.exact.scalars import (
    Scalar,
    Undecided,
    Undefined,
    middle,
    root,
    working_precision,
)
from perturbproof.theory.symbols import quantity, symbols_of
from sympy.logic.boolalg import Boolean

LESS = (sp.StrictLessThan, sp.LessThan)
COMPARISONS = (*LESS, sp.StrictGreaterThan, sp.GreaterThan, sp.Eq, sp.Ne)


def comparisons(fact: Boolean, rng: random.Random, sign: Any) -> list[Boolean]:
    """Comparisons that together imply the fact, one branch drawn wherever there are several.

    Equal signs are all drawn positive or all negative: `sign` is the comparison with 0.
    """
    if isinstance(fact, sp.Eq) and fact.rhs == 0 and isinstance(fact.lhs, sp.Mul):
        return [sp.Eq(rng.choice(fact.lhs.args), 0)]  # a product is 0 where a factor is
    if isinstance(fact, sp.Eq) and all(isinstance(side, sp.sign) for side in fact.args):
        return [sign(side.args[0], 0) for side in fact.args]
    if isinstance(fact, COMPARISONS):
        return _without_absolute_values(fact, rng)
    if isinstance(fact, sp.And):
        return [atom for part in fact.args for atom in comparisons(part, rng, sign)]
    if isinstance(fact, (sp.Or, sp.Implies, sp.Equivalent)) and rng.random() < 0.3:
        return [fact]  # left to the final check
    if isinstance(fact, sp.Or):
        return comparisons(rng.choice(fact.args), rng, sign)
    if isinstance(fact, sp.Implies):
        premise, conclusion = fact.args
        chosen = rng.choices(
            (sp.And(premise, conclusion), conclusion, sp.Not(premise)), weights=(4, 1, 1)
        )
        return comparisons(chosen[0], rng, sign)
    if isinstance(fact, sp.Equivalent):
        left, right = fact.args
        both = rng.random() < 0.5
        return comparisons(sp.And(left, right) if both else sp.And(~left, ~right), rng, sign)
    if isinstance(fact, sp.Not):
        pushed = sp.to_nnf(fact, simplify=False)
        if pushed != fact:
            return comparisons(pushed, rng, sign)
    return [fact]


def _without_absolute_values(fact: Boolean, rng: random.Random) -> list[Boolean]:
    if not isinstance(fact, (*LESS, sp.StrictGreaterThan, sp.GreaterThan)):
        return [fact]
    small, large = fact.args if isinstance(fact, LESS) else reversed(fact.args)
    if isinstance(small, sp.Abs):  # |e| < b says e < b and -e < b
        inner = small.args[0]
        return [fact.subs(small, inner), fact.subs(small, -inner)]
    if isinstance(large, sp.Abs):  # b < |e| says b < e or b < -e
        inner = large.args[0]
        return [fact.subs(large, inner if rng.random() < 0.5 else -inner)]
    return [fact]


@cache
def affine(atom: Boolean, symbol: sp.Symbol) -> tuple[int, sp.Expr, sp.Expr] | None:
    """`k, a, b` with lhs - rhs = a symbol**k + b, k = 1, 2 or 4; None where it is not seen."""
    for power in (1, 2, 4):
        sides = [_linear(side, symbol, power) for side in atom.args]
        if sides[0] is not None and sides[1] is not None:
            (a, b), (c, e) = sides[0], sides[1]
            return power, a - c, b - e
    return None


def _linear(e: sp.Basic, symbol: sp.Symbol, power: int) -> tuple[sp.Expr, sp.Expr] | None:
    if symbol not in e.free_symbols:
        return sp.Integer(0), e
    if e == symbol**power:
        return sp.Integer(1), sp.Integer(0)
    if isinstance(e, sp.Add):
        parts = [_linear(a, symbol, power) for a in e.args]
        if None in parts:
            return None
        return sp.Add(*(p[0] for p in parts)), sp.Add(*(p[1] for p in parts))  # type: ignore[index]
    if isinstance(e, sp.Mul):
        inside = [a for a in e.args if symbol in a.free_symbols]
        part = _linear(inside[0], symbol, power) if len(inside) == 1 else None
        if part is not None:
            rest = sp.Mul(*(a for a in e.args if a is not inside[0]))
            return rest * part[0], rest * part[1]
    return None


ORDERS_TRIED = 8


@dataclass
class _Bounds:
    low: Scalar | None = None
    high: Scalar | None = None
    open_low: bool = False
    open_high: bool = False
    equal: tuple[Scalar, ...] = ()
    unsure: list[Boolean] = field(default_factory=list)

    def at_least(self, bound: Scalar, strict: bool) -> None:
        if self.low is None or bound > self.low or (strict and not bound < self.low):
            self.low, self.open_low = bound, strict

    def allow(self, value: Scalar) -> bool:
        """Whether a value certainly keeps to the bounds."""
        above = self.low is None or (value > self.low if self.open_low else value >= self.low)
        below = self.high is None or (value < self.high if self.open_high else value <= self.high)
        return bool(above and below)

    def at_most(self, bound: Scalar, strict: bool) -> None:
        if self.high is None or bound < self.high or (strict and not bound > self.high):
            self.high, self.open_high = bound, strict


@dataclass(frozen=True)
class _Source:
    """A comparison that is affine in a power of a symbol: what bounds the symbol, or equals it."""

    atom: Boolean
    power: int
    slope: Callable[[Point], Scalar]
    rest: Callable[[Point], Scalar]
    equation: bool
    less: bool
    strict: bool


@dataclass
class Plan:
    """One order of the symbols, the facts each is drawn from or decides, and how well it does."""

    order: tuple[sp.Symbol, ...]
    drawn_from: dict[sp.Symbol, list[_Source]]
    ranges: dict[sp.Symbol, _Bounds]
    decided_by: dict[sp.Symbol, list[Boolean]]
    unused: int
    tried: int = 0
    found: int = 0
    last: dict[sp.Symbol, Scalar] = field(default_factory=dict)


def plan(facts: Sequence[Boolean], symbols: Sequence[sp.Symbol], rng: random.Random) -> Plan:
    """The most promising of some random orders, for one random choice of branches."""
    sign = rng.choice((sp.StrictGreaterThan, sp.StrictLessThan))
    atoms = tuple(dict.fromkeys(atom for fact in facts for atom in comparisons(fact, rng, sign)))
    return min((_ordered(atoms, symbols, rng) for _ in range(ORDERS_TRIED)), key=lambda p: p.unused)


def _ordered(atoms: tuple[Boolean, ...], symbols: Sequence[sp.Symbol], rng: random.Random) -> Plan:
    equations = [a for a in atoms if isinstance(a, sp.Eq)]
    rng.shuffle(equations)
    equations.sort(key=lambda e: len(e.free_symbols))  # x = 1 leaves no choice of what to solve for
    before: dict[sp.Symbol, set[sp.Symbol]] = {}
    for equation in equations:
        names = sorted(equation.free_symbols, key=str)
        rng.shuffle(names)
        alone = [s for s in names if s in equation.args]
        for symbol in (*alone, *names):
            others = set(names) - {symbol}
            if symbol in before or any(_depends(o, symbol, before) for o in others):
                continue
            if affine(equation, symbol) is not None:
                before[symbol] = others
                break
    order: list[sp.Symbol] = []
    waiting = list(symbols)
    rng.shuffle(waiting)
    while waiting:
        ready = next(s for s in waiting if before.get(s, set()) <= set(order))
        waiting.remove(ready)
        order.append(ready)
    return _assigned(tuple(order), atoms, set(before))


def _depends(one: sp.Symbol, other: sp.Symbol, before: dict[sp.Symbol, set[sp.Symbol]]) -> bool:
    return one == other or any(_depends(s, other, before) for s in before.get(one, ()))


def _assigned(
    order: tuple[sp.Symbol, ...], atoms: tuple[Boolean, ...], solved: set[sp.Symbol]
) -> Plan:
    rank = {symbol: i for i, symbol in enumerate(order)}
    drawn_from: dict[sp.Symbol, list[_Source]] = {symbol: [] for symbol in order}
    decided_by: dict[sp.Symbol, list[Boolean]] = {symbol: [] for symbol in order}
    unused = 0
    for atom in atoms:
        last = max(atom.free_symbols & rank.keys(), key=rank.__getitem__, default=order[-1])
        source = _source(atom, last)
        usable = source is not None
        if source is not None:
            drawn_from[last].append(source)
        if not usable or last in solved or isinstance(atom, sp.Eq):
            decided_by[last].append(atom)
        if isinstance(atom, sp.Eq):
            unused += 0 if usable else 3
        elif (not usable or last in solved) and len(atom.free_symbols) > 1:
            unused += 1
    return Plan(order, drawn_from, {s: _range(s) for s in order}, decided_by, unused)


@cache
def _source(atom: Boolean, symbol: sp.Symbol) -> _Source | None:
    known = isinstance(atom, COMPARISONS) and not isinstance(atom, sp.Ne)
    found = affine(atom, symbol) if known and symbol in atom.free_symbols else None
    if found is None:
        return None
    power, slope, rest = found
    return _Source(
        atom,
        power,
        evaluator(slope, SCALARS),
        evaluator(rest, SCALARS),
        isinstance(atom, sp.Eq),
        isinstance(atom, LESS),
        isinstance(atom, (sp.StrictLessThan, sp.StrictGreaterThan)),
    )


def _range(symbol: sp.Symbol) -> _Bounds:
    q = quantity(symbol)
    return _Bounds(
        None if q.low is None else fmpq(q.low),
        None if q.high is None else fmpq(q.high),
        q.open_low,
        q.open_high,
    )


def draw(
    p: Plan, rng: random.Random, squares: frozenset[sp.Symbol]
) -> dict[sp.Symbol, Scalar] | None:
    """A point that satisfies the plan's comparisons and the declared ranges, or None.

    Where points are rare, some values of the last one are kept.
    """
    point: dict[sp.Symbol, Scalar] = {}
    kept = rng.choice((0.5, 0.8, 0.95)) if p.last and 3 * p.found < p.tried else 0.0
    p.tried += 1
    try:
        for symbol in p.order:
            bounds = _bounds(p.ranges[symbol], p.drawn_from[symbol], point)
            before = p.last.get(symbol) if rng.random() < kept else None
            if before is not None and not bounds.equal and bounds.allow(before):
                chosen = before
            else:
                chosen = _between(bounds, rng, symbol in squares)
            if chosen is None:
                return None
            point[symbol] = chosen
            for fact in (*bounds.unsure, *p.decided_by[symbol]):
                if not _satisfied(fact, point):
                    return None
        if point and point == p.last:
            return None
        p.found, p.last = p.found + 1, point
        return point
    except (Undefined, Undecided):
        return None


def _satisfied(atom: Boolean, at: Point) -> bool:
    holds = truth(atom, at)
    if holds is None and isinstance(atom, sp.Eq):
        # Solved with an irrational number: equal as far as the enclosures tell.
        gap = arb(value(atom.lhs, at)) - arb(value(atom.rhs, at))
        return bool(gap.rad() < 1e-15)
    return holds is True


def _bounds(declared: _Bounds, sources: list[_Source], at: Point) -> _Bounds:
    if not sources:
        return declared
    bounds = _Bounds(declared.low, declared.high, declared.open_low, declared.open_high)
    for source in sources:
        slope = source.slope(at)
        rising = bool(slope > 0)
        if not (rising or slope < 0):  # the symbol drops out
            bounds.unsure.append(source.atom)
            continue
        bound = -source.rest(at) / slope
        if isinstance(bound, arb):
            bounds.unsure.append(source.atom)
        if source.power > 1:
            _even_power(bounds, source, bound, rising)
        elif source.equation:
            bounds.equal = (bound,)
        elif source.less == rising:
            bounds.at_most(bound, source.strict)
        else:
            bounds.at_least(bound, source.strict)
    return bounds


def _even_power(bounds: _Bounds, source: _Source, bound: Scalar, rising: bool) -> None:
    """What x**k = bound, x**k <= bound or x**k >= bound says of x, for even k."""
    bounds.unsure.append(source.atom)
    upper = not source.equation and source.less == rising
    if bound < 0 and not source.equation and not upper:
        return
    end = root(bound, source.power)
    if source.equation:
        bounds.equal = (end, -end)
    elif upper:
        bounds.at_most(end, source.strict)
        bounds.at_least(-end, source.strict)
    elif bounds.low is not None and bounds.low >= 0:
        bounds.at_least(end, source.strict)


def _between(bounds: _Bounds, rng: random.Random, square: bool) -> Scalar | None:
    if bounds.equal:
        allowed = [x for x in bounds.equal if bounds.allow(x)]
        return rng.choice(allowed) if allowed else None
    low, high = _rational(bounds.low), _rational(bounds.high)
    if low is not None and high is not None:
        if low > high or (low == high and (bounds.open_low or bounds.open_high)):
            return None
        if low == high:
            return low
    ends = [
        end
        for end, is_open in ((low, bounds.open_low), (high, bounds.open_high))
        if end is not None and not is_open
    ]
    if ends and rng.random() < 0.25:
        return rng.choice(ends)
    drawn = _inside(low, high, rng)
    if square and drawn > 0:
        # The square of a rational keeps the root exact.
        rounded = fmpq(max(1, round(float(drawn) ** 0.5 * 16)), 16) ** 2
        if (low is None or rounded > low) and (high is None or rounded < high):
            return rounded
    return drawn


def _inside(low: fmpq | None, high: fmpq | None, rng: random.Random) -> fmpq:
    if low is not None and high is not None:
        parts = rng.choice((8, 64, 4096))
        return low + (high - low) * fmpq(rng.randint(1, parts - 1), parts)
    # Mostly of moderate size; now and then tiny or huge, which large dimensions call for.
    exponent = rng.randint(-5, 5) if rng.random() < 0.7 else rng.randint(-30, 60)
    size = fmpq(rng.randint(1, 16), 8) * fmpq(2) ** exponent
    if low is not None:
        return low + size
    if high is not None:
        return high - size
    return fmpq(0) if rng.random() < 0.1 else size * rng.choice((-1, 1))


def _rational(bound: Scalar | None) -> fmpq | None:
    """The bound, or the midpoint of its enclosure (what is drawn from it is checked)."""
    known = isinstance(bound, arb) and bound.is_finite()
    # exp of a number such as 2**40 has a ball, but a rational of 2**40 digits fits nowhere.
    if known and abs(int(bound.mid().man_exp()[1])) > MOST_BITS:  # type: ignore[union-attr]
        raise Undecided(f"{bound} is too large or too small for a rational")
    return None if bound is None else middle(bound)


PRECISION_BITS = 128
MOST_BITS = 10_000
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
    with working_precision(PRECISION_BITS):
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
