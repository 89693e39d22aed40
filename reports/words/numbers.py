"""Numbers as people read them: few digits, honest roundings, powers of ten written out.

The output is plain text in which ``10^-16`` stands for a power; each writer sets it in its own
way (see `superscripted` for plain Unicode). A rounded interval always contains the given one.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

POWER = re.compile(r"10\^(−?\d+)")

_SUPERSCRIPTS = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Below this relative width an interval is shown as one number, with its width beside it.
_THIN = 1e-6


def superscripted(text: str) -> str:
    """Powers of ten with Unicode superscripts, for text that knows no markup."""
    return POWER.sub(lambda match: "10" + match.group(1).translate(_SUPERSCRIPTS), text)


def number(value: float | None, digits: int = 7) -> str:
    """One number with at most ``digits`` significant digits; integers below 10^13 in full."""
    if value is None:
        return "–"
    exact = _decimal(value)
    return _shown(_round(exact, digits, None), exact_integer=exact)


def factor(value: float | None) -> str:
    """A ratio, a load or a slack: three significant digits, more where it would read as 1."""
    if value is None:
        return "–"
    exact = _decimal(value)
    # Whether a load is below 1 decides a verdict, so 0.9999 must not be printed as 1.
    digits = next(d for d in range(3, 20) if d == 19 or _round(exact, d, None) != 1 or exact == 1)
    return _shown(_round(exact, digits, None))


def duration(seconds: float | None) -> str:
    """A time in the unit that suits it."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def interval(lower: float | None, upper: float | None) -> tuple[str, str]:
    """An interval as ``(text, note)``; the note gives the width of one shown as a single number.

    ``None`` is an infinite end. The text of a wide interval is rounded outward.
    """
    if lower is None and upper is None:
        return "(−∞, ∞)", ""
    if lower is None:
        return f"≤ {_outward(upper, ROUND_CEILING)}", ""
    if upper is None:
        return f"≥ {_outward(lower, ROUND_FLOOR)}", ""
    if lower == upper:
        return number(lower), ""
    low, high = _decimal(lower), _decimal(upper)
    width = high - low
    if width <= Decimal(_THIN) * max(abs(low), abs(high)):
        middle = _round((low + high) / 2, 7, None)
        return _shown(middle), f"width {number(float(width), 2)}"
    small, large = sorted((abs(low), abs(high)))
    if small * 10 < large:
        left, right = _round(low, 4, ROUND_FLOOR), _round(high, 4, ROUND_CEILING)
        return f"[{_shown(left)}, {_shown(right)}]", ""
    return _wide(low, high), ""


def _decimal(value: float) -> Decimal:
    # The shortest decimal that reads back as this number: what report.json itself says.
    return Decimal(repr(value))


def _outward(value: float | None, rounding: str) -> str:
    exact = _decimal(value or 0.0)
    return _shown(_round(exact, 7, rounding), exact_integer=exact)


def _wide(low: Decimal, high: Decimal) -> str:
    size = max(abs(low), abs(high)).adjusted()
    left, right = low, high
    # As many digits as it takes for the rounding to widen the interval by at most a tenth.
    for digits in range(3, 13):
        unit = Decimal(1).scaleb(size - digits + 1)
        left = low.quantize(unit, rounding=ROUND_FLOOR)
        right = high.quantize(unit, rounding=ROUND_CEILING)
        if right - left <= (high - low) * Decimal("1.1"):
            break
    exponent = max(abs(left), abs(right)).adjusted()
    if -4 <= exponent < 7:
        return f"[{_trimmed(left)}, {_trimmed(right)}]"
    scale = Decimal(1).scaleb(-exponent)
    return f"[{_trimmed(left * scale)}, {_trimmed(right * scale)}] × {_power(exponent)}"


def _round(value: Decimal, digits: int, rounding: str | None) -> Decimal:
    if not value:
        return Decimal(0)
    unit = Decimal(1).scaleb(value.adjusted() - digits + 1)
    with localcontext() as context:
        context.prec = 60
        return value.quantize(unit, rounding=rounding)


def _shown(value: Decimal, exact_integer: Decimal | None = None) -> str:
    if exact_integer is not None and abs(exact_integer) < Decimal(10) ** 13:
        whole = exact_integer.to_integral_value()
        if whole == exact_integer:
            return _grouped(whole)
    if not value:
        return "0"
    exponent = value.adjusted()
    if -4 <= exponent < 7:
        return _trimmed(value)
    mantissa = _trimmed(value.scaleb(-exponent))
    if mantissa in ("1", "−1"):
        return mantissa[:-1] + _power(exponent)
    return f"{mantissa} × {_power(exponent)}"


def _grouped(value: Decimal) -> str:
    plain = f"{int(value)}"
    # Four digits are read at a glance; longer ones are grouped by thin spaces.
    grouped = f"{int(value):,}".replace(",", "\u2009") if abs(int(value)) >= 10_000 else plain
    return grouped.replace("-", "−")


def _trimmed(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text in ("-0", "") else text).replace("-", "−")


def _power(exponent: int) -> str:
    return f"10^{exponent}".replace("-", "−")
