"""Small exact data: labelled sets, perturbed sets, and a KKT point of each, in rationals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from ..exact.scalars import Undefined
from .kkt_points import KktPoint, Matrix, Vector, gram_matrix

_T = TypeVar("_T")


def dot(a: Vector, b: Vector) -> Fraction:
    """The inner product of two vectors of one length."""
    return sum((x * z for x, z in zip(a, b, strict=True)), Fraction(0))


def combination(weights: Vector, rows: tuple[Vector, ...]) -> Vector:
    """sum_n weights_n rows_n."""
    return tuple(dot(weights, column) for column in zip(*rows, strict=True))


@dataclass(frozen=True)
class ExactData:
    """A labelled set by its Gram matrix (N, N), positive semidefinite, and the slope in (0, 1]."""

    gram: Matrix
    labels: tuple[int, ...]
    slope: Fraction

    @property
    def n(self) -> int:
        """The number of samples."""
        return len(self.labels)

    @cached_property
    def squares(self) -> Vector:
        """Squared norms."""
        return tuple(self.gram[i][i] for i in range(self.n))

    @cached_property
    def largest_inner(self) -> Fraction:
        """Largest |<x_n, x_k>| over n != k; 0 for one sample."""
        pairs = [abs(self.gram[i][k]) for i in range(self.n) for k in range(i)]
        return max(pairs, default=Fraction(0))

    @cached_property
    def row_sums(self) -> Vector:
        """sum over k != n of |<x_n, x_k>|."""
        return tuple(sum(map(abs, row), -abs(row[i])) for i, row in enumerate(self.gram))


@dataclass(frozen=True)
class ExactPerturbation:
    """x'_n + eps y^a_n dir with eps dir = `step` times `direction`, both rational.

    `base` (N_adv, d) and `direction` (d,) are coordinates. dir is `direction` divided by the root
    of `scale`, so that unit directions such as q/‖q‖ stay exact: eps is then step times that root.
    """

    base: tuple[Vector, ...]
    labels: tuple[int, ...]
    direction: Vector
    step: Fraction
    scale: Fraction
    slope: Fraction

    @cached_property
    def overlaps(self) -> Vector:
        """<x'_n, direction>."""
        return tuple(dot(x, self.direction) for x in self.base)

    @cached_property
    def rows(self) -> tuple[Vector, ...]:
        """The perturbed samples."""
        return tuple(
            tuple(a + self.step * y * b for a, b in zip(x, self.direction, strict=True))
            for x, y in zip(self.base, self.labels, strict=True)
        )

    @cached_property
    def base_data(self) -> ExactData:
        """The samples before the perturbation, with the labels of the perturbed set."""
        return ExactData(gram_matrix(self.base), self.labels, self.slope)

    @cached_property
    def data(self) -> ExactData:
        """The perturbed set with its labels."""
        return ExactData(gram_matrix(self.rows), self.labels, self.slope)


@dataclass(frozen=True)
class Setting:
    """What symbols are evaluated on: data and one of its KKT points, the same for a perturbed set.

    Where coordinates matter, `rows` (N, d) are the samples, `z` (d,) is a test point and `top_k`
    the number of components that an L0 perturbation moves.
    """

    data: ExactData
    point: KktPoint | None = None
    perturbation: ExactPerturbation | None = None
    adv_point: KktPoint | None = None
    rows: tuple[Vector, ...] | None = None
    z: Vector | None = None
    top_k: int = 1

    @property
    def kkt(self) -> KktPoint:
        """The KKT point. Raises Undefined where none is given, as the properties below do."""
        return _given(self.point, "KKT point")

    @property
    def moved(self) -> ExactPerturbation:
        """The perturbation."""
        return _given(self.perturbation, "perturbed set")

    @property
    def samples(self) -> tuple[Vector, ...]:
        """The samples in coordinates."""
        return _given(self.rows, "coordinates of the samples")

    @property
    def test_point(self) -> Vector:
        """The test point z."""
        return _given(self.z, "test point")

    @property
    def perturbed(self) -> Setting:
        """The perturbed set as a setting of its own, with the same test point."""
        p = self.moved
        return Setting(p.data, self.adv_point, rows=p.rows, z=self.z, top_k=self.top_k)

    @property
    def before(self) -> Setting:
        """The base of the perturbed set as a setting of its own."""
        p = self.moved
        return Setting(p.base_data, rows=p.base, z=self.z, top_k=self.top_k)

    @property
    def signed(self) -> Vector:
        """lambda_n y_n: the weights of the samples in q."""
        return tuple(a * y for a, y in zip(self.kkt.multipliers, self.data.labels, strict=True))

    @property
    def q(self) -> Vector:
        """q in coordinates."""
        return combination(self.signed, self.samples)


def _given(value: _T | None, what: str) -> _T:
    if value is None:
        raise Undefined(f"no {what} given")
    return value
