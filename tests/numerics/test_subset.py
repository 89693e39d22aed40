"""The greedy subset is certified, maximal and of the sizes known for handwritten digits."""

from fractions import Fraction

import numpy as np
import pytest
from perturbproof.numerics.boundary.certificates import Form, row_wise
from perturbproof.numerics.boundary.gram import gram_matrix, gram_statistics
from perturbproof.numerics.boundary.multipliers import exact_multipliers
from perturbproof.numerics.boundary.subset import greedy_subset
from perturbproof.numerics.configuration import InputError
from sklearn.datasets import load_digits

FORMS: tuple[Form, ...] = ("plain", "half-aware", "signed")


def digits(first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    pixels, digit = load_digits(return_X_y=True)
    chosen = (digit == first) | (digit == second)
    x = pixels[chosen] - pixels[chosen].mean(axis=0)
    return x, np.where(digit[chosen] == second, 1, -1).astype(np.int8)


@pytest.mark.parametrize(
    ("pair", "slope", "sizes"),
    [
        ((0, 1), "0.9", (4, 4, 6)),
        ((3, 8), "0.9", (6, 6, 9)),
        ((0, 1), "0.5", (4, 4, 6)),
        ((3, 8), "0.5", (5, 5, 8)),
    ],
)
def test_sizes_on_handwritten_digits(pair, slope: str, sizes: tuple[int, int, int]) -> None:
    x, y = digits(*pair)
    gram = gram_matrix(x)
    found = tuple(len(greedy_subset(gram, y, Fraction(slope), form=form)) for form in FORMS)
    assert found == sizes


@pytest.mark.parametrize("form", FORMS)
def test_result_is_certified_and_maximal(form: Form) -> None:
    x, y = digits(3, 8)
    x, y = x[:80], y[:80]
    gram, slope = gram_matrix(x), Fraction(9, 10)
    subset = greedy_subset(gram, y, slope, form=form)
    assert set(y[subset]) == {-1, 1}
    assert (np.diff(subset) > 0).all()
    part, part_labels = gram_statistics(x[subset]), y[subset]
    assert row_wise(part.gram, slope, form=form, labels=part_labels).certified is True
    assert exact_multipliers(part, part_labels, slope).consistent is True
    for extra in np.setdiff1d(np.arange(80), subset):
        larger = np.append(subset, extra)
        wider = row_wise(gram[np.ix_(larger, larger)], slope, form=form, labels=y[larger])
        assert wider.certified is not True


def test_deterministic_and_better_with_more_starts() -> None:
    x, y = digits(0, 1)
    gram, slope = gram_matrix(x), Fraction(1, 2)
    one, again = (greedy_subset(gram, y, slope, starts=1) for _ in range(2))
    assert np.array_equal(one, again)
    assert len(greedy_subset(gram, y, slope, starts=32)) >= len(one)


def test_all_of_an_orthogonal_sample_is_found() -> None:
    x = np.eye(80) * np.linspace(1, 2, 80)[:, None]
    y = np.where(np.arange(80) % 2, 1, -1).astype(np.int8)
    for form in FORMS:
        subset = greedy_subset(gram_matrix(x), y, Fraction(1, 2), form=form, starts=1)
        assert len(subset) == 80


def test_impossible_searches_are_explained() -> None:
    y = np.array([1, -1], dtype=np.int8)
    alike = gram_matrix(np.array([[1.0, 1.0], [1.0, 1.01]]))
    with pytest.raises(InputError, match="no two samples of opposite labels"):
        greedy_subset(alike, y, Fraction(1, 2))
    with pytest.raises(InputError, match="no two samples of opposite labels"):
        greedy_subset(gram_matrix(np.eye(2)), np.ones(2, dtype=np.int8), Fraction(1, 2))
    with pytest.raises(InputError, match="starts is 0"):
        greedy_subset(gram_matrix(np.eye(2)), y, Fraction(1, 2), starts=0)
