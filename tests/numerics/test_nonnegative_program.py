"""The margin program at scale, against the certain solver and SciPy."""

from dataclasses import asdict
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.margin_program import linear_kkt_point
from perturbproof.numerics.paper_scale.perturbed_noise import (
    MarginProduct,
    margin_matrix,
    unchanged,
)
from perturbproof.numerics.paper_scale.program import solve_margin_program
from perturbproof.numerics.paper_scale.projected_gradients import ClassMetric, kkt_violation
from scipy.optimize import nnls


def told(*arguments, **options) -> SimpleNamespace:
    """The multipliers, and how well they were found, in one."""
    multipliers, solved = solve_margin_program(*arguments, **options)
    return SimpleNamespace(multipliers=multipliers, **asdict(solved))


def solved(x: np.ndarray, y: np.ndarray, slope: float, **options):
    gram = torch.tensor(x @ x.T, dtype=torch.float32)
    labels = torch.tensor(y, dtype=torch.float32)
    product = MarginProduct(unchanged(gram), labels, slope, margin_matrix(gram, labels, slope))
    diagonal = float(gram.diagonal().mean()) * (1 + slope**2) / 2
    return told(product, labels, diagonal, **options)


def sample(seed: int, n: int, d: int, spike: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, (n, d)), np.where(rng.random(n) < 0.5, 1.0, -1.0)
    return x + spike * y[:, None] * rng.standard_normal(d), y


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10_000),
    st.integers(2, 40),
    st.integers(30, 60),
    st.sampled_from([0.01, 0.3, 1.0]),
    st.sampled_from([0.0, 0.5]),
)
def test_multipliers_are_those_of_the_certain_solver(seed, n, d, slope, spike) -> None:
    x, y = sample(seed, n, d, spike)
    exact = linear_kkt_point(gram_statistics(x), y.astype(np.int8), Fraction(slope))
    if exact.lam is None:
        return
    found = solved(x, y, slope)
    assert found.bounded
    assert found.violation <= 1e-3
    largest = np.abs(exact.lam.mid).max()
    assert np.abs(found.multipliers.numpy() - exact.lam.mid).max() <= 5e-3 * largest
    if found.method == "linear solve":
        assert (found.multipliers > 0).all()


def zeros(found: SimpleNamespace) -> int:
    return int((found.multipliers == 0).sum())


@pytest.mark.parametrize(("n", "d", "spike"), [(150, 90, 0.0), (200, 200, 0.0), (200, 200, 0.3)])
def test_agrees_with_nonnegative_least_squares(n: int, d: int, spike: float) -> None:
    x, y = sample(1, n, d, spike)
    gram = torch.tensor(x @ x.T)
    matrix = margin_matrix(gram, torch.tensor(y), 0.01).numpy()
    root = np.linalg.cholesky(matrix + 1e-10 * np.trace(matrix) / n * np.eye(n))
    expected, _ = nnls(root.T, np.linalg.solve(root, np.ones(n)))
    found = solved(x, y, 0.01)
    assert found.method == "quadratic program"
    assert zeros(found) > 0
    np.testing.assert_allclose(found.multipliers, expected, atol=3e-3 * expected.max())
    margins = torch.tensor(matrix) @ found.multipliers
    assert kkt_violation(found.multipliers, margins) <= 1e-3
    assert found.violation == pytest.approx(kkt_violation(found.multipliers, margins), abs=1e-3)


def test_margins_that_cannot_be_met_are_noticed() -> None:
    x, y = sample(3, 300, 10)
    found = solved(x, y, 0.01)
    assert not found.bounded
    assert found.violation > 0.1


def test_a_solve_that_runs_out_of_products_says_how_far_it_got() -> None:
    x, y = sample(4, 200, 110)
    short = solved(x, y, 0.01, most=210)
    assert short.violation > 1e-3
    assert solved(x, y, 0.01).violation <= 1e-3


def test_one_class_and_equal_results_twice() -> None:
    x, _ = sample(5, 40, 60)
    first, second = (solved(x, np.ones(40), 0.01) for _ in range(2))
    assert torch.equal(first.multipliers, second.multipliers)
    assert first.violation <= 1e-3


def exactly(x: np.ndarray, y: np.ndarray, slope: float, tolerance: float = 1e-9, most: int = 3000):
    """The solution by products in float64, and A."""
    labels = torch.tensor(y)
    matrix = margin_matrix(torch.tensor(x @ x.T), labels, slope)
    diagonal = float(matrix.diagonal().mean())
    return told(matrix.mv, labels, diagonal, tolerance=tolerance, most=most), matrix


def by_least_squares(matrix: torch.Tensor) -> np.ndarray:
    """The minimiser by SciPy: ½ lᵀ A l - 1ᵀ l is ½ ‖Lᵀ l - L^-1 1‖² up to a constant, A = L Lᵀ."""
    root = np.linalg.cholesky(matrix.numpy())
    return nnls(root.T, np.linalg.solve(root, np.ones(len(root))))[0]


