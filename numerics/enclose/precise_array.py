"""Arrays of real numbers at any precision, for small problems: exact rationals as far as they go.

An entry is a rational number (`flint.fmpq`), which is exact, or a ball (`flint.arb`) at the
precision in force when it was computed. Sums, products, quotients and solutions of linear systems
of rationals are rational; a root is a ball unless it is rational. So what theorems ask of data is
exact up to the last root, and `interval` passes that on (see `surd`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat
from numpy.typing import ArrayLike, NDArray

from ...theory.exact.interval import Interval
from ...theory.exact.scalars import (
    Scalar,
    as_ball,
    ceiling,
    floor,
    larger,
    middle,
    to_float,
    to_fmpq,
    working_precision,
)
from ...theory.exact.surd import exact_surd, rational_root
from .ball_array import BallArray, FloatArray
from .real_array import BoolArray, RealArray


def entry_of(value: Interval) -> Scalar:
    """The number exactly where it is known and rational, else a ball around it."""
    exact = value.exact_value
    if exact is None:
        return value.ball
    fraction = exact.rational
    if fraction is not None:
        return to_fmpq(fraction)
    with working_precision():
        return exact.ball()


def interval_of(entry: Scalar) -> Interval:
    """The interval of an entry, known exactly where it is rational."""
    return Interval.of(exact_surd(entry)) if isinstance(entry, fmpq) else Interval.around(entry)


def product(left: Scalar, right: Scalar) -> Scalar:
    """The product."""
    # An exact zero stays one, whatever is not known of the other factor.
    for one in (left, right):
        if isinstance(one, fmpq) and one == 0:
            return one
    return left * right


def quotient(left: Scalar, right: Scalar) -> Scalar:
    """The quotient; not a number for a divisor that is zero."""
    if isinstance(right, fmpq) and right == 0:
        return arb.nan()
    return left / right


def root(entry: Scalar) -> Scalar:
    """The root of a quantity that cannot be negative: what lies below 0 is cut."""
    if entry < 0:
        return arb.nan()
    if isinstance(entry, fmpq):
        found = rational_root(entry)
        return arb(entry).sqrt() if found is None else found
    return entry.nonnegative_part().sqrt()


MOST_ENTRIES = 2**18
MOST_SAMPLES = 200
"""Sizes up to which samples are worth holding as a `PreciseArray`: about a second for each use."""

_MOST_BITS = 2**17


def affordable(samples: int, dimension: int) -> bool:
    """Whether samples of this shape are small enough for precise arithmetic."""
    return samples <= MOST_SAMPLES and samples * dimension <= MOST_ENTRIES


def why_in_balls(samples: int, dimension: int, bits: int) -> str:
    """Why samples of this shape are measured in float64 although `bits` were asked for."""
    return (
        f"in float64 balls, not at {bits} bits: {samples} samples in dimension {dimension} are "
        f"over the limit of {MOST_SAMPLES} samples and {MOST_ENTRIES} entries"
    )


@dataclass(frozen=True, eq=False)
class PreciseArray(RealArray):
    """Encloses a real array by rationals and balls: `entries`, an object array, read-only."""

    entries: NDArray[np.object_]

    def __post_init__(self) -> None:
        view = np.asarray(self.entries, dtype=object).view()
        view.flags.writeable = False
        object.__setattr__(self, "entries", view)

    @classmethod
    def like(cls, value: RealArray | Interval | ArrayLike) -> PreciseArray:
        """The same enclosure in this form; balls without radius, and numbers, become rationals."""
        if isinstance(value, PreciseArray):
            return value
        if isinstance(value, Interval):
            return cls(np.asarray(entry_of(value), dtype=object))
        balls = BallArray.like(value)
        pairs = zip(balls.mid.ravel().tolist(), balls.rad.ravel().tolist(), strict=True)
        entries = [fmpq(*m.as_integer_ratio()) if r == 0 else arb(m, r) for m, r in pairs]
        return cls(_object_array(entries, balls.shape))

    @property
    def mid(self) -> FloatArray:
        return BallArray.between(self.lower, self.upper).mid

    @property
    def rad(self) -> FloatArray:
        return BallArray.between(self.lower, self.upper).rad

    @property
    def lower(self) -> FloatArray:
        return self._floats(lambda ball: to_float(floor(ball), towards=-math.inf))

    @property
    def upper(self) -> FloatArray:
        return self._floats(lambda ball: to_float(ceiling(ball), towards=math.inf))

    @property
    def _parts(self) -> tuple[np.ndarray, ...]:
        return (self.entries,)

    @property
    def is_rational(self) -> bool:
        """Every entry is known exactly."""
        return all(isinstance(entry, fmpq) for entry in self._flat)

    @property
    def is_finite(self) -> bool:
        return all(isinstance(e, fmpq) or e.is_finite() for e in self._flat)

    @property
    def positive(self) -> BoolArray:
        return self._asked(lambda entry: entry > 0)

    @property
    def nonnegative(self) -> BoolArray:
        return self._asked(lambda entry: entry >= 0)

    def rounded(self) -> BallArray:
        """The same in float64 balls."""
        return BallArray.between(self.lower, self.upper)

    def balls(self) -> PreciseArray:
        """The same with every entry a ball: rationals that have grown long cost too much."""
        return self._mapped(as_ball)

    def interval(self, *index: int) -> Interval:
        return interval_of(self.entries[index] if index else self.entries.item())

    def argmax(self, among: BoolArray | None = None) -> int:
        """Flat index of the largest entry; of entries whose balls overlap, the first."""
        flat = self._flat
        places = range(len(flat)) if among is None else np.flatnonzero(among).tolist()
        return reduce(lambda best, place: place if flat[place] > flat[best] else best, places)

    def descending(self) -> NDArray[np.intp]:
        exact = [middle(entry) for entry in self._flat]
        # Rounding to floats keeps the order, so that only equal floats need the slow comparison.
        keys = list(zip((-self.mid).tolist(), [-e for e in exact], strict=True))
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)

    def __neg__(self) -> PreciseArray:
        return self._mapped(operator.neg)

    def __abs__(self) -> PreciseArray:
        return self._mapped(abs)

    def __add__(self, other: RealArray | Interval | ArrayLike) -> PreciseArray:
        return self._with(other, operator.add)

    def __mul__(self, other: RealArray | Interval | ArrayLike) -> PreciseArray:
        return self._with(other, product)

    def __truediv__(self, other: RealArray | Interval | ArrayLike) -> PreciseArray:
        return self._with(other, quotient)

    def __matmul__(self, other: RealArray | ArrayLike) -> PreciseArray:
        right = PreciseArray.like(other)
        left_rows = self.entries if self.entries.ndim == 2 else self.entries[None, :]
        right_columns = right.entries if right.entries.ndim == 2 else right.entries[:, None]
        if left_rows.shape[1] != right_columns.shape[0]:
            raise ValueError(f"matrix product of shapes {self.shape} and {right.shape}")
        with working_precision():
            a, b = _matrices(left_rows, right_columns)
            found = _object_array((a * b).entries(), (len(left_rows), right_columns.shape[1]))
        if right.entries.ndim == 1:
            found = found[:, 0]
        return PreciseArray(found[0] if self.entries.ndim == 1 else found)

    def sum(self, axis: int | None = None) -> PreciseArray:
        with working_precision():
            return PreciseArray(np.add.reduce(self.entries, axis=axis, initial=fmpq(0)))

    def sqrt(self) -> PreciseArray:
        return self._mapped(root)

    def ldexp(self, exponents: ArrayLike) -> PreciseArray:
        powers = np.asarray(exponents)
        factors = [fmpq(2) ** int(power) for power in powers.flat]
        return self._with(PreciseArray(_object_array(factors, powers.shape)), operator.mul)

    def maximum(self, other: RealArray | ArrayLike) -> PreciseArray:
        return self._with(other, larger)

    def norm(self) -> Interval:
        flat = self[()] if not self.shape else PreciseArray(self.entries.reshape(-1))
        return (flat @ flat if self.shape else flat * flat).interval().nonnegative().sqrt()

    def max_enclosure(self) -> Interval:
        if not self.entries.size:
            raise ValueError("the largest of no entries")
        if self.is_rational:
            return interval_of(max(self._flat))
        return reduce(Interval.max, map(interval_of, self._flat))

    @property
    def _flat(self) -> list[Any]:
        return self.entries.ravel().tolist()

    def _floats(self, read: Callable[[arb], float]) -> FloatArray:
        with working_precision():
            return np.array([read(as_ball(entry)) for entry in self._flat]).reshape(self.shape)

    def _asked(self, question: Callable[[Scalar], bool]) -> BoolArray:
        return np.array([question(e) for e in self._flat], dtype=bool).reshape(self.shape)

    def _mapped(self, function: Callable[[Any], Scalar]) -> PreciseArray:
        with working_precision():
            return PreciseArray(
                _object_array([function(entry) for entry in self._flat], self.shape)
            )

    def _with(
        self, other: RealArray | Interval | ArrayLike, operation: Callable[[Any, Any], Scalar]
    ) -> PreciseArray:
        with working_precision():
            pairs = np.broadcast(self.entries, PreciseArray.like(other).entries)
            return PreciseArray(_object_array([operation(a, b) for a, b in pairs], pairs.shape))


def solve_precisely(matrix: PreciseArray, rhs: PreciseArray) -> PreciseArray | None:
    """The solution (n,) of A x = b for matrices (n, n): rational where A and b are.

    None where A is singular or, with balls, not certainly nonsingular.
    """
    with working_precision():
        a, b = _matrices(matrix.entries, rhs.entries[:, None])
        try:
            found = a.solve(b).entries()
        except ZeroDivisionError:
            return None
        if any(isinstance(e, fmpq) and int(e.height_bits()) > _MOST_BITS for e in found):
            # Too long to compute with further: balls, at the precision asked for.
            found = [arb(entry) for entry in found]
        return PreciseArray(_object_array(found, rhs.shape))


def ball_matrix(matrix: PreciseArray) -> arb_mat:
    """A matrix as flint's own, in balls at the precision that flint has in force."""
    rows, columns = matrix.shape
    return arb_mat(rows, columns, [as_ball(entry) for entry in matrix.entries.ravel().tolist()])


def _matrices(left: np.ndarray, right: np.ndarray) -> tuple[Any, Any]:
    """flint matrices of one kind: rational if all entries are, else balls."""
    flat = [left.ravel().tolist(), right.ravel().tolist()]
    exact = all(isinstance(entry, fmpq) for part in flat for entry in part)
    kind = fmpq_mat if exact else arb_mat
    (rows, inner), columns = left.shape, right.shape[1]
    return kind(rows, inner, flat[0]), kind(inner, columns, flat[1])


def _object_array(entries: Iterable[Scalar], shape: tuple[int, ...]) -> NDArray[np.object_]:
    items = list(entries)
    flat = np.empty(len(items), dtype=object)
    flat[:] = items
    return flat.reshape(shape)
