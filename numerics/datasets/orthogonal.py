"""Orthogonal samples of equal norm: every condition of the boundary theorem holds with room.

The rows are a scaled orthonormal frame. A random one, uniformly distributed, is in float64
orthogonal to about 1e-16 of its squared norm, not exactly: the Gram statistics enclose what is
left. The coordinate axes are orthogonal exactly.
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
    """``radius`` times orthonormal rows. Needs samples <= dimension, radius > 0.

    frame: ``random``, or ``axes`` for the first coordinate axes.
    """

    kind: Literal["orthogonal"] = "orthogonal"
    radius: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0
    frame: Literal["random", "axes"] = "random"

    @pydantic.model_validator(mode="after")
    def _room_for_all(self) -> Orthogonal:
        if self.samples > self.dimension:
            raise InputError(
                f"samples: {self.samples} orthogonal samples do not fit in dimension "
                f"{self.dimension}; samples must be at most the dimension"
            )
        return self

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.frame == "axes":
            return self.radius * np.eye(len(y), self.dimension)
        return self.radius * orthonormal_rows(len(y), self.dimension, rng)
