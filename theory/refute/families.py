"""Small data sets to search: families of Gram matrices, and perturbed sets in coordinates.

A family has one parameter, the size p of the inner products. It fixes labels, slope, squared norms
and the signs of y_n y_k <x_n, x_k>; the inner products are p times those signs. p runs over a fixed
grid of rationals, so that datasets are shared between searches, up to the largest p for which the
matrix is still positive semidefinite. What a theorem says of a perturbed set or a test point needs
coordinates: there a fixed list of settings takes the place of the families.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations, permutations, product

from .kkt_points import (
    KktPoint,
    Matrix,
    dot,
    gram_matrix,
    is_positive_semidefinite,
    kkt_points,
    linear_pattern,
)
from .setting import ExactData, ExactPerturbation, Setting, combination
from .values import Values, sign_vector

SLOPES = (Fraction(1), Fraction(1, 2), Fraction(9, 10), Fraction(1, 10), Fraction(1, 100))
SIZES = (2, 3, 4)
#: The largest size of which all shapes are tried at a slope; of more samples, up to MOST, a few.
ALL_SHAPES = {Fraction(9, 10): 3, Fraction(1, 100): 2}
FEW_SHAPES, MOST = (Fraction(1, 2), Fraction(1, 100)), 6
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
        g = [[self.squares[i] if i == k else Fraction(0) for k in range(n)] for i in range(n)]
        for (i, k), sign in zip(combinations(range(n), 2), self.signs, strict=True):
            g[i][k] = g[k][i] = sign * self.labels[i] * self.labels[k] * p
        return tuple(map(tuple, g))

    @cached_property
    def extremes(self) -> tuple[int, Fraction, Fraction, Fraction, bool]:
        """All that `EXTREMES` depend on, besides p."""
        orthogonal = not any(self.signs)
        return self.size, min(self.squares), max(self.squares), self.slope, orthogonal

    @cached_property
    def limit(self) -> int:
        """The largest index of the grid at which the matrix is positive semidefinite."""

        def unrealisable(index: int) -> bool:
            return not is_positive_semidefinite(self.gram(self.inner(index)))

        return bisect_left(range(1, len(GRID)), True, key=unrealisable)

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
    # Up to swapping the classes; a linear network sees only the signed inner products.
    labellings = [(1, *rest) for rest in product((1, -1), repeat=n - 1)]
    if linear:
        labellings = [tuple((-1) ** i for i in range(n))]
    for (first, rest), labels in product(norms, labellings):
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
        if n > ALL_SHAPES.get(slope, max(SIZES)):
            continue
        shapes = _shapes(n, slope == 1)
        found += [Family(tuple(map(Fraction, sq)), s, lab, slope) for sq, s, lab in shapes]
    for slope in FEW_SHAPES:
        for n in range(ALL_SHAPES.get(slope, max(SIZES)) + 1, MOST + 1):
            alternating = tuple((-1) ** i for i in range(n))
            labellings = (alternating, (1, *(-1,) * (n - 1)))
            for labels, signs in product(labellings, _sign_patterns(n, few=True)):
                found.append(Family((Fraction(1),) * n, signs, labels, slope))
    return tuple(found)


def _sign_patterns(n: int, *, few: bool = False) -> Iterator[tuple[int, ...]]:
    """Signs of the inner products, exactly orthogonal samples last."""
    pairs = n * (n - 1) // 2
    yield from ((s,) * pairs for s in (-1, 1)) if few else product((-1, 1), repeat=pairs)
    if n > 2:
        for sign in (-1, 1):
            yield (sign, *(0,) * (pairs - 1))
            # Coherence of the first sample with every other one.
            yield (*(sign,) * (n - 1), *(0,) * (pairs - n + 1))
    yield (0,) * pairs


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


PERTURBED_SLOPES = (Fraction(1), Fraction(1, 2), Fraction(4, 5), Fraction(1, 10))
#: Natural samples and labels: orthogonal, unequal norms, coherent, four samples.
_NATURAL: tuple[tuple[tuple[tuple[int, ...], ...], tuple[int, ...]], ...] = (
    (((1, 0, 0), (0, 1, 0)), (1, -1)),
    (((10, 0, 0), (0, 13, 0)), (1, -1)),
    (((20, 0, 0), (1, 20, 0)), (1, 1)),
    (((20, 0, 0), (-1, 20, 0)), (1, -1)),
    (((2, 0, 0, 0, 0), (0, 2, 0, 0, 0), (0, 0, 2, 0, 0), (0, 0, 0, 2, 0)), (1, -1, 1, -1)),
    (((9, 1, 0, 0, 1), (0, 9, 0, -1, 0), (1, 0, 9, 0, 0), (0, 0, -1, 9, 0)), (1, -1, -1, 1)),
)
#: Sizes of the perturbation relative to the first sample's norm.
_SIZES = tuple(Fraction(n, 100) for n in (1, 5, 20, 40, 60, 75, 90, 110, 150, 200, 300, 1000))


def linear_point(
    data: ExactData, changes: int = 2, *, all_positive: bool = False
) -> KktPoint | None:
    """The KKT point of the linear pattern, or one with another where it has none.

    `changes` and `all_positive` as in `kkt_points`.
    """
    given, only = (data.gram, data.labels, data.slope), (linear_pattern(data.labels),)
    found = next(kkt_points(*given, only=only), None)
    return found or next(kkt_points(*given, changes=changes, all_positive=all_positive), None)


@cache
def perturbed_settings() -> tuple[Values, ...]:
    """Natural samples with their KKT point, a perturbed set with its own, and a test point."""
    found: list[Values] = []
    for (integers, labels), slope in product(_NATURAL, PERTURBED_SLOPES):
        rows = tuple(tuple(map(Fraction, row)) for row in integers)
        data = ExactData(gram_matrix(rows), labels, slope)
        point = linear_point(data)
        if point is None:
            continue
        q = combination(tuple(a * y for a, y in zip(point.multipliers, labels, strict=True)), rows)
        flipped = tuple(-y for y in labels)
        points = (q, rows[0], tuple(Fraction(i - 1) for i in range(len(q))))
        # With the square that normalises them: q/‖q‖, and signs as they are.
        directions = ((q, dot(q, q)), (sign_vector(q), Fraction(1)))
        for (direction, scale), adv_labels, size in product(directions, (flipped, labels), _SIZES):
            # eps is size times the norm of the first sample: step = eps/sqrt(scale), made rational.
            ratio = float(data.gram[0][0] / scale) ** 0.5
            step = size * Fraction(ratio).limit_denominator(1000)
            p = ExactPerturbation(rows, adv_labels, direction, step, scale, slope)
            adv_point = linear_point(p.data)
            if adv_point is not None:
                found += [
                    Values(Setting(data, point, p, adv_point, rows, z, k))
                    for k, z in enumerate(points, start=1)
                ]
    return tuple(found)
