"""The header of numpy's format: which array a ``.npy`` file, or a member of an ``.npz``, claims."""

from __future__ import annotations

import ast
import re
from typing import IO

import numpy as np

from ..input_error import InputError
from .arrays import claimed_bytes

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
        raise InputError(f"{path}: {what} holds Python objects, which are never unpickled")
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
