"""Exact multipliers against rational solves, an explicit network and an independent solver."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.multipliers import (
    exact_multipliers,
    limit_weights,
    linear_normal,
)
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.enclose.linear_algebra import verified_solve
from perturbproof.theory.exact.interval import Interval
from scipy.optimize import nnls

SLOPES = [Fraction(1, 100), Fraction(1, 10), Fraction(1, 2), Fraction(9, 10), Fraction(1)]


def labels(size: int) -> np.ndarray:
    return np.where(np.arange(size) % 2, 1, -1).astype(np.int8)


def nearly_orthogonal(size: int, dimension: int) -> np.ndarray:
    """Samples of different norms whose pattern is the theorem's at every slope in SLOPES."""
    rng = np.random.default_rng(size)
    basis = np.linalg.qr(rng.standard_normal((dimension, size)))[0].T
    return basis * rng.uniform(1, 1.5, (size, 1)) + 1e-5 * rng.standard_normal((size, dimension))


def rational_solve(matrix: list[list[Fraction]], rhs: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan elimination in exact arithmetic; None when singular."""
    rows = [[*row, b] for row, b in zip(matrix, rhs, strict=True)]
    for i in range(len(rows)):
        pivot = next((r for r in range(i, len(rows)) if rows[r][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(len(rows)):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]


def rational_multipliers(x: np.ndarray, y: np.ndarray, slope: Fraction) -> list[Fraction] | None:
    rows = [[Fraction(value) for value in row] for row in x.tolist()]
    matrix = [
        [
            Fraction(int(y[n] * y[k]))
            * (1 + slope**2 if y[n] == y[k] else 2 * slope)
            / 2
            * sum(a * b for a, b in zip(rows[n], rows[k], strict=True))
            for k in range(len(x))
        ]
        for n in range(len(x))
    ]
    return rational_solve(matrix, [Fraction(1)] * len(x))


@given(
    st.integers(0, 10**6),
    st.integers(2, 5),
    st.sampled_from(SLOPES),
    st.sampled_from([1e-150, 1e-9, 1.0, 1e9, 1e150]),
)
def test_enclosure_contains_the_rational_solution(seed, size, slope, scale) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((size, 6)) * scale * 10.0 ** rng.integers(-3, 4, (size, 1))
    y = labels(size)
    result = exact_multipliers(gram_statistics(x), y, slope)
    expected = rational_multipliers(x, y, slope)
    assert result.solved
    assert result.lam is not None
    assert expected is not None
    for n in range(size):
        assert result.lam.interval(n).contains(expected[n])


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("size", [2, 7, 64])
def test_explicit_network_has_tight_margins_and_the_pattern(slope: Fraction, size: int) -> None:
    x = nearly_orthogonal(size, 300)
    y, width = labels(size), 4
    statistics = gram_statistics(x)
    result = exact_multipliers(statistics, y, slope)
    assert result.lam is not None
    assert result.activation_margins is not None
    assert result.linear_margins is not None
    rows = limit_weights(x, result.lam, y, slope, width)
    weights = np.repeat(rows.mid, width // 2, axis=0)
    outer = np.repeat([1, -1], width // 2) / np.sqrt(width)
    inner = x @ weights.T
    outputs = np.maximum(inner, float(slope) * inner) @ outer
    np.testing.assert_allclose(y * outputs, 1, rtol=1e-9)

    # m y_n a_j <w_j, x_n>, the smaller of the two halves
    explicit = (width * y[:, None] * outer * inner).min(axis=1)
    np.testing.assert_allclose(result.activation_margins.mid, explicit, rtol=1e-9)
    assert result.consistent is True
    assert ((y[:, None] * outer * inner) > 0).all()

    normal = linear_normal(x, result.lam, y)
    np.testing.assert_allclose(result.linear_margins.mid, y * (x @ normal.mid), rtol=1e-9)
    difference = (rows[0] - rows[1]).norm() * Interval.exact(width).sqrt()
    assert difference.intersects(normal.norm() * (1 + slope))


@pytest.mark.parametrize("slope", SLOPES)
def test_stationarity_of_the_limit_network(slope: Fraction) -> None:
    """w_j = a_j sum lambda_n y_n s_jn x_n with s the slope that w_j itself has at x_n."""
    x = nearly_orthogonal(6, 100)
    y = labels(6)
    lam = exact_multipliers(gram_statistics(x), y, slope).lam
    assert lam is not None
    rows = limit_weights(x, lam, y, slope, 2).mid
    for row, a in zip(rows, (1 / np.sqrt(2), -1 / np.sqrt(2)), strict=True):
        s = np.where(x @ row > 0, 1.0, float(slope))
        np.testing.assert_allclose(row, a * (lam.mid * y * s) @ x, rtol=1e-9, atol=1e-12)


def test_multipliers_solve_the_dual_of_the_margin_problem() -> None:
    """min |F' lam|^2/2 - sum lam over lam >= 0 by Lawson-Hanson, with explicit features F."""
    x = np.random.default_rng(8).standard_normal((10, 400))
    y, gamma = labels(10), 0.5
    own, other = np.where(y == 1, 1, gamma), np.where(y == -1, 1, gamma)
    features = np.hstack([(y * own)[:, None] * x, -(y * other)[:, None] * x]) / np.sqrt(2)
    # The least-norm W with F W >= 1 as a least-distance problem (Lawson and Hanson, ch. 23).
    system = np.vstack([features.T, np.ones(10)])
    target = np.append(np.zeros(800), 1.0)
    dual, _ = nnls(system, target)
    multipliers = dual / (1 - dual.sum())
    result = exact_multipliers(gram_statistics(x), y, Fraction(1, 2))
    assert result.lam is not None
    np.testing.assert_allclose(result.lam.mid, multipliers, rtol=1e-8)


def test_orthogonal_data_have_the_textbook_solution() -> None:
    result = exact_multipliers(gram_statistics(2 * np.eye(4)), labels(4), Fraction(1, 2))
    assert result.lam is not None
    assert result.activation_margins is not None
    for n in range(4):
        assert result.lam.interval(n).contains(Fraction(2, 5))
        assert result.activation_margins.interval(n).contains(Fraction(4, 5))


def test_the_counterexample_to_the_constant_two() -> None:
    """gamma = 1, all labels +1, inner products -.12: lambda = 1/(1 - .36) > 3/2."""
    gram = np.full((4, 4), -0.12) + 1.12 * np.eye(4)
    x = np.linalg.cholesky(gram)
    result = exact_multipliers(gram_statistics(x), np.ones(4, dtype=np.int8), Fraction(1))
    assert result.lam is not None
    assert result.lam.lower.min() > 1.5
    assert result.lam.mid == pytest.approx(1.5625)


def test_inconsistent_candidates_are_recognised() -> None:
    x = np.array([[1.0, 0.0], [0.9, 0.1]])
    assert exact_multipliers(gram_statistics(x), labels(2), Fraction(1, 2)).consistent is False
    # own margin lambda (1 - gamma) and other margin lambda (gamma - 1): equal samples, two labels
    same = np.array([[1.0, 0.0], [1.0, 0.0]])
    result = exact_multipliers(gram_statistics(same), labels(2), Fraction(1, 2))
    assert result.solved
    assert result.consistent is False


def test_singular_matrices_are_explained() -> None:
    repeated = gram_statistics(np.eye(5)[[0, 1, 2, 1, 0]])
    y = np.array([1, -1, 1, -1, 1], dtype=np.int8)
    result = exact_multipliers(repeated, y, Fraction(1, 2))
    assert not result.solved
    assert result.consistent is None
    assert "row 3 repeats 1, 4 repeats 0" in result.reason
    crowded = gram_statistics(np.random.default_rng(0).standard_normal((7, 2)))
    reason = exact_multipliers(crowded, labels(7), Fraction(1, 2)).reason
    assert "4 samples of class -1 in 2 dimensions" in reason
    assert "7 samples in 2" in exact_multipliers(crowded, labels(7), Fraction(1)).reason


def test_dependent_samples_are_never_certified() -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(-4, 5, (5, 8)).astype(float)
    x[4] = x[0] + x[2]
    y = np.array([1, -1, 1, -1, 1], dtype=np.int8)
    result = exact_multipliers(gram_statistics(x), y, Fraction(1, 2))
    assert not result.solved
    assert "not certified" in result.reason


def test_arb_takes_over_where_float64_cannot_certify() -> None:
    x = np.eye(4, 6)
    x[2] = x[0]
    x[2, 4] = 2.0**-27
    y = labels(4)
    statistics = gram_statistics(x + 1e-3 * np.ones(6))
    result = exact_multipliers(statistics, y, Fraction(1, 2))
    assert result.lam is not None
    expected = rational_multipliers(statistics.x, y, Fraction(1, 2))
    assert expected is not None
    for n in range(4):
        assert result.lam.interval(n).contains(expected[n])
    fine = exact_multipliers(gram_statistics(statistics.x, precise=True), y, Fraction(1, 2))
    assert fine.lam is not None
    assert fine.lam.rad.max() <= result.lam.rad.max()


def test_verified_solve_covers_every_matrix_in_the_ball() -> None:
    rng = np.random.default_rng(0)
    mid = 3 * np.eye(4) + 0.3 * rng.standard_normal((4, 4))
    rad = np.full((4, 4), 1e-3)
    solution = verified_solve(BallArray(mid, rad), BallArray.exact(np.ones(4)))
    assert solution is not None
    for _ in range(50):
        member = np.linalg.solve(mid + rad * rng.uniform(-1, 1, (4, 4)), np.ones(4))
        assert (abs(member - solution.mid) <= solution.rad).all()
    scalar = verified_solve(BallArray(np.eye(1), np.full((1, 1), 0.5)), BallArray.exact([1.0]))
    assert scalar is not None
    assert scalar.interval(0).contains(2)
    assert scalar.interval(0).contains(Fraction(2, 3))
    wide = BallArray(np.eye(2), np.full((2, 2), 0.6))
    assert verified_solve(wide, BallArray.exact(np.ones(2))) is None
    assert verified_solve(BallArray.exact(np.ones((2, 2))), BallArray.exact(np.ones(2))) is None
    assert verified_solve(BallArray.exact(np.zeros((2, 2))), BallArray.exact(np.ones(2))) is None


def test_bad_arguments_are_refused() -> None:
    statistics = gram_statistics(np.eye(2))
    y = labels(2)
    lam = BallArray.exact(np.ones(2))
    for slope in (Fraction(0), Fraction(-1, 2), Fraction(3, 2)):
        with pytest.raises(InputError, match="slope"):
            exact_multipliers(statistics, y, slope)
    with pytest.raises(InputError, match="labels"):
        exact_multipliers(statistics, np.array([0, 1], dtype=np.int8), Fraction(1))
    for width in (0, 3):
        with pytest.raises(InputError, match="even"):
            limit_weights(np.eye(2), lam, y, Fraction(1), width)
