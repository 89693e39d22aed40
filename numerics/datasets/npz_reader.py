"""Reading arrays from a ``.npz`` file somebody else made: nothing is unpickled, nothing is
allocated that the file cannot hold, nothing is written by the names in it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..input_error import InputError
from .arrays import checked_pair, refuse_unfolding
from .npy_header import read_header

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


def read_npz(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Arrays ``x`` (N, d) of real numbers and ``y`` (N,) of numbers or text, as stored.

    Raises InputError when the file is no sound archive, lacks an array or has one twice, or an
    array has a wrong shape or type, holds Python objects, or claims more bytes than the file has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            x, y = (_read_member(archive, name, path) for name in ("x", "y"))
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{path}: not a readable .npz archive ({error})") from None
    return checked_pair(path, x, y)


def _read_member(archive: zipfile.ZipFile, name: str, path: str) -> np.ndarray:
    entries = [entry for entry in archive.infolist() if entry.filename == f"{name}.npy"]
    if not entries:
        found = ", ".join(n.removesuffix(".npy") for n in archive.namelist()[:8]) or "none"
        raise InputError(f"{path}: no array '{name}' (arrays x and y are needed; found: {found})")
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
    with archive.open(entry) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
