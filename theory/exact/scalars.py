"""Single numbers: rationals (`fmpq`, exact) while they last, balls around the number after that.

Balls (`arb`) are made at the precision that flint has in force. A comparison that they do not
decide is None, never a guess; what has no value raises.
"""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from fractions import Fraction
from numbers import Integral, Rational, Real

from flint import arb, ctx, fmpq

from .surd import rational_root

# Exact ends of intervals: directed rounding between numbers, `flint.arb` and floats.

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
