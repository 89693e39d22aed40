"""Small exact data: labelled sets, perturbed sets, their KKT points and Gram rows, in rationals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TypeVar

from flint import fmpq, fmpq_mat

from ..exact.scalars import Undefined, to_fmpq, to_fraction
from .kkt_points import KktPoint, Matrix, Vector, dot, gram_matrix

_T = TypeVar("_T")


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


# Exact values of the row-wise certificates' symbols: t, L and the gaps, from their definitions.
#
# Each symbol has three forms: "" (row-wise), "half_" and "signed_".

FORMS = ("", "half_", "signed_")
Row = list[fmpq]


@dataclass(frozen=True)
class Certificate:
    """Per sample: norms D, certificate t, (E+ t), (E- t), L and (E+ L)."""

    slope: fmpq
    squares: Row
    t: Row
    plus: Row
    minus: Row
    lower: Row
    plus_lower: Row


@lru_cache(maxsize=50_000)
def certificate(data: ExactData, form: str) -> Certificate:
    """The certificate of a form.

    Raises:
        Undefined: its system is singular, or a sample is zero.
    """
    n, gamma, y = range(data.n), to_fmpq(data.slope), data.labels
    signed = [[to_fmpq(y[i] * y[k] * data.gram[i][k]) if i != k else fmpq(0) for k in n] for i in n]
    square = 1 + gamma**2
    d = [to_fmpq(x) for x in data.squares]
    if min(d) == 0:
        raise Undefined("a sample is zero")
    plus = minus = [[abs(x) for x in row] for row in signed]
    if form == "signed_":
        plus = [[max(x, fmpq(0)) for x in row] for row in signed]
        minus = [[max(-x, fmpq(0)) for x in row] for row in signed]
    # Row-wise: (gamma D - O) U = 2 gamma/(1+gamma²); else ((1+gamma²) D - (1+gamma) E-) t = 2.
    own, cross, right = (
        (square, 1 + gamma, fmpq(2)) if form else (gamma, fmpq(1), 2 * gamma / square)
    )
    entries = [own * d[i] if i == k else -cross * minus[i][k] for i in n for k in n]
    ones = fmpq_mat(data.n, 1, [right] * data.n)
    try:
        solution = fmpq_mat(data.n, data.n, entries).solve(ones)
    except ZeroDivisionError as error:
        raise Undefined("the certificate's system is singular") from error
    positive, negative = (fmpq_mat(part) for part in (plus, minus))
    plus_t, minus_t = (positive * solution).entries(), (negative * solution).entries()
    lower = [(2 - (1 + gamma) * plus_t[i]) / (square * d[i]) for i in n]
    plus_lower = (positive * fmpq_mat(data.n, 1, lower)).entries()
    return Certificate(gamma, d, solution.entries(), plus_t, minus_t, lower, plus_lower)


def witness_min(setting: Setting, form: str) -> Fraction:
    """The smallest entry of t; 0 where there is no positive t."""
    try:
        smallest = min(certificate(setting.data, form).t)
    except Undefined:
        return Fraction(0)
    return to_fraction(max(smallest, fmpq(0)))


def row_gap(setting: Setting, form: str) -> Fraction:
    """By how much the form's conditions hold, in the worst row."""
    c = certificate(setting.data, form)
    n = range(setting.data.n)
    if form != "signed_":
        return to_fraction(min(c.slope * c.squares[i] * c.lower[i] - c.minus[i] for i in n))
    gaps = [c.slope * (c.squares[i] * c.lower[i] + c.plus_lower[i]) - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.t[i] - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.lower[i] for i in n]
    return to_fraction(min(gaps))


def headroom(setting: Setting, form: str) -> Fraction:
    """The smallest t_n - lambda_n."""
    lam, t = setting.kkt.multipliers, certificate(setting.data, form).t
    return min(to_fraction(x) - a for x, a in zip(t, lam, strict=True))


def footroom(setting: Setting, form: str) -> Fraction:
    """The smallest lambda_n - L_n."""
    lam, lower = setting.kkt.multipliers, certificate(setting.data, form).lower
    return min(a - to_fraction(x) for x, a in zip(lower, lam, strict=True))
