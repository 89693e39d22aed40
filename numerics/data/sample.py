"""What every dataset gives: a labelled sample."""

from __future__ import annotations

import abc
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import pydantic

from ..configuration import Configuration, InputError
from ..device import gibibytes, physical_memory

_NAMED_ROWS = 5


def row_list(rows: Iterable[int]) -> str:
    """Text such as ``rows 3, 8 and 12``; long lists end in a count of the rest."""
    rows = [int(row) for row in rows]
    if len(rows) == 1:
        return f"row {rows[0]}"
    if len(rows) <= _NAMED_ROWS:
        return f"rows {', '.join(map(str, rows[:-1]))} and {rows[-1]}"
    named = ", ".join(map(str, rows[:_NAMED_ROWS]))
    return f"rows {named} and {len(rows) - _NAMED_ROWS} more"


@dataclass(frozen=True, eq=False)
class Sample:
    """A labelled sample. Immutable: the arrays are private, read-only copies.

    Attributes
    ----------
    x : float64 (N, d), the samples, one a row. These numbers *are* the data: later enclosures take
        them as exact.
    y : int8 (N,), labels in {-1, +1}.
    source : where the data come from, in words.
    rows : int64 (N,), the row of each sample in that source, counted from 0.
    label_names : what the source calls the labels -1 and +1.
    told : in words, what of the source was taken.
    sha256 : of the files of a set that is known by name, by their names.

    Raises
    ------
    InputError
        Unless x is (N, d) with N >= 2 and d >= 1, everything is finite, both labels occur and no
        row of x is zero throughout.
    """

    x: np.ndarray
    y: np.ndarray
    source: str
    rows: np.ndarray
    label_names: tuple[str, str] = ("-1", "+1")
    told: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        y, rows = np.asarray(self.y), np.asarray(self.rows)
        x = _as_float64(np.asarray(self.x), self.source)
        if y.shape != (len(x),) or rows.shape != (len(x),):
            raise InputError(
                f"{self.source}: {len(x)} samples need labels and rows of shape ({len(x)},), "
                f"found {y.shape} and {rows.shape}"
            )
        if not np.isin(y, (-1, 1)).all():
            raise InputError(f"{self.source}: labels must be -1 or +1")
        if (y == y[0]).all():
            raise InputError(
                f"{self.source}: all {len(y)} samples have the label {int(y[0]):+d}; "
                "both classes are needed"
            )
        zero = rows[~x.any(axis=1)]
        if len(zero):
            raise InputError(
                f"{self.source}: {row_list(zero)} (counted from 0) zero throughout; "
                "every sample needs a nonzero feature"
            )
        private = {"x": x, "y": np.array(y, dtype="i1"), "rows": np.array(rows, dtype="i8")}
        for name, own in private.items():
            own.setflags(write=False)
            object.__setattr__(self, name, own)

    @property
    def n(self) -> int:
        """Number of samples N."""
        return self.x.shape[0]

    @property
    def d(self) -> int:
        """Input dimension d."""
        return self.x.shape[1]

    def fingerprint(self) -> str:
        """SHA-256 of the shape and of the bytes of x and y (little-endian), as 64 hex digits."""
        digest = hashlib.sha256(f"perturbproof sample {self.n}x{self.d}\n".encode())
        digest.update(np.ascontiguousarray(self.x, dtype="<f8").data)
        digest.update(np.ascontiguousarray(self.y).data)
        return digest.hexdigest()

    def take(self, indices: Sequence[int] | np.ndarray) -> Sample:
        """The samples at ``indices`` (N',), in that order, under the same checks."""
        chosen = np.asarray(indices, dtype=np.int64)
        return replace(self, x=self.x[chosen], y=self.y[chosen], rows=self.rows[chosen])


def _as_float64(given: np.ndarray, source: str) -> np.ndarray:
    """A copy of the samples (N, d) as float64, which is what has to be finite."""
    if given.ndim != 2 or given.shape[1] < 1:
        raise InputError(f"{source}: samples must be a matrix (N, d), found shape {given.shape}")
    if len(given) < 2:
        raise InputError(f"{source}: at least 2 samples are needed, found {len(given)}")
    if given.dtype.kind not in "biuf":
        raise InputError(f"{source}: samples must be real numbers, found {given.dtype}")
    # Longer floats may exceed float64; a signalling NaN is only noticed.
    with np.errstate(over="ignore", invalid="ignore"):
        x = np.array(given, dtype=np.float64, order="C")
        # A sum is finite unless an entry is not or it overflows: one cheap pass settles most cases.
        suspicious = not np.isfinite(x.sum())
    if suspicious and not (finite := np.isfinite(x)).all():
        row, column = np.argwhere(~finite)[0]
        raise InputError(
            f"{source}: row {row}, column {column} (counted from 0) is {given[row, column]}; "
            "every feature must be finite as float64"
        )
    return x


