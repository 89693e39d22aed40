"""What every perturbation is: a description from which perturbed samples are made and checked.

A geometric perturbation moves all samples of a set along one direction, read off the normal q of
the exact boundary. What a perturbation promises about every sample is checked on nothing but the
samples before and after, so that an error in the code of a perturbation cannot hide in it.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pydantic

from ..configuration import Configuration, InputError
from ..data.sample import row_list
from ..enclose.ball_array import UNIT_ROUNDOFF
from ..enclose.real_array import RealArray

Positive = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]

# Smaller relative changes would be mostly rounding.
_LEAST_CHANGE = 2.0**-40


Range = tuple[float, float]
"""Smallest and largest value, both possible."""

_CHECKED_ENTRIES = 2**22


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
    rows = max(1, _CHECKED_ENTRIES // before.shape[1])
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


class Perturbation(Configuration, abc.ABC, frozen=True, extra="forbid"):
    """A perturbation by name. One kind is one class.

    clamp: the range [low, high] into which perturbed samples are clipped; None leaves them.
    """

    kind: str
    clamp: tuple[float, float] | None = None

    @classmethod
    def section(cls) -> str:
        return f"{cls.model_fields['kind'].default} perturbation"

    @pydantic.field_validator("clamp")
    @classmethod
    def _ordered(cls, clamp: tuple[float, float] | None) -> tuple[float, float] | None:
        if clamp is not None and not (all(map(math.isfinite, clamp)) and clamp[0] < clamp[1]):
            raise InputError(f"clamp: must be two numbers low < high, found {list(clamp)}")
        return clamp

    @property
    def size(self) -> float | None:
        """eps, where the perturbation has one."""
        return None

    def check_base(self, x: np.ndarray, source: str) -> None:
        """Raise InputError unless the base samples (N, d) lie inside the clamp."""
        low, high = float(x.min()), float(x.max())
        if self.clamp is not None and not (self.clamp[0] <= low and high <= self.clamp[1]):
            raise InputError(
                f"{self.section()}: clamp: {source} reaches from {low:g} to {high:g}, outside "
                f"[{self.clamp[0]:g}, {self.clamp[1]:g}]; widen the clamp or scale the data"
            )

    def check_visible(self, x: np.ndarray, change: float) -> None:
        """Raise InputError when rounding x (N, d) would swallow a change of that size."""
        if change < _LEAST_CHANGE * (largest := float(abs(x).max())):
            raise InputError(
                f"{self.section()}: eps: {self.size:g} changes no entry by more than {change:g}, "
                f"which is lost in rounding beside entries of {largest:g}"
            )


class GeometricPerturbation(Perturbation, abc.ABC, frozen=True, extra="forbid"):
    """x_n = x'_n + eps y^a_n dir, dir from the normal q of the exact linear boundary; eps > 0."""

    eps: Positive

    @property
    def size(self) -> float:
        return self.eps

    @abc.abstractmethod
    def direction(self, q: RealArray) -> Direction:
        """dir for the normal q (d,).

        Raises InputError when q is zero, unknown, or has too few coordinates.
        """

    def perturbed(self, x: np.ndarray, y: np.ndarray, direction: Direction) -> np.ndarray:
        """The perturbed samples, float64 (N, d), for base samples (N, d) and labels (N,)."""
        with np.errstate(over="ignore"):
            result = np.multiply.outer(y.astype(np.float64), self.eps * direction.dir)
            result += x
        return result if self.clamp is None else result.clip(*self.clamp, out=result)

    def promise(self, x: np.ndarray, direction: Direction) -> Promise:
        """What the perturbed samples must be; InputError when eps is lost beside the samples x."""
        step = self.eps * abs(direction.dir)
        self.check_visible(x, float(step.max()))
        # Smaller steps may round to no change at all; clamping may undo any of them.
        visible = int((step > 2.0**-52 * abs(x).max()).sum()) if self.clamp is None else 0
        norm = (self.eps if self.clamp is None else 0.0, self.eps)
        return Promise(
            l2=norm if direction.unit == "l2" else None,
            linf=norm if direction.unit == "linf" else None,
            changed=(visible, direction.nonzero),
            within=self.clamp,
        )
