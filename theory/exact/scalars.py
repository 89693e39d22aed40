"""Single numbers: rationals (`fmpq`, exact) while they last, balls around the number after that.

Balls (`arb`) are made at the precision that flint has in force. A comparison that they do not
decide is None, never a guess; what has no value raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb, fmpq

from .surd import rational_root

Scalar = fmpq | arb


class Undefined(ArithmeticError):
    """A formula has no value at a point: division by zero, the root of a negative number."""


class Undecided(ArithmeticError):
    """The enclosures do not say which branch of a formula applies."""


def exact(value: Fraction | int | str) -> fmpq:
    """A rational number; a string may be decimal or a fraction.

    Raises:
        ValueError: the string is no number, or the value is a float.
    """
    if isinstance(value, float):
        raise ValueError(f"{value!r} is a binary float; write it as a string or a Fraction")
    return to_fmpq(Fraction(value))


def to_fmpq(x: Fraction | int) -> fmpq:
    """The number as flint has it."""
    return fmpq(x.numerator, x.denominator)


def to_fraction(x: fmpq) -> Fraction:
    """The number as Python has it."""
    return Fraction(int(x.p), int(x.q))


def as_ball(x: Scalar) -> arb:
    """A ball around the number, at the precision that flint has in force."""
    return arb(x) if isinstance(x, fmpq) else x


def middle(x: Scalar) -> fmpq:
    """The rational itself, or the midpoint of the ball; 0 where nothing is known."""
    if isinstance(x, fmpq):
        return x
    return x.mid().fmpq() if x.is_finite() else fmpq(0)


def at_most(a: Scalar, b: Scalar) -> bool | None:
    """Whether a <= b."""
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a <= b
    gap = arb(b) - arb(a)
    return True if gap >= 0 else False if gap < 0 else None


def equal(a: Scalar, b: Scalar) -> bool | None:
    """Whether a = b, which balls never show."""
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a == b
    return None if (arb(a) - arb(b)).contains(0) else False


def larger(a: Scalar, b: Scalar) -> Scalar:
    """The larger of the two."""
    above = at_most(b, a)
    return as_ball(a).max(as_ball(b)) if above is None else a if above else b


def smaller(a: Scalar, b: Scalar) -> Scalar:
    """The smaller of the two."""
    below = at_most(a, b)
    return as_ball(a).min(as_ball(b)) if below is None else a if below else b


def finite(x: arb) -> arb:
    """The ball itself.

    Raises:
        Undefined: nothing is known of the number.
    """
    if not x.is_finite():
        raise Undefined("a value is not finite")
    return x


def root(x: Scalar, degree: int) -> Scalar:
    """The non-negative root: exact where it is rational.

    Raises:
        Undefined: `x` is negative.
    """
    if x < 0:
        raise Undefined("the root of a negative number")
    found = rational_root(x, degree) if isinstance(x, fmpq) else None
    return finite(arb(x).root(degree)) if found is None else found


def power(x: Scalar, exponent: Fraction) -> Scalar:
    """The power.

    Raises:
        Undefined: a root of a negative number, or division by zero.
    """
    base = x if exponent.denominator == 1 else root(x, exponent.denominator)
    if exponent < 0:
        if isinstance(base, fmpq):
            if base == 0:
                raise Undefined("division by zero")
            base = 1 / base
        else:
            base = finite(1 / base)
    return base ** abs(exponent.numerator)


def sign(x: Scalar) -> fmpq:
    """-1, 0 or 1.

    Raises:
        Undecided: a ball holds numbers of both signs.
    """
    if isinstance(x, fmpq) or x > 0 or x < 0:
        return fmpq(bool(x > 0) - bool(x < 0))
    raise Undecided("the sign of a value")


def arccos(x: Scalar) -> arb:
    """Arc cosine, in radians.

    Raises:
        Undefined: `x` may lie outside [-1, 1].
    """
    return finite(arb(x).acos())


def logarithm(x: Scalar) -> arb:
    """Natural logarithm.

    Raises:
        Undefined: `x` may not be positive.
    """
    return finite(arb(x).log())


def one_of(possible: Sequence[Scalar]) -> Scalar:
    """The only possible value.

    Raises:
        Undefined: there is none; Undecided: there are several.
    """
    if len(possible) == 1:
        return possible[0]
    if possible:
        raise Undecided("the branch of a Piecewise")
    raise Undefined("no branch applies")