def centred(x: np.ndarray, rows: np.ndarray, source: str) -> np.ndarray:
    """x (N, d) less the mean of its rows; InputError when a row is zero throughout afterwards."""
    with np.errstate(over="ignore", invalid="ignore"):  # found by the checks of the sample
        shifted = x - x.mean(axis=0)
    zero = rows[~shifted.any(axis=1)]
    if len(zero):
        raise InputError(
            f"{source}: {row_list(zero)} (counted from 0) zero throughout after centring: "
            "equal to the mean of the chosen samples"
        )
    return shifted


def standardised(x: np.ndarray, rows: np.ndarray, source: str) -> np.ndarray:
    """x (N, d), centred, each feature over its standard deviation; a constant one is 0."""
    shifted = centred(x, rows, source)
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = shifted.std(axis=0)
        return shifted / np.where(deviation > 0, deviation, 1.0)


def with_bias(x: np.ndarray) -> np.ndarray:
    """x (N, d) with a further coordinate 1, (N, d + 1): its weight is a hidden bias."""
    return np.hstack([x, np.ones((len(x), 1))])


class Dataset(Configuration, abc.ABC, frozen=True, extra="forbid"):
    """A description of a dataset, from which samples are drawn. One kind is one class."""

    kind: str

    @classmethod
    def section(cls) -> str:
        return f"{cls.model_fields['kind'].default} dataset"

    @abc.abstractmethod
    def draw(self, rng: np.random.Generator) -> Sample:
        """One sample. Raises InputError when the data are unusable."""

    @property
    def files(self) -> list[str]:
        """Every file that the data may be read from; InputError as for reading them."""
        return []

    def check(self) -> None:
        """InputError for what can be known to be wrong in an instant, without loading torch."""

    def fresh(self, rng: np.random.Generator, count: int, drawn: Sample) -> np.ndarray | None:
        """At most ``count`` further samples of the distribution of ``drawn``, float64 (B, d).

        They are independent of those drawn; None where a dataset has no more of its kind.
        """
        return None


class GeneratedDataset(Dataset, abc.ABC, frozen=True, extra="forbid"):
    """Samples made by a generator of random numbers.

    ``labels="alternating"`` gives +1, -1, +1, ...; ``"random"`` draws them fair and independent,
    given that both occur. Field ranges: samples >= 2, dimension >= 1, and the matrix must fit in
    the machine's memory.
    """

    samples: Annotated[int, pydantic.Field(ge=2)]
    dimension: Annotated[int, pydantic.Field(ge=1)]
    labels: Literal["alternating", "random"] = "alternating"

    independent: ClassVar[bool] = False
    """Whether samples are independent draws that do not depend on the labels."""

    @pydantic.model_validator(mode="after")
    def _fits_in_memory(self) -> GeneratedDataset:
        needed = 8 * self.samples * self.dimension
        if needed > (memory := physical_memory()):
            raise InputError(
                f"samples x dimension: {self.samples} x {self.dimension} numbers take "
                f"{gibibytes(needed)}, this machine has {gibibytes(memory)}"
            )
        return self

    def draw(self, rng: np.random.Generator) -> Sample:
        y = self._draw_labels(rng)
        source = f"{self.kind} ({self.samples} samples in dimension {self.dimension})"
        return Sample(self.draw_inputs(y, rng), y, source, np.arange(self.samples))

    def fresh(self, rng: np.random.Generator, count: int, drawn: Sample) -> np.ndarray | None:
        return self.draw_inputs(np.ones(count), rng) if self.independent else None

    @abc.abstractmethod
    def draw_inputs(self, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Samples float64 (N, d) for the labels y (N,)."""

    def _draw_labels(self, rng: np.random.Generator) -> np.ndarray:
        if self.labels == "alternating":
            return np.where(np.arange(self.samples) % 2 == 0, 1, -1)
        while True:
            y = rng.integers(0, 2, self.samples) * 2 - 1
            if (y != y[0]).any():
                return y
