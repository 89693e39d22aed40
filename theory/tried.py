"""Identities and limits tried in numbers: balls at random points of the declared ranges.

What SymPy says is equal is held against its values, which no symbolic rule has touched: sums term
by term, derivatives as differences, integrals by quadrature (mpmath), limits along a sequence. It
proves nothing. Values that exclude each other show that one of the two errs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import product

import mpmath
import sympy as sp
from flint import arb, fmpq

from .exact.evaluate import Point, value
from .exact.scalars import Scalar, Undefined, as_ball, middle, working_precision
from .symbols import is_declared, quantity

POINTS = 3
"""Points at which both sides have a value, tried for each case."""
_DRAWS = 5 * POINTS
_BITS = 600
_STEP = fmpq(1, 2**100)
_ROUNDS = (8, 32, 128)
"""How near to a limit, as powers of two."""
# Undecided and Undefined are arithmetic errors; a NameError is an end that another variable moves.
_NO_VALUE = (KeyError, TypeError, ValueError, ArithmeticError, NameError)


@cache
def excluded(
    left: sp.Expr, right: sp.Expr, cases: tuple[Mapping[sp.Symbol, sp.Expr], ...] = ()
) -> str:
    """A point at which the values of both sides exclude each other, in words, or nothing.

    The points are the same in every run.
    """
    for case in cases or ({},):
        sides = [side.subs(case, simultaneous=True) for side in (left, right)]
        tried = 0
        for at in _points(sides):
            with suppress(*_NO_VALUE), working_precision(_BITS):
                one, other = (_ball(side, at) for side in sides)
                if not one.overlaps(other):
                    return f"{_told(one)} and {_told(other)} at {_where(at)}"
                if (tried := tried + 1) == POINTS:
                    break
    return ""


@cache
def not_approached(
    expression: sp.Expr, variable: sp.Symbol, point: sp.Expr, limit: sp.Expr, side: str = "+-"
) -> str:
    """Values on the way to a limit that come no nearer to it, in words, or nothing."""
    for at, sign in product(_points([expression, limit]), side if point.is_finite else "+"):
        with suppress(*_NO_VALUE), working_precision(4 * _BITS):
            path = [{**at, variable: _near(point, sign, k, at)} for k in _ROUNDS]
            values = [_ball(expression, on_the_way) for on_the_way in path]
            if limit.is_infinite:
                far = [-v for v in values] if limit is sp.oo else values
                apart = far[-1] > far[0]
            else:
                far = [abs(v - _ball(limit, at)) for v in values]
                apart = far[-1] > 1e-6 and far[-1] > 0.9 * far[-2]
            if apart:
                return f"{_told(values[-1])} for {limit} at {_where(path[-1])}"
    return ""


def _near(point: sp.Expr, sign: str, k: int, at: Point) -> Scalar:
    if point.is_infinite:
        return fmpq(2**k if point is sp.oo else -(2**k))
    return value(point, at) + (fmpq(1, 2**k) if sign == "+" else -fmpq(1, 2**k))


def _points(formulas: Sequence[sp.Expr]) -> Iterator[Point]:
    """Random values of the free symbols, within their ranges; small numbers for ends of sums."""
    rng = random.Random(str(formulas))
    free = sorted({s for f in formulas for s in f.free_symbols if s.is_Symbol}, key=str)
    counts = {
        s
        for f in formulas
        for e in f.atoms(sp.Sum)
        for _, *ends in e.limits
        for end in ends
        for s in sp.sympify(end).free_symbols
    }
    for _ in range(_DRAWS if free else 1):
        yield {s: fmpq(rng.randint(2, 4)) if s in counts else _drawn(s, rng) for s in free}


def _drawn(symbol: sp.Symbol, rng: random.Random) -> fmpq:
    """A rational in the range of a symbol, a whole number where it is one."""
    low = 0 if symbol.is_nonnegative else None
    high, whole = None, bool(symbol.is_integer)
    if is_declared(symbol):
        q = quantity(symbol)
        low, high, whole = q.low, q.high, q.integer
    least = low if low is not None else (high or 0) - 3
    most = high if high is not None else least + 6
    if whole:
        return fmpq(rng.randint(least, most))
    return least + (most - least) * fmpq(rng.randint(1, 997), 998)


def _ball(e: sp.Expr, at: Point) -> arb:
    """The value of an expression; what flint cannot evaluate is replaced by balls first."""
    stand_ins: dict[sp.Basic, sp.Dummy] = {}
    values = dict(at)

    def stands_for(part: sp.Basic, ball: Scalar) -> sp.Dummy:
        name = stand_ins.setdefault(part, sp.Dummy())
        values[name] = ball
        return name

    e = _expanded(e, at)
    for kind, found in ((sp.Derivative, _slope), (sp.Integral, _area)):
        e = e.replace(
            lambda part, kind=kind: isinstance(part, kind),
            lambda part, found=found: stands_for(part, found(part, at)),
        )
    # A member of a family: any number, the same wherever it stands.
    e = e.replace(
        lambda part: isinstance(part, sp.Indexed),
        lambda part: stands_for(part, _drawn(sp.Dummy(), random.Random(str(part)))),
    )
    return as_ball(value(e, values))


def _expanded(e: sp.Expr, at: Point) -> sp.Expr:
    """Sums written out term by term."""

    def terms(found: sp.Sum) -> sp.Expr:
        body, ((name, *ends), *more) = found.function, found.limits
        low, high = (int(middle(value(end, at))) for end in ends)
        body = sp.Sum(body, *more) if more else body
        each = (body.xreplace({name: sp.Integer(i)}) for i in range(low, high + 1))
        return sp.Add(*(_expanded(term, at) for term in each))

    return e.replace(lambda part: isinstance(part, sp.Sum), terms)


def _slope(e: sp.Derivative, at: Point) -> arb:
    """A first derivative: a difference over so small a step that its error is one of rounding."""
    ((name, order),) = e.variable_count
    if order != 1:
        raise TypeError(f"{e} is not tried")
    ends = [_ball(e.expr, {**at, name: at[name] + step}) for step in (_STEP, -_STEP)]
    slope = (ends[0] - ends[1]) / (2 * _STEP)
    return slope + arb(0, 1e-20) * (1 + abs(slope))


def _area(e: sp.Integral, at: Point) -> arb:
    """An integral by quadrature, with a hundred times the error that is estimated."""
    put = {s: sp.Rational(int(v.p), int(v.q)) for s, v in at.items() if isinstance(v, fmpq)}
    names = [name for name, *_ in e.limits]
    body = sp.lambdify(names, e.function.subs(put), "mpmath")
    with mpmath.workdps(20):
        ends = [
            [sp.lambdify((), end.subs(put), "mpmath")() for end in ends] for _, *ends in e.limits
        ]
        area, error = mpmath.quad(body, *ends, error=True, maxdegree=8 if len(ends) == 1 else 3)
    if not isinstance(area, mpmath.mpf) or not mpmath.isfinite(area):
        raise Undefined(f"{e} is not known")
    return arb(str(area), float(100 * error) + 1e-9 * (1 + abs(float(area))))


def _told(x: arb) -> str:
    return x.str(12, radius=False)


def _where(at: Point) -> str:
    return ", ".join(f"{s} = {v}" for s, v in at.items()) or "once and for all"
