"""L0 by sign: dir = sgn(M_k q), where M_k keeps the k largest |q_i|."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pydantic

from ..real_array import RealArray
from .base import GeometricPerturbation
from .direction import Direction, largest_entries, scaled_normal, undecided_signs


class L0Sign(GeometricPerturbation, frozen=True, extra="forbid"):
    """k coordinates move by eps each; 1 <= k <= nnz q."""

    kind: Literal["l0-sign"] = "l0-sign"
    k: Annotated[int, pydantic.Field(ge=1)]

    def direction(self, q: RealArray) -> Direction:
        signs = np.sign(scaled_normal(q))
        chosen, undecided = largest_entries(q, self.k)
        undecided += undecided_signs(q[chosen])
        return Direction(np.where(chosen, signs, 0.0), "linf", self.k, undecided)
