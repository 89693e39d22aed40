"""What a perturbation promises about every sample, and the check that it kept its word.

The check sees nothing but the samples before and after, so that an error in the code of a
perturbation cannot hide in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datasets.base import row_list
from ..roundoff import UNIT_ROUNDOFF

Range = tuple[float, float]
"""Smallest and largest value, both possible."""

_BLOCK_ENTRIES = 2**22


class PerturbationFault(AssertionError):
    """A perturbation broke its promise: an error of the code, never of the user's input."""


@dataclass(frozen=True)
class Promise:
    """Bounds on every perturbation x_n - x'_n; None where nothing is promised.

    l2, linf : its norm. changed : the number of coordinates it changes. within : the range of the
    entries of x_n.
    """

    l2: Range | None = None
    linf: Range | None = None
    changed: tuple[int, int] | None = None
    within: Range | None = None


@dataclass(frozen=True)
class Sizes:
    """What the perturbations of a set are, over all samples, in plain floating point.

    l2, linf, changed : as in ``Promise``. within : smallest and largest entry of the x_n.
    """

    l2: Range
    linf: Range
    changed: tuple[int, int]
    within: Range


def checked_sizes(before: np.ndarray, after: np.ndarray, promise: Promise) -> Sizes:
    """The sizes of ``after - before``, both float64 (N, d), if they are as promised.

    Norms are held against their bounds up to the rounding of the samples to float64.
    Raises PerturbationFault naming what is broken, by how much and at which samples.
    """
    l2, linf, changed, size = _rowwise(before, after)
    dimension = before.shape[1]
    if promise.within is not None:
        low, high = promise.within
        bad = np.asarray(~((after >= low) & (after <= high)).all(axis=1))
        _hold(bad, f"an entry lies outside [{low:g}, {high:g}]")
    if promise.l2 is not None:
        low, high = promise.l2
        # A coordinate is rounded by at most half a unit in the last place of its own size.
        slack = UNIT_ROUNDOFF * (4 * np.sqrt(dimension) * (size + high) + (dimension + 16) * high)
        _hold_range("L2 norm", l2, low, high, slack)
    if promise.linf is not None:
        low, high = promise.linf
        _hold_range("largest change", linf, low, high, 8 * UNIT_ROUNDOFF * (size + high))
    if promise.changed is not None:
        low, high = promise.changed
        _hold_range("number of changed coordinates", changed, low, high, np.zeros(len(after)))
    return Sizes(
        l2=(float(l2.min()), float(l2.max())),
        linf=(float(linf.min()), float(linf.max())),
        changed=(int(changed.min()), int(changed.max())),
        within=(float(after.min()), float(after.max())),
    )


def _rowwise(
    before: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """L2 norm, largest entry and number of entries of each change; largest entry of each sample."""
    l2, linf, size = (np.empty(len(after)) for _ in range(3))
    changed = np.empty(len(after), dtype=np.int64)
    rows = max(1, _BLOCK_ENTRIES // before.shape[1])
    for start in range(0, len(after), rows):
        block = slice(start, start + rows)
        difference = after[block] - before[block]
        changed[block] = np.count_nonzero(difference, axis=1)
        linf[block] = abs(difference).max(axis=1)
        # Relative to the largest entry no square over- or underflows.
        unit = np.where(linf[block] > 0, linf[block], 1.0)
        difference /= unit[:, None]
        l2[block] = np.linalg.norm(difference, axis=1) * unit
        size[block] = abs(after[block]).max(axis=1)
    return l2, linf, changed, size


def _hold_range(name: str, values: np.ndarray, low: float, high: float, slack: np.ndarray) -> None:
    bad = np.asarray(~((values >= low - slack) & (values <= high + slack)))
    if bad.any():
        asked = f"{low:.10g}" if low == high else f"between {low:.10g} and {high:.10g}"
        worst = values[bad][0]
        _hold(bad, f"the {name} must be {asked}, found {worst:.10g}")


def _hold(bad: np.ndarray, fault: str) -> None:
    if bad.any():
        raise PerturbationFault(f"perturbed {row_list(np.flatnonzero(bad))}: {fault}")
