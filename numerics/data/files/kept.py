"""Files read once: a run looks at its data before it draws from them, and a sweep at every point.

What was read last is kept, 256 MiB of it at most, until a file changes.
"""

from __future__ import annotations

import numpy as np

from ...configuration import InputError
from .guards import Arrays, state_of
from .reading import Wanted, files_of, read_data

_MOST_BYTES = 256 * 2**20
_Key = tuple[str, Wanted, tuple[tuple[int, ...], ...]]
_kept: dict[_Key, Arrays] = {}


def read_once(path: str, wanted: Wanted) -> Arrays:
    """What `read_data` gives, read-only. InputError as there."""
    try:
        key = path, wanted, tuple(map(state_of, files_of(path, wanted.labels)))
    except (InputError, OSError):
        return read_data(path, wanted)  # which says what is wrong, and first what comes first
    if (found := _kept.pop(key, None)) is None:
        found = read_data(path, wanted)
        for array in (found.x, found.y):
            array.setflags(write=False)
    # A mapped file is read where it lies.
    if not isinstance(found.x, np.memmap) and _bytes(found) <= _MOST_BYTES:
        _kept[key] = found  # last, as the one used last
    while sum(map(_bytes, _kept.values())) > _MOST_BYTES:
        del _kept[next(iter(_kept))]
    return found


def _bytes(arrays: Arrays) -> int:
    return arrays.x.nbytes + arrays.y.nbytes
