"""Reading arrays from a ``.npz`` file somebody else made: nothing is unpickled, nothing is
allocated that the file cannot hold."""

from __future__ import annotations

import math
import zipfile
import zlib
from typing import IO

import numpy as np

from ..input_error import InputError
from .arrays import checked_pair

# Deflate cannot shrink data further than about 1032 to 1; a member promising more is forged.
_MOST_COMPRESSION = 1040


def read_npz(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Arrays ``x`` (N, d) of real numbers and ``y`` (N,) of numbers or text, as stored.

    Raises InputError when the file is no sound archive, lacks an array, or an array has a wrong
    shape or type, holds Python objects, or claims more bytes than the file has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            x, y = (_read_member(archive, name, path) for name in ("x", "y"))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{path}: not a readable .npz archive ({error})") from None
    return checked_pair(path, x, y)


def _read_member(archive: zipfile.ZipFile, name: str, path: str) -> np.ndarray:
    try:
        entry = archive.getinfo(f"{name}.npy")
    except KeyError:
        found = ", ".join(n.removesuffix(".npy") for n in archive.namelist()[:8]) or "none"
        raise InputError(
            f"{path}: no array '{name}' (arrays x and y are needed; found: {found})"
        ) from None
    try:
        with archive.open(entry) as stream:
            shape, dtype = read_header(stream)
            if dtype.hasobject:
                raise InputError(
                    f"{path}: array '{name}' holds Python objects, which are never unpickled"
                )
            promised = math.prod(shape) * dtype.itemsize
            held = entry.file_size - stream.tell()
        if promised != held or entry.file_size > _MOST_COMPRESSION * entry.compress_size:
            raise InputError(
                f"{path}: array '{name}' claims shape {shape} of {dtype}, {promised} bytes, "
                "which does not fit the size of the file"
            )
        with archive.open(entry) as stream:
            return np.lib.format.read_array(stream, allow_pickle=False)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: array '{name}' is damaged ({error})") from None


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type that an array in numpy's format promises. Raises ValueError without any."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"unsupported format version {version}")
    if any(size < 0 for size in shape):
        raise ValueError(f"negative size in shape {shape}")
    return shape, dtype
