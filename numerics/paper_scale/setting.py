"""What one experiment on learning from perturbed noise is, and how large its perturbations are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import pydantic

from ..configuration import Configuration, InputError
from ..perturb.pixel_attack import pixels_taken

if TYPE_CHECKING:
    from torch import Tensor


Noise = Literal["uniform", "gaussian"]
PerturbationKind = Literal["l2", "linf-rescaled", "l0-greedy"]
Count = Annotated[int, pydantic.Field(ge=2, le=1_000_000)]
Size = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]


def pixel_count(fraction: float, dimension: int) -> int:
    """floor(fraction d), at least 1: InputError when that is none or fraction is not in (0, 1]."""
    count = pixels_taken(fraction, dimension)
    if not 1 <= count <= dimension:
        raise InputError(
            f"eps: {fraction:g} of {dimension} coordinates is {count}; "
            "give a fraction in (0, 1] that is at least one coordinate"
        )
    return count


class LearningSetting(Configuration, frozen=True, extra="forbid"):
    """Natural samples, noise, and the perturbation that carries features from one to the other.

    perturbation : ``l2``, dir = q/‖q‖ and eps the L2 size; ``linf-rescaled``, dir = q/‖q‖_inf and
    eps the largest change of a coordinate; ``l0-greedy``, the greedy pixel attack, eps the share of
    coordinates it may take. dimension d, samples N, noise_samples N_adv. slope gamma in (0, 1].
    """

    perturbation: PerturbationKind
    dimension: Annotated[int, pydantic.Field(ge=1, le=1_000_000)]
    samples: Count
    noise_samples: Count
    eps: Size
    slope: Annotated[float, pydantic.Field(gt=0, le=1)] = 0.01

    @classmethod
    def section(cls) -> str:
        return "point"

    @pydantic.model_validator(mode="after")
    def _pixels(self) -> LearningSetting:
        if self.perturbation == "l0-greedy":
            pixel_count(self.eps, self.dimension)
        return self


STEP_SIZE = 0.3
"""The published step."""


def greedy_pixels(
    normal: Tensor, fraction: float, step_size: float = STEP_SIZE
) -> tuple[Tensor, Tensor]:
    """Coordinates taken, int64 (k,), in order, and how far each is moved in all, signed (k,).

    The greedy pixel attack (`perturb.pixel_attack`) on a linear boundary, in closed form: on
    f(x) = <q, x> the gradient is q at every sample, so all samples take the same coordinates, those
    of the largest |q_i| in order, and a coordinate taken in step t of k is moved k - t + 1 times by
    step_size |q_i|/max|q|. Closed form: this project.

    normal : q (d,). Targets of label y move by y times that, before any clamp.
    """
    import torch  # a study's file is read before torch is loaded

    count = pixel_count(fraction, len(normal))
    taken = torch.sort(normal.abs(), descending=True, stable=True).indices[:count]
    chosen = normal[taken]
    turns = torch.arange(count, 0, -1, dtype=normal.dtype, device=normal.device)
    return taken, step_size * turns * chosen / chosen[0].abs()
