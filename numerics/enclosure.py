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

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real

from flint import arb

from .endpoints import (
    Number,
    ceiling,
    end_product,
    floor,
    greatest,
    least,
    precision,
    precision_bits,
    working_precision,
)
from .number_range import NumberRange
from .surd import Surd

__all__ = ["Interval", "Number", "precision", "precision_bits"]


@dataclass(frozen=True, slots=True, eq=False)
class Interval(NumberRange):
    """A closed interval [low, high] that contains one unknown real number; ends may be infinite.

    There is no `==` by value and no `<`: two intervals compare by `certainly_less`,
    `certainly_at_most` and `intersects`. Arithmetic accepts exact numbers on either side.
    """

    # Makes numpy scalars and arrays leave mixed arithmetic to this class.
    __array_ufunc__ = None

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

    def __radd__(self, other: Number) -> Interval:
        return self + other

    def __rsub__(self, other: Number) -> Interval:
        return -self + other

    def __rmul__(self, other: Number) -> Interval:
        return self * other

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
