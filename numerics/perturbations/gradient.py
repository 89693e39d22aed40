"""The gradient of the trained network, once: eps times its steepest step towards the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..input_error import InputError
from .attacked_network import AttackedNetwork
from .base import Attack, Positive
from .norms import Norm, size_promise, steepest
from .promise import Promise

if TYPE_CHECKING:
    from torch import Tensor


class Gradient(Attack, frozen=True, extra="forbid"):
    """x_n = x'_n + eps y^a_n g_n, g_n the input gradient of f at x'_n of size 1 in the norm."""

    kind: Literal["gradient"] = "gradient"
    eps: Positive
    norm: Norm = "l2"

    @property
    def size(self) -> float:
        return self.eps

    def attack(self, x: Tensor, y: Tensor, network: AttackedNetwork) -> Tensor:
        gradient = network.gradients(network.preactivations(x))
        if not bool(gradient.any(dim=1).all()):
            raise InputError("gradient perturbation: the network's gradient is zero at a sample")
        return self.clamped(x + self.eps * y * steepest(gradient, self.norm))

    def promise(self, dimension: int) -> Promise:
        low = self.eps if self.clamp is None else 0.0
        return size_promise(self.norm, (low, self.eps), self.clamp)
