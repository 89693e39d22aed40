"""Datasets: each kind is one file; adding one means adding it to ``DATASETS``."""

from typing import Annotated

import pydantic

from .digits import Digits
from .file import FromFile
from .generated import Gaussian, NearOrthogonal, Orthogonal, Uniform
from .sample import Dataset, Sample

DATASETS: tuple[type[Dataset], ...] = (
    Orthogonal,
    NearOrthogonal,
    Uniform,
    Gaussian,
    Digits,
    FromFile,
)

AnyDataset = Annotated[
    Orthogonal | NearOrthogonal | Uniform | Gaussian | Digits | FromFile,
    pydantic.Field(discriminator="kind"),
]

__all__ = ["DATASETS", "AnyDataset", "Dataset", "Sample"]
