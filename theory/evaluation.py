"""Values of formulas at given points: exact rationals while they last, enclosures after that.

This evaluator shares nothing with the SMT translation, so that a wrong encoding shows when both are
held against each other. Sums, products, quotients, integer powers and roots of rational squares
stay exact (`fmpq`); other roots, logarithms and the like become balls (`arb`) that enclose the true
value at the working precision. A comparison that the balls do not decide is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import flint
import sympy as sp
from flint import arb, fmpq, fmpz
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

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
