"""Intervals contain what they claim, compare only when certain; undefined decides nothing."""

import math
import operator
import pickle
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.theory.exact.interval import Interval
from perturbproof.theory.exact.scalars import precision, precision_bits

finite = st.floats(allow_nan=False, allow_infinity=False)
nasty = st.one_of(
    finite,
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1.0, 1 + 2**-52, 1e308, 1.7976931348623157e308]),
)
rationals = st.fractions(max_denominator=10**9)


@st.composite
def pointed(draw: st.DrawFn) -> tuple[Interval, Fraction]:
    """An interval and a rational in it."""
    low, high = sorted(Fraction(draw(nasty)) for _ in range(2))
    weight = draw(st.fractions(0, 1, max_denominator=1000))
    return Interval.between(low, high), low + weight * (high - low)


@given(nasty)
def test_exact_float_is_its_binary_value(value: float) -> None:
    interval = Interval.exact(value)
    assert interval.lower == interval.upper == value
    assert interval.contains(value)
    assert not interval.contains(Fraction(value) + Fraction(1, 10**400))


@given(rationals)
def test_ends_are_the_neighbouring_floats(value: Fraction) -> None:
    interval = Interval.exact(value)
    assert Fraction(interval.lower) <= value <= Fraction(interval.upper)
    assert interval.upper <= math.nextafter(interval.lower, math.inf)
    assert interval.contains(value)


@pytest.mark.parametrize(
    ("value", "lower", "upper"),
    [
        (Fraction(10) ** 400, 1.7976931348623157e308, math.inf),
        (-(Fraction(10) ** 400), -math.inf, -1.7976931348623157e308),
        (Fraction(1, 10**400), 0.0, 5e-324),
        (Fraction(-1, 10**400), -5e-324, 0.0),
        (2**53 + 1, 2.0**53, 2.0**53 + 2),
        ("0.1", 0.09999999999999999, 0.1),
    ],
)
def test_float_ends_round_outward(value: Fraction | str, lower: float, upper: float) -> None:
    interval = Interval.exact(value)
    assert (interval.lower, interval.upper) == (lower, upper)


def test_string_is_its_decimal_value() -> None:
    assert Interval.exact("0.1").contains(Fraction(1, 10))
    assert not Interval.exact("0.1").contains(0.1)
    assert Interval.exact("2/3").contains(Fraction(2, 3))


@given(pointed(), pointed(), st.sampled_from([operator.add, operator.sub, operator.mul]))
def test_arithmetic_encloses(left, right, operation) -> None:
    assert operation(left[0], right[0]).contains(operation(left[1], right[1]))


@given(pointed(), pointed())
def test_division_encloses_or_says_nothing(left, right) -> None:
    quotient = left[0] / right[0]
    if right[1] != 0:
        assert quotient.contains(left[1] / right[1])
    if right[0].certainly_less(0) or Interval.exact(0).certainly_less(right[0]):
        assert quotient.is_finite


@given(pointed(), st.integers(-4, 5))
def test_integer_powers_enclose(base, exponent: int) -> None:
    if base[1] != 0 or exponent >= 0:
        assert (base[0] ** exponent).contains(base[1] ** exponent)


@given(pointed(), pointed())
def test_order_functions_enclose(left, right) -> None:
    (a, x), (b, y) = left, right
    assert abs(a).contains(abs(x))
    assert abs(a).lower >= 0
    assert a.min(b).contains(min(x, y))
    assert a.max(b).contains(max(x, y))
    assert a.hull(b).contains(x)
    assert a.hull(b).contains(y)
    assert a.sign().contains((x > 0) - (x < 0))
    root = abs(a).sqrt()
    assert root.low <= root.high
    assert (root**2).contains(abs(x))


@given(pointed(), pointed())
def test_comparisons_are_certain_or_not_made(left, right) -> None:
    (a, x), (b, y) = left, right
    if a.certainly_less(b):
        assert x < y
        assert not a.intersects(b)
    if a.certainly_at_most(b):
        assert x <= y
    if not a.intersects(b):
        assert x != y
    assert a.intersects(a)


def test_overlapping_and_touching_intervals() -> None:
    left, right = Interval.between(0, 1), Interval.between(1, 2)
    assert left.certainly_at_most(right)
    assert not left.certainly_less(right)
    assert not right.certainly_at_most(left)
    assert left.intersects(right)
    assert Interval.exact(1).certainly_at_most(1)


