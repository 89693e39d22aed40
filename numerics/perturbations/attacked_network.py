"""The trained network as an attack sees it: values and input gradients, in torch, float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..network import LeakyNetwork, output_weights

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class AttackedNetwork:
    """weights (m, d) and output weights a (m,), float64 on one device; the slope gamma.

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
        output = torch.tensor(output_weights(network.width), dtype=torch.float64, device=device)
        return cls(weights, output, network.slope)

    def preactivations(self, x: Tensor) -> Tensor:
        """z, (B, m), of samples x (B, d)."""
        return x @ self.weights.T

    def values(self, z: Tensor) -> Tensor:
        """f, (B, 1)."""
        return (z.where(z > 0, self.slope * z) @ self.output)[:, None]

    def gradients(self, z: Tensor) -> Tensor:
        """The gradient of f with respect to the samples, (B, d); at a kink the slope is gamma."""
        return self.output.where(z > 0, self.slope * self.output) @ self.weights
