"""Image study files: deep networks that learn images from perturbations, with their controls.

A study of images is a TOML file with `kind = "images"`; `ImageStudy` is its schema. Unknown keys
are errors that name the key.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from ...numerics.configuration import InputError
from ...numerics.data.images import ImageChoice
from ...numerics.images.setting import (
    Architecture,
    Base,
    Control,
    ImageSetting,
    Labels,
    Norm,
    Recipe,
)
from ...numerics.paper_scale.setting import Count
from ..values import Verdict
from .scenario import Expected, Name, Section, Seed, Slope, problems

LEAST_SEEDS = 3
"""Seeds below which the claim on accuracies stays open."""

_Share = Annotated[float, pydantic.Field(ge=0, le=1)]


class PublishedAccuracy(Section):
    """Accuracies that were published for the same experiment: of the `best` epoch on test images,
    of the `last`, and where. They are shown beside and decide nothing."""

    best: _Share
    last: _Share | None = None
    source: str = ""


class ImageStudy(Section):
    """One experiment over seeds.

    A network f learns natural images; `base` images are perturbed by at most `eps` in a `norm` so
    that f calls them by targets t, `labels` = "R" at random or "D" the next class; a second network
    learns the perturbed images with the labels t, and is asked for the true classes of natural test
    images. `controls` learn the same with other perturbations. `network` is an architecture that
    ships, `module` a function of the user's ("path.py:name", relative to the file) in its place.
    `eps` is a number of pixels for "L0", which takes one a step. `samples` is the number of noise
    images. `highest` also reports the best epoch on test images, which is optimistic. `limit`, for
    two classes, is the slope of a two-layer network whose certified limit on the same images is
    shown beside the deep networks, as an observation.
    """

    kind: Literal["images"]
    name: Name
    title: str = ""
    description: str = ""
    expect: Expected = Verdict.PASS
    data: ImageChoice
    base: Base = "natural"
    labels: Labels = "R"
    norm: Norm = "L2"
    eps: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]
    steps: Annotated[int, pydantic.Field(ge=1, le=10_000)] = 100
    samples: Count | None = None
    controls: Annotated[tuple[Control, ...], pydantic.Field(min_length=1)] = (
        "shuffle",
        "random",
        "untrained",
        "none",
    )
    seeds: Annotated[tuple[Seed, ...], pydantic.Field(min_length=1, max_length=100)] = (0, 1, 2)
    network: Architecture = "small-conv"
    module: str | None = None
    recipe: Recipe = Recipe()
    permutations: Annotated[int, pydantic.Field(ge=19, le=1_000_000)] = 1999
    highest: bool = False
    published: PublishedAccuracy | None = None
    limit: Slope | None = None

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> ImageStudy:
        if self.base == "noise" and (self.labels == "D" or self.samples is None):
            raise ValueError('base = "noise" has no classes: give labels = "R", and samples')
        if self.base == "natural" and self.samples is not None:
            raise ValueError("samples: of noise images only; natural ones are data.train")
        pixels = math.prod(self.data.known.shape)
        if self.norm == "L0" and not (self.eps == int(self.eps) <= pixels):
            raise ValueError(f"eps: must be a number of pixels, 1 to {pixels}, found {self.eps}")
        if self.norm == "L0" and "steps" in self.model_fields_set:
            raise ValueError("steps: L0 takes one pixel a step; eps says how many")
        if self.norm == "Linf" and self.eps > 1:
            raise ValueError(f"eps: pixels lie in [0, 1], found {self.eps}")
        if self.limit is not None and self.classes != 2:
            raise ValueError(f"limit: needs two classes (data.classes), there are {self.classes}")
        for field in ("seeds", "controls"):
            if len(set(getattr(self, field))) < len(getattr(self, field)):
                raise ValueError(f"{field}: one is named twice")
        if self.module is not None and not self.module.rpartition(":")[0].endswith(".py"):
            raise ValueError(f"module: must be path.py:name, found {self.module!r}")
        return self

    @property
    def setting(self) -> ImageSetting:
        """The experiment, apart from seeds and controls."""
        return ImageSetting(
            data=self.data,
            base=self.base,
            labels=self.labels,
            norm=self.norm,
            eps=self.eps,
            steps=int(self.eps) if self.norm == "L0" else self.steps,
            samples=self.samples or 0,
            network=self.module or self.network,
            recipe=self.recipe,
            limit=self.limit,
        )

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.data.numbers)

    def seeded(self, seed: int) -> ImageStudy:
        """The same with as many seeds, from `seed` on."""
        seeds = tuple(seed + k for k in range(len(self.seeds)))
        return self.model_copy(update={"seeds": seeds})


def image_study_from(content: dict[str, Any], path: Path) -> ImageStudy:
    """The study that the tables of the file at `path` describe.

    Raises:
        InputError: a field is unknown or out of range, or the user's module is not there.
    """
    try:
        study = ImageStudy.model_validate(content)
    except pydantic.ValidationError as error:
        raise InputError(f"{path}: {problems(error)}") from None
    if study.module is None:
        return study
    file, _, factory = study.module.rpartition(":")
    if not (path.parent / file).is_file():
        raise InputError(f"{path}: 'module': no file {path.parent / file}")
    module = f"{(path.parent / file).absolute()}:{factory}"
    return study.model_copy(update={"module": module})
