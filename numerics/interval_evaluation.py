"""Evaluates a SymPy expression on intervals, by walking its tree; the result is certain.

Each shared subexpression is evaluated once per call. Correlations between subexpressions are not
seen (x - x gives an interval around 0, not 0), which only widens the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce

import sympy as sp
from flint import arb
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from .enclosure import Interval
from .endpoints import working_precision

_FUNCTIONS: dict[type[sp.Basic], Callable[[Interval], Interval]] = {
    sp.Abs: abs,
    sp.exp: Interval.exp,
    sp.log: Interval.log,
    sp.erf: Interval.erf,
    sp.acos: Interval.acos,
    sp.sign: Interval.sign,
}


def evaluate(expr: sp.Basic, values: Mapping[sp.Symbol, Interval]) -> Interval:
    """Enclose `expr` for all values of its symbols in the given intervals.

    Raises:
        KeyError: a symbol has no value.
        TypeError: an operation outside the bank (+ - * /, powers, sqrt, exp, log, Abs, Max, Min,
            sign, Piecewise, acos, erf, pi, E, numbers).
    """
    return _walk(expr, dict(values))


def relation_holds(relation: Relational, lhs: Interval, rhs: Interval) -> bool | None:
    """Whether `lhs relation rhs` certainly holds, certainly does not, or is not decided (None)."""
    if isinstance(relation, sp.Eq | sp.Ne):
        equal = (
            False
            if not lhs.intersects(rhs)
            else True
            if lhs.certainly_at_most(rhs) and rhs.certainly_at_most(lhs)
            else None
        )
        return equal if isinstance(relation, sp.Eq) or equal is None else not equal
    if isinstance(relation, sp.Gt | sp.Ge):
        lhs, rhs = rhs, lhs
    if isinstance(relation, sp.Lt | sp.Gt):
        return True if lhs.certainly_less(rhs) else False if rhs.certainly_at_most(lhs) else None
    return True if lhs.certainly_at_most(rhs) else False if rhs.certainly_less(lhs) else None


def _walk(expr: sp.Basic, known: dict[sp.Basic, Interval]) -> Interval:
    if expr not in known:
        known[expr] = _computed(expr, known)
    return known[expr]


def _computed(expr: sp.Basic, known: dict[sp.Basic, Interval]) -> Interval:
    if isinstance(expr, sp.Float):
        exact = sp.Rational(expr)
        return Interval.exact(Fraction(int(exact.p), int(exact.q)))
    if isinstance(expr, sp.Rational):
        return Interval.exact(Fraction(int(expr.p), int(expr.q)))
    if expr is sp.pi or expr is sp.E:
        with working_precision():
            return Interval.around(arb.pi() if expr is sp.pi else arb.const_e())
    if isinstance(expr, sp.Symbol):
        raise KeyError(f"no value for the symbol {expr.name}")
    if isinstance(expr, sp.Piecewise):
        return _piecewise(expr, known)
    if isinstance(expr, sp.Pow):
        return _power(expr, known)
    arguments = [_walk(arg, known) for arg in expr.args]
    if isinstance(expr, sp.Add):
        return reduce(lambda a, b: a + b, arguments)
    if isinstance(expr, sp.Mul):
        return reduce(lambda a, b: a * b, arguments)
    if isinstance(expr, sp.Max):
        return reduce(Interval.max, arguments)
    if isinstance(expr, sp.Min):
        return reduce(Interval.min, arguments)
    function = _FUNCTIONS.get(type(expr))
    if function is None:
        raise TypeError(f"no enclosure for {type(expr).__name__} in {expr}")
    return function(arguments[0])


def _power(expr: sp.Pow, known: dict[sp.Basic, Interval]) -> Interval:
    base, exponent = expr.args
    if isinstance(exponent, sp.Rational):
        return _walk(base, known) ** Fraction(int(exponent.p), int(exponent.q))
    if base is sp.E:
        return _walk(exponent, known).exp()
    # x^y = exp(y log x) for x > 0; elsewhere the logarithm gives the whole line.
    return (_walk(exponent, known) * _walk(base, known).log()).exp()


def _piecewise(expr: sp.Piecewise, known: dict[sp.Basic, Interval]) -> Interval:
    possible: list[Interval] = []
    for value, condition in expr.args:
        holds = _condition(condition, known)
        if holds is not False:
            possible.append(_walk(value, known))
        if holds is True:
            return reduce(Interval.hull, possible)
    # Some value may fall outside every branch, where the expression is undefined.
    return Interval.whole()


def _condition(condition: Boolean, known: dict[sp.Basic, Interval]) -> bool | None:
    if condition in (sp.true, sp.false):
        return condition == sp.true
    if isinstance(condition, sp.And | sp.Or):
        decisive = isinstance(condition, sp.Or)
        truths = [_condition(part, known) for part in condition.args]
        return decisive if decisive in truths else None if None in truths else not decisive
    if isinstance(condition, Relational):
        lhs, rhs = (_walk(side, known) for side in condition.args)
        return relation_holds(condition, lhs, rhs)
    raise TypeError(f"no enclosure for the condition {condition}")
