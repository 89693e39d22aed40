"""Exact real numbers of the form c √r with rational c and r, as far as they close under arithmetic.

Products, quotients, integer powers and roots of rationals stay of this form, so that norms, cosines
and what theorems make of them are known exactly when the data are. A sum leaves the form unless the
two roots are rational multiples of each other. Whatever leaves it, or grows past `MOST_BITS`, is
None: not known exactly, which is never wrong.

Why: intervals cannot decide a comparison of two equal numbers, at any precision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq

MOST_BITS = 2**18
"""Numerators and denominators beyond this are given up; data of 50 samples stay far below."""

_ONE = fmpq(1)


@dataclass(frozen=True, slots=True, eq=False)
class Surd:
    """factor √radicand, radicand a positive rational, 1 whenever the number is rational."""

    factor: fmpq
    radicand: fmpq = _ONE

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.factor > 0) - (self.factor < 0)

    @property
    def rational(self) -> Fraction | None:
        """The number as a fraction; None when it is irrational."""
        if self.radicand != 1:
            return None
        return Fraction(int(self.factor.p), int(self.factor.q))

    def below(self, other: Surd) -> bool:
        """Whether this number is less than the other one."""
        if self.radicand == other.radicand:
            return bool(self.factor < other.factor)
        if self.sign != other.sign:
            return self.sign < other.sign
        return bool(self._signed_square() < other._signed_square())

    def equals(self, other: Surd) -> bool:
        """Whether the two numbers are the same."""
        return bool(self._signed_square() == other._signed_square())

    def __str__(self) -> str:
        if self.radicand == 1:
            return str(self.factor)
        return f"{'' if self.factor == 1 else f'{self.factor} '}sqrt({self.radicand})"

    def __float__(self) -> float:
        """A double near the number; of the square, so that all roots are rounded alike."""
        square = self._signed_square()
        size = (abs(int(square.p)) / int(square.q)) ** 0.5
        return -size if square < 0 else size

    def ball(self) -> arb:
        """An enclosure at the precision that flint has in force."""
        return arb(self.factor) if self.radicand == 1 else self.factor * arb(self.radicand).sqrt()

    def negated(self) -> Surd:
        """The number times -1."""
        return Surd(-self.factor, self.radicand)

    def plus(self, other: Surd) -> Surd | None:
        """The sum, where the two roots are rational multiples of each other."""
        if self.radicand == other.radicand:
            return _checked(self.factor + other.factor, self.radicand)
        if not self.sign or not other.sign:
            return other if not self.sign else self
        ratio = rational_root(self.radicand / other.radicand)
        if ratio is None:
            return None
        return _checked(self.factor * ratio + other.factor, other.radicand)

    def times(self, other: Surd) -> Surd | None:
        """The product."""
        if self.radicand == other.radicand:
            return _checked(self.factor * other.factor * self.radicand, _ONE)
        return _checked(self.factor * other.factor, self.radicand * other.radicand)

    def inverted(self) -> Surd | None:
        """One over the number; None for zero."""
        if not self.sign:
            return None
        return _checked(1 / (self.factor * self.radicand), self.radicand)

    def power(self, exponent: Fraction) -> Surd | None:
        """The power; with an even root only of numbers that are rational and not negative."""
        if exponent.denominator not in (1, 2) or (exponent < 0 and not self.sign):
            return None
        size = abs(exponent.numerator)
        bits = int(self.factor.height_bits()) + int(self.radicand.height_bits())
        if size * bits > MOST_BITS:
            return None
        whole = _checked(
            self.factor**size * self.radicand ** (size // 2),
            self.radicand if size % 2 else _ONE,
        )
        if whole is not None and exponent.denominator == 2:
            whole = whole.root()
        return whole.inverted() if whole is not None and exponent < 0 else whole

    def root(self) -> Surd | None:
        """The square root of a rational number at or above zero."""
        if self.radicand != 1 or self.sign < 0:
            return None
        return _checked(_ONE, self.factor) if self.sign else self

    def _signed_square(self) -> fmpq:
        square = self.factor * self.factor * self.radicand
        return -square if self.sign < 0 else square


def exact_root(square: Fraction) -> Surd:
    """The square root of a rational number.

    Raises:
        ValueError: it is negative, or too long (see `MOST_BITS`).
    """
    root = exact_surd(square).root()
    if root is None:
        raise ValueError(f"no exact root of {str(square)[:40]}")
    return root


def exact_surd(value: int | float | Fraction | fmpq) -> Surd:
    """The number itself; a float (finite) is its binary value."""
    if isinstance(value, fmpq):
        return Surd(value)
    numerator, denominator = value.as_integer_ratio()
    return Surd(fmpq(int(numerator), int(denominator)))


_HEX = re.compile(r"-?0x[0-9a-f]+")


def surd_text(value: Surd) -> list[str]:
    """Numerators and denominators of factor and radicand, as hexadecimal texts."""
    return [hex(int(n)) for part in (value.factor, value.radicand) for n in (part.p, part.q)]


def surd_from(text: list[str]) -> Surd:
    """The number that `surd_text` made this of.

    Raises:
        ValueError: it is not such a text.
    """
    if len(text) != 4 or not all(_HEX.fullmatch(part) for part in text):
        raise ValueError(f"{str(text)[:80]} is no exact number")
    a, b, c, d = (int(part, 16) for part in text)
    if b <= 0 or c <= 0 or d <= 0:
        raise ValueError(f"{text} is no exact number")
    return Surd(fmpq(a, b), fmpq(c, d))


def _checked(factor: fmpq, radicand: fmpq) -> Surd | None:
    if factor == 0:
        return Surd(fmpq(0))
    if int(factor.height_bits()) + int(radicand.height_bits()) > MOST_BITS:
        return None
    if radicand == 1:
        return Surd(factor)
    whole = rational_root(radicand)
    return Surd(factor, radicand) if whole is None else Surd(factor * whole)


def rational_root(value: fmpq, degree: int = 2) -> fmpq | None:
    """The root of a rational number at or above zero, where it is rational."""
    # Residues tell most numbers from squares without a root being taken.
    if degree == 2 and not (value.p.is_square() and value.q.is_square()):
        return None
    p, q = (part.root(degree) if part else part for part in (value.p, value.q))
    return fmpq(p, q) if p**degree == value.p and q**degree == value.q else None
