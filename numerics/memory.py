"""What fits into the memory of a device, asked before it is taken.

Who takes much memory says how many bytes, as a function of the size that could be smaller, and
derives that number where it is defined; tests hold it against what is taken. Source: this project.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from .device import free_memory
from .input_error import InputError

_USABLE = 0.9
"""The share of free memory that is counted on: kernels take some for themselves, and what is free
may be in pieces."""


def fitting(needed: Callable[[int], int], most: int, device: str) -> int:
    """The largest size in [0, most] that fits on ``device``.

    needed : bytes that a size takes; a larger size takes no less.
    """
    free = _USABLE * free_memory(device)
    return bisect_right(range(1, most + 1), free, key=needed)


def check_memory(
    what: str, needed: Callable[[int], int], size: int, unit: str, device: str
) -> None:
    """InputError when ``size`` does not fit, with what it takes, what is free, what would fit.

    needed as in `fitting`. The line begins with ``what``; ``unit`` names what is counted.
    """
    if needed(size) <= _USABLE * (free := free_memory(device)):
        return
    fits = fitting(needed, size, device)
    mend = f"at most {fits} {unit} would fit" if fits else f"no number of {unit} would fit"
    raise InputError(
        f"{what}: {size} {unit} take {_gibibytes(needed(size))} of memory on {device}, "
        f"{_gibibytes(free)} are free; {mend}"
    )


def _gibibytes(count: int) -> str:
    return f"{count / 2**30:.3g} GiB"
