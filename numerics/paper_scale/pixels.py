"""The greedy pixel attack on a trained network as the published code runs it.

Gradients are those of the loss exp(-y f), not of f, and steps are brought to size 1 unless that
size is below 1e-12. So an attack ends by itself once the network is sure enough, and where
depends on the arithmetic: in half precision the gradients are 0 from about y f = 16 on, in single
precision steps fade from about y f = 25 on. Source: Kumano et al. (ICLR 2024), public code, which
runs networks under PyTorch's automatic mixed precision (float16).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from ..device import check_memory, fitting
from ..perturb.attacks import AttackedNetwork
from .setting import STEP_SIZE

_LEAST_SIZE = 1e-12
"""Gradients smaller than this are not brought to size 1 (`torch.nn.functional.normalize`)."""
_ROWS = 100
_TAKEN = -1.0


@dataclass(frozen=True, eq=False)
class StoredSamples:
    """Perturbed samples (n, d) as they are, beside those before, ``base``."""

    base: Tensor
    samples: Tensor

    @property
    def changed(self) -> float:
        """Coordinates changed, the mean over the samples."""
        parts = zip(self.base.split(_ROWS), self.samples.split(_ROWS), strict=True)
        return sum(int((one != other).sum()) for one, other in parts) / len(self.base)

    def rows(self, part: slice) -> Tensor:
        """The samples in ``part``, (n', d)."""
        return self.samples[part]

    def combined(self, coefficients: Tensor) -> Tensor:
        """Xᵀ C, (d, c)."""
        return self.samples.T @ coefficients

    def scores(self, weights: Tensor) -> Tensor:
        """X Wᵀ, (n, m)."""
        return self.samples @ weights.T


def _half(values: Tensor) -> Tensor:
    """Rounded to float16, but kept in the type of ``values``, in which products are summed."""
    return values.half().to(values.dtype)


def pixel_attack_bytes(rows: int, dimension: int, count: int) -> int:
    """Bytes that an attack on a block of samples takes at most.

    Gradients (b, d), their sizes and scores, and what rounding and looking for infinities make on
    the way; places, values before, now and best, and moves of the coordinates taken, (b, count).
    """
    return 4 * rows * (6 * dimension + 12 * count)


def attacked_pixels(
    network: AttackedNetwork,
    base: Tensor,
    labels: Tensor,
    count: int,
    clamp: tuple[float, float] | None,
    *,
    half: bool,
) -> StoredSamples:
    """Base samples (n, d) with at most ``count`` coordinates each moved towards labels (n,) of +-1.

    Of all iterates the one with the least loss is kept. ``half``: every product and every
    activation is rounded to float16, forward and backward, else the type of ``base``.

    Raises InputError when the samples do not fit into memory once more.
    """
    rounded: Callable[[Tensor], Tensor] = _half if half else lambda values: values
    dimension, device = base.shape[1], str(base.device)
    check_memory(
        f"samples of dimension {dimension} with moved pixels",
        lambda n: 4 * n * dimension,
        *(len(base), "samples", device),
    )
    samples = base.clone()
    rows = max(1, fitting(lambda n: pixel_attack_bytes(n, dimension, count), _ROWS, device))
    for start in range(0, len(base), rows):
        part = slice(start, start + rows)
        _attack(samples[part], labels[part, None], network, count, clamp, rounded)
    return StoredSamples(base, samples)


def _attack(
    x: Tensor,
    y: Tensor,
    network: AttackedNetwork,
    count: int,
    clamp: tuple[float, float] | None,
    rounded: Callable[[Tensor], Tensor],
) -> None:
    """Moves x (b, d) in place."""
    weights, output, slope = rounded(network.weights), rounded(network.output), network.slope
    by_column = weights.T.contiguous()
    sums = rounded(x) @ by_column
    taken = x.new_zeros((len(x), count), dtype=torch.int64)
    now, best = x.new_zeros((len(x), count)), x.new_zeros((len(x), count))
    least = torch.full_like(y, torch.inf)
    step = 0
    for step in range(count + 1):
        z = rounded(sums)
        active = z > 0
        loss = torch.exp(-y * rounded(rounded(z.where(active, slope * z)) @ output)[:, None])
        better = (loss < least)[:, 0]
        best[better, :step] = now[better, :step]
        least = torch.minimum(least, loss)
        pull = rounded(rounded(y * loss) * output)
        uphill = rounded(rounded(pull.where(active, slope * pull)) @ weights)
        if step == count:
            break
        columns = taken[:, : step + 1]
        columns[:, step] = uphill.abs().scatter_(1, taken[:, :step], _TAKEN).argmax(1)
        moves = uphill.gather(1, columns)
        size = moves.abs().amax(1, keepdim=True)
        if not bool((size > 0).any()):
            break
        # Beyond float16, where f is sure of the other label: the published steps are NaN from here
        # on, and of the iterates the one before is kept.
        moves = moves.where(size.isfinite(), 0)
        now[:, step : step + 1] = best[:, step : step + 1] = x.gather(1, columns[:, step:])
        old = now[:, : step + 1].clone()
        moved = old + STEP_SIZE * moves / size.clamp(min=_LEAST_SIZE)
        now[:, : step + 1] = moved if clamp is None else moved.clamp_(*clamp)
        change = rounded(now[:, : step + 1]) - rounded(old)
        sums += embedding_bag(columns, by_column, per_sample_weights=change, mode="sum")
    x.scatter_(1, taken[:, :step], best[:, :step])
