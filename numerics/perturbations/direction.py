"""Directions read off the normal q of the exact boundary, shared by all samples of a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..input_error import InputError
from ..real_array import RealArray


@dataclass(frozen=True, eq=False)
class Direction:
    """The direction dir that all perturbations of a set share: x_n = x'_n + eps y^a_n dir.

    Attributes
    ----------
    dir : float64 (d,), read-only. These numbers *are* the direction: enclosures take them as exact.
    unit : the norm in which dir has size 1.
    nonzero : how many coordinates dir moves.
    undecided : coordinates whose sign, or whose place among the k largest, the enclosure of q does
        not settle; where it is 0, sgn and M_k are those of the exact q.
    """

    dir: np.ndarray
    unit: Literal["l2", "linf"]
    nonzero: int
    undecided: int = 0

    def __post_init__(self) -> None:
        own = np.array(self.dir, dtype=np.float64)
        own.setflags(write=False)
        object.__setattr__(self, "dir", own)


def scaled_normal(q: RealArray) -> np.ndarray:
    """The midpoint of q (d,) over its largest absolute entry, which becomes exactly 1.

    Raises InputError when q is zero or unknown.
    """
    largest = float(abs(q.mid).max())
    if largest == 0:
        raise InputError(
            "the normal q of the linear boundary is zero or unknown: it gives no direction"
        )
    return q.mid / largest


def count_nonzero(q: RealArray) -> int:
    """nnz q, for the midpoint of q (d,)."""
    return int(np.count_nonzero(q.mid))


def undecided_signs(q: RealArray) -> int:
    """How many entries of q (d,) may have either sign."""
    return int(((q.lower <= 0) & (q.upper >= 0) & ((q.mid != 0) | (q.rad != 0))).sum())


def largest_entries(q: RealArray, k: int) -> tuple[np.ndarray, int]:
    """Which k entries of q (d,) are the largest in size, as a mask, and how many are undecided.

    Ties go to the smaller index. Raises InputError unless k <= nnz q.
    """
    if k > len(q):
        raise InputError(f"k: {k} coordinates were asked for, the data have {len(q)}")
    if k > (nonzero := count_nonzero(q)):
        raise InputError(
            f"k: {k} coordinates were asked for, the normal q has only {nonzero} that are not zero"
        )
    chosen = np.zeros(len(q), dtype=bool)
    chosen[np.argsort(-abs(q.mid), kind="stable")[:k]] = True
    size = abs(q)
    beaten = size.upper[~chosen].max(initial=0.0)
    return chosen, int((size.lower[chosen] < beaten).sum())
