"""Perturbations: each kind is one file; adding one means adding it to ``PERTURBATIONS``."""

from typing import Annotated

import pydantic

from .base import Attack, GeometricPerturbation, Perturbation
from .direction import Direction
from .gradient import Gradient
from .l0_sign import L0Sign
from .l0_value import L0Value
from .l2 import L2
from .linf_rescaled import LinfRescaled
from .linf_sign import LinfSign
from .pgd import ProjectedGradient
from .pixel import PixelAttack
from .promise import PerturbationFault, Promise, Sizes

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
