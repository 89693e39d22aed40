"""L0 by value: dir = M_k q/‖M_k q‖, where M_k keeps the k largest |q_i|.

Source: Kumano et al., ICLR 2024.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pydantic

from ..real_array import RealArray
from .base import GeometricPerturbation
from .direction import Direction, largest_entries, scaled_normal


class L0Value(GeometricPerturbation, frozen=True, extra="forbid"):
    """k coordinates move, by eps together in Euclidean norm; 1 <= k <= nnz q."""

    kind: Literal["l0-value"] = "l0-value"
    k: Annotated[int, pydantic.Field(ge=1)]

    def direction(self, q: RealArray) -> Direction:
        scaled = scaled_normal(q)
        chosen, undecided = largest_entries(q, self.k)
        kept = np.where(chosen, scaled, 0.0)
        return Direction(kept / np.linalg.norm(kept), "l2", self.k, undecided)
