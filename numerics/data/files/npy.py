"""Reading NumPy's files that somebody else made: ``.npz`` and ``.npy``.

Nothing is unpickled, nothing is allocated that the file cannot hold, nothing is written by the
names in it. The header that every array starts with is therefore parsed here, before NumPy sees it.
"""

from __future__ import annotations

import ast
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from ...configuration import InputError
from .conversions import python_objects
from .guards import Opened, claimed_bytes, existing, refuse_unfolding, stand_in

# numpy's own limit. The longest sound header of a plain array, of 64 axes, stays below it.
_LONGEST = 10_000
_KEYS = {"descr", "fortran_order", "shape"}
_PLAIN = re.compile(r"[<>|][biufcSU][1-9]\d{0,8}")


def read_header(stream: IO[bytes], path: str, what: str) -> tuple[tuple[int, ...], np.dtype, int]:
    """Shape, type and bytes that an array claims; the stream is left behind the header.

    Only plain arrays are taken, of numbers or text: numpy reads what passes here without a warning,
    and allocates no more than the bytes returned. Raises InputError otherwise.
    """
    try:
        shape, dtype = _parsed(stream)
    except EOFError:
        raise InputError(f"{path}: {what} is not a readable .npy array (truncated)") from None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        # Python's parser fails in all these ways on text that is no literal.
        told = str(error) if type(error) is ValueError else "the header is damaged"
        raise InputError(f"{path}: {what} is not a readable .npy array ({told})") from None
    if dtype is None:
        named = re.fullmatch("array '(.*)'", what)
        raise InputError(
            f"{path}: {what} holds Python objects, which are never unpickled; "
            f"{python_objects(path, named and named[1])}"
        )
    return shape, dtype, claimed_bytes(path, what, shape, dtype.itemsize)


def _parsed(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype | None]:
    if (magic := _exactly(stream, 6)) != b"\x93NUMPY":
        raise ValueError(f"it starts with {magic!r}")
    version = tuple(_exactly(stream, 2))
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"unsupported format version {version}")
    length = int.from_bytes(_exactly(stream, 2 if version == (1, 0) else 4), "little")
    if length > _LONGEST:
        raise ValueError(f"a header of {length} bytes")
    text = _exactly(stream, length).decode("latin1")
    found = ast.literal_eval(text.lstrip(" \t"))
    if not isinstance(found, dict) or set(found) != _KEYS:
        raise ValueError("the header does not describe an array")
    shape, order, description = found["shape"], found["fortran_order"], found["descr"]
    if not isinstance(shape, tuple) or any(type(size) is not int for size in shape):
        raise ValueError(f"shape {shape!r}")
    if type(order) is not bool:
        raise ValueError(f"fortran_order {order!r}")
    if description == "|O":
        return shape, None
    if not isinstance(description, str) or not _PLAIN.fullmatch(description):
        raise ValueError(f"type {description!r}; an array of numbers or text is needed")
    return shape, np.dtype(description)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content


# The methods numpy writes. Others (bzip2, LZMA) shrink data without a bound that could be held.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    UnicodeDecodeError,
    ValueError,
)


@contextmanager
def open_npz(path: str, headers: bool) -> Iterator[Opened]:
    """The names of the arrays of an archive, and how to read one.

    Of `headers` alone the arrays are stand-ins that hold nothing but zeros and take no memory.

    Raises InputError when the file is no sound archive, lacks an array or has one twice, or an
    array has a wrong type, holds Python objects, or claims more bytes than the file has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            there = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
            yield list(dict.fromkeys(there)), partial(_read_member, archive, path, headers)
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{path}: not a readable .npz archive ({error})") from None


def _read_member(archive: zipfile.ZipFile, path: str, headers: bool, name: str) -> np.ndarray:
    entries = [entry for entry in archive.infolist() if entry.filename == f"{name}.npy"]
    if len(entries) > 1:
        raise InputError(f"{path}: {len(entries)} arrays are named '{name}'")
    entry, what = entries[0], f"array '{name}'"
    # What the archive says of itself is held against the file: nothing in it can be larger.
    stored, size = min(entry.compress_size, Path(path).stat().st_size), entry.file_size
    if entry.compress_type not in _METHODS:
        raise InputError(f"{path}: {what} is compressed in a way that numpy never writes")
    refuse_unfolding(path, what, size, stored)
    with archive.open(entry) as stream:
        shape, dtype, promised = read_header(stream, path, what)
        held = size - stream.tell()
    if promised != held or (entry.compress_type == zipfile.ZIP_STORED and size > stored):
        raise InputError(
            f"{path}: {what} claims shape {shape} of {dtype}, {promised} bytes, "
            "which does not fit the size of the file"
        )
    if headers:
        return stand_in(shape, dtype)
    with archive.open(entry) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def read_npy(path: str) -> np.ndarray:
    """The array of a ``.npy`` file, mapped rather than read.

    A header that does not fit the size of the file is refused, and so are Python objects: nothing
    is allocated or unpickled on a file's word.
    """
    file = existing(path)
    with file.open("rb") as stream:
        shape, dtype, promised = read_header(stream, path, "it")
        held = file.stat().st_size - stream.tell()
    if promised != held:
        raise InputError(
            f"{path}: claims shape {shape} of {dtype}, {promised} bytes, which does not fit "
            "the size of the file"
        )
    try:
        return np.lib.format.open_memmap(path, mode="r") if held else np.empty(shape, dtype)
    except ValueError as error:  # more axes than numpy has
        raise InputError(f"{path}: not a readable .npy array ({error})") from None
