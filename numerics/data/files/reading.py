"""Which reader gets which file or folder, and where the labels of one without labels are."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ...configuration import InputError
from .columns import ColumnLike
from .conversions import how_to_convert
from .guards import (
    BARE,
    Arrays,
    Opened,
    checked_pair,
    existing,
    opened_for_reading,
    refuse_no_file,
)
from .images import (
    image_files,
    labels_of_images,
    looks_like_idx,
    read_cifar,
    read_idx,
    training_batches,
)
from .names import chosen_names, holds_labels, label_stems
from .npy import open_npz, read_npy
from .table import check_table, labels_in_text, read_table
from .tensors import check_pt, open_pt, open_safetensors

_TABLES = (".csv", ".tsv", ".tab", ".txt", ".dat")
_KINDS = {
    ".npz": "npz",
    ".npy": "npy",
    ".pt": "pt",
    ".pth": "pt",
    ".safetensors": "safetensors",
    ".bin": "cifar",
    **dict.fromkeys(_TABLES, "table"),
}
_READ = (
    ".npz, .csv, .npy, .pt, .safetensors, an IDX file (...-idx3-ubyte) or a folder of such files "
    "is needed"
)


@dataclass(frozen=True)
class Wanted:
    """What of a file the user chose.

    labels: the file of the labels. x, y: names of arrays. label_column, drop_columns: of a table.
    """

    labels: str | None = None
    x: str | None = None
    y: str | None = None
    label_column: ColumnLike | None = None
    drop_columns: tuple[ColumnLike, ...] = ()


def read_data(path: str, wanted: Wanted = Wanted()) -> Arrays:
    """Samples and labels as stored in a file or folder.

    Raises InputError, one line that names the file, for whatever cannot be read.
    """
    with opened_for_reading(wanted.labels or path), opened_for_reading(path):
        found = _read(path, wanted, headers=False)
        assert found is not None
        return found


def names_in(path: str, *, headers: bool = False) -> list[str]:
    """The names of the arrays in a file or folder; InputError where they have none.

    Of `headers` alone none of a file that only torch can look into.
    """
    with opened_for_reading(path):
        kind, file = located(path)
        if headers and _for_torch(kind, file):
            return []
        if kind in _OPENERS:
            with _OPENERS[kind](file, True) as (names, _):
                if list(names) != [BARE]:
                    return list(names)
        raise InputError(f"{path}: arrays with names are needed, as in a .npz or .pt file")


def check_data(path: str, wanted: Wanted) -> None:
    """InputError for what can be seen to be wrong in an instant, without loading torch."""
    with opened_for_reading(wanted.labels or path), opened_for_reading(path):
        _read(path, wanted, headers=True)


def _read(path: str, wanted: Wanted, *, headers: bool) -> Arrays | None:
    """None where only the whole file, or torch, could tell, and neither shall be loaded."""
    kind, file = located(path)
    if kind != "table" and (wanted.label_column is not None or wanted.drop_columns):
        raise InputError(f"{path}: is no table, so that it has no columns to choose; see x and y")
    if kind in ("table", "cifar") and (option := wanted.x or wanted.y):
        raise InputError(f"{path}: has no array {option!r}: arrays are chosen in files with names")
    if kind == "table":
        return _table(path, wanted, headers)
    if kind == "cifar":
        if wanted.labels is not None:
            raise _own_labels(path)
        return read_cifar(training_batches(path) if Path(path).is_dir() else [path])
    if headers and _for_torch(kind, file):
        return None
    beside = () if file == path else (f"images from {Path(file).relative_to(path)}",)
    with _OPENERS[kind](file, headers) as (names, load):
        if list(names) == [BARE] and (wanted.x or wanted.y):
            raise InputError(f"{path}: holds one array, which has no name to choose it by")
        if list(names) == [BARE]:
            labels = wanted.labels or (labels_of_images if kind == "idx" else _beside)(file)
            samples, found, told = BARE, None, beside
        else:
            labels = wanted.labels
            if labels is not None and not wanted.x and holds_labels(names):
                raise _own_labels(path)
            samples, found, told = chosen_names(
                path, names, wanted.x, wanted.y, labels=labels is None
            )
        x = load(samples)
        if found is not None:
            return checked_pair(path, x, load(found), told, (samples, found))
    assert labels is not None
    told = (*told, f"labels from {Path(labels).name}")
    if headers and _for_torch(*located(labels)):
        return None
    return checked_pair(path, x, label_array(labels), told, (samples or "x", "y"))


def _for_torch(kind: str, file: str) -> bool:
    """Whether only torch could look into a file, which is sound as an archive."""
    if kind == "folder":
        for inside in (arrays := _arrays_in(file).values()):
            _for_torch(*inside)
        return any(kind == "pt" for kind, _ in arrays)
    if kind == "pt":
        check_pt(file)
    return kind == "pt"


def _own_labels(path: str) -> InputError:
    return InputError(
        f"{path}: holds its own labels; a file of labels goes with samples that have none"
    )


def _table(path: str, wanted: Wanted, headers: bool) -> Arrays | None:
    refuse_no_file(path, "data file")
    if wanted.labels is not None:
        refuse_no_file(wanted.labels, "label file")
        existing(wanted.labels)
        if wanted.label_column is not None:
            raise InputError(f"{path}: label_column: the labels are in {wanted.labels}")
    if headers:
        return check_table(path, wanted.label_column, wanted.drop_columns)
    if wanted.labels is None:
        return read_table(path, wanted.label_column, wanted.drop_columns)
    table = read_table(path, None, wanted.drop_columns, labels=False)
    told = (*table.told, f"labels from {Path(wanted.labels).name}, all columns are features")
    return checked_pair(path, table.x, label_array(wanted.labels), told)


def located(path: str) -> tuple[str, str]:
    """The kind of reader that a file or folder needs, by its name or how it begins, and the file.

    Of a folder of images that is the file of images. Raises InputError where there is none.
    """
    suffix = Path(path).suffix.lower()
    if Path(path).is_dir() and suffix not in _KINDS:
        return _in_folder(path)
    refuse_no_file(path, "data file")
    if suffix == ".gz" and Path(path).with_suffix("").suffix.lower() in _TABLES:
        return "table", path
    if looks_like_idx(path):
        return "idx", path
    if suffix in _KINDS:
        return _KINDS[suffix], path
    existing(path)
    if (kind := _kind_by_content(path)) is not None:
        return kind, path
    if (converted := how_to_convert(path)) is not None:
        raise InputError(f"{path}: is not read: it is {converted}")
    raise InputError(f"{path}: unknown type of data file; {_READ}")


def _in_folder(path: str) -> tuple[str, str]:
    images = image_files(path)
    if len(images) == 1:
        return "idx", images[0]
    if images:
        raise InputError(f"{path}: holds more than one data set; choose {' or '.join(images[:4])}")
    if training_batches(path):
        return "cifar", path
    if _arrays_in(path):
        return "folder", path
    raise InputError(
        f"{path}: is a folder without train-images-idx3-ubyte[.gz] (MNIST, Fashion-MNIST), without "
        "data_batch_*.bin (CIFAR-10), and without files of arrays by names like x and y"
    )


def _arrays_in(folder: str) -> dict[str, tuple[str, str]]:
    """Files in a folder that hold one array each, with their kinds, by their names."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(Path(folder).iterdir()):
        if file.is_file() and file.suffix.lower() in (".npy", ".pt", ".pth", ""):
            kind = _KINDS.get(file.suffix.lower()) or _kind_by_content(str(file))
            if kind in ("npy", "pt"):
                found[file.stem] = kind, str(file)
    return found


