"""L2: dir = q/‖q‖, the shortest way to the boundary (Kumano et al., ICLR 2024)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..real_array import RealArray
from .base import GeometricPerturbation
from .direction import Direction, count_nonzero, scaled_normal


class L2(GeometricPerturbation, frozen=True, extra="forbid"):
    """eps is the Euclidean norm of every perturbation."""

    kind: Literal["l2"] = "l2"

    def direction(self, q: RealArray) -> Direction:
        scaled = scaled_normal(q)
        return Direction(scaled / np.linalg.norm(scaled), "l2", count_nonzero(q))
