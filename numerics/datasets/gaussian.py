"""Samples from the standard normal distribution N(0, I): ‖x‖² is about d."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from .base import GeneratedDataset


class Gaussian(GeneratedDataset, frozen=True, extra="forbid"):
    """Independent standard normal coordinates."""

    kind: Literal["gaussian"] = "gaussian"

    independent: ClassVar[bool] = True

    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((len(y), self.dimension))
