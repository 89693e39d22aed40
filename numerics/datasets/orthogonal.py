"""Orthogonal samples of equal norm: every condition of the boundary theorem holds with room.

The rows are a scaled orthonormal frame, uniformly distributed. In float64 they are orthogonal to
about 1e-16 of their squared norm, not exactly: the Gram statistics enclose what is left.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pydantic

from ..input_error import InputError
from .base import GeneratedDataset


def orthonormal_rows(samples: int, dimension: int, rng: np.random.Generator) -> np.ndarray:
    """Uniformly random orthonormal frame, float64 (samples, dimension), samples <= dimension."""
    frame, triangle = np.linalg.qr(rng.standard_normal((dimension, samples)))
    # QR fixes no signs; with those of the triangle the frame is Haar distributed and does not
    # depend on the convention of the LAPACK at hand.
    return np.ascontiguousarray((frame * np.copysign(1.0, np.diag(triangle))).T)


class Orthogonal(GeneratedDataset, frozen=True, extra="forbid"):
    """``radius`` times orthonormal rows. Needs samples <= dimension, radius > 0."""

    kind: Literal["orthogonal"] = "orthogonal"
    radius: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0

    @pydantic.model_validator(mode="after")
    def _room_for_all(self) -> Orthogonal:
        if self.samples > self.dimension:
            raise InputError(
                f"samples: {self.samples} orthogonal samples do not fit in dimension "
                f"{self.dimension}; samples must be at most the dimension"
            )
        return self

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return self.radius * orthonormal_rows(len(y), self.dimension, rng)
