"""What every perturbation is: a description from which perturbed samples are made and checked.

A geometric perturbation moves all samples of a set along one direction, read off the normal q of
the exact boundary. What a perturbation promises about every sample is checked on nothing but the
samples before and after, so that an error in the code of a perturbation cannot hide in it.
"""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

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


def check_promise(before: np.ndarray, after: np.ndarray, promise: Promise) -> None:
    """Hold the changes ``after - before``, both float64 (N, d), against what was promised.

    Norms are held against their bounds up to the rounding of the samples to float64.
    Raises PerturbationFault naming what is broken, by how much and at which samples.
    """
    dimension = before.shape[1]
    rows = max(1, _CHECKED_ENTRIES // dimension)
    for start in range(0, len(after), rows):
        block = after[start : start + rows]
        difference = block - before[start : start + rows]
        linf = abs(difference).max(axis=1)
        size = abs(block).max(axis=1)
        if promise.within is not None:
            low, high = promise.within
            bad = np.asarray(~((block >= low) & (block <= high)).all(axis=1))
            _hold(bad, start, f"an entry lies outside [{low:g}, {high:g}]")
        if promise.l2 is not None:
            # Relative to the largest entry no square over- or underflows.
            unit = np.where(linf > 0, linf, 1.0)
            l2 = np.linalg.norm(difference / unit[:, None], axis=1) * unit
            high = promise.l2[1]
            # A coordinate is rounded by at most half a unit in the last place of its own size.
            slack = 4 * np.sqrt(dimension) * (size + high) + (dimension + 16) * high
            _hold_range("L2 norm", start, l2, promise.l2, UNIT_ROUNDOFF * slack)
        if promise.linf is not None:
            slack = 8 * UNIT_ROUNDOFF * (size + promise.linf[1])
            _hold_range("largest change", start, linf, promise.linf, slack)
        if promise.changed is not None:
            changed = np.count_nonzero(difference, axis=1)
            _hold_range("number of changed coordinates", start, changed, promise.changed, 0.0)


def _hold_range(
    name: str, start: int, values: np.ndarray, bounds: Range, slack: np.ndarray | float
) -> None:
    low, high = bounds
    bad = ~((values >= low - slack) & (values <= high + slack))
    asked = f"{low:.10g}" if low == high else f"between {low:.10g} and {high:.10g}"
    worst = values[bad.argmax()]
    _hold(bad, start, f"the {name} must be {asked}, found {worst:.10g}")


def _hold(bad: np.ndarray, start: int, fault: str) -> None:
    if bad.any():
        raise PerturbationFault(f"perturbed {row_list(start + np.flatnonzero(bad))}: {fault}")


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

    def check_dimension(self, d: int) -> None:
        """Raise InputError for what the dimension alone rules out."""

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
    unit: ClassVar[Literal["l2", "linf"]]
    """The norm in which dir has size 1."""

    @property
    def size(self) -> float:
        return self.eps

    @abc.abstractmethod
    def direction(self, q: RealArray) -> np.ndarray:
        """dir, float64 (d,), for the normal q (d,). Enclosures take its numbers as exact.

        Raises InputError when q is zero, unknown, or has too few coordinates.
        """

    def perturbed(self, x: np.ndarray, y: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The perturbed samples, float64 (N, d), for base samples (N, d) and labels (N,)."""
        with np.errstate(over="ignore"):
            result = np.multiply.outer(y.astype(np.float64), self.eps * direction)
            result += x
        return result if self.clamp is None else result.clip(*self.clamp, out=result)

    def promise(self, x: np.ndarray, direction: np.ndarray) -> Promise:
        """What the perturbed samples must be; InputError when eps is lost beside the samples x."""
        step = self.eps * abs(direction)
        self.check_visible(x, float(step.max()))
        # Smaller steps may round to no change at all; clamping may undo any of them.
        visible = int((step > 2.0**-52 * abs(x).max()).sum()) if self.clamp is None else 0
        norm = (self.eps if self.clamp is None else 0.0, self.eps)
        return Promise(
            l2=norm if self.unit == "l2" else None,
            linf=norm if self.unit == "linf" else None,
            changed=(visible, int(np.count_nonzero(direction))),
            within=self.clamp,
        )
