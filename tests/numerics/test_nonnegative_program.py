"""The margin program at scale, against the certain solver and SciPy."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.gram import gram_statistics
from perturbproof.numerics.margin_program import linear_kkt_point
from perturbproof.numerics.nonnegative_program import kkt_violation, solve_margin_program
from perturbproof.numerics.perturbed_gram import MarginProduct, margin_matrix, unchanged
from scipy.optimize import nnls


def solved(x: np.ndarray, y: np.ndarray, slope: float, **options):
    gram = torch.tensor(x @ x.T, dtype=torch.float32)
    labels = torch.tensor(y, dtype=torch.float32)
    product = MarginProduct(unchanged(gram), labels, slope, margin_matrix(gram, labels, slope))
    diagonal = float(gram.diagonal().mean()) * (1 + slope**2) / 2
    return solve_margin_program(product, labels, diagonal, **options)


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
        assert found.negative == 0
        assert found.zeros == 0


@pytest.mark.parametrize(("n", "d", "spike"), [(150, 90, 0.0), (200, 200, 0.0), (200, 200, 0.3)])
def test_agrees_with_nonnegative_least_squares(n: int, d: int, spike: float) -> None:
    x, y = sample(1, n, d, spike)
    gram = torch.tensor(x @ x.T)
    matrix = margin_matrix(gram, torch.tensor(y), 0.01).numpy()
    root = np.linalg.cholesky(matrix + 1e-10 * np.trace(matrix) / n * np.eye(n))
    expected, _ = nnls(root.T, np.linalg.solve(root, np.ones(n)))
    found = solved(x, y, 0.01)
    assert found.method == "quadratic program"
    assert found.zeros > 0
    np.testing.assert_allclose(found.multipliers, expected, atol=3e-3 * expected.max())
    margins = torch.tensor(matrix) @ found.multipliers
    assert kkt_violation(found.multipliers, margins) <= 1e-3
    assert found.least_margin == pytest.approx(float(margins.min()), abs=1e-3)
    assert found.slackness <= 1e-3


def test_negative_multipliers_of_the_linear_solve_are_counted() -> None:
    x, y = sample(2, 120, 120)
    labels, gram = torch.tensor(y), torch.tensor(x @ x.T)
    alone = np.linalg.solve(margin_matrix(gram, labels, 0.01).numpy(), np.ones(120))
    found = solved(x, y, 0.01)
    assert found.negative == int((alone <= 0).sum()) > 0


def test_margins_that_cannot_be_met_are_noticed() -> None:
    x, y = sample(3, 300, 10)
    found = solved(x, y, 0.01)
    assert not found.bounded
    assert found.violation > 0.1


def test_a_solve_that_runs_out_of_products_says_how_far_it_got() -> None:
    x, y = sample(4, 200, 110)
    short = solved(x, y, 0.01, most=230)
    assert short.violation > 1e-3
    assert solved(x, y, 0.01).violation <= 1e-3


def test_one_class_and_equal_results_twice() -> None:
    x, _ = sample(5, 40, 60)
    first, second = (solved(x, np.ones(40), 0.01) for _ in range(2))
    assert torch.equal(first.multipliers, second.multipliers)
    assert first.violation <= 1e-3
