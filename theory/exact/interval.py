"""Closed intervals that certainly contain a real number, on outward-rounded `flint.arb` endpoints.

`Interval` is the currency of every measured symbol: a verdict is read off only where a comparison
of two intervals is certain. Endpoints rather than the balls (midpoint, radius) of arb: a radius has
30 bits, so that the ball around [0, p] reaches below zero, and a half-line is no ball at all.

What is undefined (0/0, the root of a number that may be negative, NaN as input) gives the whole
line, which decides no comparison; it never raises and never becomes a number.

Where the number is known exactly (`exact_value`) it is carried along, so that two equal numbers
compare as equal: no precision of the ends could show it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real

from flint import arb, fmpq

from .scalars import (
    INFINITY,
    Number,
    ceiling,
    end_from,
    end_product,
    end_text,
    exact_arb,
    floor,
    greatest,
    least,
    precision_bits,
    to_float,
    working_precision,
)
from .surd import MOST_BITS, Surd, exact_surd, surd_from, surd_text


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """A closed interval [low, high] that contains one unknown real number; ends may be infinite.

    `known` is that number where it is known exactly and the ends do not tell it. There is no `==`
    by value and no `<`: two intervals compare by `certainly_less`, `certainly_at_most` and
    `intersects`. Arithmetic accepts exact numbers on either side.
    """

    low: arb
    high: arb
    known: Surd | None = None

    # Makes numpy scalars and arrays leave mixed arithmetic to this class.
    __array_ufunc__ = None

    @classmethod
    def exact(cls, value: Number | str) -> Interval:
        """The value itself: a float is its binary value, a string its decimal or p/q value.

        Rationals are rounded outward at the working precision. NaN and infinities are no real
        numbers and give the whole line.

        Raises:
            TypeError: not a number; ValueError: a string that is not one.
        """
        with working_precision():
            ball = exact_arb(value)
            if not ball.is_finite():
                return Interval.whole()
            low, high = ball.lower(), ball.upper()
            # Where the ends meet they are the number; elsewhere the fraction is kept beside them.
            return Interval(low, high, None if low == high else exact_surd(Fraction(value)))

    @classmethod
    def of(cls, value: Surd) -> Interval:
        """A number known exactly, its ends rounded outward at the working precision."""
        with working_precision():
            ball = value.ball()
            return Interval(ball.lower(), ball.upper(), value)

    @classmethod
    def between(cls, low: Number, high: Number) -> Interval:
        """All numbers from `low` to `high`; an infinite or NaN end leaves that side open.

        Raises:
            ValueError: no real number lies between the two.
        """
        if low > high or low == math.inf or high == -math.inf:
            raise ValueError(f"no real number lies between {low} and {high}")
        with working_precision():
            return Interval(floor(exact_arb(low)), ceiling(exact_arb(high)))

    @classmethod
    def around(cls, ball: arb) -> Interval:
        """The interval covered by an arb ball; a ball that is not finite gives the whole line."""
        if not ball.is_finite():
            return Interval.whole()
        with working_precision():
            return Interval(ball.lower(), ball.upper())

    @classmethod
    def whole(cls) -> Interval:
        """The whole real line: nothing is known."""
        return Interval(-INFINITY, INFINITY)

    @property
    def lower(self) -> float:
        """Lower end as a float, rounded down."""
        return to_float(self.low, towards=-math.inf)

    @property
    def upper(self) -> float:
        """Upper end as a float, rounded up."""
        return to_float(self.high, towards=math.inf)

    @property
    def width(self) -> float:
        """Upper minus lower end, rounded up; infinite when an end is."""
        if not self.is_finite:
            return math.inf
        # Of the ends, which may lie apart where the number itself is known.
        with working_precision():
            return to_float(ceiling(self.high - self.low), towards=math.inf)

    @property
    def exact_value(self) -> Surd | None:
        """The number itself, where it is known exactly; of an interval of one point, that point."""
        if self.known is not None or not (self.low == self.high and self.low.is_finite()):
            return self.known
        mantissa, exponent = self.low.man_exp()
        return exact_surd(mantissa * fmpq(2) ** exponent) if abs(exponent) < MOST_BITS else None

    @property
    def is_finite(self) -> bool:
        """Both ends are real numbers."""
        return bool(self.low.is_finite() and self.high.is_finite())

    @property
    def ball(self) -> arb:
        """An arb ball that covers the interval, for functions flint has and this class has not."""
        if not self.is_finite:
            return arb(0, math.inf)
        with working_precision():
            return self.low.union(self.high)

    def contains(self, value: Number) -> bool:
        """Whether the real number `value` lies inside, decided exactly."""
        if isinstance(value, float) and not math.isfinite(value):
            return False
        bits = precision_bits()
        while True:
            # Ends are dyadic: a dyadic value is exact at enough bits, any other is separated.
            with working_precision(bits):
                ball = exact_arb(value)
                if self.low <= ball <= self.high:
                    return True
                if ball < self.low or ball > self.high:
                    return False
            bits *= 2

    def certainly_less(self, other: Interval | Number) -> bool:
        """Every point of this interval lies strictly below every point of the other."""
        right = _interval(other)
        a, b = self.exact_value, right.exact_value
        return a.below(b) if a is not None and b is not None else bool(self.high < right.low)

    def certainly_at_most(self, other: Interval | Number) -> bool:
        """No point of this interval lies above any point of the other."""
        right = _interval(other)
        a, b = self.exact_value, right.exact_value
        return not b.below(a) if a is not None and b is not None else bool(self.high <= right.low)

    def intersects(self, other: Interval) -> bool:
        """Some real number lies in both: the two may enclose the same quantity."""
        return not (self.certainly_less(other) or other.certainly_less(self))

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that contains both."""
        a, b = self.exact_value, other.exact_value
        if a is not None and b is not None and a.equals(b):
            return self
        return Interval(least(self.low, other.low), greatest(self.high, other.high))

    def min(self, other: Interval | Number) -> Interval:
        """Encloses the smaller of the two numbers."""
        right = _interval(other)
        if self.certainly_at_most(right) or right.certainly_at_most(self):
            return self if self.certainly_at_most(right) else right
        return Interval(least(self.low, right.low), least(self.high, right.high))

    def max(self, other: Interval | Number) -> Interval:
        """Encloses the larger of the two numbers."""
        right = _interval(other)
        if self.certainly_at_most(right) or right.certainly_at_most(self):
            return right if self.certainly_at_most(right) else self
        return Interval(greatest(self.low, right.low), greatest(self.high, right.high))

    def nonnegative(self) -> Interval:
        """The part at or above zero, for a quantity that cannot be negative (a norm, a load).

        Raises:
            ValueError: the interval lies below zero, so that it does not enclose such a quantity.
        """
        if self.high < 0:
            raise ValueError(f"{self} encloses no number at or above zero")
        if self.low >= 0:
            return self
        return Interval(greatest(self.low, arb(0)), self.high)

    def __bool__(self) -> bool:
        raise TypeError("an interval has no truth value; ask certainly_less or certainly_at_most")

    def __str__(self) -> str:
        return f"[{self.lower:.9g}, {self.upper:.9g}]"

    def __reduce__(self) -> tuple[Callable[[list[str]], Interval], tuple[list[str]]]:
        # flint balls do not pickle; their text keeps every bit.
        return interval_from, (interval_text(self),)

    def __neg__(self) -> Interval:
        # Even a change of sign rounds to the precision in force in flint.
        with working_precision():
            known = self.known and self.known.negated()
            return Interval(floor(-self.high), ceiling(-self.low), known)

    def __abs__(self) -> Interval:
        if self.low >= 0:
            return self
        mirrored = -self
        return mirrored if self.high <= 0 else Interval(arb(0), greatest(mirrored.high, self.high))

    def __add__(self, other: Interval | Number) -> Interval:
        if not isinstance(other, Operand):
            return NotImplemented
        right = _interval(other)
        if (known := _combined(Surd.plus, self, right)) is not None:
            return Interval.of(known)
        with working_precision():
            return Interval(floor(self.low + right.low), ceiling(self.high + right.high))

    def __sub__(self, other: Interval | Number) -> Interval:
        return self + -_interval(other) if isinstance(other, Operand) else NotImplemented

    def __mul__(self, other: Interval | Number) -> Interval:
        if not isinstance(other, Operand):
            return NotImplemented
        right = _interval(other)
        if (known := _combined(Surd.times, self, right)) is not None:
            return Interval.of(known)
        with working_precision():
            corners = [
                end_product(a, b) for a in (self.low, self.high) for b in (right.low, right.high)
            ]
            low, high = floor(corners[0]), ceiling(corners[0])
            for corner in corners[1:]:
                low, high = least(low, floor(corner)), greatest(high, ceiling(corner))
            return Interval(low, high)

    def __truediv__(self, other: Interval | Number) -> Interval:
        if not isinstance(other, Operand):
            return NotImplemented
        right = _interval(other)
        return self * right._reciprocal() if right._excludes_zero() else Interval.whole()

    def _excludes_zero(self) -> bool:
        return bool(self.low > 0 or self.high < 0)

    def _reciprocal(self) -> Interval:
        exact = self.exact_value
        if exact is not None and (known := exact.inverted()) is not None:
            return Interval.of(known)
        with working_precision():
            if self._excludes_zero():
                return Interval(floor(1 / self.high), ceiling(1 / self.low))
            return Interval.whole()

    def __pow__(self, exponent: int | Fraction) -> Interval:
        """A power with an exact exponent; roots of numbers that may be negative are undefined."""
        power = Fraction(exponent)
        exact = self.exact_value
        if exact is not None and (known := exact.power(power)) is not None:
            return Interval.of(known)
        if power < 0:
            return (self**-power)._reciprocal()
        if power.denominator != 1:
            return self._increasing(lambda end: (end**power.numerator).root(power.denominator), 0)
        if power.numerator % 2 == 0 and self.low < 0:
            return abs(self) ** power
        return self._increasing(lambda end: end**power.numerator)

    def sqrt(self) -> Interval:
        """Square root; the whole line where the interval reaches below zero."""
        return self ** Fraction(1, 2)

    def exp(self) -> Interval:
        """Exponential."""
        return self._increasing(arb.exp)

    def log(self) -> Interval:
        """Natural logarithm; the whole line where the interval reaches below zero."""
        return self._increasing(arb.log, 0)

    def erf(self) -> Interval:
        """Error function."""
        return self._increasing(arb.erf)

    def acos(self) -> Interval:
        """Arc cosine in radians; the whole line where the interval leaves [-1, 1]."""
        if self.low < -1 or self.high > 1:
            return Interval.whole()
        return -self._increasing(lambda end: -end.acos())

    def sign(self) -> Interval:
        """-1, 0 or 1, or the hull of those possible."""
        return self._increasing(arb.sgn)

    def _increasing(self, function: Callable[[arb], arb], domain: int | None = None) -> Interval:
        """Image under an increasing function defined from `domain` upwards."""
        if domain is not None and self.low < domain:
            return Interval.whole()
        with working_precision():
            return Interval(floor(function(self.low)), ceiling(function(self.high)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Number) -> Interval:
        return -self + other

    def __rtruediv__(self, other: Number) -> Interval:
        return _interval(other) / self if isinstance(other, Operand) else NotImplemented


def _interval(value: Interval | Number) -> Interval:
    return value if isinstance(value, Interval) else Interval.exact(value)


def _combined(
    operation: Callable[[Surd, Surd], Surd | None], left: Interval, right: Interval
) -> Surd | None:
    """The exact result, where both numbers are known exactly and it is too."""
    a, b = left.exact_value, right.exact_value
    return operation(a, b) if a is not None and b is not None else None


Operand = Interval | Real
"""What arithmetic takes on the other side; anything else may know better what to do."""


def interval_text(value: Interval) -> list[str]:
    """Plain text for JSON that rounds nothing: both ends, and the exact value where it is known."""
    known = () if value.known is None else surd_text(value.known)
    return [end_text(value.low), end_text(value.high), *known]


def interval_from(text: list[str]) -> Interval:
    """The interval that `interval_text` made this of.

    Raises:
        ValueError: it is not such a text.
    """
    if not isinstance(text, list) or len(text) < 2:
        raise ValueError("an interval is a list of 2 or 6 texts")
    low, high = map(end_from, text[:2])
    if not low <= high:
        raise ValueError(f"no real number lies between {text[0]} and {text[1]}")
    return Interval(low, high, surd_from(text[2:]) if text[2:] else None)
