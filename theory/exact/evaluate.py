"""Values of formulas at given points: exact rationals while they last, enclosures after that.

This evaluator shares nothing with the SMT translation, so that a wrong encoding shows when both are
held against each other. Sums, products, quotients, integer powers and roots of rational squares
stay exact (`fmpq`); other roots, logarithms and the like become balls (`arb`) that enclose the true
value at the working precision. A comparison that the balls do not decide is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import flint
import sympy as sp
from flint import arb, fmpq, fmpz
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFalse, BooleanTrue

from .endpoints import working_precision
from .interval import Interval

# Evaluates a SymPy expression on intervals, by walking its tree; the result is certain.
#
# Each shared subexpression is evaluated once per call. Correlations between subexpressions are not
# seen (x - x gives an interval around 0, not 0), which only widens the result.

_INTERVAL_FUNCTIONS: dict[type[sp.Basic], Callable[[Interval], Interval]] = {
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
        return _interval_piecewise(expr, known)
    if isinstance(expr, sp.Pow):
        return _interval_power(expr, known)
    arguments = [_walk(arg, known) for arg in expr.args]
    if isinstance(expr, sp.Add):
        return reduce(lambda a, b: a + b, arguments)
    if isinstance(expr, sp.Mul):
        return reduce(lambda a, b: a * b, arguments)
    if isinstance(expr, sp.Max):
        return reduce(Interval.max, arguments)
    if isinstance(expr, sp.Min):
        return reduce(Interval.min, arguments)
    function = _INTERVAL_FUNCTIONS.get(type(expr))
    if function is None:
        raise TypeError(f"no enclosure for {type(expr).__name__} in {expr}")
    return function(arguments[0])


def _interval_power(expr: sp.Pow, known: dict[sp.Basic, Interval]) -> Interval:
    base, exponent = expr.args
    if isinstance(exponent, sp.Rational):
        return _walk(base, known) ** Fraction(int(exponent.p), int(exponent.q))
    if base is sp.E:
        return _walk(exponent, known).exp()
    # x^y = exp(y log x) for x > 0; elsewhere the logarithm gives the whole line.
    return (_walk(exponent, known) * _walk(base, known).log()).exp()


def _interval_piecewise(expr: sp.Piecewise, known: dict[sp.Basic, Interval]) -> Interval:
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


Number = fmpq | arb
Values = Mapping[sp.Symbol, Number]


class Undefined(ArithmeticError):
    """A formula has no value at a point: division by zero, the root of a negative number."""


class Undecided(ArithmeticError):
    """The enclosures do not say which branch of a formula applies."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with balls of so many bits inside the block."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def exact(value: Fraction | int | str) -> fmpq:
    """A rational number; a string may be decimal or a fraction.

    Raises:
        ValueError: the string is no number, or the value is a float.
    """
    if isinstance(value, float):
        raise ValueError(f"{value!r} is a binary float; write it as a string or a Fraction")
    number = Fraction(value)
    return fmpq(number.numerator, number.denominator)


def value(formula: sp.Expr, at: Values) -> Number:
    """The value of a formula at a point.

    Raises:
        Undefined: it has none, as far as the enclosures tell.
        Undecided: a Piecewise, maximum or sign depends on a comparison that is not decided.
        TypeError: the formula holds a construct that is not evaluated.
    """
    return evaluator(formula)(at)


def truth(formula: sp.Basic, at: Values) -> bool | None:
    """Whether a formula holds at a point; None when the enclosures do not decide it.

    Raises:
        Undefined, Undecided, TypeError: as for `value`.
    """
    return _formula(formula)(at)


def _less(a: Number, b: Number, or_equal: bool) -> bool | None:
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a <= b if or_equal else a < b
    gap = arb(b) - arb(a)
    if gap > 0:
        return True
    if gap < 0:
        return False
    return True if or_equal and gap >= 0 else False if not or_equal and gap <= 0 else None


