"""Intervals as text: every end comes back as it was, at any precision."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.theory.exact.interval import Interval, interval_from, interval_text
from perturbproof.theory.exact.scalars import precision


def same(a: Interval, b: Interval) -> bool:
    """Ends to the last bit, and the exact value where one is known."""
    known = [(v.known.factor, v.known.radicand) if v.known else None for v in (a, b)]
    return bool(a.low == b.low and a.high == b.high) and known[0] == known[1]


def through_json(value: Interval) -> Interval:
    return interval_from(json.loads(json.dumps(interval_text(value))))


@given(
    st.fractions() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    st.sampled_from([2, 53, 128, 5000]),
)
def test_numbers_and_what_is_made_of_them_come_back(number, bits: int) -> None:
    with precision(bits):
        value = Interval.exact(number)
        for made in (value, value * value, (value * value).sqrt(), abs(value).min(3).exp()):
            assert same(through_json(made), made)


@pytest.mark.parametrize(
    "value",
    [
        Interval.whole(),
        Interval.between(-math.inf, 0),
        Interval.between(5e-324, math.inf),
        Interval.between(-1e308, 1e-308),
        Interval.exact(Fraction(1, 3)) * Interval.exact(2).sqrt(),
    ],
    ids=str,
)
def test_half_lines_extremes_and_surds_come_back(value: Interval) -> None:
    assert same(through_json(value), value)


@pytest.mark.parametrize(
    "text",
    [
        None,
        [],
        ["0x1p0"],
        ["0x1p0", "0x1p0", "0x1"],
        ["1", "0x1p0"],
        ["0x2p0", "0x1p0"],
        ["inf", "-inf"],
        ["nan", "nan"],
        ["0x1p0", "0x1p" + "9" * 30],
        ["0x1p0", "0x1p0", "0x1", "0x0", "0x1", "0x1"],
        ["0x1p0", "0x1p0", "0x1", "0x1", "-0x1", "0x1"],
        ["0x1p0", "0x1p0", "one", "0x1", "0x1", "0x1"],
    ],
)
def test_anything_else_is_refused(text) -> None:
    with pytest.raises(ValueError, match=r"."):
        interval_from(text)
