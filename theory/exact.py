"""Exact numbers of small datasets: rationals, square roots of rationals, and balls."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
from flint import arb, fmpq

from .evaluation import Number

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
