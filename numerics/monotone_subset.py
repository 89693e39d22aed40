"""How many samples meet a condition on N, p_max, R_min and R_max: at random, and when chosen.

Such a condition is given by its load, lhs/rhs, below 1 where it holds; a sample more raises it, as
N and p_max and R_max can only grow and R_min only fall. Everything here is plain floating point:
whoever states that a subset meets the condition checks it again with enclosures.

Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .roundoff import FloatArray

Load = Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]
"""Load from N, p_max, R_min and R_max, elementwise; infinite or NaN where it is not defined."""

_CHUNK = 64
_CACHED_NUMBERS = 2**25


@dataclass(frozen=True, slots=True)
class RandomSizes:
    """Largest sizes over random orders of the samples: lowest, median and highest.

    `capped`: the search ended at its limit, so that a size may be larger.
    """

    lowest: int
    median: int
    highest: int
    orders: int
    capped: bool


def _quiet() -> np.errstate:
    """Overflow and invalid operations end in a load that is no number, which is not below 1."""
    return np.errstate(all="ignore")


class Samples:
    """Samples x (N, d) and labels y (N,); rows of |x xᵀ| are kept as long as there is room."""

    def __init__(self, x: FloatArray, y: NDArray[np.int8], gram: FloatArray | None = None) -> None:
        self.x, self.y = x, y
        self.size = abs(gram) if gram is not None else None
        with _quiet():
            self.norms = np.sqrt(np.einsum("nd,nd->n", x, x))
        self._rows: dict[int, FloatArray] = {}

    def row(self, n: int) -> FloatArray:
        """|<x_n, x_k>| for all k, shape (N,)."""
        if self.size is not None:
            return self.size[n]
        if n not in self._rows:
            if (len(self._rows) + 1) * len(self.x) > _CACHED_NUMBERS:
                self._rows.pop(next(iter(self._rows)))
            self._rows[n] = abs(self.x @ self.x[n])
        return self._rows[n]


def random_sizes(
    samples: Samples, load: Load, rng: np.random.Generator, *, orders: int = 20, most: int = 2000
) -> RandomSizes:
    """How long the samples, in random order, meet a condition: over `orders` orders.

    A size is 0 where not even the first two do, and at most `most`.
    """
    count = min(most, len(samples.x))
    sizes = []
    for _ in range(orders):
        order = rng.permutation(len(samples.x))[:count]
        with _quiet():
            sizes.append(_prefix(samples, load, order))
    sizes.sort()
    capped = count < len(samples.x) and sizes[-1] == count
    return RandomSizes(sizes[0], sizes[(len(sizes) - 1) // 2], sizes[-1], orders, capped)


def _prefix(samples: Samples, load: Load, order: NDArray[np.intp]) -> int:
    largest, held = 0.0, 0
    for start in range(0, len(order), _CHUNK):
        chunk, before = order[start : start + _CHUNK], order[: start + _CHUNK]
        if samples.size is not None:
            block = samples.size[np.ix_(chunk, before)].copy()
        else:
            block = abs(samples.x[chunk] @ samples.x[before].T)
        # Only pairs with an earlier sample: row i of the chunk sees start + i columns.
        block[np.arange(len(before)) >= start + np.arange(len(chunk))[:, None]] = 0
        products = np.maximum(np.maximum.accumulate(block.max(axis=1)), largest)
        norms = samples.norms[before]
        shortest, longest = np.minimum.accumulate(norms), np.maximum.accumulate(norms)
        counts = np.arange(start + 1, start + len(chunk) + 1, dtype=np.float64)
        holds = load(counts, products, shortest[start:], longest[start:]) < 1
        fits = holds | (counts < 2)
        if not fits.all():
            held = start + int(fits.argmin())
            return held if held >= 2 else 0
        held, largest = start + len(chunk), float(products[-1])
    return held


def chosen_subset(
    samples: Samples, load: Load, *, starts: int = 16, most: int = 2000
) -> NDArray[np.intp]:
    """A large subset that meets a condition: indices, ascending, both labels; empty if none does.

    From each of `starts` samples, spread evenly over the data, and its best partner of the other
    label, the sample that keeps the load smallest is added while it stays below 1. The largest
    result wins, the earlier start among equals. No single further sample can be added to a subset
    smaller than `most`.
    """
    best: list[int] = []
    count = len(samples.x)
    for first in np.unique(np.linspace(0, count - 1, min(starts, count)).astype(np.intp)):
        with _quiet():
            members = _grown(samples, load, int(first), most)
        if len(members) > len(best):
            best = members
    return np.sort(np.array(best, dtype=np.intp))


def _grown(samples: Samples, load: Load, first: int, most: int) -> list[int]:
    norms = samples.norms
    members = [first]
    products = samples.row(first).copy()
    shortest = longest = norms[first]
    inside = 0.0
    free = samples.y != samples.y[first]
    while len(members) < most:
        size = np.full(len(norms), len(members) + 1.0)
        loads = load(
            size,
            np.maximum(products, inside),
            np.minimum(norms, shortest),
            np.maximum(norms, longest),
        )
        loads = np.where(free & ~np.isnan(loads), loads, np.inf)
        best = int(loads.argmin())
        if not loads[best] < 1:
            break
        if len(members) == 1:
            free = np.full(len(norms), True)
            free[first] = False
        free[best] = False
        inside = max(inside, float(products[best]))
        shortest, longest = min(shortest, norms[best]), max(longest, norms[best])
        members.append(best)
        np.maximum(products, samples.row(best), out=products)
    return members if len(members) > 1 else []
