"""Linf rescaled: dir = q/‖q‖_inf, what the published code calls Linf (Kumano et al., ICLR 2024).

It is the L2 direction in another size: only the coordinate with the largest |q_i| moves by eps.
"""

from __future__ import annotations

from typing import Literal

from ..real_array import RealArray
from .base import GeometricPerturbation
from .direction import Direction, count_nonzero, scaled_normal


class LinfRescaled(GeometricPerturbation, frozen=True, extra="forbid"):
    """eps is the largest change of a coordinate."""

    kind: Literal["linf-rescaled"] = "linf-rescaled"

    def direction(self, q: RealArray) -> Direction:
        return Direction(scaled_normal(q), "linf", count_nonzero(q))
