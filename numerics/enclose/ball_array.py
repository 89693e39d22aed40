"""Arrays of balls: float64 midpoints with radii that certainly cover every rounding error.

`BallArray` encloses a real array elementwise in mid ± rad. Elementwise operations round once per
entry and matrix products use the a-priori bound

    |fl(AB) - AB| <= gamma_k |A||B| + k eta,   gamma_k = k u / (1 - k u),  u = 2^-53, eta = 2^-1074

(Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.5), which holds for any
order of summation, blocking, number of threads and use of fused multiply-add, so for every BLAS
that multiplies conventionally. It presumes round-to-nearest and gradual underflow.

A radius is itself rounded up at every step. Overflow and NaN end as an infinite radius: nothing is
known about such an entry, and nothing is raised.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec

import numpy as np
from numpy.typing import ArrayLike

from ...theory.exact.interval import Interval
from .real_array import FloatArray, RealArray

# Directed rounding: the functions below take non-negative numbers that were computed in
# round-to-nearest with gradual underflow and return floats on the stated side of the exact result.

UNIT_ROUNDOFF = 2.0**-53
SMALLEST = 2.0**-1074
"""The spacing of the denormal numbers: twice the largest error of an underflowing product."""


def round_up(value: FloatArray) -> FloatArray:
    """Above the exact result of the one rounded operation that gave `value` (`value` >= 0)."""
    # One unit in the last place up for normal numbers, one denormal spacing for the others.
    return value * (1 + 4 * UNIT_ROUNDOFF) + SMALLEST


def round_down(value: FloatArray) -> FloatArray:
    """Below the exact result of the one rounded operation that gave `value` (`value` >= 0)."""
    return value * (1 - 4 * UNIT_ROUNDOFF) - SMALLEST


def product_error(terms: int) -> float:
    """gamma_k for sums of `terms` products, rounded up.

    Raises:
        ValueError: `terms` so large (above 2^51) that the bound does not exist.
    """
    if terms > 2**51:
        raise ValueError(f"no rounding bound for sums of {terms} products")
    return terms * UNIT_ROUNDOFF * (1 + 2**-50) / (1 - terms * UNIT_ROUNDOFF)


def matmul_up(left: FloatArray, right: FloatArray) -> FloatArray:
    """Above the product of two non-negative matrices."""
    terms = left.shape[-1]
    # The computed product is at least (1 - gamma_k) times the exact one, underflow aside.
    factor = 1 + 2 * product_error(terms) + 8 * UNIT_ROUNDOFF
    return round_up((left @ right + terms * SMALLEST) * factor)


def sum_up(value: FloatArray, axis: int | None) -> FloatArray:
    """Above the sum of non-negative numbers."""
    terms = value.size if axis is None else value.shape[axis]
    return np.asarray(value.sum(axis=axis) * (1 + 2 * product_error(terms) + 8 * UNIT_ROUNDOFF))


def add_up(left: FloatArray, right: FloatArray) -> FloatArray:
    """Above the sum of two non-negative arrays; exact where one of them is zero."""
    total = left + right
    return np.where((left == 0) | (right == 0), total, round_up(total))


def multiply_up(left: FloatArray, right: FloatArray) -> FloatArray:
    """Above the elementwise product of two non-negative arrays; zero times anything is zero."""
    return np.where((left == 0) | (right == 0), 0.0, round_up(left * right))


_P = ParamSpec("_P")
Operand = RealArray | Interval | ArrayLike


def _quiet(function: Callable[_P, BallArray]) -> Callable[_P, BallArray]:
    """Overflow and invalid operations are expected and end in the radius, not in a warning."""

    @wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> BallArray:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return run


def _arithmetic(
    function: Callable[[BallArray, BallArray], BallArray],
) -> Callable[[BallArray, Operand], BallArray]:
    """The operation with anything on the other side; of a precise array it decides itself."""

    @wraps(function)
    def run(left: BallArray, other: Operand) -> BallArray:
        if isinstance(other, RealArray) and not isinstance(other, BallArray):
            return NotImplemented
        with np.errstate(all="ignore"):
            return function(left, BallArray.like(other))

    return run


@dataclass(frozen=True, slots=True, eq=False)
class BallArray(RealArray):
    """Encloses a real array: every entry lies in mid ± rad. Both float64, one shape, read-only.

    Entries whose midpoint or radius is not a finite number become the whole line (0 ± inf).

    Raises:
        ValueError: shapes differ or a radius is negative.
    """

    mid: FloatArray = field()  # pyright: ignore[reportIncompatibleMethodOverride] (read-only too)
    rad: FloatArray = field()  # pyright: ignore[reportIncompatibleMethodOverride]

    def __post_init__(self) -> None:
        mid = np.asarray(self.mid, dtype=np.float64)
        rad = np.asarray(self.rad, dtype=np.float64)
        if mid.shape != rad.shape:
            raise ValueError(f"midpoints of shape {mid.shape} with radii of shape {rad.shape}")
        if (rad < 0).any():
            raise ValueError("a radius is negative")
        lost = ~(np.isfinite(mid) & np.isfinite(rad))
        if lost.any():
            mid, rad = np.where(lost, 0.0, mid), np.where(lost, np.inf, rad)
        for name, array in (("mid", mid), ("rad", rad)):
            view = array.view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    @classmethod
    @_quiet
    def between(cls, lower: ArrayLike, upper: ArrayLike) -> BallArray:
        """Encloses every array with lower <= entry <= upper; a bound may be infinite.

        Raises:
            ValueError: a lower bound above its upper bound.
        """
        low, high = (np.asarray(bound, dtype=np.float64) for bound in (lower, upper))
        if (low > high).any():
            raise ValueError("a lower bound is above its upper bound")
        mid = np.asarray(np.where(low == high, low, low / 2 + high / 2))
        reach = np.maximum(high - mid, mid - low)
        return cls(mid, np.where(low == high, 0.0, round_up(reach)))

    @classmethod
    def like(cls, value: Operand) -> BallArray:
        if isinstance(value, BallArray):
            return value
        if isinstance(value, RealArray | Interval):
            return BallArray.between(value.lower, value.upper)
        given = np.asarray(value)
        if given.dtype.kind not in "iufb" or given.dtype.itemsize > 8:
            raise ValueError(f"no exact float64 values for entries of type {given.dtype}")
        mid = given.astype(np.float64)
        if given.dtype.kind in "iu" and (abs(mid) > 2**53).any():
            raise ValueError("integers above 2^53 are not exact in float64")
        return cls(mid, np.broadcast_to(0.0, mid.shape))

    @property
    def _parts(self) -> tuple[np.ndarray, ...]:
        return self.mid, self.rad

    @property
    def upper(self) -> FloatArray:
        with np.errstate(over="ignore"):
            total = self.mid + self.rad
            return np.where(self.rad == 0, self.mid, np.nextafter(total, np.inf))

    def __neg__(self) -> BallArray:
        return BallArray(-self.mid, self.rad)

    def __abs__(self) -> BallArray:
        lower, upper = self.lower, self.upper
        straddles = (lower < 0) & (upper > 0)
        # Away from zero mirroring keeps the radius; across it the ball is [0, larger end].
        split = BallArray.between(np.zeros_like(upper), np.maximum(-lower, upper))
        return BallArray(
            np.where(straddles, split.mid, abs(self.mid)), np.where(straddles, split.rad, self.rad)
        )

    @_arithmetic
    def __add__(self, right: BallArray) -> BallArray:
        total = self.mid + right.mid
        # The rounding error of a sum is itself a float (Knuth's TwoSum); zero for exact sums.
        shadow = total - self.mid
        error = abs((self.mid - (total - shadow)) + (right.mid - shadow))
        return BallArray(total, add_up(add_up(self.rad, right.rad), error))

    @_arithmetic
    def __mul__(self, right: BallArray) -> BallArray:
        mid = self.mid * right.mid
        trivial = (abs(self.mid) == 1) | (abs(right.mid) == 1) | (self.mid == 0) | (right.mid == 0)
        error = np.where(trivial, 0.0, round_up(UNIT_ROUNDOFF * abs(mid)) + SMALLEST)
        spread = add_up(
            multiply_up(abs(self.mid), right.rad),
            multiply_up(self.rad, add_up(abs(right.mid), right.rad)),
        )
        return BallArray(mid, add_up(spread, error))

    @_arithmetic
    def __truediv__(self, right: BallArray) -> BallArray:
        mid = self.mid / right.mid
        size = abs(right.mid)
        smallest = np.where(right.rad == 0, size, round_down(size - right.rad))
        spread = add_up(self.rad, multiply_up(round_up(abs(mid)), right.rad))
        spread = np.where(spread == 0, 0.0, round_up(spread / smallest))
        error = round_up(UNIT_ROUNDOFF * abs(mid)) + SMALLEST
        rad = np.where(smallest > 0, add_up(spread, error), np.inf)
        return BallArray(mid, rad)

    @_arithmetic
    def __matmul__(self, right: BallArray) -> BallArray:
        terms = self.shape[-1]
        rad = matmul_up(abs(self.mid), abs(right.mid)) * product_error(terms)
        rad = round_up(round_up(rad) + terms * SMALLEST)
        if right.rad.any():
            rad = add_up(rad, matmul_up(abs(self.mid), right.rad))
        if self.rad.any():
            rad = add_up(rad, matmul_up(self.rad, add_up(abs(right.mid), right.rad)))
        return BallArray(np.asarray(self.mid @ right.mid), np.asarray(rad))

    @_quiet
    def sum(self, axis: int | None = None) -> BallArray:
        terms = self.mid.size if axis is None else self.shape[axis]
        error = np.asarray(product_error(max(terms - 1, 0)))
        rounding = multiply_up(sum_up(abs(self.mid), axis), error)
        return BallArray(
            np.asarray(self.mid.sum(axis=axis)), add_up(sum_up(self.rad, axis), rounding)
        )

    @_quiet
    def sqrt(self) -> BallArray:
        lower, upper = np.maximum(self.lower, 0.0), self.upper
        low = np.maximum(np.nextafter(np.sqrt(lower), -np.inf), 0.0)
        high = np.nextafter(np.sqrt(np.maximum(upper, 0.0)), np.inf)
        return BallArray.between(low, np.where(upper < 0, np.inf, high))

    @_quiet
    def ldexp(self, exponents: ArrayLike) -> BallArray:
        mid = np.ldexp(self.mid, exponents)
        rad = np.ldexp(self.rad, exponents)
        # Scaling back shows, exactly, which entries lost digits below the smallest denormal.
        back = -np.asarray(exponents)
        lost = (np.ldexp(mid, back) != self.mid) | (np.ldexp(rad, back) != self.rad)
        return BallArray(mid, np.where(lost, round_up(rad + 2 * SMALLEST), rad))

    def maximum(self, other: RealArray | ArrayLike) -> BallArray:
        right = BallArray.like(other)
        return BallArray.between(
            np.maximum(self.lower, right.lower), np.maximum(self.upper, right.upper)
        )

    def norm(self) -> Interval:
        largest = float(np.max(np.maximum(abs(self.mid), self.rad), initial=0.0))
        if not math.isfinite(largest):
            return Interval.between(0, math.inf)
        exponent = math.frexp(largest)[1] if largest else 0
        unit = self.ldexp(-exponent)
        return (unit * unit).sum().interval().nonnegative().sqrt() * Interval.exact(2) ** exponent
