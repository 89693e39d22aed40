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

import abc
from typing import Annotated, ClassVar, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from ..enclose.real_array import RealArray
from .base import GeometricPerturbation, scaled_normal


class L2(GeometricPerturbation, frozen=True, extra="forbid"):
    """eps is the Euclidean norm of every perturbation."""

    kind: Literal["l2"] = "l2"
    unit: ClassVar[Literal["l2", "linf"]] = "l2"

    def direction(self, q: RealArray) -> np.ndarray:
        scaled = scaled_normal(q)
        return scaled / np.linalg.norm(scaled)


class LinfSign(GeometricPerturbation, frozen=True, extra="forbid"):
    """Every coordinate with q_i != 0 moves by eps."""

    kind: Literal["linf-sign"] = "linf-sign"
    unit: ClassVar[Literal["l2", "linf"]] = "linf"

    def direction(self, q: RealArray) -> np.ndarray:
        return np.sign(scaled_normal(q))


class LinfRescaled(GeometricPerturbation, frozen=True, extra="forbid"):
    """eps is the largest change of a coordinate."""

    kind: Literal["linf-rescaled"] = "linf-rescaled"
    unit: ClassVar[Literal["l2", "linf"]] = "linf"

    def direction(self, q: RealArray) -> np.ndarray:
        return scaled_normal(q)


class _FewCoordinates(GeometricPerturbation, abc.ABC, frozen=True, extra="forbid"):
    k: Annotated[int, pydantic.Field(ge=1)]

    def check_dimension(self, d: int) -> None:
        if self.k > d:
            raise InputError(f"k: {self.k} coordinates were asked for, the data have {d}")

    def _largest(self, q: RealArray) -> np.ndarray:
        """M_k q, scaled; ties go to the smaller index. Raises InputError unless k <= nnz q."""
        scaled, k = scaled_normal(q), self.k
        self.check_dimension(len(q))
        if k > (nonzero := np.count_nonzero(q.mid)):
            raise InputError(
                f"k: {k} coordinates were asked for, the normal q has only {nonzero} that are not "
                "zero"
            )
        chosen = np.argsort(-abs(q.mid), kind="stable")[:k]
        kept = np.zeros_like(scaled)
        kept[chosen] = scaled[chosen]
        return kept


class L0Value(_FewCoordinates, frozen=True, extra="forbid"):
    """k coordinates move, by eps together in Euclidean norm; 1 <= k <= nnz q."""

    kind: Literal["l0-value"] = "l0-value"
    unit: ClassVar[Literal["l2", "linf"]] = "l2"

    def direction(self, q: RealArray) -> np.ndarray:
        kept = self._largest(q)
        return kept / np.linalg.norm(kept)


class L0Sign(_FewCoordinates, frozen=True, extra="forbid"):
    """k coordinates move by eps each; 1 <= k <= nnz q."""

    kind: Literal["l0-sign"] = "l0-sign"
    unit: ClassVar[Literal["l2", "linf"]] = "linf"

    def direction(self, q: RealArray) -> np.ndarray:
        return np.sign(self._largest(q))
