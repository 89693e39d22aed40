"""Perturbations, one class each, and the sets they make; a new class in a module here is found."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

import pydantic

from ..configuration import found_kinds
from .attacks import Attack
from .base import GeometricPerturbation, Perturbation, PerturbationFault, Promise

# `perturbed_set` holds no kind and reads what is found here.
PERTURBATIONS: tuple[type[Perturbation], ...] = found_kinds(
    Perturbation, __name__, without="perturbed_set"
)

if TYPE_CHECKING:
    AnyPerturbation = GeometricPerturbation | Attack
else:
    AnyPerturbation = Annotated[reduce(or_, PERTURBATIONS), pydantic.Field(discriminator="kind")]

__all__ = [
    "PERTURBATIONS",
    "AnyPerturbation",
    "Attack",
    "GeometricPerturbation",
    "Perturbation",
    "PerturbationFault",
    "Promise",
]
