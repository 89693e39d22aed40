"""Gram statistics enclose the exact quantities of the sample, at every scale."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from perturbproof.numerics.boundary.gram import (
    duplicate_rows,
    exact_gram,
    gram_matrix,
    gram_statistics,
)
from perturbproof.numerics.configuration import InputError
from sklearn.datasets import load_digits

entries = st.one_of(
    st.floats(-1e150, 1e150),
    st.floats(-2, 2),
    st.sampled_from([0.0, -0.0, 5e-324, 1e-160, 1.0, 1 + 2**-52, 3.0, 1e16, -1e16, 1e150]),
)
samples = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=entries)


def exact(x: np.ndarray) -> list[list[Fraction]]:
    rows = [[Fraction(value) for value in row] for row in x.tolist()]
    return [
        [sum((a * b for a, b in zip(n, k, strict=True)), Fraction(0)) for k in rows] for n in rows
    ]


@given(samples)
def test_statistics_enclose_rational_arithmetic(x: np.ndarray) -> None:
    gram, size = exact(x), len(x)
    statistics = gram_statistics(x)
    off = [[abs(gram[n][k]) if n != k else Fraction(0) for k in range(size)] for n in range(size)]
    for n in range(size):
        for k in range(size):
            assert statistics.gram.interval(n, k).contains(gram[n][k])
        assert statistics.row_sums.interval(n).contains(sum(off[n]))
    squares = [gram[n][n] for n in range(size)]
    assert (statistics.R_max**2).contains(max(squares))
    assert (statistics.R_min**2).contains(min(squares))
    assert statistics.p_max.contains(max(map(max, off)))


@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1e-3, 1.0, 1e100, 1e150])
def test_enclosures_stay_tight_at_every_scale(scale: float) -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (3, 50)) * scale
    statistics = gram_statistics(x)
    gram = exact(x)
    assert (statistics.R_max**2).contains(max(gram[n][n] for n in range(3)))
    assert statistics.p_max.contains(max(abs(gram[0][1]), abs(gram[0][2]), abs(gram[1][2])))
    assert statistics.R_max.width <= 1e-12 * statistics.R_max.lower
    assert np.array_equal(statistics.gram.rad, statistics.gram.rad.T)


def test_overflow_decides_nothing() -> None:
    statistics = gram_statistics(np.full((2, 3), 1e200))
    assert not statistics.R_max.is_finite
    assert not statistics.p_max.is_finite


def test_whole_pixels_multiply_without_rounding() -> None:
    pixels, digit = load_digits(return_X_y=True)
    x = pixels[digit < 2]
    for scaled in (x, x / 16, x - 8):
        assert not gram_matrix(scaled).rad.any()
    assert gram_matrix(x - x.mean(axis=0)).rad.all()
    integers = (x.astype(np.int64) @ x.T.astype(np.int64)).astype(np.float64)
    assert np.array_equal(gram_matrix(x).mid, integers)
    assert gram_statistics(x).R_max.width < 1e-30


def test_sums_too_large_for_exactness_keep_their_radius() -> None:
    assert not gram_matrix(np.array([[2.0**25, 1.0]])).rad.any()
    assert gram_matrix(np.array([[2.0**27, 1.0]])).rad.all()
    assert gram_matrix(np.array([[2.0**-540, 2.0**-541]])).rad.all()
    assert not gram_matrix(np.zeros((2, 3))).rad.any()


def test_duplicates_are_named() -> None:
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -0.0], [3.0, 4.0], [0.0, 1.0], [1.0, 0.0]])
    statistics = gram_statistics(x)
    assert statistics.duplicates == ((0, 2), (1, 4), (0, 5))
    assert statistics.size == 6
    assert duplicate_rows(np.eye(2)) == ()


def test_orthogonal_and_single_samples() -> None:
    statistics = gram_statistics(np.eye(3))
    assert statistics.p_max.upper == 0
    assert statistics.row_sums.upper.max() == 0
    single = gram_statistics(np.array([[3.0, 4.0]]))
    assert single.p_max.upper == 0
    assert single.R_min.contains(5)


def test_blocks_agree_with_one_pass() -> None:
    x = np.random.default_rng(0).standard_normal((600, 3))
    statistics = gram_statistics(x)
    off = abs(x @ x.T)
    np.fill_diagonal(off, 0)
    assert statistics.p_max.contains(off.max())
    np.testing.assert_allclose(statistics.row_sums.mid, off.sum(axis=1), rtol=1e-12)


def test_more_bits_narrow_the_enclosure() -> None:
    x = np.random.default_rng(2).uniform(-1, 1, (3, 400))
    plain, fine = gram_statistics(x), gram_statistics(x, precise=True)
    assert fine.p_max.width < plain.p_max.width / 100
    assert fine.p_max.intersects(plain.p_max)
    assert exact_gram(x, 4096)[0, 1].rad() == 0


def test_bad_samples_are_refused() -> None:
    with pytest.raises(InputError, match="row 1 of the samples holds NaN"):
        gram_statistics(np.array([[1.0], [math.nan]]))
    with pytest.raises(InputError, match="shape"):
        gram_statistics(np.zeros(3))
    with pytest.raises(InputError, match="shape"):
        gram_statistics(np.zeros((0, 3)))
    with pytest.raises(ValueError, match="read-only"):
        gram_statistics(np.eye(2)).x[0, 0] = 2
