"""Linf by sign: dir = sgn q with sgn 0 = 0, the fast gradient sign method at the exact boundary."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..real_array import RealArray
from .base import GeometricPerturbation
from .direction import Direction, count_nonzero, scaled_normal, undecided_signs


class LinfSign(GeometricPerturbation, frozen=True, extra="forbid"):
    """Every coordinate with q_i != 0 moves by eps."""

    kind: Literal["linf-sign"] = "linf-sign"

    def direction(self, q: RealArray) -> Direction:
        signs = np.sign(scaled_normal(q))
        return Direction(signs, "linf", count_nonzero(q), undecided_signs(q))