def _equal(a: Number, b: Number) -> bool | None:
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a == b
    return None if (arb(a) - arb(b)).contains(0) else False


def _finite(x: Number) -> Number:
    if isinstance(x, arb) and not x.is_finite():
        raise Undefined("a value is not finite")
    return x


def root(x: Number, degree: int) -> Number:
    """The non-negative root: exact where it is rational.

    Raises:
        Undefined: `x` is negative.
    """
    if isinstance(x, fmpq):
        if x < 0:
            raise Undefined("the root of a negative number")
        parts = []
        for n in (x.p, x.q):
            r = fmpz(n).root(degree) if n else fmpz(0)
            parts.append(r if r**degree == n else None)
        if None not in parts:
            return fmpq(*parts)  # type: ignore[arg-type]
    elif x < 0:
        raise Undefined("the root of a negative number")
    return _finite(arb(x).root(degree))


def _power(x: Number, exponent: sp.Rational) -> Number:
    base = x if exponent.q == 1 else root(x, int(exponent.q))
    if exponent.p < 0:
        if isinstance(base, fmpq) and base == 0:
            raise Undefined("division by zero")
        base = _finite(1 / base)
    return base ** abs(int(exponent.p))


def _larger(a: Number, b: Number) -> Number:
    below = _less(a, b, True)
    return arb(a).max(arb(b)) if below is None else b if below else a


def _smaller(a: Number, b: Number) -> Number:
    below = _less(a, b, True)
    return arb(a).min(arb(b)) if below is None else a if below else b


def _sign(x: Number) -> fmpq:
    if isinstance(x, fmpq):
        return fmpq((x > 0) - (x < 0))
    if x > 0 or x < 0:
        return fmpq(1 if x > 0 else -1)
    raise Undecided("the sign of a value")


def _arccos(x: Number) -> Number:
    ball = arb(x)
    if ball > 1 or ball < -1:
        raise Undefined("arccos outside [-1, 1]")
    return _finite(ball.acos())


def _log(x: Number) -> Number:
    if x <= 0:
        raise Undefined("log of a number that is not positive")
    return _finite(arb(x).log())


_FUNCTIONS: dict[Any, Callable[[Number], Number]] = {
    sp.Abs: abs,
    sp.sign: _sign,
    sp.log: _log,
    sp.exp: lambda x: _finite(arb(x).exp()),
    sp.erf: lambda x: _finite(arb(x).erf()),
    sp.cos: lambda x: arb(x).cos(),
    sp.sin: lambda x: arb(x).sin(),
    sp.acos: _arccos,
}


@cache
def evaluator(e: sp.Expr) -> Callable[[Values], Any]:
    """A function from points to values (as `value`), built once per formula."""
    if isinstance(e, sp.Symbol):
        return lambda at: at[e]
    if isinstance(e, sp.Rational):
        number = fmpq(int(e.p), int(e.q))
        return lambda at: number
    if e is sp.pi:
        return lambda at: arb.pi()
    if isinstance(e, sp.Pow) and isinstance(e.exp, sp.Rational):
        base, exponent = evaluator(e.base), e.exp
        return lambda at: _power(base(at), exponent)
    if isinstance(e, sp.Integral):
        antiderivative = e.doit()
        if not antiderivative.has(sp.Integral):
            return evaluator(antiderivative)
    if isinstance(e, sp.Piecewise):
        return _piecewise(e)
    parts = [evaluator(a) for a in e.args]
    if isinstance(e, sp.Add):
        return lambda at: sum((p(at) for p in parts), fmpq(0))
    if isinstance(e, sp.Mul):
        return lambda at: reduce(lambda a, b: a * b, (p(at) for p in parts))
    if isinstance(e, (sp.Max, sp.Min)):
        choose = _larger if isinstance(e, sp.Max) else _smaller
        return lambda at: reduce(choose, (p(at) for p in parts))
    for kind, function in _FUNCTIONS.items():
        if isinstance(e, kind):
            argument = parts[0]
            return lambda at: function(argument(at))
    raise TypeError(f"{type(e).__name__} {e} is not evaluated")


