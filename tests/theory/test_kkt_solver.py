"""The exact KKT solver against the definition of a network and against numeric solvers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from perturbproof.theory.refute.kkt_points import (
    KINK,
    KktPoint,
    Matrix,
    coefficients,
    gram_matrix,
    is_positive_semidefinite,
    kkt_points,
    linear_pattern,
    recheck,
)
from scipy.optimize import nnls

SLOPES = (Fraction(1), Fraction(1, 2), Fraction(1, 10))


def linear_points(gram: Matrix, labels: tuple[int, ...], slope: Fraction) -> tuple[KktPoint, ...]:
    """The KKT points with the linear pattern, one per support; with every lambda > 0 first."""
    return tuple(kkt_points(gram, labels, slope, only=(linear_pattern(labels),)))


def random_rows(rng: np.random.Generator, n: int, d: int, coherence: int) -> tuple:
    """Integer vectors: 10 times the identity plus noise of the given size."""
    noise = rng.integers(-coherence, coherence + 1, (n, d))
    rows = 10 * np.eye(n, d, dtype=int) + noise
    return tuple(tuple(map(int, row)) for row in rows)


def network_conditions(point: KktPoint, rows: tuple, labels: tuple, slope: Fraction) -> None:
    """Feasibility, slackness and stationarity of the network with two neurons per half."""
    x, y, g = np.array(rows, float), np.array(labels), float(slope)
    lam = np.array([float(v) for v in point.multipliers])
    m = 4
    a = np.array([1, 1, -1, -1]) / np.sqrt(m)
    s = np.array([[float(v) for v in point.slopes[j // 2]] for j in range(m)])
    w = np.array([a[j] * (lam * y * s[j]) @ x for j in range(m)])
    pre = w @ x.T
    scale = np.abs(w) @ np.abs(x.T) + 1
    # The slopes used must be subgradients of phi at the preactivations that result.
    zero = np.abs(pre) < 1e-12 * scale
    assert np.all(np.where(zero, (s >= g) & (s <= 1), s == np.where(pre > 0, 1, g)))
    output = a @ np.maximum(pre, g * pre)
    margins = y * output
    assert np.all(margins >= 1 - 1e-9)
    assert np.allclose(lam * (margins - 1), 0, atol=1e-9)
    assert np.allclose(margins, [float(v) for v in point.margins], atol=1e-9)
    t = m * y * a[:, None] * pre
    expected = [[float(v) for v in point.preactivations[j // 2]] for j in range(m)]
    assert np.allclose(t, expected, atol=1e-9)
    assert np.isclose(t.min(), float(point.activation_margin), atol=1e-9)


@pytest.mark.parametrize("slope", SLOPES, ids=str)
@pytest.mark.parametrize("n", [2, 3])
def test_points_are_kkt_points_of_a_real_network(slope: Fraction, n: int) -> None:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(20):
        rows = random_rows(rng, n, n + 1, 6)
        labels = tuple(int(v) for v in rng.choice([-1, 1], n))
        gram = gram_matrix(rows)
        for point in kkt_points(gram, labels, slope, changes=2):
            assert recheck(point, gram, labels, slope)
            network_conditions(point, rows, labels, slope)
            found += 1
    print(f"{found} KKT points")
    assert found >= 5


@pytest.mark.parametrize("slope", SLOPES, ids=str)
def test_linear_pattern_solves_the_quadratic_program(slope: Fraction) -> None:
    """min ½ λᵀAλ - 1ᵀλ over λ >= 0 by SciPy's non-negative least squares."""
    rng = np.random.default_rng(11)
    compared = 0
    for _ in range(150):
        n = int(rng.integers(2, 5))
        rows = random_rows(rng, n, n + 2, int(rng.integers(1, 9)))
        labels = tuple(int(v) for v in rng.choice([-1, 1], n))
        gram = gram_matrix(rows)
        matrix = np.array(coefficients(gram, labels, slope), float)
        factor = np.linalg.cholesky(matrix).T
        numeric, _ = nnls(factor, np.linalg.solve(factor.T, np.ones(n)))
        points = linear_points(gram, labels, slope)
        assert len(points) <= 1  # A is positive definite: the program has one solution
        for point in points:
            exact = [float(v) for v in point.multipliers]
            assert np.allclose(exact, numeric, rtol=1e-8, atol=1e-12)
            compared += 1
        if slope == 1:
            assert points  # a linear network always has its maximum-margin point
    print(f"{compared} of 150 instances have a point with the linear pattern")
    assert compared >= 30


