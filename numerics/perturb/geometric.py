"""Geometric perturbations: one direction for all samples, from the normal q of the exact boundary.

    l2             dir = q/‖q‖, the shortest way to the boundary
    linf-sign      dir = sgn q with sgn 0 = 0, the fast gradient sign method there
    linf-rescaled  dir = q/‖q‖_inf, what the published code calls Linf: the L2 direction in another
                   size, only the coordinate with the largest |q_i| moves by eps
    l0-value       dir = M_k q/‖M_k q‖, where M_k keeps the k largest |q_i|
    l0-sign        dir = sgn(M_k q)

Source: Kumano et al., ICLR 2024.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pydantic

from ..enclose.real_array import RealArray
from .base import (
    Direction,
    GeometricPerturbation,
    count_nonzero,
    largest_entries,
    scaled_normal,
    undecided_signs,
)


class L2(GeometricPerturbation, frozen=True, extra="forbid"):
    """eps is the Euclidean norm of every perturbation."""

    kind: Literal["l2"] = "l2"

    def direction(self, q: RealArray) -> Direction:
        scaled = scaled_normal(q)
        return Direction(scaled / np.linalg.norm(scaled), "l2", count_nonzero(q))


class LinfSign(GeometricPerturbation, frozen=True, extra="forbid"):
    """Every coordinate with q_i != 0 moves by eps."""

    kind: Literal["linf-sign"] = "linf-sign"

    def direction(self, q: RealArray) -> Direction:
        signs = np.sign(scaled_normal(q))
        return Direction(signs, "linf", count_nonzero(q), undecided_signs(q))


class LinfRescaled(GeometricPerturbation, frozen=True, extra="forbid"):
    """eps is the largest change of a coordinate."""

    kind: Literal["linf-rescaled"] = "linf-rescaled"

    def direction(self, q: RealArray) -> Direction:
        return Direction(scaled_normal(q), "linf", count_nonzero(q))


class L0Value(GeometricPerturbation, frozen=True, extra="forbid"):
    """k coordinates move, by eps together in Euclidean norm; 1 <= k <= nnz q."""

    kind: Literal["l0-value"] = "l0-value"
    k: Annotated[int, pydantic.Field(ge=1)]

    def direction(self, q: RealArray) -> Direction:
        scaled = scaled_normal(q)
        chosen, undecided = largest_entries(q, self.k)
        kept = np.where(chosen, scaled, 0.0)
        return Direction(kept / np.linalg.norm(kept), "l2", self.k, undecided)


class L0Sign(GeometricPerturbation, frozen=True, extra="forbid"):
    """k coordinates move by eps each; 1 <= k <= nnz q."""

    kind: Literal["l0-sign"] = "l0-sign"
    k: Annotated[int, pydantic.Field(ge=1)]

    def direction(self, q: RealArray) -> Direction:
        signs = np.sign(scaled_normal(q))
        chosen, undecided = largest_entries(q, self.k)
        undecided += undecided_signs(q[chosen])
        return Direction(np.where(chosen, signs, 0.0), "linf", self.k, undecided)
