"""What is known of one real number: two ends, and the number itself where it is known exactly.

Without arithmetic, which `enclosure.Interval` adds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Self, TypeVar

from flint import arb, fmpq

from .endpoints import (
    INFINITY,
    Number,
    Portable,
    ceiling,
    exact_arb,
    floor,
    greatest,
    least,
    portable,
    precision_bits,
    to_float,
    working_precision,
)
from .surd import MOST_BITS, Surd, exact_surd

_Kind = TypeVar("_Kind", bound="NumberRange")


@dataclass(frozen=True, slots=True, eq=False)
class NumberRange:
    """A closed interval [low, high] that contains one unknown real number; ends may be infinite.

    `known` is that number where it is known exactly and the ends do not tell it.
    """

    low: arb
    high: arb
    known: Surd | None = None

    @classmethod
    def exact(cls, value: Number | str) -> Self:
        """The value itself: a float is its binary value, a string its decimal or p/q value.

        Rationals are rounded outward at the working precision. NaN and infinities are no real
        numbers and give the whole line.

        Raises:
            TypeError: not a number; ValueError: a string that is not one.
        """
        with working_precision():
            ball = exact_arb(value)
            if not ball.is_finite():
                return cls.whole()
            low, high = ball.lower(), ball.upper()
            # Where the ends meet they are the number; elsewhere the fraction is kept beside them.
            return cls(low, high, None if low == high else exact_surd(Fraction(value)))

    @classmethod
    def of(cls, value: Surd) -> Self:
        """A number known exactly, its ends rounded outward at the working precision."""
        with working_precision():
            ball = value.ball()
            return cls(ball.lower(), ball.upper(), value)

    @classmethod
    def between(cls, low: Number, high: Number) -> Self:
        """All numbers from `low` to `high`; an infinite or NaN end leaves that side open.

        Raises:
            ValueError: no real number lies between the two.
        """
        if low > high or low == math.inf or high == -math.inf:
            raise ValueError(f"no real number lies between {low} and {high}")
        with working_precision():
            return cls(floor(exact_arb(low)), ceiling(exact_arb(high)))

    @classmethod
    def around(cls, ball: arb) -> Self:
        """The interval covered by an arb ball; a ball that is not finite gives the whole line."""
        if not ball.is_finite():
            return cls.whole()
        with working_precision():
            return cls(ball.lower(), ball.upper())

    @classmethod
    def whole(cls) -> Self:
        """The whole real line: nothing is known."""
        return cls(-INFINITY, INFINITY)

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

    def certainly_less(self, other: Self | Number) -> bool:
        """Every point of this interval lies strictly below every point of the other."""
        right = self._read(other)
        a, b = self.exact_value, right.exact_value
        return a.below(b) if a is not None and b is not None else bool(self.high < right.low)

    def certainly_at_most(self, other: Self | Number) -> bool:
        """No point of this interval lies above any point of the other."""
        right = self._read(other)
        a, b = self.exact_value, right.exact_value
        return not b.below(a) if a is not None and b is not None else bool(self.high <= right.low)

    def intersects(self, other: Self) -> bool:
        """Some real number lies in both: the two may enclose the same quantity."""
        return not (self.certainly_less(other) or other.certainly_less(self))

    def hull(self, other: Self) -> Self:
        """The smallest interval that contains both."""
        a, b = self.exact_value, other.exact_value
        if a is not None and b is not None and a.equals(b):
            return self
        return type(self)(least(self.low, other.low), greatest(self.high, other.high))

    def min(self, other: Self | Number) -> Self:
        """Encloses the smaller of the two numbers."""
        right = self._read(other)
        if self.certainly_at_most(right) or right.certainly_at_most(self):
            return self if self.certainly_at_most(right) else right
        return type(self)(least(self.low, right.low), least(self.high, right.high))

    def max(self, other: Self | Number) -> Self:
        """Encloses the larger of the two numbers."""
        right = self._read(other)
        if self.certainly_at_most(right) or right.certainly_at_most(self):
            return right if self.certainly_at_most(right) else self
        return type(self)(greatest(self.low, right.low), greatest(self.high, right.high))

    def nonnegative(self) -> Self:
        """The part at or above zero, for a quantity that cannot be negative (a norm, a load).

        Raises:
            ValueError: the interval lies below zero, so that it does not enclose such a quantity.
        """
        if self.high < 0:
            raise ValueError(f"{self} encloses no number at or above zero")
        if self.low >= 0:
            return self
        return type(self)(greatest(self.low, arb(0)), self.high)

    def __bool__(self) -> bool:
        raise TypeError("an interval has no truth value; ask certainly_less or certainly_at_most")

    def __str__(self) -> str:
        return f"[{self.lower:.9g}, {self.upper:.9g}]"

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[object, ...]]:
        # flint balls do not pickle; exact ends do, as integers.
        known = self.known
        parts = known and tuple(int(n) for q in (known.factor, known.radicand) for n in (q.p, q.q))
        return _restored, (type(self), portable(self.low), portable(self.high), parts)

    def _read(self, other: Self | Number) -> Self:
        return other if isinstance(other, NumberRange) else type(self).exact(other)


def _restored(
    kind: type[_Kind], low: Portable, high: Portable, known: tuple[int, int, int, int] | None
) -> _Kind:
    exact = known and Surd(fmpq(known[0], known[1]), fmpq(known[2], known[3]))
    return kind(arb(low), arb(high), exact)
