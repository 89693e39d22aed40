"""Arrays of rationals and balls, and exact numbers c sqrt(r), against plain fractions."""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.enclose.precise_array import PreciseArray, affordable, solve_precisely
from perturbproof.theory.exact.interval import Interval
from perturbproof.theory.exact.scalars import precision, to_fmpq
from perturbproof.theory.exact.surd import (
    Surd,
    exact_root,
    exact_surd,
    rational_root,
    surd_from,
    surd_text,
)

# A busy machine makes drawing slow; that says nothing about the code.
quick = settings(suppress_health_check=list(HealthCheck))

floats = st.one_of(
    st.floats(-4, 4), st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e-200, 1e200, 1 + 2**-52])
)
rationals = st.fractions(max_denominator=40)


@st.composite
def surds(draw: st.DrawFn) -> tuple[Surd, Fraction]:
    """c sqrt(r), and its signed square."""
    factor, radicand = draw(rationals), abs(draw(rationals)) + Fraction(1, 7)
    made = exact_surd(radicand).root()
    assert made is not None
    made = made.times(exact_surd(factor))
    assert made is not None
    return made, factor * abs(factor) * radicand


def signed_square(value: Surd) -> Fraction:
    square = value.times(value)
    assert square is not None
    found = square.rational
    assert found is not None
    return found * value.sign


@quick
@given(surds(), surds())
def test_exact_numbers_agree_with_their_squares(left, right) -> None:
    (a, square), (b, other) = left, right
    assert signed_square(a) == square
    assert a.below(b) == (square < other)
    assert a.equals(b) == (square == other)
    product = a.times(b)
    assert product is not None
    assert signed_square(product) == square * other
    assert signed_square(a.negated()) == -square
    inverse = b.inverted()
    assert (inverse is None) == (other == 0)
    if inverse is not None:
        assert signed_square(inverse) == 1 / other
    total = a.plus(b)
    if total is not None:
        # (x + y)² = x² + 2xy + y², the middle term by its own square.
        middle = product.times(exact_surd(2))
        assert middle is not None
        rest = exact_surd(abs(square) + abs(other)).plus(middle)
        assert rest is not None
        assert rest.equals(exact_surd(abs(signed_square(total))))
    with precision(200):
        interval = Interval.of(a)
    assert (interval * abs(interval)).contains(square)


@quick
@given(rationals, st.integers(2, 5))
def test_rational_roots(value: Fraction, degree: int) -> None:
    power = abs(value) ** degree
    assert rational_root(to_fmpq(power), degree) == to_fmpq(abs(value))
    if value:
        assert rational_root(to_fmpq(2 * power), degree) is None
    assert exact_root(value**2).rational == abs(value)
    with pytest.raises(ValueError, match="no exact root"):
        exact_root(-(value**2) - 1)


@quick
@given(surds())
def test_exact_numbers_as_text_and_doubles(case: tuple[Surd, Fraction]) -> None:
    number, square = case
    assert surd_from(surd_text(number)).equals(number)
    assert float(number) == pytest.approx(math.copysign(abs(square) ** 0.5, square), rel=1e-14)
    assert str(exact_root(Fraction(8, 4))) == "sqrt(2)"


@pytest.mark.parametrize("exponent", [-3, -1, 0, 1, 2, 5, Fraction(1, 2), Fraction(3, 2)])
def test_powers(exponent) -> None:
    for value in (Fraction(4, 9), Fraction(2), Fraction(7, 5)):
        found = exact_surd(value).power(Fraction(exponent))
        assert found is not None
        assert signed_square(found) == value ** int(2 * exponent)
    assert exact_surd(-2).power(Fraction(1, 2)) is None
    assert exact_surd(0).power(Fraction(-1)) is None
    assert exact_surd(2).power(Fraction(1, 3)) is None


def test_what_grows_too_long_is_given_up_not_wrong() -> None:
    long = exact_surd(3).power(Fraction(60_000))
    assert long is not None
    longer = long.times(long)
    assert longer is not None
    assert longer.times(long) is None
    assert exact_surd(3).power(Fraction(10**9)) is None
    value = Interval.of(longer) * Interval.of(long)
    assert value.exact_value is None
    assert value.contains(Fraction(3) ** 180_000)


def test_a_sum_of_unlike_roots_is_an_interval_only() -> None:
    two, three, eight = (Interval.exact(n).sqrt() for n in (2, 3, 8))
    assert (two + three).exact_value is None
    exact = (two + eight).exact_value
    assert exact is not None
    assert signed_square(exact) == 18
    assert (two * two).exact_value is not None
    assert not two.certainly_less(Interval.exact(8).sqrt() / 2)
    assert (eight / 2 - two).certainly_at_most(0)


