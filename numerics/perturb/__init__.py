"""Perturbations: each kind is one file; adding one means adding it to ``PERTURBATIONS``."""

from typing import Annotated

import pydantic

from .attacks import Attack, Gradient, PixelAttack, ProjectedGradient
from .base import Direction, GeometricPerturbation, Perturbation, PerturbationFault, Promise, Sizes
from .geometric import L2, L0Sign, L0Value, LinfRescaled, LinfSign

PERTURBATIONS: tuple[type[Perturbation], ...] = (
    L2,
    LinfSign,
    LinfRescaled,
    L0Value,
    L0Sign,
    Gradient,
    ProjectedGradient,
    PixelAttack,
)

AnyPerturbation = Annotated[
    L2 | LinfSign | LinfRescaled | L0Value | L0Sign | Gradient | ProjectedGradient | PixelAttack,
    pydantic.Field(discriminator="kind"),
]

__all__ = [
    "PERTURBATIONS",
    "AnyPerturbation",
    "Attack",
    "Direction",
    "GeometricPerturbation",
    "Perturbation",
    "PerturbationFault",
    "Promise",
    "Sizes",
]
