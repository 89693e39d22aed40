"""Small perturbed sets in exact coordinates: bases, labels, directions, sizes and test points."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product

from .evaluators import ExactData, ExactPerturbation, Setting, Values
from .kkt_solver import KktPoint, Vector, gram_matrix, kkt_points, linear_pattern
from .perturbed_values import combination, dot

SLOPES = (Fraction(1), Fraction(1, 2), Fraction(4, 5), Fraction(1, 10))
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


def _rational(row: tuple[int, ...]) -> Vector:
    return tuple(map(Fraction, row))


def _linear_point(data: ExactData) -> KktPoint | None:
    only = (linear_pattern(data.labels),)
    found = next(kkt_points(data.gram, data.labels, data.slope, only=only), None)
    return found or next(kkt_points(data.gram, data.labels, data.slope, changes=2), None)


def _directions(q: Vector) -> Iterator[tuple[Vector, Fraction]]:
    """Directions with the square that normalises them: q/‖q‖, and signs as they are."""
    yield q, dot(q, q)
    yield tuple(Fraction((x > 0) - (x < 0)) for x in q), Fraction(1)


@cache
def perturbed_settings() -> tuple[Values, ...]:
    """Natural samples with their KKT point, a perturbed set with its own, and a test point."""
    found: list[Values] = []
    for (integers, labels), slope in product(_NATURAL, SLOPES):
        rows = tuple(map(_rational, integers))
        data = ExactData(gram_matrix(rows), labels, slope)
        point = _linear_point(data)
        if point is None:
            continue
        q = combination(tuple(a * y for a, y in zip(point.multipliers, labels, strict=True)), rows)
        flipped = tuple(-y for y in labels)
        points = (q, rows[0], tuple(Fraction(i - 1) for i in range(len(q))))
        for (direction, scale), adv_labels, size in product(
            _directions(q), (flipped, labels), _SIZES
        ):
            # eps is size times the norm of the first sample: step = eps/sqrt(scale), made rational.
            step = size * _rational_ratio(data.gram[0][0], scale)
            p = ExactPerturbation(rows, adv_labels, direction, step, scale, slope)
            adv_point = _linear_point(p.data)
            if adv_point is not None:
                found += [
                    Values(Setting(data, point, p, adv_point, rows, z, k))
                    for k, z in enumerate(points, start=1)
                ]
    return tuple(found)


def _rational_ratio(a: Fraction, b: Fraction) -> Fraction:
    """A rational number near sqrt(a/b)."""
    return Fraction(float(a / b) ** 0.5).limit_denominator(1000)