def _piecewise(e: sp.Piecewise) -> Callable[[Values], Any]:
    pieces = [(evaluator(v), _formula(g)) for v, g in e.args]  # type: ignore[misc]

    def branch(at: Values) -> Number:
        for piece, guard in pieces:
            holds = guard(at)
            if holds is None:
                raise Undecided("the branch of a Piecewise")
            if holds:
                return piece(at)
        raise Undefined("no branch applies")

    return branch


def _not(holds: bool | None) -> bool | None:
    return None if holds is None else not holds


def _any(parts: Iterator[bool | None]) -> bool | None:
    unknown = False
    for holds in parts:
        if holds:
            return True
        unknown = unknown or holds is None
    return None if unknown else False


_COMPARISONS: tuple[tuple[Any, Callable[[Number, Number], bool | None]], ...] = (
    (sp.StrictLessThan, lambda a, b: _less(a, b, False)),
    (sp.LessThan, lambda a, b: _less(a, b, True)),
    (sp.StrictGreaterThan, lambda a, b: _less(b, a, False)),
    (sp.GreaterThan, lambda a, b: _less(b, a, True)),
    (sp.Ne, lambda a, b: _not(_equal(a, b))),
    (sp.Eq, _equal),
)


@cache
def _formula(f: sp.Basic) -> Callable[[Values], bool | None]:
    if isinstance(f, (BooleanTrue, BooleanFalse)):
        constant = isinstance(f, BooleanTrue)
        return lambda at: constant
    for kind, compare in _COMPARISONS:
        if isinstance(f, kind):
            left, right = (evaluator(a) for a in f.args)
            return lambda at: compare(left(at), right(at))
    parts = [_formula(a) for a in f.args]
    if isinstance(f, sp.Or):
        return lambda at: _any(p(at) for p in parts)
    if isinstance(f, sp.And):
        return lambda at: _not(_any(_not(p(at)) for p in parts))
    if isinstance(f, sp.Not):
        return lambda at: _not(parts[0](at))
    if isinstance(f, sp.Implies):
        return lambda at: _any(p for p in _implication(parts, at))
    if isinstance(f, sp.Equivalent):

        def equivalent(at: Values) -> bool | None:
            left, right = (p(at) for p in parts)
            return None if left is None or right is None else left == right

        return equivalent
    raise TypeError(f"{type(f).__name__} {f} is not evaluated")


def _implication(parts: list[Callable[[Values], bool | None]], at: Values):
    # The conclusion may have no value where the premise fails.
    yield _not(parts[0](at))
    yield parts[1](at)


# Exact numbers of small datasets: rationals, square roots of rationals, and balls.

PRECISION_BITS = 256


@dataclass(frozen=True)
class Root:
    """The non-negative square root of a rational number."""

    square: Fraction

    def __float__(self) -> float:
        return float(self.square) ** 0.5

    def __str__(self) -> str:
        root = square_root(self.square)
        return str(root) if root is not None else f"sqrt({self.square})"


Value = Fraction | Root | arb


def square_root(x: Fraction) -> Fraction | None:
    """The rational square root of x >= 0, if it has one."""
    p, q = (int(flint.fmpz(part).isqrt()) for part in (x.numerator, x.denominator))
    return Fraction(p, q) if p * p == x.numerator and q * q == x.denominator else None


def to_fmpq(x: Fraction | int) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def to_fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))


def number(x: Value) -> Number:
    """The number as `evaluation` takes it: rational where it can be, else a ball around it."""
    if isinstance(x, Root):
        root = square_root(x.square)
        return arb(to_fmpq(x.square)).sqrt() if root is None else to_fmpq(root)
    return to_fmpq(x) if isinstance(x, Fraction) else x