@pytest.mark.parametrize(
    "interval",
    [
        Interval.exact(math.nan),
        Interval.exact(math.inf),
        Interval.exact(0) / 0,
        Interval.exact(0) / Interval.between(-1, 1),
        1 / Interval.between(0, 2),
        Interval.exact(-1).sqrt(),
        Interval.between(-1, 1).log(),
        Interval.exact(2).acos(),
        Interval.exact(-8) ** Fraction(1, 3),
        Interval.between(-1, 1) ** -1,
        Interval.between(-math.inf, math.inf) - Interval.between(-math.inf, math.inf),
    ],
)
def test_undefined_is_the_whole_line(interval: Interval) -> None:
    assert (interval.lower, interval.upper) == (-math.inf, math.inf)
    assert not interval.certainly_less(interval)
    assert not interval.certainly_at_most(interval)
    assert not interval.certainly_less(math.inf)
    assert not interval.is_finite
    assert interval.width == math.inf


def test_half_lines_decide_one_side() -> None:
    half = Interval.between(2, math.inf)
    assert Interval.exact(1).certainly_less(half)
    assert not half.certainly_less(10**400)
    assert (half * 3).lower == 6
    assert (half - half).lower == -math.inf
    assert (1 / half).upper == 0.5
    assert (1 / half).lower == 0
    assert (half * 0).upper == 0
    assert half.exp().lower > 7


def test_empty_intervals_are_refused() -> None:
    for low, high in [(1, 0), (math.inf, math.inf), (-math.inf, -math.inf)]:
        with pytest.raises(ValueError, match="no real number"):
            Interval.between(low, high)
    with pytest.raises(ValueError, match="at or above zero"):
        Interval.between(-2, -1).nonnegative()
    assert Interval.between(-1, 4).nonnegative().sqrt().upper == 2


@pytest.mark.parametrize(
    ("interval", "value"),
    [
        (Interval.exact(2).sqrt(), math.sqrt(2)),
        (Interval.exact(1).exp(), math.e),
        (Interval.exact(10).log(), math.log(10)),
        (Interval.exact("0.5").erf(), math.erf(0.5)),
        (Interval.exact("0.5").acos(), math.acos(0.5)),
        (Interval.exact(27) ** Fraction(2, 3), 9.0),
        (Interval.exact(4) ** Fraction(-1, 2), 0.5),
        (Interval.between(-1, 1).acos(), math.pi / 2),
    ],
)
def test_elementary_functions_by_value(interval: Interval, value: float) -> None:
    assert interval.lower <= value * (1 + 1e-15)
    assert interval.upper >= value * (1 - 1e-15)


def test_precision_is_local_and_leaves_flint_alone() -> None:
    before = flint.ctx.prec
    with precision(300):
        assert precision_bits() == 300
        fine = Interval.exact(Fraction(1, 3))
        assert flint.ctx.prec == before
    assert precision_bits() == 128
    assert fine.width < Interval.exact(Fraction(1, 3)).width
    with pytest.raises(ValueError, match="at least 2 bits"), precision(1):
        pass


def test_plain_numbers_mix_on_either_side() -> None:
    half = Interval.exact(Fraction(1, 2))
    for value in (
        1 + half,
        2 - half,
        3 * half,
        0.75 / half,
        np.float64(1) + half,
        half + np.int64(1),
    ):
        assert value.contains(Fraction(3, 2))
    with pytest.raises(TypeError, match="truth value"):
        bool(half)
    with pytest.raises(TypeError, match="needs int"):
        Interval.exact(None)  # type: ignore[arg-type]


@given(pointed())
def test_pickles_exactly(case) -> None:
    interval, _ = case
    copy = pickle.loads(pickle.dumps(interval))
    assert copy.low == interval.low
    assert copy.high == interval.high


def test_ends_finer_than_the_precision_round_outward() -> None:
    with precision(400):
        third = Interval.exact(Fraction(1, 3))
    for coarse in (-third, third + 0, third * 1, 1 / (1 / third), abs(-third)):
        assert coarse.contains(Fraction(1, 3)) or coarse.contains(Fraction(-1, 3))
        assert coarse.width < 1e-36
        assert coarse.lower <= coarse.upper


def test_half_line_pickles() -> None:
    copy = pickle.loads(pickle.dumps(Interval.between(1, math.inf)))
    assert (copy.lower, copy.upper) == (1, math.inf)
