"""Datasets: each kind is one file; adding one means adding it to ``DATASETS``."""

from typing import Annotated

import pydantic

from .base import Dataset, Sample
from .digits import Digits
from .file import FromFile
from .gaussian import Gaussian
from .near_orthogonal import NearOrthogonal
from .orthogonal import Orthogonal
from .uniform import Uniform

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
