"""What is known of one certificate on one dataset, and what would make it hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ...numerics.enclosure import Interval
from ...numerics.monotone_subset import RandomSizes
from ..judge import Holds

DELTA = "0.01"
"""Failure probability in the dimension that uniform data need."""

_SMALLEST = 1e-9
_STEP = 1.0005


@dataclass(frozen=True)
class CheckedCertificate:
    """One rung of the ladder at one slope.

    Attributes:
        name: as the tables call it.
        theorem: id of the theorem whose assumption it is, or implies.
        left, right: the two sides of its relation; None where it has none or was not computed.
        load: left/right of a condition left < right; below 1 means that it holds.
        holds: on all samples.
        note: why, where the two sides do not say it.
        at_random: how many samples, in random order, meet it.
        chosen: rows of the source of a subset that certainly meets it; None where not searched.
        smallest_slope: a slope, rounded up, at which it certainly holds on all samples; 0 when it
            holds at every slope tried, None when at none or not searched (`slope_searched`).
        dimension_like_this: d at which it would hold if squared norms grew like d and inner
            products like sqrt(d) from here on: an extrapolation.
        dimension_uniform: d at which as many uniform samples meet it with probability 0.99.
    """

    name: str
    theorem: str
    left: Interval | None
    right: Interval | None
    load: Interval | None
    holds: Holds
    note: str = ""
    at_random: RandomSizes | None = None
    chosen: tuple[int, ...] | None = None
    smallest_slope: float | None = None
    slope_searched: bool = False
    dimension_like_this: float | None = None
    dimension_uniform: int | None = None


def as_holds(value: bool | None) -> Holds:
    """A three-valued truth in words."""
    return "unknown" if value is None else "yes" if value else "no"


def smallest_slope(holds: Callable[[float], bool], ratio: float = _STEP) -> float | None:
    """A slope in (0, 1] at which a certificate certainly holds, least up to the factor `ratio`.

    0 when it holds down to 1e-9, None when it does not hold at slope 1. `holds` is the certain
    verdict at a slope; where it once holds it should hold at every larger slope.
    """
    if not holds(1.0):
        return None
    if holds(_SMALLEST):
        return 0.0
    low, high = _SMALLEST, 1.0
    while high / low > ratio:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    digits = 2 - math.floor(math.log10(high))
    shown = min(1.0, math.ceil(high * 10**digits) / 10**digits)
    return shown if holds(shown) else high
