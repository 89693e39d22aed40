"""Samples uniform on the cube [-1, 1]^d, coordinates independent: ‖x‖² is about d/3."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from .base import GeneratedDataset


class Uniform(GeneratedDataset, frozen=True, extra="forbid"):
    """Independent coordinates, each uniform on [-1, 1]."""

    kind: Literal["uniform"] = "uniform"

    independent: ClassVar[bool] = True

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(-1.0, 1.0, (len(y), self.dimension))
