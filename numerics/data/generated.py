"""Data sets made by a generator of random numbers."""

from __future__ import annotations

import abc
from typing import Annotated, ClassVar, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from .sample import GeneratedDataset, Sample


def orthonormal_rows(samples: int, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Uniformly random orthonormal frame, float64 (samples, dimension), samples <= dimension."""
    frame, triangle = np.linalg.qr(rng.standard_normal((dimension, samples)))
    # QR fixes no signs; with those of the triangle the frame is Haar distributed and does not
    # depend on the convention of the LAPACK at hand.
    return np.ascontiguousarray((frame * np.copysign(1.0, np.diag(triangle))).T)


class _Independent(GeneratedDataset, abc.ABC, frozen=True, extra="forbid"):
    """Linearly independent samples, of norm ``radius``; ``what`` errors call them."""

    what: ClassVar[str] = "independent"

    radius: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0

    @pydantic.model_validator(mode="after")
    def _room_for_all(self) -> _Independent:
        if self.samples > self.dimension:
            raise InputError(
                f"samples: {self.samples} {self.what} samples do not fit in dimension "
                f"{self.dimension}; samples must be at most the dimension"
            )
        return self


class Orthogonal(_Independent, frozen=True, extra="forbid"):
    """``radius`` times orthonormal rows. Needs samples <= dimension, radius > 0.

    frame: ``random``, or ``axes`` for the first coordinate axes. Every condition of the boundary
    theorem holds with room. A random frame, uniformly distributed, is in float64 orthogonal to
    about 1e-16 of its squared norm, not exactly: the Gram statistics enclose what is left. The
    coordinate axes are orthogonal exactly.
    """

    kind: Literal["orthogonal"] = "orthogonal"
    what: ClassVar[str] = "orthogonal"
    frame: Literal["random", "axes"] = "random"

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.frame == "axes":
            return self.radius * np.eye(len(y), self.dimension)
        return self.radius * orthonormal_rows(len(y), self.dimension, rng)


# Rounding moves inner products by about 1e-16 of the squared norm; aiming this much lower keeps
# them at or below the value asked for.
_BELOW = 1e-14


class NearOrthogonal(_Independent, frozen=True, extra="forbid"):
    """Inner products +-coherence * radius².

    p_max is set exactly (to rounding, from below): the dataset to walk along the edge of a
    theorem's condition. Built as L F with L Lᵀ the wanted Gram matrix (Cholesky) and F an
    orthonormal frame.

    signs="random": fair independent signs; "adverse": y_n y_k <x_n, x_k> < 0 for every pair, which
    makes multipliers largest. Needs samples <= dimension, radius > 0 and
    0 <= coherence < 1/(samples - 1), below which every choice of signs is a Gram matrix.
    """

    kind: Literal["near-orthogonal"] = "near-orthogonal"
    coherence: Annotated[float, pydantic.Field(ge=0, lt=1)]
    signs: Literal["random", "adverse"] = "random"

    @pydantic.model_validator(mode="after")
    def _possible(self) -> NearOrthogonal:
        if self.coherence * (self.samples - 1) >= 1:
            raise InputError(
                f"coherence: {self.coherence} is not below 1/(samples - 1) = "
                f"{1 / (self.samples - 1):.6g}; no set of samples has every choice of signs there"
            )
        return self

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.signs == "adverse":
            signs = -np.outer(y, y).astype(np.float64)
        else:
            upper = np.triu(rng.integers(0, 2, (len(y), len(y))) * 2.0 - 1.0, k=1)
            signs = upper + upper.T
        wanted = max(self.coherence - _BELOW, 0.0) * signs
        np.fill_diagonal(wanted, 1.0)
        try:
            factor = np.linalg.cholesky(wanted)
        except np.linalg.LinAlgError:  # within rounding of a singular Gram matrix
            raise InputError(
                f"near-orthogonal dataset: coherence: {self.coherence} is so close to "
                f"1/(samples - 1) that the Gram matrix is singular to rounding; take a smaller one"
            ) from None
        return self.radius * (factor @ orthonormal_rows(len(y), self.dimension, rng))


class Uniform(GeneratedDataset, frozen=True, extra="forbid"):
    """Independent coordinates, each uniform on [-1, 1]."""

    kind: Literal["uniform"] = "uniform"

    independent: ClassVar[bool] = True

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(-1.0, 1.0, (len(y), self.dimension))


class Gaussian(GeneratedDataset, frozen=True, extra="forbid"):
    """Independent standard normal coordinates."""

    kind: Literal["gaussian"] = "gaussian"

    independent: ClassVar[bool] = True

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((len(y), self.dimension))


class ShiftedGaussian(GeneratedDataset, frozen=True, extra="forbid"):
    """Standard normal around ``shift`` times the label in every coordinate: N(±shift 1, I)."""

    kind: Literal["shifted-gaussian"] = "shifted-gaussian"
    shift: Annotated[float, pydantic.Field(allow_inf_nan=False)] = 0.3

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((len(y), self.dimension)) + self.shift * y[:, None]

    def fresh(self, rng: np.random.Generator, count: int, drawn: Sample) -> np.ndarray:
        """Half of them of each label, one more of +1 when odd."""
        return self.draw_inputs(np.where(np.arange(count) % 2, -1.0, 1.0), rng)
