"""Projected gradient descent on the trained network, from the base sample, without random starts.

As in the published experiments (Kumano et al., ICLR 2024; public code): steps of eps/5 along the
steepest direction towards the target, projection onto the ball of size eps, then the clamp; of all
iterates the one with the largest y^a f(x) is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import pydantic

from .attacked_network import AttackedNetwork
from .base import Attack, Positive
from .norms import Norm, projected, size_promise, steepest
from .promise import Promise

if TYPE_CHECKING:
    from torch import Tensor

# A move this much shorter than the step size, with no neuron changing sides, is a fixed point.
_STANDSTILL = 1e-9


class ProjectedGradient(Attack, frozen=True, extra="forbid"):
    """Perturbations of size at most eps; ``step_size`` None is eps/5."""

    kind: Literal["pgd"] = "pgd"
    eps: Positive
    norm: Norm = "l2"
    steps: Annotated[int, pydantic.Field(ge=1, le=1_000_000)] = 100
    step_size: Positive | None = None

    @property
    def size(self) -> float:
        return self.eps

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

    def promise(self, dimension: int) -> Promise:
        return size_promise(self.norm, (0.0, self.eps), self.clamp)
