"""Attacks on the trained network: every sample is perturbed for itself, along input gradients."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from ..device import fitting, resolve_device
from ..network import LeakyNetwork, output_weights
from .base import Perturbation, Positive, Promise

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class AttackedNetwork:
    """The trained network as an attack sees it, in torch: values and input gradients.

    weights (m, d) and output weights a (m,), of one type on one device; the slope gamma.

    Pre-activations z = W x of shape (B, m) stand for samples x (B, d) wherever they suffice.
    """

    weights: Tensor
    output: Tensor
    slope: float

    @classmethod
    def of(cls, network: LeakyNetwork, device: str) -> AttackedNetwork:
        """The network on ``device``."""
        import torch

        weights = torch.tensor(network.weights, dtype=torch.float64, device=device)
        a = output_weights(network.width, network.outer)
        output = torch.tensor(a, dtype=torch.float64, device=device)
        return cls(weights, output, network.slope)

    def preactivations(self, x: Tensor) -> Tensor:
        """z, (B, m), of samples x (B, d)."""
        return x @ self.weights.T

    def values(self, z: Tensor) -> Tensor:
        """f, (B, 1)."""
        return (z.where(z > 0, self.slope * z) @ self.output)[:, None]

    def gradients(self, z: Tensor) -> Tensor:
        """The gradient of f with respect to the samples, (B, d); at a kink the slope is gamma."""
        return self.derivatives(z) @ self.weights

    def derivatives(self, z: Tensor) -> Tensor:
        """a_j phi'(z_j), (B, m): how f depends on each pre-activation."""
        return self.output.where(z > 0, self.slope * self.output)


# Numbers of the samples perturbed at a time.
_BLOCK_ENTRIES = 2**24


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


Norm = Literal["l2", "linf-sign", "linf-rescaled"]
"""l2; the largest entry, with steps along the sign of the gradient; the largest entry again, with
vectors rescaled as a whole (the published code's "Linf", Kumano et al., ICLR 2024)."""


def steepest(gradient: Tensor, norm: Norm) -> Tensor:
    """Rows g (B, d) scaled to g/‖g‖_2, sgn g or g/‖g‖_inf; zero rows stay zero."""
    if norm == "linf-sign":
        return gradient.sign()
    size = _sizes(gradient, norm)
    return gradient / size.where(size > 0, size.new_ones(()))


def projected(change: Tensor, norm: Norm, eps: float) -> Tensor:
    """Rows (B, d) brought to size at most eps: entries clipped for linf-sign, else rescaled."""
    if norm == "linf-sign":
        return change.clamp(-eps, eps)
    return change * (eps / _sizes(change, norm).clamp(min=eps))


def _sizes(rows: Tensor, norm: Norm) -> Tensor:
    if norm == "l2":
        return rows.norm(dim=1, keepdim=True)
    return rows.abs().amax(dim=1, keepdim=True)


class SizedAttack(Attack, abc.ABC, frozen=True, extra="forbid"):
    """An attack of size eps in a norm."""

    eps: Positive
    norm: Norm = "l2"
    exact: ClassVar[bool] = False
    """Whether the size is eps unless the clamp cuts it, instead of at most eps."""

    @property
    def size(self) -> float:
        return self.eps

    def promise(self, dimension: int) -> Promise:
        sizes = (self.eps if self.exact and self.clamp is None else 0.0, self.eps)
        if self.norm == "l2":
            return Promise(l2=sizes, within=self.clamp)
        return Promise(linf=sizes, within=self.clamp)


class Gradient(SizedAttack, frozen=True, extra="forbid"):
    """x_n = x'_n + eps y^a_n g_n, g_n the input gradient of f at x'_n of size 1 in the norm."""

    kind: Literal["gradient"] = "gradient"
    exact: ClassVar[bool] = True

    def attack(self, x: Tensor, y: Tensor, network: AttackedNetwork) -> Tensor:
        gradient = network.gradients(network.preactivations(x))
        if not bool(gradient.any(dim=1).all()):
            raise InputError("gradient perturbation: the network's gradient is zero at a sample")
        return self.clamped(x + self.eps * y * steepest(gradient, self.norm))


# A move this much shorter than the step size, with no neuron changing sides, is a fixed point.
_STANDSTILL = 1e-9


class ProjectedGradient(SizedAttack, frozen=True, extra="forbid"):
    """Perturbations of size at most eps; ``step_size`` None is eps/5.

    Projected gradient descent from the base sample, without random starts, as in the published
    experiments (Kumano et al., ICLR 2024; public code): steps of eps/5 along the steepest direction
    towards the target, projection onto the ball of size eps, then the clamp; of all iterates the
    one with the largest y^a f(x) is kept.
    """

    kind: Literal["pgd"] = "pgd"
    steps: Annotated[int, pydantic.Field(ge=1, le=1_000_000)] = 100
    step_size: Positive | None = None

    def attack(self, x: Tensor, y: Tensor, network: AttackedNetwork) -> Tensor:
        import torch

        step = self.eps / 5 if self.step_size is None else self.step_size
        best = x.clone()
        z = network.preactivations(x)
        best_margin = y * network.values(z)
        # Samples that no longer move drop out: within one activation pattern f is linear, so most
        # are done as soon as they reach the sphere.
        rows = torch.arange(len(x), device=x.device)
        current = x
        for _ in range(self.steps):
            start, target = x[rows], y[rows]
            moved = current + step * target * steepest(network.gradients(z), self.norm)
            moved = self.clamped(start + projected(moved - start, self.norm, self.eps))
            moved_z = network.preactivations(moved)
            margin = target * network.values(moved_z)
            better = (margin > best_margin[rows])[:, 0]
            best[rows[better]] = moved[better]
            best_margin[rows[better]] = margin[better]
            shift = (moved - current).abs().amax(dim=1)
            moving = (shift > _STANDSTILL * step) | ((moved_z > 0) != (z > 0)).any(dim=1)
            rows, current, z = rows[moving], moved[moving], moved_z[moving]
            if len(rows) == 0:
                break
        return best
