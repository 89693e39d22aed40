"""Training of networks on images in float32, one at a time; last epoch, no look at test images.

Networks are trained one after another, each on one core: twelve small ones as one batch
(`torch.func.vmap`, grouped convolutions) took as long on a CPU (1.35 s and 0.92 s of it for each,
against 1.3 s), and any network can be trained so, with running averages and dropout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from ..device import full_float32
from .networks import seeded
from .setting import Recipe

CHUNK = 500
"""Images that are answered, or attacked, at a time."""

AfterEpoch = Callable[[int, nn.Module], None]


@contextmanager
def repeatable() -> Iterator[None]:
    """float32 without TF32, and on CUDA algorithms that give the same again."""
    chosen = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        with full_float32():
            yield
    finally:
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = chosen


def train(
    network: nn.Module,
    x: Tensor,
    y: Tensor,
    recipe: Recipe,
    seed: int,
    purpose: str,
    after_epoch: AfterEpoch | None = None,
) -> None:
    """Train a network in place on images x, float32 (N, ...), with labels y, int64 (N,).

    Batches and dropout depend on seed and purpose alone. The last images of an epoch that fill no
    batch wait for the next one. ``after_epoch`` is called with the number of the epoch, from 1.

    Raises:
        ArithmeticError: the loss is no longer finite.
    """
    batch = min(recipe.batch, len(x))
    descent = torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=5e-4,
    )
    fall = _fall(descent, recipe)
    with seeded(seed, f"training of {purpose}") as generator:
        for epoch in range(1, recipe.epochs + 1):
            network.train()
            order = torch.randperm(len(x), generator=generator).to(x.device)
            total = torch.zeros((), device=x.device)
            starts = range(0, len(x) - batch + 1, batch)
            for start in starts:
                rows = order[start : start + batch]
                descent.zero_grad()
                loss = cross_entropy(network(x[rows]), y[rows])
                loss.backward()
                descent.step()
                total += loss.detach()
            mean = float(total) / len(starts)
            if not math.isfinite(mean):
                raise ArithmeticError(
                    f"training of {purpose} diverged in epoch {epoch}; a smaller learning_rate "
                    "would help"
                )
            fall(mean)
            if after_epoch is not None:
                after_epoch(epoch, network)
    network.eval()


def _fall(descent: torch.optim.Optimizer, recipe: Recipe) -> Callable[[float], None]:
    """What lets the learning rate fall, told the mean loss of each epoch."""
    if recipe.preset == "paper":
        return ReduceLROnPlateau(descent).step
    cosine = LambdaLR(descent, lambda done: (1 + math.cos(math.pi * done / recipe.epochs)) / 2)
    return lambda _: cosine.step()


@torch.no_grad()
def answers(network: nn.Module, x: Tensor) -> Tensor:
    """The class that a network gives each image, int64 (N,)."""
    network.eval()
    return torch.cat([network(part).argmax(1) for part in x.split(CHUNK)])
