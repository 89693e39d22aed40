"""What every dataset gives, a labelled sample, and the guards under which files are read."""

from __future__ import annotations

import abc
import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import pydantic

from ..configuration import Configuration, InputError
from ..device import gibibytes, physical_memory

# What every reader of files holds to: what may be opened, the bytes a file may claim, its arrays.
#
# Nothing is allocated on a file's word: an array that a file claims is first held against the size
# of the file. A compressed file may unfold to 256 MiB, or to 100 times its own size where that is
# more; samples as float64 must fit into the memory of the machine.

_LARGEST = 2**63 - 1
UNFOLDS_TO = 256 * 2**20
UNFOLDS_BY = 100


def checked_pair(path: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N, d) of real numbers and labels (N,) of numbers or text, as stored.

    Samples with more than one axis, images say, are laid out as one row each; labels of shape
    (N, 1) become (N,). Raises InputError for any other shape, a type that is neither, text that is
    none, or samples too many for this machine.
    """
    if x.ndim > 2 and x.size:
        x = x.reshape(len(x), -1)
    if x.ndim != 2 or (len(x) and not x.size):
        raise InputError(f"{path}: array 'x' must be a matrix (N, d), found shape {x.shape}")
    if y.shape == (len(x), 1):
        y = y[:, 0]
    if y.shape != (len(x),):
        raise InputError(
            f"{path}: array 'y' must have shape ({len(x)},) to match 'x', found {y.shape}"
        )
    if x.dtype.kind not in "biuf":
        raise InputError(f"{path}: array 'x' must hold real numbers, found type {x.dtype}")
    if y.dtype.kind not in "biufU" or not y.dtype.itemsize:
        raise InputError(f"{path}: array 'y' must hold numbers or text, found type {y.dtype}")
    if y.dtype.kind == "U":
        # Four bytes may hold more than the characters there are; Python fails on the rest later.
        codes = np.ascontiguousarray(y, dtype=y.dtype.newbyteorder("=")).view(np.uint32)
        wrong = (codes > 0x10FFFF) | ((codes >= 0xD800) & (codes <= 0xDFFF))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0]) // (y.dtype.itemsize // 4)
            raise InputError(f"{path}: the label of row {row} (counted from 0) is no text")
    if (needed := 8 * x.size) > (memory := physical_memory()):
        raise InputError(
            f"{path}: {len(x)} samples in dimension {x.shape[1]} take {gibibytes(needed)} as "
            f"float64, this machine has {gibibytes(memory)}"
        )
    return x, y


def claimed_bytes(path: str, what: str, shape: tuple[int, ...], itemsize: int) -> int:
    """The bytes of an array of that shape. Raises InputError when no array can have it."""
    if any(size < 0 for size in shape) or (
        math.prod(max(size, 1) for size in shape) * max(itemsize, 1) > _LARGEST
    ):
        raise InputError(
            f"{path}: truncated or forged: {what} claims shape {shape}, which does not fit "
            "the size of the file"
        )
    return math.prod(shape) * itemsize


def refuse_oversize(path: str, what: str, shape: tuple[int, ...], itemsize: int, held: int) -> None:
    """Refuse an array that claims more bytes than its file can hold, before it is allocated.

    Raises InputError when `shape` times `itemsize` exceeds `held` bytes.
    """
    promised = claimed_bytes(path, what, shape, itemsize)
    if promised > held:
        raise InputError(
            f"{path}: {what} claims shape {tuple(shape)}, {promised} bytes, which does not fit the "
            "size of the file"
        )


def refuse_unfolding(path: str, what: str, unfolded: int, stored: int) -> None:
    """Refuse what takes `stored` bytes in a file and claims `unfolded`, beyond the limits above.

    Raises InputError.
    """
    if unfolded > max(UNFOLDS_TO, UNFOLDS_BY * stored):
        raise InputError(
            f"{path}: {what} unfolds from {stored} to {unfolded} bytes, which does not fit the "
            f"size of the file (more than {UNFOLDS_BY} times); store it uncompressed"
        )


@contextmanager
def opened_for_reading(path: str) -> Iterator[None]:
    """What goes wrong with opening and reading a file inside the block as one line, InputError."""
    if "\0" in path:
        raise InputError(f"{path}: no such file; a name cannot hold the character 0")
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except MemoryError:
        raise InputError(f"{path}: does not fit in memory") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def labels_beside(samples: str, file: Path, zipped: Path | None = None) -> str:
    """The file of labels that is there, or the zipped one; InputError where none is."""
    for found in (file, zipped or file):
        if found.is_file():
            return str(found)
    more = "[.gz]" if zipped else ""
    raise InputError(f"{samples}: its labels are missing: no file {file}{more}")


def refuse_no_file(path: str, what: str) -> None:
    """Raise InputError for a folder and for what is there and no file: reading it may never end."""
    if Path(path).is_dir():
        raise InputError(f"{path}: is a folder, not a {what}")
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"{path}: is a device or a pipe, not a {what}")


def existing(path: str) -> Path:
    """The path of a file that is there; InputError where none is."""
    if not (file := Path(path)).is_file():
        raise InputError(f"{path}: no such file")
    return file


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
        return Sample(self.x[chosen], self.y[chosen], self.source, self.rows[chosen])


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
