"""The greedy pixel attack on the trained network (L0).

As in the published experiments (Kumano et al., ICLR 2024; public code): every step takes the
coordinate with the largest gradient among those not yet taken, then moves all taken ones by
``step_size`` times their gradient over its largest entry, towards the target, and clamps; of all
iterates the one with the largest y^a f(x) is kept. The published clamp is [-1, 1] for uniform
data and none for Gaussian data. Here a coordinate already at the end of the clamp towards which
it would move is passed over while others are left, so that every step changes a new one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import pydantic

from ..configuration import InputError
from .attacks import Attack, AttackedNetwork, steepest
from .base import Positive, Promise

if TYPE_CHECKING:
    from torch import Tensor


_PASSED_OVER, _TAKEN = -1.0, -2.0


def pixels_taken(fraction: float, dimension: int) -> int:
    """floor(fraction d), which may be 0."""
    # The product of a decimal fraction may fall just short of the integer that is meant.
    return math.floor(fraction * dimension * (1 + 1e-12))


class PixelAttack(Attack, frozen=True, extra="forbid"):
    """At most floor(fraction d) coordinates change; ``fraction`` in (0, 1]."""

    kind: Literal["pixel"] = "pixel"
    fraction: Annotated[float, pydantic.Field(gt=0, le=1)]
    step_size: Positive = 0.3

    def coordinates(self, dimension: int) -> int:
        """floor(fraction d); InputError when that is none."""
        count = pixels_taken(self.fraction, dimension)
        if count == 0:
            raise InputError(
                f"{self.section()}: fraction: {self.fraction:g} of {dimension} coordinates is "
                "none; give at least one"
            )
        return count

    def attack(self, x: Tensor, y: Tensor, network: AttackedNetwork) -> Tensor:
        count = self.coordinates(x.shape[1])
        z = network.preactivations(x)
        best_margin = y * network.values(z)
        current = x.clone()
        taken = x.new_zeros((len(x), count)).long()
        best = x.new_zeros((len(x), count))
        for step in range(count):
            uphill = y * network.gradients(z)
            score = self._scores(x, uphill).scatter_(1, taken[:, :step], _TAKEN)
            pixel = score.argmax(dim=1, keepdim=True)
            taken[:, step : step + 1] = pixel
            best[:, step : step + 1] = x.gather(1, pixel)
            columns = taken[:, : step + 1]
            old = current.gather(1, columns)
            move = self.step_size * steepest(uphill.gather(1, columns), "linf-rescaled")
            new = self.clamped(old + move)
            current.scatter_(1, columns, new)
            z = z + _response(columns, new - old, network)
            margin = y * network.values(z)
            better = (margin > best_margin)[:, 0]
            best[better, : step + 1] = new[better]
            best_margin[better] = margin[better]
        return x.scatter(1, taken, best)

    def promise(self, dimension: int) -> Promise:
        return Promise(changed=(0, self.coordinates(dimension)), within=self.clamp)

    def _scores(self, x: Tensor, uphill: Tensor) -> Tensor:
        """How much each coordinate promises, (B, d)."""
        score = uphill.abs()
        if self.clamp is None:
            return score
        low, high = self.clamp
        stuck = ((uphill > 0) & (x >= high)) | ((uphill < 0) & (x <= low))
        return score.masked_fill_(stuck, _PASSED_OVER)


def _response(columns: Tensor, change: Tensor, network: AttackedNetwork) -> Tensor:
    """How z changes, (B, m), when the coordinates ``columns`` (B, k) change by ``change``."""
    dimension = network.weights.shape[1]
    # Samples share most of their coordinates, so that their union is small.
    union = columns.flatten().bincount(minlength=dimension).nonzero()[:, 0]
    place = columns.new_zeros(dimension)
    place[union] = union.new_ones(len(union)).cumsum(0) - 1
    dense = change.new_zeros((len(change), len(union))).scatter_(1, place[columns], change)
    return dense @ network.weights[:, union].T
