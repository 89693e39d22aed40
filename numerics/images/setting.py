"""What an experiment with deep networks on images is. Nothing here loads torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pydantic

from ..configuration import Configuration
from ..data.images import ImageChoice

Base = Literal["natural", "noise"]
Labels = Literal["R", "D"]
Norm = Literal["L2", "Linf", "L0"]
Control = Literal["shuffle", "random", "untrained", "none"]
Arm = Literal["perturbed", "shuffle", "random", "untrained", "none"]
Architecture = Literal["small-conv", "paper-conv", "wide-resnet"]

_PRESETS: dict[str, tuple[int, int, float]] = {"short": (20, 64, 0.05), "paper": (100, 128, 0.1)}
"""Epochs, images in a batch, learning rate."""


class Recipe(Configuration, frozen=True, extra="forbid"):
    """How a network is trained: SGD with momentum 0.9 (Nesterov) and weight decay 5e-4.

    preset : ``paper``, 100 epochs in batches of 128 from a learning rate of 0.1, a tenth of it
    whenever the training loss has not fallen for 10 epochs (Kumano et al., ICLR 2024); ``short``,
    20 epochs in batches of 64, the rate falling from 0.05 along a half cosine (this project). What
    else is given takes the place of the preset's. The network of the last epoch decides.
    """

    preset: Literal["short", "paper"] = "short"
    epochs: Annotated[int, pydantic.Field(ge=1, le=10_000)] = 0
    batch: Annotated[int, pydantic.Field(ge=1, le=65_536)] = 0
    learning_rate: Annotated[float, pydantic.Field(gt=0, le=100)] = 0.0

    @pydantic.model_validator(mode="before")
    @classmethod
    def _filled(cls, given: object) -> object:
        if not isinstance(given, dict) or given.get("preset", "short") not in _PRESETS:
            return given
        values = _PRESETS[given.get("preset", "short")]
        return dict(zip(("epochs", "batch", "learning_rate"), values, strict=True)) | given


@dataclass(frozen=True)
class ImageSetting:
    """f learns natural images; perturbations of f towards targets t; g learns them with t.

    base : what is perturbed, the natural training images or so many ``samples`` of noise, uniform
    on [0, 1]. labels : the targets, ``R`` uniform (on natural images among the other classes) or
    ``D``, the class after the image's own. norm, eps : the size of perturbations; of L0 so many
    pixels. steps : of the attack, of L0 one a pixel. network : an architecture, or a factory of the
    user's, ``path.py:name``. limit : slope of a two-layer network whose certified limit on the same
    images, of two classes, is compared.
    """

    data: ImageChoice
    base: Base
    labels: Labels
    norm: Norm
    eps: float
    steps: int
    samples: int
    network: str
    recipe: Recipe
    limit: float | None = None
