"""Subsets that meet a condition on N, p_max and the norms, against trying every subset."""

from functools import partial
from itertools import combinations

import numpy as np
import pytest
from perturbproof.numerics.boundary.subset import (
    RandomSizes,
    Samples,
    chosen_subset,
    held_in_order,
    random_sizes,
)


def load(count, product, shortest, longest):
    return count * product * longest / (1.5 * shortest**3)


def holds(x, members):
    part = x[list(members)]
    gram = abs(part @ part.T)
    norms = np.sqrt(gram.diagonal())
    product = (gram - np.diag(gram.diagonal())).max()
    return load(len(part), product, norms.min(), norms.max()) < 1


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(11)
    return rng.standard_normal((14, 30)), np.array([1, -1] * 7, dtype=np.int8)


@pytest.mark.parametrize("held", [True, False])
def test_chosen_subset_is_maximal_and_meets_it(data, held):
    x, y = data
    samples = Samples(x, y, x @ x.T if held else None)
    found = chosen_subset(samples, load)
    assert holds(x, found)
    assert set(y[found]) == {-1, 1}
    rest = set(range(len(x))) - set(found.tolist())
    assert not any(holds(x, [*found, other]) for other in rest)
    largest = max(
        k for k in range(2, len(x) + 1) if any(holds(x, m) for m in combinations(range(len(x)), k))
    )
    assert len(found) >= largest - 1


def drawn_sizes(samples: Samples, rng: np.random.Generator, **options) -> RandomSizes:
    return random_sizes(len(samples.x), partial(held_in_order, samples, load), rng, **options)


def test_random_sizes_against_one_prefix_at_a_time(data):
    x, y = data
    found = drawn_sizes(Samples(x, y), np.random.default_rng(5), orders=9)
    rng = np.random.default_rng(5)
    sizes = []
    for _ in range(9):
        order = rng.permutation(len(x))
        fits = [k for k in range(2, len(x) + 1) if holds(x, order[:k])]
        sizes.append(max(fits, default=0))
    assert (found.lowest, found.median, found.highest) == (min(sizes), sorted(sizes)[4], max(sizes))
    assert not found.capped


def test_prefixes_longer_than_a_chunk_and_the_limit():
    x = np.eye(200)
    x[150] = x[7]
    samples = Samples(x, np.array([1, -1] * 100, dtype=np.int8))
    rng = np.random.default_rng(2)
    found = drawn_sizes(samples, np.random.default_rng(2), orders=5)
    places = []
    for _ in range(5):
        order = rng.permutation(200).tolist()
        places.append(max(order.index(7), order.index(150)))
    assert (found.lowest, found.highest) == (min(places), max(places))
    assert len(chosen_subset(samples, load)) == 199
    capped = drawn_sizes(samples, np.random.default_rng(2), orders=5, most=2)
    assert capped.capped
    assert capped.highest == 2


def test_none_meets_it():
    x = np.ones((6, 3))
    samples = Samples(x, np.array([1, -1] * 3, dtype=np.int8))
    assert len(chosen_subset(samples, load)) == 0
    assert drawn_sizes(samples, np.random.default_rng(0)).highest == 0
