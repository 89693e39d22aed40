"""Inputs built to be nasty, and rational arithmetic to hold enclosures against.

Cancellation, scales from 1e-150 to 1e150 and denormals in one matrix, nearly equal sides, nearly
dependent samples. An enclosure may say that it knows nothing; it may never exclude the exact value.
The oracles are plain loops over `Fraction`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import HealthCheck, reject, settings
from hypothesis import strategies as st
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.enclose.precise_array import PreciseArray
from perturbproof.numerics.enclose.real_array import RealArray
from perturbproof.theory.exact.interval import Interval

# A busy machine makes drawing slow; that says nothing about the code.
thorough = settings(suppress_health_check=list(HealthCheck))

N, D = 3, 4
SCALES = [1.0, 1e-150, 1e150, 1e-75, 1e75, 5e-324, 1e-310]
entries = st.one_of(
    st.floats(-2, 2),
    st.sampled_from([0.0, 1.0, -1.0, 1 + 2**-52, 1 - 2**-53, 2.0**-30]),
    st.builds(lambda a, b: a * b, st.floats(-1, 1), st.sampled_from(SCALES)),
)
slopes = st.sampled_from([Fraction(1, 2), Fraction(1, 3), Fraction(0.01), Fraction(1)])
arithmetics = st.booleans()

Row = list[Fraction]


def fractions(x: np.ndarray) -> list[Row]:
    return [[Fraction(value) for value in row] for row in np.atleast_2d(x).tolist()]


def dot(a: Row, b: Row) -> Fraction:
    return sum((v * w for v, w in zip(a, b, strict=True)), Fraction(0))


@st.composite
def samples(draw: st.DrawFn, rows: int = N) -> np.ndarray:
    """Mixed scales; one scale; or rows that differ in the last bits only."""
    shape = st.lists(entries, min_size=rows * D, max_size=rows * D)
    x = np.array(draw(shape)).reshape(rows, D)
    kind = draw(st.sampled_from(["mixed", "scaled", "nearly equal", "cancelling"]))
    if kind == "scaled":
        x = np.ldexp(np.clip(x, -2, 2), draw(st.sampled_from([-1070, -500, -30, 30, 500])))
    if kind == "nearly equal" and rows > 1:
        nudge = np.ldexp(np.array(draw(st.lists(st.integers(-3, 3), min_size=D, max_size=D))), -50)
        x[1] = x[0] * (1 + nudge)
    if kind == "cancelling" and rows > 1:
        x[1] = x[0] * np.array([1, 1, -1, -1])
        x[0, 2] = np.nextafter(x[0, 2], 3)
    return x


labels = st.sampled_from([np.array(y, dtype=np.int8) for y in product([1, -1], repeat=N)])


def holds(array: RealArray, exact: list[list[Fraction]] | list[Fraction]) -> None:
    """Every entry lies in its interval, in its float64 bounds, and in its ball."""
    members = np.array(exact, dtype=object)
    assert array.shape == members.shape
    for index in np.ndindex(array.shape):
        value = members[index]
        inside(array.interval(*index), value)
        for low, high in (
            (array.lower[index], array.upper[index]),
            (array.mid[index] - array.rad[index], array.mid[index] + array.rad[index]),
        ):
            # The last sum rounds once itself.
            assert math.isinf(low) or Fraction(np.nextafter(low, -np.inf)) <= value
            assert math.isinf(high) or value <= Fraction(np.nextafter(high, np.inf))


def inside(interval: Interval, value: Fraction) -> None:
    assert interval.contains(value), f"{value} outside {interval}"
    if interval.exact_value is not None:
        assert interval.exact_value.rational == value


def inside_root(interval: Interval, square: Fraction) -> None:
    """The interval holds the root of `square`."""
    assert (interval.max(0) ** 2).contains(square), f"root of {square} outside {interval}"
    if interval.exact_value is not None:
        exact = interval.exact_value.power(Fraction(2))
        assert exact is not None
        assert exact.rational == square


def sample_of(x: np.ndarray, y: np.ndarray) -> Sample:
    """A sample, where these can be one: finite, both labels, no row of zeros."""
    if not (np.isfinite(x).all() and x.any(axis=1).all() and abs(y.sum()) < len(y)):
        reject()
    return Sample(x, y, "nasty", np.arange(len(x)))


def arrays(values: np.ndarray, precise: bool) -> RealArray:
    return PreciseArray.exact(values) if precise else BallArray.exact(values)


def solved(matrix: list[Row], rhs: Row) -> Row | None:
    """Gaussian elimination; None for a singular matrix."""
    size = len(matrix)
    rows = [[*row, b] for row, b in zip(matrix, rhs, strict=True)]
    for k in range(size):
        pivot = next((n for n in range(k, size) if rows[n][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for n in range(size):
            if n != k:
                rows[n] = [a - rows[n][k] * b for a, b in zip(rows[n], rows[k], strict=True)]
    return [row[-1] for row in rows]


def multipliers_of(x: np.ndarray, y: np.ndarray, slope: Fraction) -> tuple[list[Row], Row | None]:
    rows, signs = fractions(x), [int(v) for v in y]
    matrix = [
        [
            dot(rows[n], rows[k]) * ((1 + slope**2) / 2 if signs[n] == signs[k] else -slope)
            for k in range(len(rows))
        ]
        for n in range(len(rows))
    ]
    return matrix, solved(matrix, [Fraction(1)] * len(rows))
