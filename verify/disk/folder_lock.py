"""One run at a time in a folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...numerics.input_error import InputError

try:
    import fcntl
except ImportError:  # a system without it: there nothing keeps two runs apart
    fcntl = None

_LOCK = ".perturbproof-lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that have no locks, as some of clusters: the same holds there."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder until the block ends or the process does, however it ends.

    Raises:
        InputError: another run holds it. OSError: it cannot be written.
    """
    if fcntl is None:
        yield
        return
    path = folder / _LOCK
    handle = _taken(path, folder)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held, so that it is no other run's
        os.close(handle)


def _taken(path: Path, folder: Path) -> int:
    assert fcntl is not None
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _same(handle, path):
                return handle
        except BlockingIOError:
            os.close(handle)
            raise InputError(
                f"--out {folder}: another run is writing there; wait for it or choose another "
                "folder"
            ) from None
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return handle
            os.close(handle)
            raise
        os.close(handle)  # the run that held it has removed it meanwhile


def _same(handle: int, path: Path) -> bool:
    """Whether the file that is held is the one that others will find."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
