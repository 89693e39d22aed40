"""Ball arrays hold the exact result, checked against rational arithmetic on nasty numbers."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.theory.exact.interval import Interval

NASTY = [0.0, 5e-324, 2.2e-308, 1e-160, 1.0, 1 + 2**-52, 1 - 2**-53, 1e16, 1e150, 1.7e308]
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.floats(-2, 2),
    st.sampled_from(NASTY + [-value for value in NASTY]),
)
radii = st.one_of(st.just(0.0), st.floats(0, 1e-3), st.sampled_from([5e-324, 1e150, math.inf]))


def matrices(rows: int, columns: int, elements: st.SearchStrategy[float] = numbers):
    return hnp.arrays(np.float64, (rows, columns), elements=elements)


@st.composite
def balls(draw: st.DrawFn, rows: int, columns: int) -> tuple[BallArray, np.ndarray]:
    """A ball array and an exact member of it (object array of Fractions)."""
    ball = BallArray(draw(matrices(rows, columns)), draw(matrices(rows, columns, radii)))
    member = np.empty((rows, columns), dtype=object)
    for index in np.ndindex(rows, columns):
        rad = float(ball.rad[index])
        step = Fraction(rad) if math.isfinite(rad) else Fraction(10) ** 310
        member[index] = Fraction(ball.mid[index]) + step * draw(st.sampled_from([-1, 0, 1]))
    return ball, member


def holds(ball: BallArray, exact: np.ndarray) -> bool:
    return all(
        abs(Fraction(float(ball.mid[i])) - exact[i]) <= Fraction(float(ball.rad[i]))
        and (ball.lower[i] == -math.inf or Fraction(ball.lower[i]) <= exact[i])
        and (ball.upper[i] == math.inf or exact[i] <= Fraction(ball.upper[i]))
        if math.isfinite(ball.rad[i])
        else True
        for i in np.ndindex(ball.shape)
    )


@given(balls(2, 2), balls(2, 2), st.sampled_from([operator.add, operator.sub, operator.mul]))
def test_elementwise_operations_enclose(left, right, operation) -> None:
    assert holds(operation(left[0], right[0]), operation(left[1], right[1]))


@given(balls(2, 2), balls(2, 2))
def test_division_encloses(left, right) -> None:
    quotient = left[0] / right[0]
    for i in np.ndindex(2, 2):
        if right[1][i] != 0 and math.isfinite(quotient.rad[i]):
            assert quotient.interval(*i).contains(left[1][i] / right[1][i])


@given(balls(2, 5), balls(5, 3))
def test_matrix_products_enclose(left, right) -> None:
    assert holds(left[0] @ right[0], left[1] @ right[1])


@given(balls(3, 4), st.sampled_from([None, 0, 1]))
def test_sums_enclose(case, axis: int | None) -> None:
    ball, member = case
    total = np.asarray(member.sum(axis=axis), dtype=object)
    assert holds(ball.sum(axis=axis), total)


@given(balls(2, 3), st.integers(-1100, 1100))
def test_unary_operations_enclose(case, exponent: int) -> None:
    ball, member = case
    assert holds(abs(ball), abs(member))
    assert (abs(ball).lower >= 0).sum() >= (ball.lower >= 0).sum()
    assert holds(-ball, -member)
    assert holds(ball.T, member.T)
    assert holds(ball.ldexp(exponent), member * Fraction(2) ** exponent)
    assert ball.max_enclosure().contains(member.max())
    assert ball.min_enclosure().contains(member.min())


@given(balls(2, 3))
def test_roots_and_norms_enclose(case) -> None:
    ball, member = case
    root = abs(ball).sqrt()
    for i in np.ndindex(2, 3):
        if math.isfinite(root.rad[i]):
            assert (root.interval(*i).nonnegative() ** 2).contains(abs(member[i]))
    assert (ball.norm() ** 2).contains((member**2).sum())


@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1.0, 1e100, 1e150])
def test_products_at_every_scale(scale: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3, 40)) * scale
    gram = BallArray.exact(x) @ x.T
    exact = [
        [sum(Fraction(a) * Fraction(b) for a, b in zip(r, s, strict=True)) for s in x] for r in x
    ]
    assert holds(gram, np.array(exact, dtype=object))
    assert np.isfinite(gram.rad).all()
    norm = BallArray.exact(x).norm()
    assert (norm**2).contains(sum(exact[i][i] for i in range(3)))
    assert norm.width <= 1e-12 * norm.lower


def test_norm_of_entries_whose_squares_underflow() -> None:
    norm = BallArray.exact(np.array([3e-200, 4e-200])).norm()
    assert norm.lower == pytest.approx(5e-200, rel=1e-14)
    assert BallArray.exact(np.zeros(3)).norm().upper == 0


def test_underflow_of_every_product_is_covered() -> None:
    left = BallArray.exact(np.full((1, 60), 2.0**-540))
    product = left @ np.full((60, 1), 2.0**-535)
    assert product.mid[0, 0] == 0
    assert product.interval(0, 0).contains(60 * Fraction(2) ** -1075)


def test_cancellation_is_covered_not_hidden() -> None:
    left = BallArray.exact(np.array([[1e16, 1.0, -1e16]]))
    product = left @ np.ones((3, 1))
    assert product.lower[0, 0] <= 1 <= product.upper[0, 0]


def test_any_order_of_summation_is_covered() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 5000)) * np.exp(8 * rng.standard_normal((2, 5000)))
    product = BallArray.exact(x) @ x.T
    exact = sum(Fraction(a) * Fraction(b) for a, b in zip(x[0], x[1], strict=True))
    assert product.interval(0, 1).contains(exact)
    for order in (np.arange(5000), rng.permutation(5000)):
        running = 0.0
        for value in (x[0] * x[1])[order]:
            running += value
        assert product.interval(0, 1).contains(running)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_lost_values_become_the_whole_line(value: float) -> None:
    ball = BallArray.exact(np.array([value, 1.0]))
    assert ball.rad[0] == math.inf
    assert ball.mid[0] == 0
    for result in (ball + 1, ball * 2, ball - ball, ball / 3, abs(ball), ball.sqrt(), ball.sum()):
        assert result.rad.reshape(-1)[0] == math.inf
    assert ball.norm().upper == math.inf
    assert (ball @ np.ones(2)).rad == math.inf


def test_overflow_becomes_the_whole_line() -> None:
    huge = BallArray.exact(np.array([1e200, 1e308]))
    assert (huge * huge).rad.tolist() == [math.inf, math.inf]
    assert (huge + huge).rad[1] == math.inf
    assert (huge @ huge).rad == math.inf
    assert (huge @ BallArray.exact(np.array([1e200, -1e308]))).rad == math.inf
    assert huge.ldexp(500).rad[0] == math.inf


def test_exact_operations_stay_exact() -> None:
    pixels = BallArray.exact(np.array([3, 0, 16]))
    assert not (pixels + pixels).rad.any()
    assert not (pixels * np.array([1, -1, 1])).rad.any()
    assert not pixels.ldexp(-4).rad.any()
    assert pixels.interval(2).width == 0


def test_mixing_with_intervals_and_arrays() -> None:
    ball = BallArray.exact(np.array([1.0, 2.0]))
    third = Interval.exact(Fraction(1, 3))
    for result in (ball * third, third * ball, np.array([1.0, 2.0]) * (ball * third) / ball):
        assert result.interval(0).contains(Fraction(1, 3))
    assert (1 - ball).mid.tolist() == [0, -1]
    assert (1 / ball).interval(1).contains(Fraction(1, 2))
    assert (np.eye(2) @ ball).interval(1).contains(2)
    assert BallArray.exact(np.eye(2)).diagonal().mid.tolist() == [1, 1]
    assert len(ball[:1]) == 1


def test_division_by_a_ball_around_zero_knows_nothing() -> None:
    divisor = BallArray(np.array([1.0, 1.0]), np.array([1.0, 0.5]))
    assert (1 / divisor).rad[0] == math.inf
    assert (1 / divisor).interval(1).contains(2)
    assert (BallArray.exact(0.0) / BallArray.exact(0.0)).rad == math.inf


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        BallArray(np.zeros(2), np.array([0, -1.0]))
    with pytest.raises(ValueError, match="shape"):
        BallArray(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="2\\^53"):
        BallArray.exact(np.array([2**53 + 2]))
    with pytest.raises(ValueError, match="no exact float64"):
        BallArray.exact(np.array([1j]))
    with pytest.raises(ValueError, match="above its upper"):
        BallArray.between(1.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        BallArray.exact(np.zeros(2)).mid[0] = 1
