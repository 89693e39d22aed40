"""Exact ends of intervals: directed rounding between numbers, `flint.arb` and floats."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from fractions import Fraction
from numbers import Integral, Rational, Real

from flint import arb, ctx, fmpq

Number = int | float | Fraction
"""What has one exact real value: a float stands for its binary value, not for its decimal text."""

_BITS: ContextVar[int] = ContextVar("perturbproof_precision_bits", default=128)
INFINITY = arb(math.inf)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Round interval endpoints to `bits` binary digits inside the block (default 128).

    The precision of flint itself (`flint.ctx.prec`) is the same before, inside and after the block.

    Raises:
        ValueError: `bits` below 2.
    """
    if bits < 2:
        raise ValueError(f"precision needs at least 2 bits, got {bits}")
    token = _BITS.set(bits)
    try:
        yield
    finally:
        _BITS.reset(token)


def precision_bits() -> int:
    """The precision in force, in bits."""
    return _BITS.get()


def working_precision(bits: int | None = None) -> AbstractContextManager[object]:
    """flint at `bits`, or at the precision in force, inside the block only."""
    return ctx.workprec(_BITS.get() if bits is None else bits)


def floor(value: arb) -> arb:
    """The lower end of a ball; -inf where it is undefined."""
    return -INFINITY if value.is_nan() else value.lower()


def ceiling(value: arb) -> arb:
    """The upper end of a ball; +inf where it is undefined."""
    return INFINITY if value.is_nan() else value.upper()


def end_product(left: arb, right: arb) -> arb:
    """The product of two ends of intervals."""
    # An infinite endpoint is a bound, not a number: zero times anything real below it is zero.
    return arb(0) if left.is_zero() or right.is_zero() else left * right


def exact_arb(value: Number | str) -> arb:
    """An enclosure of `value`, exact for int and float; NaN stays NaN.

    Raises:
        TypeError: not a number; ValueError: a string that is not one.
    """
    if isinstance(value, str):
        value = Fraction(value)
    if isinstance(value, Integral):
        return arb(int(value))
    if isinstance(value, Rational):
        return arb(fmpq(int(value.numerator), int(value.denominator)))
    if isinstance(value, Real):
        number = float(value)
        if math.isfinite(number) and number != value:
            raise TypeError(f"{value!r} is not exactly a float; give a Fraction instead")
        return arb(number)
    raise TypeError(f"an interval needs int, float, Fraction or str, got {type(value).__name__}")


def to_float(endpoint: arb, *, towards: float) -> float:
    """The exact endpoint as a float rounded `towards` -inf or +inf."""
    if not endpoint.is_finite():
        return math.inf if endpoint > 0 else -math.inf
    if endpoint.is_zero():
        return 0.0
    mantissa, exponent = endpoint.man_exp()
    scale = mantissa.bit_length() + int(exponent)
    if -1000 < scale < 1000:
        nearest = float(endpoint)
    elif abs(scale) > 1080:
        nearest = 0.0 if scale < 0 else math.inf if mantissa > 0 else -math.inf
    else:
        # Python rounds an integer quotient correctly, also where the result is denormal.
        try:
            nearest = float(int(mantissa) * Fraction(2) ** int(exponent))
        except OverflowError:
            nearest = math.inf if mantissa > 0 else -math.inf
    wrong_side = arb(nearest) > endpoint if towards < 0 else arb(nearest) < endpoint
    return math.nextafter(nearest, towards) if wrong_side else nearest


def least(left: arb, right: arb) -> arb:
    """The smaller of two exact ends."""
    return left if left <= right else right


def greatest(left: arb, right: arb) -> arb:
    """The larger of two exact ends."""
    return left if left >= right else right


_END = re.compile(r"(-?)0x([0-9a-f]+)p(-?[0-9]{1,18})")


def end_text(end: arb) -> str:
    """The exact end as hexadecimal mantissa and binary exponent, or inf."""
    if not end.is_finite():
        return "inf" if end > 0 else "-inf"
    mantissa, exponent = end.man_exp()
    return f"{int(mantissa):#x}p{int(exponent)}"


def end_from(text: str) -> arb:
    """The end that `end_text` made this of.

    Raises:
        ValueError: it is not such a text.
    """
    if text in ("inf", "-inf"):
        return INFINITY if text == "inf" else -INFINITY
    found = _END.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no end of an interval")
    sign, digits, exponent = found.groups()
    mantissa = int(digits, 16)
    return arb((-mantissa if sign else mantissa, int(exponent)))
