"""Random rational points that satisfy given facts, drawn one symbol after the other.

Facts are broken into single comparisons (one branch of every "or" is drawn). A symbol's value is
solved for where an equation is affine in it, and drawn between the bounds of the inequalities that
are affine in it otherwise; what is left over decides by rejection. Which order of the symbols works
is found out by trying.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import sympy as sp
from flint import arb, fmpq
from sympy.logic.boolalg import Boolean

from .branches import COMPARISONS, LESS, affine, comparisons
from .evaluation import Number, Undecided, Undefined, Values, evaluator, root, truth, value
from .symbols import quantity

ORDERS_TRIED = 8


@dataclass
class _Bounds:
    low: Number | None = None
    high: Number | None = None
    open_low: bool = False
    open_high: bool = False
    equal: tuple[Number, ...] = ()
    unsure: list[Boolean] = field(default_factory=list)

    def at_least(self, bound: Number, strict: bool) -> None:
        if self.low is None or bound > self.low or (strict and not bound < self.low):
            self.low, self.open_low = bound, strict

    def allow(self, value: Number) -> bool:
        """Whether a value certainly keeps to the bounds."""
        above = self.low is None or (value > self.low if self.open_low else value >= self.low)
        below = self.high is None or (value < self.high if self.open_high else value <= self.high)
        return bool(above and below)

    def at_most(self, bound: Number, strict: bool) -> None:
        if self.high is None or bound < self.high or (strict and not bound > self.high):
            self.high, self.open_high = bound, strict


@dataclass(frozen=True)
class _Source:
    """A comparison that is affine in a power of a symbol: what bounds the symbol, or equals it."""

    atom: Boolean
    power: int
    slope: Callable[[Values], Number]
    rest: Callable[[Values], Number]
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
    last: dict[sp.Symbol, Number] = field(default_factory=dict)


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
        elif not usable or last in solved:
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
        evaluator(slope),
        evaluator(rest),
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
) -> dict[sp.Symbol, Number] | None:
    """A point that satisfies the plan's comparisons and the declared ranges, or None.

    Where points are rare, some values of the last one are kept.
    """
    point: dict[sp.Symbol, Number] = {}
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


def _satisfied(atom: Boolean, at: Values) -> bool:
    holds = truth(atom, at)
    if holds is None and isinstance(atom, sp.Eq):
        # Solved with an irrational number: equal as far as the enclosures tell.
        gap = arb(value(atom.lhs, at)) - arb(value(atom.rhs, at))
        return bool(gap.rad() < 1e-15)
    return holds is True


def _bounds(declared: _Bounds, sources: list[_Source], at: Values) -> _Bounds:
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


def _even_power(bounds: _Bounds, source: _Source, bound: Number, rising: bool) -> None:
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


def _between(bounds: _Bounds, rng: random.Random, square: bool) -> Number | None:
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


def _rational(bound: Number | None) -> fmpq | None:
    """The bound, or the midpoint of its enclosure (what is drawn from it is checked)."""
    if not isinstance(bound, arb):
        return bound
    mantissa, exponent = bound.mid().man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)
