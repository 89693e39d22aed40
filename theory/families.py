"""Families of small Gram matrices, each with one parameter: the size p of the inner products.

A family fixes labels, slope, squared norms and the signs of y_n y_k <x_n, x_k>; the inner products
are p times those signs. p runs over a fixed grid of rationals, so that datasets are shared between
searches, up to the largest p for which the matrix is still positive semidefinite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations, permutations, product

from .evaluators import ExactData
from .kkt_solver import Matrix, is_positive_semidefinite

SLOPES = (Fraction(1), Fraction(1, 2), Fraction(9, 10), Fraction(1, 10))
NEAR_LINEAR = Fraction(9, 10)
SIZES = (2, 3, 4)
#: Squared norms of the first sample and of the others: equal, one long, one short, one very long.
NORMS = ((1, 1), (4, 1), (1, 4), (100, 1))
#: Overall factors of the Gram matrix, for statements that are not invariant under scaling.
SCALES = (Fraction(1), Fraction(1, 100), Fraction(100))

#: Symbols that depend on the number of samples, the extreme norms, the slope and p only.
EXTREMES = frozenset({"N", "R_min", "R_max", "gamma", "p_max"})

#: p relative to the smallest squared norm: eight decades, steps of about two percent.
_MANTISSAS = tuple(Fraction(round(100 * 10 ** (i / 115)), 100) for i in range(115))
GRID = (*(mantissa / 10**d for d in range(8, 0, -1) for mantissa in _MANTISSAS), Fraction(1))


@dataclass(frozen=True)
class Family:
    """Datasets that differ in one number. `signs` are of y_n y_k <x_n, x_k> for n < k, in order."""

    squares: tuple[Fraction, ...]
    signs: tuple[int, ...]
    labels: tuple[int, ...]
    slope: Fraction

    @property
    def size(self) -> int:
        return len(self.labels)

    def gram(self, p: Fraction) -> Matrix:
        n = self.size
        g = [[Fraction(0)] * n for _ in range(n)]
        for i in range(n):
            g[i][i] = self.squares[i]
        for (i, k), sign in zip(combinations(range(n), 2), self.signs, strict=True):
            g[i][k] = g[k][i] = sign * self.labels[i] * self.labels[k] * p
        return tuple(map(tuple, g))

    @cached_property
    def extremes(self) -> tuple[int, Fraction, Fraction, Fraction]:
        """All that `EXTREMES` depend on, besides p."""
        return self.size, min(self.squares), max(self.squares), self.slope

    @cached_property
    def limit(self) -> int:
        """The largest index of the grid at which the matrix is positive semidefinite."""
        unit = min(self.squares)
        low, high = 0, len(GRID) - 1
        if is_positive_semidefinite(self.gram(GRID[high] * unit)):
            return high
        while high - low > 1:
            middle = (low + high) // 2
            if is_positive_semidefinite(self.gram(GRID[middle] * unit)):
                low = middle
            else:
                high = middle
        return low

    def inner(self, index: int) -> Fraction:
        """The inner product at a point of the grid."""
        return GRID[index] * min(self.squares)

    def data(self, index: int) -> ExactData:
        return ExactData(self.gram(self.inner(index)), self.labels, self.slope)

    def edge(self, admissible: Callable[[int], bool], *, resolution: int = 1) -> tuple[int, ...]:
        """Indices where the data are admissible: the largest found (and the smallest)."""
        probes = sorted({*range(0, self.limit, 90), self.limit}, reverse=True)
        above = self.limit
        for probe in probes:
            if admissible(probe):
                low, high = probe, above
                while high - low > resolution:
                    middle = (low + high) // 2
                    low, high = (middle, high) if admissible(middle) else (low, middle)
                # On a pair of samples the smallest p is tried too; larger sets only at the edge.
                both = self.size == 2 and low > 0 and admissible(0)
                return (low, 0) if both else (low,)
            above = probe
        return ()


_Shape = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def _labellings(n: int, linear: bool) -> tuple[tuple[int, ...], ...]:
    """Labels up to swapping the classes; a linear network sees only the signed inner products."""
    if linear:
        return (tuple(1 if i % 2 == 0 else -1 for i in range(n)),)
    return tuple((1, *rest) for rest in product((1, -1), repeat=n - 1))


def _canonical(shape: _Shape, linear: bool) -> tuple:
    """The least description among all orders of the samples (and both names of the classes)."""
    squares, signs, labels = shape
    n = len(labels)
    pair_sign = dict(zip(combinations(range(n), 2), signs, strict=True))
    candidates = []
    for order in permutations(range(n)):
        moved = tuple(squares[i] for i in order)
        seen = tuple(pair_sign[(min(i, k), max(i, k))] for i, k in combinations(order, 2))
        first = labels[order[0]]
        classes = () if linear else tuple(labels[i] * first for i in order)
        candidates.append((moved, classes, seen))
    return min(candidates)


@cache
def _shapes(n: int, linear: bool) -> tuple[_Shape, ...]:
    """Norms, signs and labels, one of each class that differs by the order of samples only."""
    found: dict[tuple, _Shape] = {}
    norms = NORMS if linear or n < 4 else NORMS[:1]
    for (first, rest), labels in product(norms, _labellings(n, linear)):
        for signs in _sign_patterns(n):
            shape = ((first, *(rest,) * (n - 1)), signs, labels)
            found.setdefault(_canonical(shape, linear), shape)
    return tuple(found.values())


@cache
def families() -> tuple[Family, ...]:
    """Every sign pattern, labelling and choice of norms, each once up to the order of samples.

    Smaller sets first; then the patterns with all inner products full before those with one
    coherent pair.
    """
    found: list[Family] = []
    for n, slope in product(SIZES, SLOPES):
        if n == max(SIZES) and slope == NEAR_LINEAR:
            continue  # a linear network and slope 1/2 enclose it
        shapes = _shapes(n, True) if slope == 1 else _shapes(n, False)
        found += [Family(tuple(map(Fraction, sq)), s, lab, slope) for sq, s, lab in shapes]
    return tuple(found)


def _sign_patterns(n: int) -> Iterator[tuple[int, ...]]:
    pairs = n * (n - 1) // 2
    yield from product((-1, 1), repeat=pairs)
    if n > 2:
        for sign in (-1, 1):
            yield (sign, *(0,) * (pairs - 1))
            # Coherence of the first sample with every other one.
            yield (*(sign,) * (n - 1), *(0,) * (pairs - n + 1))


@cache
def scaled_families() -> tuple[Family, ...]:
    """Pairs of samples at other overall scales."""
    return tuple(
        Family(tuple(scale * s for s in family.squares), family.signs, family.labels, family.slope)
        for scale in SCALES[1:]
        for family in families()
        if family.size == 2
    )


@cache
def bent_families() -> tuple[Family, ...]:
    """Families small enough to look for all KKT points, those with bent boundaries too."""
    return tuple(family for family in families() if family.size == 2 and family.slope < 1)