@contextmanager
def _open_folder(path: str, headers: bool) -> Iterator[Opened]:
    files = _arrays_in(path)

    def load(name: str) -> np.ndarray:
        kind, file = files[name]
        with _OPENERS[kind](file, headers) as (names, one):
            if len(names) != 1:
                raise InputError(f"{file}: one array is needed, found {', '.join(names)}")
            return one(names[0])

    yield list(files), load


@contextmanager
def _open_bare(read: Callable[[str], np.ndarray], path: str, headers: bool) -> Iterator[Opened]:
    """A file that holds nothing but one array, which is read, or mapped, as fast as its header."""
    yield [BARE], lambda _: read(path)


_OPENERS: Mapping[str, Callable[[str, bool], AbstractContextManager[Opened]]] = {
    "npz": open_npz,
    "safetensors": open_safetensors,
    "pt": lambda path, headers: open_pt(path),
    "npy": partial(_open_bare, read_npy),
    "idx": partial(_open_bare, read_idx),
    "folder": _open_folder,
}


def _kind_by_content(path: str) -> str | None:
    with open(path, "rb") as file:
        begins = file.read(6)
    if begins == b"\x93NUMPY":
        return "npy"
    if begins[:4] != b"PK\3\4":
        return None
    names: list[str] = []
    with suppress(Exception), zipfile.ZipFile(path) as archive:  # damaged ones fail in any way
        names = archive.namelist()
    for ending, kind in ((".npy", "npz"), (".pkl", "pt")):
        if any(name.endswith(ending) for name in names):
            return kind
    return None


