"""Intervals as plain text that JSON can hold, and back, without rounding anything."""

from __future__ import annotations

import math
import re

from flint import arb, fmpq

from .enclosure import Interval
from .endpoints import INFINITY
from .surd import Surd

_END = re.compile(r"(-?)0x([0-9a-f]+)p(-?[0-9]{1,18})")
_HEX = re.compile(r"-?0x[0-9a-f]+")


def interval_text(value: Interval) -> list[str]:
    """Both ends, and the exact value where it is known as factor and radicand, four integers."""
    known = value.known
    parts = [] if known is None else [known.factor, known.radicand]
    return [
        _end_text(value.low),
        _end_text(value.high),
        *(hex(int(n)) for part in parts for n in (part.p, part.q)),
    ]


def interval_from(text: list[str]) -> Interval:
    """The interval that `interval_text` made this of.

    Raises:
        ValueError: it is not such a text.
    """
    if not isinstance(text, list) or len(text) not in (2, 6):
        raise ValueError("an interval is a list of 2 or 6 texts")
    low, high = map(_end_from, text[:2])
    known = None
    if len(text) == 6:
        a, b, c, d = map(_whole, text[2:])
        if b <= 0 or c <= 0 or d <= 0:
            raise ValueError(f"{text[2:]} is no exact number")
        known = Surd(fmpq(a, b), fmpq(c, d))
    if not low <= high:
        raise ValueError(f"no real number lies between {text[0]} and {text[1]}")
    return Interval(low, high, known)


def _end_text(end: arb) -> str:
    if not end.is_finite():
        return "inf" if end > 0 else "-inf"
    mantissa, exponent = end.man_exp()
    return f"{int(mantissa):#x}p{int(exponent)}"


def _end_from(text: str) -> arb:
    if text in ("inf", "-inf"):
        return INFINITY if text == "inf" else arb(-math.inf)
    found = _END.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no end of an interval")
    sign, digits, exponent = found.groups()
    mantissa = int(digits, 16)
    return arb((-mantissa if sign else mantissa, int(exponent)))


def _whole(text: str) -> int:
    if _HEX.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is no whole number")
    return int(text, 16)