@given(
    st.integers(0, 10_000),
    st.integers(2, 60),
    st.floats(1.2, 6),
    st.sampled_from([0.01, 0.3, 1.0]),
    st.sampled_from([0.0, 0.05, 0.5, 5.0]),
    st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_agrees_with_nnls_to_rounding(seed, n, ratio, slope, spike, scale) -> None:
    x, y = sample(seed, n, int(ratio * n) + 1, spike)
    found, matrix = exactly(scale * x, y, slope)
    assert found.bounded
    assert found.violation <= 1e-9
    expected = by_least_squares(matrix)
    np.testing.assert_allclose(found.multipliers, expected, atol=1e-6 * expected.max())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(4, 30), st.integers(2, 8), st.floats(0.5, 3))
def test_dependent_samples_with_a_margin(seed, n, d, shift) -> None:
    """A is singular, the margins can be met, and lambda is not unique."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    x = rng.uniform(-1, 1, (n, d))
    x[:, 0] = shift * y * rng.uniform(1, 2, n)
    found, matrix = exactly(x, y, 0.3, tolerance=1e-7)
    assert found.bounded
    assert found.violation <= 1e-7
    assert kkt_violation(found.multipliers, matrix @ found.multipliers) <= 1e-7


@pytest.mark.parametrize(
    ("n", "d", "slope", "spike", "most"),
    [
        (1000, 1500, 0.5, 0.0, 120),  # many zeros, well conditioned
        (600, 3000, 0.01, 1.0, 90),  # one large eigenvalue, nearly all zero
        (600, 600, 0.01, 0.3, 150),
    ],
)
def test_few_products(n: int, d: int, slope: float, spike: float, most: int) -> None:
    x, y = sample(6, n, d, spike)
    found, _ = exactly(x, y, slope)
    assert found.violation <= 1e-9
    assert zeros(found) > n // 20
    assert found.products <= most


def test_float32_products_end_where_rounding_lets_them() -> None:
    """A tolerance below the rounding of the products is not reached, and the best is returned."""
    x, y = sample(7, 120, 120, 0.3)
    found = solved(x, y, 0.01, tolerance=1e-12)
    assert found.bounded
    assert 1e-12 < found.violation <= 1e-4
    assert found.products < 3000
    expected, _ = exactly(x, y, 0.01)
    largest = float(expected.multipliers.max())
    np.testing.assert_allclose(found.multipliers, expected.multipliers, atol=1e-3 * largest)


def test_float64_products_go_on_where_rounding_ended_it() -> None:
    x, y = sample(7, 120, 120, 0.3)
    asked: list[int] = []

    def precise() -> MarginProduct:
        asked.append(1)
        return MarginProduct(unchanged(torch.tensor(x @ x.T)), torch.tensor(y), 0.01)

    found = solved(x, y, 0.01, tolerance=1e-12, precise=precise)
    assert asked == [1]
    assert found.violation <= 1e-12
    expected, _ = exactly(x, y, 0.01)
    largest = float(expected.multipliers.max())
    np.testing.assert_allclose(found.multipliers, expected.multipliers, atol=1e-9 * largest)
    asked.clear()
    solved(x, y, 0.01, tolerance=1e-4, precise=precise)
    assert asked == []


@pytest.mark.parametrize("gap", [1e-1, 1e-2, 2e-3, 0.0])
def test_only_what_has_no_solution_is_called_unbounded(gap: float) -> None:
    matrix = torch.zeros(4, 4, dtype=torch.float64)
    matrix[:2, :2] = torch.tensor([[1, gap - 1], [gap - 1, 1]], dtype=torch.float64)
    # Here A lambda = 1 has a negative entry.
    matrix[2:, 2:] = torch.tensor([[1.0, 2.0], [2.0, 5.0]])
    labels = torch.tensor([1.0, 1, -1, -1], dtype=torch.float64)
    found = told(matrix.mv, labels, 2.0, tolerance=1e-9)
    assert found.bounded is (gap > 0)
    if gap > 0:
        np.testing.assert_allclose(found.multipliers, [1 / gap, 1 / gap, 1, 0], rtol=1e-6)


def test_metric_lies_above_the_matrix_and_is_inverted_on_faces() -> None:
    x, y = sample(8, 80, 100, 0.5)
    matrix = margin_matrix(torch.tensor(x @ x.T), torch.tensor(y), 0.1)
    metric = ClassMetric.of(matrix.mv, torch.tensor(y))
    indicators = metric.indicators
    whole = metric.c * torch.eye(80, dtype=torch.float64) + indicators @ metric.extra @ indicators.T
    assert float(torch.linalg.eigvalsh(whole - matrix).amin()) > 0
    rng = np.random.default_rng(0)
    inside = torch.tensor(rng.random(80) < 0.4)
    vector = torch.tensor(rng.standard_normal(80)) * inside
    inverse = metric.inverse_on(inside.double(), vector)
    assert not inverse[~inside].any()
    np.testing.assert_allclose((whole @ inverse)[inside], vector[inside], atol=1e-12)
    point, gradient = torch.tensor(rng.random(80)), torch.tensor(rng.standard_normal(80) * 30)
    nearest = metric.proximal(point, gradient)
    margins = gradient + whole @ (nearest - point)
    assert (nearest >= 0).all()
    assert (nearest == 0).any()
    np.testing.assert_allclose(margins[nearest > 0], 0, atol=1e-9)
    assert (margins[nearest == 0] >= -1e-9).all()