def _beside(path: str) -> str:
    """The file of labels beside one of samples: ``y.npy`` for ``x.npy``."""
    file = Path(path)
    tried = _tried_beside(file)
    if not tried:
        raise InputError(
            f"{path}: where are the labels? Name their file by the option labels, or call the "
            f"files x{file.suffix} and y{file.suffix}"
        )
    if (found := next((each for each in tried if each.is_file()), None)) is None:
        raise InputError(
            f"{path}: its labels are missing: no file {tried[0]}; the option labels names another"
        )
    return str(found)


def _tried_beside(file: Path) -> list[Path]:
    return [file.with_name(stem + file.suffix) for stem in label_stems(file.stem)]


def files_of(path: str, labels: str | None) -> list[str]:
    """Every file that the data may be read from, as far as they are there."""
    kind, file = located(path)
    if kind == "cifar" and Path(path).is_dir():
        return training_batches(path)
    if kind == "folder":
        return [one for _, one in _arrays_in(path).values()]
    if labels is not None:
        return [file, labels]
    if kind == "idx":
        return [file, labels_of_images(file)]
    beside = _tried_beside(Path(file)) if kind in ("npy", "pt") else []
    return [file, *(str(each) for each in beside if each.is_file())]


def label_array(path: str) -> np.ndarray:
    """Labels as stored in a file of their own: numbers or text, (N,) or (N, 1), or one-hot.

    Raises InputError for whatever holds no single array.
    """
    with opened_for_reading(path):
        kind, file = located(path)
        if kind == "table":
            return labels_in_text(path)
        if kind in ("cifar", "folder"):
            raise InputError(f"{path}: is no file of labels")
        with _OPENERS[kind](file, False) as (names, load):
            named = names if len(names) == 1 else [name for name in names if holds_labels([name])]
            if len(named) != 1:
                raise InputError(f"{path}: one array of labels is needed, found {', '.join(names)}")
            # A mapped file would be closed with what reads it.
            return np.array(load(named[0]))


def read_labels(path: str, count: int | None) -> np.ndarray:
    """The labels, int8 (count,), of a file, in order; any number of them where ``count`` is None.

    Raises InputError, naming the file and where it fails, unless it holds exactly ``count`` labels,
    each -1 or +1.
    """
    with opened_for_reading(path):
        refuse_no_file(path, "label file")
    labels = label_array(path)
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.dtype.kind not in "iuf":
        raise InputError(f"{path}: labels must be numbers, -1 or +1, found type {labels.dtype}")
    if labels.ndim != 1 or count not in (None, len(labels)):
        needed = "" if count is None else f"{count} "
        raise InputError(
            f"{path}: {needed}labels are needed, one for each perturbed sample, found an array of "
            f"shape {labels.shape}"
        )
    wrong = np.flatnonzero(~np.isin(labels, (-1, 1)))
    if len(wrong):
        raise InputError(
            f"{path}: label {wrong[0]} (counted from 0) is {labels[wrong[0]]}; labels must be "
            "-1 or +1"
        )
    return labels.astype(np.int8)
