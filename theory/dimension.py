"""The smallest dimension at which random data are proved to meet a condition."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from . import symbols
from .evaluation import Number, Undecided, Undefined, exact, precision, truth
from .radii import Bound, Condition, certified, radii
from .radii import delta as delta_symbol

PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096)


def smallest_dimension(
    samples: int,
    slope: Fraction | int | str,
    delta: Fraction | int | str,
    condition: Condition = "paper",
    bound: Bound = "better",
) -> int:
    """The smallest d at which uniform data provably meet a condition with chance 1 - delta.

    `slope` is in (0, 1], `delta` in (0, 1]; write them as fractions or strings ("0.01"), which are
    exact. The condition then holds at every larger d too, as t1/d and t2/d fall and it is
    homogeneous in d, t1 and t2; so bisection finds the smallest. Every comparison is decided by
    enclosures of rising precision. Source: this project.

    >>> smallest_dimension(2, 1, "0.01", bound="hoeffding")
    5977
    >>> smallest_dimension(2, 1, "0.01")
    953

    Raises:
        ValueError: an argument is out of range.
    """
    values: dict[sp.Symbol, Number] = {
        symbols.N: exact(samples),
        symbols.gamma: exact(slope),
        delta_symbol: exact(delta),
    }
    if samples < 2:
        raise ValueError(f"samples must be at least 2, not {samples}")
    for name, value in (("slope", values[symbols.gamma]), ("delta", values[delta_symbol])):
        if not 0 < value <= 1:
            raise ValueError(f"{name} must be in (0, 1], not {value}")
    t1, t2 = radii(bound)
    formulas = (t1 < symbols.d / 3, certified(condition, t1, t2))

    def holds(dimension: int) -> bool:
        return all(_decided(f, {**values, symbols.d: exact(dimension)}) for f in formulas)

    high = 1
    while not holds(high):
        high *= 2
    low = high // 2  # fails, or is 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _decided(formula: Boolean, values: dict[sp.Symbol, Number]) -> bool:
    """Whether a formula holds, at as many bits as it takes to be certain."""
    for bits in PRECISIONS:
        with precision(bits):
            try:
                holds = truth(formula, values)
            except (Undecided, Undefined):
                continue
        if holds is not None:
            return holds
    raise ArithmeticError(f"{formula} was not decided at {PRECISIONS[-1]} bits for {values}")
