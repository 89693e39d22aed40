"""Projected gradient descent on a trained network towards targets, in three norms.

As published (Kumano et al., ICLR 2024, public code): of the loss towards the target, L2 and Linf
take steps of eps/5 along the normalised gradient, projected back onto the ball and then onto
[0, 1]; L0 takes one more pixel a step, that of the largest gradient among those untouched, and
moves all it has by 0.3 times their gradient over its largest entry. Of all iterates, the start
among them, the one with the least loss is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from .setting import Norm
from .training import CHUNK

_PIXEL_STEP = 0.3


def perturbed(
    network: nn.Module, x: Tensor, targets: Tensor, norm: Norm, eps: float, steps: int
) -> Tensor:
    """Images, float32 (N, channels, rows, columns) in [0, 1], moved towards their targets (N,).

    eps : the largest L2 or Linf size, above 0; of L0 the number of pixels, one in each of as many
    ``steps``. A pixel of a colour image is one of its three numbers, as published.
    """
    network.eval()
    parameters = list(network.parameters())
    wanted = [p.requires_grad for p in parameters]
    for p in parameters:
        p.requires_grad_(False)
    try:
        parts = zip(x.split(CHUNK), targets.split(CHUNK), strict=True)
        return torch.cat([_attacked(network, *part, norm, eps, steps) for part in parts])
    finally:
        for p, before in zip(parameters, wanted, strict=True):
            p.requires_grad_(before)


def _attacked(
    network: nn.Module, x: Tensor, targets: Tensor, norm: Norm, eps: float, steps: int
) -> Tensor:
    best, least = x, x.new_full((len(x),), torch.inf)
    current = x
    for step in range(steps + 1):
        current = current.detach().requires_grad_(True)
        losses = cross_entropy(network(current), targets, reduction="none")
        better = losses.detach() < least
        least = torch.where(better, losses.detach(), least)
        best = torch.where(better[:, None, None, None], current.detach(), best)
        if step < steps:
            (uphill,) = torch.autograd.grad(losses.sum(), current)
            current = _moved(current.detach(), x, uphill, norm, eps)
    return best


def _moved(current: Tensor, x: Tensor, uphill: Tensor, norm: Norm, eps: float) -> Tensor:
    slope = uphill.flatten(1)
    change = (current - x).flatten(1)
    if norm == "L0":
        taken = change != 0
        free = slope.abs().masked_fill(taken, -1.0)
        taken.scatter_(1, free.argmax(1, keepdim=True), True)
        change = change - _PIXEL_STEP * normalize(slope * taken, p=torch.inf)
    elif norm == "L2":
        change = change - eps / 5 * normalize(slope)
        change = change.renorm(2, 0, eps)
    else:
        change = change - eps / 5 * normalize(slope, p=torch.inf)
        change = change.clamp(-eps, eps)
    return (x + change.view_as(x)).clamp(0, 1)
