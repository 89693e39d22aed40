"""What every perturbation is: a description from which perturbed samples are made and checked."""

from __future__ import annotations

import abc
import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pydantic

from ..configuration import Configuration
from ..device import resolve_device
from ..input_error import InputError
from ..memory import fitting
from ..network import LeakyNetwork
from ..real_array import RealArray
from .attacked_network import AttackedNetwork
from .direction import Direction
from .promise import Promise

if TYPE_CHECKING:
    from torch import Tensor

Positive = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]

# Samples are attacked in blocks of about this many numbers.
_BLOCK_ENTRIES = 2**24
# Smaller relative changes would be mostly rounding.
_LEAST_CHANGE = 2.0**-40


class Perturbation(Configuration, abc.ABC, frozen=True, extra="forbid"):
    """A perturbation by name. One kind is one file.

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


class Attack(Perturbation, abc.ABC, frozen=True, extra="forbid"):
    """A perturbation of every sample for itself, from the trained network; deterministic."""

    def perturbed(
        self, x: np.ndarray, y: np.ndarray, network: LeakyNetwork, device: str = "cpu"
    ) -> np.ndarray:
        """The perturbed samples, float64 (N, d), for base samples (N, d) and targets y (N,).

        Computed in float64 on ``device``, in blocks that fit. Raises InputError when the network
        has another input dimension or no gradient at a sample, eps is lost beside the samples, or
        the device is not there.
        """
        import torch

        if x.shape[1] != network.weights.shape[1]:
            raise InputError(
                f"the network takes inputs of dimension {network.weights.shape[1]}, "
                f"the base samples have {x.shape[1]}"
            )
        if self.size is not None:
            self.check_visible(x, self.size)
        device, (width, dimension) = resolve_device(device), network.weights.shape
        rows = max(1, _BLOCK_ENTRIES // dimension)
        rows = max(1, fitting(lambda n: attack_bytes(n, width, dimension), rows, device))
        attacked = AttackedNetwork.of(network, device)
        result = np.empty_like(x)
        for start in range(0, len(x), rows):
            block = slice(start, start + rows)
            inputs = torch.tensor(x[block], dtype=torch.float64, device=device)
            target = torch.tensor(y[block], dtype=torch.float64, device=device)[:, None]
            result[block] = self.attack(inputs, target, attacked).cpu().numpy()
        return result

    def clamped(self, x: Tensor) -> Tensor:
        """x within the clamp, where there is one."""
        return x if self.clamp is None else x.clamp(*self.clamp)

    @abc.abstractmethod
    def attack(self, x: Tensor, y: Tensor, network: AttackedNetwork) -> Tensor:
        """Perturbed samples (B, d) for float64 samples (B, d) and target labels (B, 1)."""

    @abc.abstractmethod
    def promise(self, dimension: int) -> Promise:
        """What the perturbed samples in that dimension must be."""


def attack_bytes(rows: int, width: int, dimension: int) -> int:
    """Bytes that an attack on a block of samples takes at most, the network included.

    The weights, and once more those of the coordinates that a pixel attack has taken; arrays (B, d)
    and (B, m) of samples, gradients, scores, pre-activations, and what is made of them on the way:
    no attack holds more than twelve of each at a time.
    """
    return 8 * (2 * width * dimension + 12 * rows * (width + dimension))
