"""Two classes of scikit-learn's handwritten digits (8 x 8 pixels, UCI optical recognition).

Pixels are divided by their maximum 16, which is exact in binary, so they lie in [0, 1].
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from .sample import Dataset, Sample, centred, with_bias

_Digit = Annotated[int, pydantic.Field(ge=0, le=9)]
_IMAGES = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
"""Of each digit, so that asking for too many is told before the images are loaded."""


class Digits(Dataset, frozen=True, extra="forbid"):
    """The first of ``classes`` has the label +1, the second -1.

    samples: None takes all; otherwise that many, drawn without replacement, half of each class
    (one more of the first when odd), kept in the order of the source. centred: subtract the mean
    of the chosen samples. bias: append a coordinate 1, last, so that hidden neurons have a bias.
    """

    kind: Literal["digits"] = "digits"
    classes: tuple[_Digit, _Digit] = (0, 1)
    samples: Annotated[int, pydantic.Field(ge=2)] | None = None
    centred: bool = True
    bias: bool = False

    @pydantic.model_validator(mode="after")
    def _two_classes(self) -> Digits:
        if self.classes[0] == self.classes[1]:
            raise InputError(f"classes: two different digits are needed, found {self.classes}")
        return self

    def check(self) -> None:
        """InputError where there are not as many images."""
        samples = self.samples or 0
        for digit, wanted in zip(self.classes, ((samples + 1) // 2, samples // 2), strict=True):
            if wanted > _IMAGES[digit]:
                raise InputError(
                    f"digits dataset: samples: {samples} needs {wanted} of digit {digit}, "
                    f"there are {_IMAGES[digit]}"
                )

    def draw(self, rng: np.random.Generator) -> Sample:
        self.check()
        x, digit = _images()
        first, second = (np.flatnonzero(digit == c) for c in self.classes)
        if self.samples is not None:
            first = rng.choice(first, (self.samples + 1) // 2, replace=False)
            second = rng.choice(second, self.samples // 2, replace=False)
        rows = np.sort(np.concatenate([first, second]))
        y = np.where(digit[rows] == self.classes[0], 1, -1)
        source = f"scikit-learn digits, {self.classes[0]} (+1) against {self.classes[1]} (-1)"
        taken = centred(x[rows], rows, source) if self.centred else x[rows]
        return Sample(with_bias(taken) if self.bias else taken, y, source, rows)

    def fresh(self, rng: np.random.Generator, count: int, drawn: Sample) -> np.ndarray | None:
        """Digits of both classes that were not drawn, shifted like those that were."""
        x, digit = _images()
        others = np.setdiff1d(np.flatnonzero(np.isin(digit, self.classes)), drawn.rows)
        if not len(others):
            return None
        rows = rng.permutation(others)[:count]
        taken = x[rows] - x[drawn.rows].mean(axis=0) if self.centred else x[rows]
        return with_bias(taken) if self.bias else taken


def _images() -> tuple[np.ndarray, np.ndarray]:
    """All images, float64 (1797, 64) in [0, 1], and the digits they show."""
    from sklearn.datasets import load_digits  # heavy, and only this dataset needs it

    pixels, digit = load_digits(return_X_y=True)
    return pixels.astype(np.float64) / 16.0, digit