def test_samples_without_multiplier_keep_their_margin() -> None:
    rows = ((1, 0), (3, 1))
    (point,) = linear_points(gram_matrix(rows), (1, 1), Fraction(1))
    assert point.multipliers == (1, 0)
    assert point.margins == (1, 3)
    assert point.activation_margin == 1


def test_coherent_pair_sits_at_the_kink() -> None:
    """The linear pattern breaks at <x_1, x_2> = gamma for opposite labels; a kink replaces it."""
    gram, labels, slope = gram_matrix(((1, 0), (0, 1))), (1, -1), Fraction(1, 10)
    assert linear_points(gram, labels, slope)
    gram = ((Fraction(1), Fraction(1, 7)), (Fraction(1, 7), Fraction(1)))
    assert not linear_points(gram, labels, slope)
    point = next(kkt_points(gram, labels, slope))
    assert KINK in (*point.states[0], *point.states[1])
    assert point.activation_margin == 0
    assert recheck(point, gram, labels, slope)


def test_recheck_refuses_what_is_not_a_kkt_point() -> None:
    gram, labels, slope = gram_matrix(((2, 0), (0, 1))), (1, -1), Fraction(1, 2)
    (point,) = linear_points(gram, labels, slope)
    assert recheck(point, gram, labels, slope)
    larger = tuple(2 * v for v in point.multipliers)
    negative = (-point.multipliers[0], point.multipliers[1])
    flat = ((Fraction(1, 2),) * 2, (Fraction(1, 2),) * 2)
    for wrong in (
        replace(point, multipliers=larger),
        replace(point, multipliers=negative),
        replace(point, slopes=flat),
        replace(point, margins=(Fraction(2), Fraction(1))),
        replace(point, preactivations=(point.preactivations[1], point.preactivations[0])),
    ):
        assert not recheck(wrong, gram, labels, slope)


def test_multipliers_of_the_notes() -> None:
    gram = tuple(
        tuple(Fraction(1) if i == k else Fraction(-12, 100) for k in range(4)) for i in range(4)
    )
    assert linear_points(gram, (1,) * 4, Fraction(1))[0].multipliers == (Fraction(25, 16),) * 4
    # Two equal samples: with both the system is singular, and either alone carries the margin.
    alone = linear_points(((Fraction(1),) * 2,) * 2, (1, 1), Fraction(1))
    assert [point.multipliers for point in alone] == [(1, 0), (0, 1)]


def test_semidefinite_agrees_with_eigenvalues() -> None:
    rng = np.random.default_rng(3)
    outcomes = set()
    for _ in range(200):
        n = int(rng.integers(1, 5))
        b = rng.integers(-3, 4, (n, n))
        matrix = b @ b.T - int(rng.integers(0, 3)) * np.eye(n, dtype=int)
        exact = tuple(tuple(Fraction(int(v)) for v in row) for row in matrix)
        smallest = np.linalg.eigvalsh(matrix.astype(float)).min()
        if abs(smallest) > 1e-9:
            assert is_positive_semidefinite(exact) == (smallest > 0)
            outcomes.add(bool(smallest > 0))
    assert outcomes == {True, False}
    assert is_positive_semidefinite(((Fraction(1), Fraction(1)), (Fraction(1), Fraction(1))))
    assert not is_positive_semidefinite(((Fraction(0), Fraction(1)), (Fraction(1), Fraction(1))))
    with pytest.raises(ValueError, match="symmetric"):
        is_positive_semidefinite(((Fraction(1), Fraction(1)), (Fraction(0), Fraction(1))))


def test_linear_pattern_names_the_own_half() -> None:
    assert linear_pattern((1, -1)) == ((1, -1), (-1, 1))
