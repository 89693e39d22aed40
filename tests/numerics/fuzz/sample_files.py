"""Sound files of every format, and the pieces from which lying ones are put together."""

from __future__ import annotations

import gzip
import io
import json
import struct
import warnings
import zipfile
from collections.abc import Iterable

import numpy as np
import torch
from safetensors.numpy import save

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]])
Y = np.array([0, 1, 0])


def npy(array: np.ndarray) -> bytes:
    """A ``.npy`` file, of Python objects too."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npy_with(header: str, body: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """A ``.npy`` file with a header of one's own."""
    text = header.encode("latin1", "replace") + b"\n"
    width = "<H" if version[:1] == b"\1" else "<I"
    return b"\x93NUMPY" + version + struct.pack(width, len(text) % 2**16) + text + body


def header(descr: object = "<f8", shape: object = (3, 2), order: object = False) -> str:
    """The text in which numpy describes an array."""
    return f"{{'descr': {descr!r}, 'fortran_order': {order!r}, 'shape': {shape!r}, }}"


def archive(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive, of any member names, also one of them twice."""
    stream = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w", method) as made:
        for name, content in members:
            made.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def npz(x: np.ndarray = X, y: np.ndarray = Y, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An ``.npz`` file."""
    return archive([("x.npy", npy(x)), ("y.npy", npy(y))], method)


def csv(x: np.ndarray = X, y: np.ndarray = Y) -> bytes:
    """A ``.csv`` file with a header."""
    lines = [",".join(map(str, [*row, label])) for row, label in zip(x, y, strict=True)]
    return "\n".join(["a,b,label", *lines]).encode() + b"\n"


def pt(content: object) -> bytes:
    """A file of ``torch.save``."""
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def safetensors(x: np.ndarray = X, y: np.ndarray = Y) -> bytes:
    """A ``.safetensors`` file."""
    return save({"x": x, "y": y})


def safetensors_with(header: object, body: bytes = b"", length: int | None = None) -> bytes:
    """A ``.safetensors`` file with a header of one's own, and its length as claimed."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def idx(array: np.ndarray, kind: int = 0x08, dtype: str = "u1") -> bytes:
    """An IDX file."""
    return idx_with(array.shape, array.astype(dtype).tobytes(), kind)


def idx_with(shape: tuple[int, ...], body: bytes = b"", kind: int = 0x08) -> bytes:
    """An IDX file that claims a shape."""
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + body


def zipped(content: bytes) -> bytes:
    """The content gzipped, the same bytes whenever it is done."""
    return gzip.compress(content, mtime=0)


IMAGES = np.arange(1, 13).reshape(3, 2, 2)
CIFAR = np.random.default_rng(0).integers(0, 256, (2, 3073), dtype=np.uint8)
CIFAR[:, 0] = 3, 7
