"""The two-layer leaky ReLU network f(x) = sum_j a_j phi(<w_j, x>), of which only the w_j train.

phi(t) = max(t, gamma t); a_j = +1/sqrt(m) for the first half of the neurons, -1/sqrt(m) for the
second; no bias (Kumano, Kera & Yamasaki, ICLR 2024, section 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..theory.exact.interval import Interval, Number
from .configuration import InputError
from .enclose.ball_array import BallArray
from .enclose.real_array import RealArray

# Points are evaluated in blocks so that pre-activations take at most this many numbers.
_BLOCK_ENTRIES = 2**24

WeightDistribution = Literal["uniform", "gaussian"]


def check_width(width: int) -> None:
    """InputError unless the hidden width m is a positive even integer."""
    if width < 2 or width % 2:
        raise InputError(f"width: must be even and at least 2 (two equal halves), found {width}")


def check_slope(slope: Number, *, relu: bool = False) -> None:
    """InputError unless the slope gamma lies in (0, 1]; with ``relu`` it may be 0."""
    if not (0 <= slope <= 1 if relu else 0 < slope <= 1):
        raise InputError(f"slope: must lie in {'[' if relu else '('}0, 1], found {slope}")


def output_weights(width: int) -> np.ndarray:
    """a, float64 (m,): 1/sqrt(m) for the first half, -1/sqrt(m) for the second."""
    check_width(width)
    return np.repeat([1.0, -1.0], width // 2) / math.sqrt(width)


def initial_weights(
    width: int,
    dimension: int,
    rng: np.random.Generator,
    *,
    scale: float | None = None,
    distribution: WeightDistribution = "uniform",
) -> np.ndarray:
    """W(0), float64 (m, d), independent entries.

    uniform: on [-scale, scale]; gaussian: standard deviation ``scale``. Without a scale 1/sqrt(d),
    the published recipe. The start is part of every claim about a limit.
    Raises InputError for an odd width, a dimension below 1 or a scale that is not finite and >= 0.
    """
    check_width(width)
    if dimension < 1:
        raise InputError(f"dimension: must be at least 1, found {dimension}")
    if scale is None:
        scale = 1.0 / math.sqrt(dimension)
    if not (math.isfinite(scale) and scale >= 0):
        raise InputError(f"scale: initial weights need a finite scale >= 0, found {scale}")
    if distribution == "uniform":
        return rng.uniform(-scale, scale, (width, dimension))
    if distribution == "gaussian":
        return scale * rng.standard_normal((width, dimension))
    raise InputError(f"distribution: must be 'uniform' or 'gaussian', found {distribution!r}")


def preactivations(weights: np.ndarray, x: np.ndarray) -> RealArray:
    """<w_j, x_n>, (N, m), for float64 weights (m, d) and samples (N, d) taken as exact."""
    return BallArray.exact(x) @ weights.T


def margins(preactivations: RealArray, y: np.ndarray, slope: Number) -> RealArray:
    """y_n f(x_n), (N,), from the pre-activations (N, m)."""
    width = preactivations.shape[1]
    hidden = preactivations.maximum(preactivations * Interval.exact(slope))
    half = width // 2
    difference = hidden[:, :half].sum(axis=1) - hidden[:, half:].sum(axis=1)
    return difference * y.astype(np.float64) / Interval.exact(width).sqrt()


@dataclass(frozen=True, eq=False)
class LeakyNetwork:
    """A network of given weights.

    Attributes
    ----------
    weights : float64 (m, d), m even.
    slope : gamma in [0, 1].

    Raises InputError for an odd width, weights that are no matrix, or a slope out of range.
    """

    weights: np.ndarray
    slope: float

    def __post_init__(self) -> None:
        if self.weights.ndim != 2:
            raise InputError(f"weights: must be a matrix (m, d), found {self.weights.shape}")
        check_width(len(self.weights))
        check_slope(self.slope, relu=True)

    @property
    def width(self) -> int:
        """Number of neurons m."""
        return self.weights.shape[0]

    def preactivations(self, x: np.ndarray) -> np.ndarray:
        """<w_j, x_n>, shape (n, m), for x (n, d)."""
        return x @ self.weights.T

    def output(self, x: np.ndarray) -> np.ndarray:
        """f(x_n), shape (n,), for x (n, d), in plain floating point."""
        a = output_weights(self.width)
        values = np.empty(len(x))
        rows = max(1, _BLOCK_ENTRIES // self.width)
        for start in range(0, len(x), rows):
            z = self.preactivations(x[start : start + rows])
            values[start : start + rows] = np.where(z > 0, z, self.slope * z) @ a
        return values