@st.composite
def matrices(draw: st.DrawFn, rows: int, columns: int) -> np.ndarray:
    values = draw(st.lists(floats, min_size=rows * columns, max_size=rows * columns))
    return np.array(values).reshape(rows, columns)


def exactly(array: PreciseArray) -> np.ndarray:
    found = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        exact = array.interval(*index).exact_value
        assert exact is not None
        found[index] = exact.rational
    return found


def as_fractions(x: np.ndarray) -> np.ndarray:
    found = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        found[index] = Fraction(x[index])
    return found


@quick
@given(matrices(2, 3), matrices(2, 3), matrices(3, 2))
def test_operations_are_exact(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> None:
    a, b, c = (as_fractions(value) for value in (x, y, z))
    left, right = PreciseArray.exact(x), PreciseArray.exact(y)
    for operation in (operator.add, operator.sub, operator.mul):
        for first, second in ((left, right), (left, y), (BallArray.exact(x), right)):
            found = operation(first, second)
            assert isinstance(found, PreciseArray)
            assert (exactly(found) == operation(a, b)).all()
    assert (exactly(left @ z) == a @ c).all()
    assert (exactly(z @ left) == c @ a).all()
    assert (exactly(left[0] @ z) == a[0] @ c).all()
    assert (left @ z[:, 0]).shape == (2,)
    assert (exactly(left.sum(axis=1)) == a.sum(axis=1)).all()
    assert (exactly(left.T) == a.T).all()
    assert (exactly(abs(left)) == abs(a)).all()
    assert (exactly(left.maximum(y)) == np.maximum(a, b)).all()
    assert (exactly(left.minimum(y)) == np.minimum(a, b)).all()
    assert (exactly(left.ldexp(-700)) == a / 2**700).all()
    for flat, of in ((left.argmax(), a.max()), (left.argmin(), a.min())):
        assert a.flat[flat] == of
    order = left[0].descending()
    assert sorted(a[0].tolist(), reverse=True) == a[0][order].tolist()
    assert (left.positive == (a > 0)).all()
    assert (left.nonpositive == (a <= 0)).all()
    below = np.where(np.isfinite(left.lower), left.lower, -1e308)
    assert (as_fractions(below) <= a).all()
    root = abs(left).sqrt()
    for index in np.ndindex(x.shape):
        assert (root.interval(*index).max(0) ** 2).contains(abs(a[index]))
    norm = left.norm().exact_value
    assert norm is not None
    assert signed_square(norm) == (a * a).sum()


def test_unknown_entries_stay_unknown() -> None:
    lost = PreciseArray.like(BallArray(np.zeros(2), np.array([math.inf, 0.0])))
    assert not lost.is_finite
    assert lost.lower.tolist() == [-math.inf, 0.0]
    for found in (lost + 1, lost * 2, lost / 3, abs(lost), lost.sqrt(), lost.maximum(lost)):
        assert not math.isfinite(found.upper[0])
    # Zero times anything real is zero.
    assert (lost * 0.0).interval(0).exact_value is not None
    assert (1 / lost).interval(1).upper == math.inf


def test_balls_keep_what_they_enclose() -> None:
    ball = BallArray(np.array([1.0, -2.0]), np.array([0.1, 1e-3]))
    wide = PreciseArray.like(ball)
    assert (wide.lower <= ball.mid - ball.rad).all()
    assert (wide.upper >= ball.mid + ball.rad).all()
    assert not wide.is_rational
    assert (wide @ wide).interval().contains(Fraction("1.21") - Fraction(1, 10**9) + 4)
    third = PreciseArray.exact(np.ones(1)) * Interval.exact(Fraction(1, 3))
    assert third.entries[0] == fmpq(1, 3)
    assert third.balls().interval(0).contains(Fraction(1, 3))
    assert third.rounded().interval(0).contains(Fraction(1, 3))


def test_solutions() -> None:
    matrix = PreciseArray.exact(np.array([[2.0, 1.0], [1.0, 3.0]]))
    found = solve_precisely(matrix, PreciseArray.exact(np.ones(2)))
    assert found is not None
    assert exactly(found).tolist() == [Fraction(2, 5), Fraction(1, 5)]
    singular = PreciseArray.exact(np.ones((2, 2)))
    assert solve_precisely(singular, PreciseArray.exact(np.ones(2))) is None
    balls = solve_precisely(matrix.balls(), PreciseArray.exact(np.ones(2)))
    assert balls is not None
    assert balls.interval(0).contains(Fraction(2, 5))


def test_sizes_are_limited() -> None:
    assert affordable(4, 60_000)
    assert not affordable(201, 2)
    assert not affordable(100, 10_000)
