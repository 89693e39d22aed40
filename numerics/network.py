"""The two-layer leaky ReLU network f(x) = sum_j a_j phi(<w_j, x>), of which only the w_j train.

phi(t) = max(t, gamma t); a_j = +1/sqrt(m) for the first half of the neurons, -1/sqrt(m) for the
second; no bias (Kumano, Kera & Yamasaki, ICLR 2024, section 3). What is said of limits and capture
holds for any a_j != 0 (`OutputWeights`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..theory.exact.interval import Interval, Number
from .configuration import InputError
from .enclose.ball_array import BallArray
from .enclose.real_array import BoolArray, FloatArray, RealArray

# Points are evaluated in blocks so that pre-activations take at most this many numbers.
_BLOCK_ENTRIES = 2**24

# Their squares, and the multipliers that go with the inverse squares, stay within float64.
_LEAST_SIZE, _LARGEST_SIZE = 1e-30, 1e30

WeightDistribution = Literal["uniform", "gaussian"]


def check_width(width: int) -> None:
    """InputError unless the hidden width m is a positive even integer."""
    if width < 2 or width % 2:
        raise InputError(f"width: must be even and at least 2 (two equal halves), found {width}")


def check_slope(slope: Number, *, relu: bool = False) -> None:
    """InputError unless the slope gamma lies in (0, 1]; with ``relu`` it may be 0."""
    if not (0 <= slope <= 1 if relu else 0 < slope <= 1):
        raise InputError(f"slope: must lie in {'[' if relu else '('}0, 1], found {slope}")


@dataclass(frozen=True, eq=False)
class OutputWeights:
    """The a_j of all neurons: any numbers but 0, of both signs.

    Attributes
    ----------
    values : float64 (m,); the paper's, which are irrational, to rounding.
    squares : a_j², exact.
    """

    values: FloatArray
    squares: tuple[Fraction, ...]

    @classmethod
    def paper(cls, width: int) -> OutputWeights:
        """1/sqrt(m) for the first half, -1/sqrt(m) for the second. InputError for an odd width."""
        check_width(width)
        values = np.repeat([1.0, -1.0], width // 2) / math.sqrt(width)
        return cls(values, (Fraction(1, width),) * width)

    @classmethod
    def given(cls, values: ArrayLike) -> OutputWeights:
        """These, each its binary value exactly.

        Raises InputError for one that is no finite number between 1e-30 and 1e30 in size, and
        unless both signs are there.
        """
        a = np.asarray(values, dtype=np.float64)
        bad = ~((abs(a) >= _LEAST_SIZE) & (abs(a) <= _LARGEST_SIZE))
        if bad.any():
            raise InputError(
                f"output_weights: each must be finite, not 0, and between {_LEAST_SIZE:g} and "
                f"{_LARGEST_SIZE:g} in size, found {a[bad][0]:g}"
            )
        if not ((a > 0).any() and (a < 0).any()):
            raise InputError("output_weights: must hold at least one of each sign")
        return cls(a, tuple(Fraction(value) ** 2 for value in a.tolist()))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def papers(self) -> bool:
        """Whether these are the paper's."""
        m = len(self)
        return m % 2 == 0 and np.array_equal(self.values, OutputWeights.paper(m).values)

    @cached_property
    def signs(self) -> np.ndarray:
        """The sign of each, int8 (m,)."""
        return np.sign(self.values).astype(np.int8)

    @cached_property
    def sizes(self) -> BallArray:
        """abs(a_j), (m,)."""
        return self._read(lambda square: Interval.exact(square).sqrt())

    @cached_property
    def masses(self) -> BallArray:
        """a_j², (m,)."""
        return self._read(Interval.exact)

    def _read(self, of: Callable[[Fraction], Interval]) -> BallArray:
        known = {square: of(square) for square in set(self.squares)}
        found = [known[square] for square in self.squares]
        return BallArray.between([f.lower for f in found], [f.upper for f in found])

    @cached_property
    def square(self) -> float:
        """‖a‖², to rounding."""
        return float(sum(self.squares))

    def own(self, y: np.ndarray) -> BoolArray:
        """Which pairs of a sample of label y_n and a neuron have a_j y_n > 0, (N, m)."""
        return np.equal.outer(y > 0, self.signs > 0)


def weights_or_papers(width: int, given: OutputWeights | None) -> OutputWeights:
    """Those given, by default the paper's. InputError unless there are `width`, or for an odd
    width of the paper's."""
    if given is None:
        return OutputWeights.paper(width)
    if len(given) != width:
        raise InputError(f"output_weights: {width} neurons need as many, found {len(given)}")
    return given


def output_weights(width: int, given: OutputWeights | None = None) -> np.ndarray:
    """a, float64 (m,): those given, else 1/sqrt(m) for the first half, -1/sqrt(m) for the second.

    Raises InputError as `weights_or_papers` does.
    """
    return weights_or_papers(width, given).values


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
    Raises InputError for a width or dimension below 1 or a scale that is not finite and >= 0.
    """
    if width < 1:
        raise InputError(f"width: must be at least 1, found {width}")
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


def margins(
    preactivations: RealArray, y: np.ndarray, slope: Number, output: OutputWeights | None = None
) -> RealArray:
    """y_n f(x_n), (N,), from the pre-activations (N, m). output: a_j, by default the paper's."""
    width = preactivations.shape[1]
    hidden = preactivations.maximum(preactivations * Interval.exact(slope))
    if output is not None:
        return (hidden * (output.sizes * output.signs)).sum(axis=1) * y.astype(np.float64)
    half = width // 2
    difference = hidden[:, :half].sum(axis=1) - hidden[:, half:].sum(axis=1)
    return difference * y.astype(np.float64) / Interval.exact(width).sqrt()


@dataclass(frozen=True, eq=False)
class LeakyNetwork:
    """A network of given weights.

    Attributes
    ----------
    weights : float64 (m, d).
    slope : gamma in [0, 1].
    outer : a_j, by default the paper's.

    Raises InputError for an odd width with the paper's a_j, as many others as there are no neurons,
    weights that are no matrix, or a slope out of range.
    """

    weights: np.ndarray
    slope: float
    outer: OutputWeights | None = None

    def __post_init__(self) -> None:
        if self.weights.ndim != 2:
            raise InputError(f"weights: must be a matrix (m, d), found {self.weights.shape}")
        weights_or_papers(len(self.weights), self.outer)
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
        a = output_weights(self.width, self.outer)
        values = np.empty(len(x))
        rows = max(1, _BLOCK_ENTRIES // self.width)
        for start in range(0, len(x), rows):
            z = self.preactivations(x[start : start + rows])
            values[start : start + rows] = np.where(z > 0, z, self.slope * z) @ a
        return values
