"""Data sets, one class each, and the readers of files; a new class in any module here is found."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

import pydantic

from ..configuration import found_kinds
from .digits import Digits
from .file import FromFile
from .labelled import LabelledDataset
from .sample import Dataset, GeneratedDataset, Sample

DATASETS: tuple[type[Dataset], ...] = found_kinds(Dataset, __name__)

if TYPE_CHECKING:
    AnyDataset = GeneratedDataset | Digits | LabelledDataset
else:
    AnyDataset = Annotated[reduce(or_, DATASETS), pydantic.Field(discriminator="kind")]

__all__ = [
    "DATASETS",
    "AnyDataset",
    "Dataset",
    "Digits",
    "FromFile",
    "GeneratedDataset",
    "LabelledDataset",
    "Sample",
]
