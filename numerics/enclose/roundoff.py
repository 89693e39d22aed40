"""Upper bounds on what float64 arithmetic did: the directed rounding under `rounding.BallArray`.

Every function takes non-negative numbers that were computed in round-to-nearest with gradual
underflow and returns a float on the stated side of the exact result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

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
