"""Many small networks trained as one batch: full-batch gradient descent in the span of the samples.

A step of a small network is a dozen calls on small arrays, so that the calls cost more than the
arithmetic. Networks with equally many samples and neurons take them together, each with its own
samples, labels and start; the iterates are those of ``GramDescent`` up to rounding. From a few
hundred samples on the products dominate, the width collapses, and one after the other is faster.
Source: this project.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from .datasets.base import Sample
from .descent import DTYPES, GROWTH, LEAST_FACTOR, DType, check_dtype
from .device import full_float32, resolve_device
from .input_error import InputError
from .losses import Loss, loss_named
from .memory import check_memory, fitting
from .network import check_slope, check_width, output_weights
from .recipes import Recipe
from .training import DivergenceError, Trained, fitting_threads


def batch_bytes(count: int, samples: int, width: int, recipe: Recipe, dtype: DType) -> int:
    """Bytes that ``BatchDescent`` takes at most on its device.

    For each network K, abs(K) for normalised steps, five arrays (N, m) of the state, and at most
    ten (N,) of losses and weights; for all the output weights (m,).
    """
    squares = 2 if recipe.normalised else 1
    each = samples * (squares * samples + 5 * width + 10)
    return DTYPES[dtype].itemsize * (count * each + width)


class BatchDescent:
    """The running state of B networks; ``train_batch`` drives it.

    samples: B samples, each of N rows; dimensions may differ. initial: W(0) of each, float64
    (m, d_b). Nothing is random.

    Raises InputError for an empty batch, unequal N or m, an odd width, a slope outside (0, 1],
    shapes that do not match, an unknown dtype, a device this machine lacks, or more than fits into
    its memory.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        initial: Sequence[np.ndarray],
        slope: float,
        recipe: Recipe,
        *,
        dtype: DType = "float64",
        device: str = "cpu",
    ) -> None:
        check_slope(slope)
        _check_batch(samples, initial)
        check_dtype(dtype)
        name, kind, width = resolve_device(device), DTYPES[dtype], len(initial[0])
        check_memory(
            f"training as a batch, {samples[0].n} samples and a width of {width} each",
            lambda count: batch_bytes(count, samples[0].n, width, recipe, dtype),
            *(len(samples), "networks", name),
        )
        where = torch.device(name)

        def place(arrays: Sequence[np.ndarray]) -> Tensor:
            return torch.tensor(np.stack(arrays), dtype=kind, device=where)

        self._recipe, self._slope = recipe, slope
        self._loss: Loss = loss_named(recipe.loss)
        self._gram = place([sample.x @ sample.x.T for sample in samples])
        self._abs_gram = self._gram.abs() if recipe.normalised else None
        self._labels = place([sample.y for sample in samples])
        self._output = place([output_weights(width)])[0]
        self._start = place([s.x @ w.T for s, w in zip(samples, initial, strict=True)])
        self._preactivations = self._start.clone()
        self._coefficients = torch.zeros_like(self._start)
        self._velocities = torch.zeros_like(self._start)
        self._buffer = torch.empty_like(self._start)
        self._starting = torch.full((len(samples), 1), recipe.normalised, device=where)
        self._any_starting = recipe.normalised
        self.steps = 0

    def margins(self) -> Tensor:
        """y_n f(x_n) now, shape (B, N)."""
        torch.ops.aten.leaky_relu.out(self._preactivations, self._slope, out=self._buffer)
        return torch.matmul(self._buffer, self._output).mul_(self._labels)

    def log_losses(self) -> np.ndarray:
        """log of the mean loss of each network now, float64 (B,)."""
        return np.array(self._loss.log_mean(self.margins()).cpu().numpy(), dtype=np.float64)

    def coefficients(self) -> np.ndarray:
        """C of each network now, float64 (B, N, m), a copy."""
        return np.array(self._coefficients.cpu().numpy(), dtype=np.float64)

    @torch.inference_mode()
    def step(self) -> None:
        """One step of gradient descent for every network."""
        weights = self._weights(self.margins())
        half = self._start.shape[2] // 2
        scaled = (weights * self._output[0])[:, :, None]
        for part, signed in ((slice(half), scaled), (slice(half, None), -scaled)):
            torch.ops.aten.leaky_relu_backward.grad_input(
                signed,
                self._preactivations[:, :, part],
                self._slope,
                False,
                grad_input=self._buffer[:, :, part],
            )
        torch.add(self._buffer, self._velocities, alpha=self._recipe.momentum, out=self._velocities)
        self._coefficients.add_(self._velocities, alpha=-self._recipe.learning_rate)
        torch.baddbmm(self._start, self._gram, self._coefficients, out=self._preactivations)
        self.steps += 1

    def _weights(self, margins: Tensor) -> Tensor:
        """w (B, N) such that the (rescaled) gradients are sum_n w_n df(x_n)."""
        if self._abs_gram is None:
            weights = self._loss.mean_weights(margins)
        else:
            weights = self._loss.normalised_weights(margins)
            moved = torch.bmm(self._abs_gram, weights[:, :, None])[:, :, 0]
            weights.div_(moved.amax(dim=1, keepdim=True))
            if self._any_starting:
                weights.mul_(self._start_factors())
        return weights.mul_(self._labels).neg_()

    def _start_factors(self) -> Tensor:
        """The factor on a step of each network early in a normalised run, (B, 1)."""
        size = self._preactivations.norm(dim=2).amax(dim=1, keepdim=True)
        self._starting &= GROWTH * size < 1.0
        self._any_starting = bool(self._starting.any())
        shorter = (GROWTH * size).clamp(LEAST_FACTOR, 1.0)
        return torch.where(self._starting, shorter, torch.ones_like(shorter))


def train_batch(
    samples: Sequence[Sample],
    initial: Sequence[np.ndarray],
    slope: float,
    recipe: Recipe,
    *,
    dtype: DType = "float64",
    device: str = "cpu",
) -> tuple[Trained, ...]:
    """Train network b on ``samples[b]`` from W(0) = ``initial[b]``, all as one batch.

    What does not fit into the device's memory at once is trained in several batches.

    Raises InputError as ``BatchDescent`` does; DivergenceError when weights become infinite or NaN.
    """
    _check_batch(samples, initial)
    count, name = len(samples), resolve_device(device)

    def needed(networks: int) -> int:
        return batch_bytes(networks, samples[0].n, len(initial[0]), recipe, dtype)

    check_dtype(dtype)
    # Where not even one fits, it says so.
    at_once = max(1, fitting(needed, count, name))
    trained: list[Trained] = []
    for first in range(0, count, at_once):
        part = slice(first, first + at_once)
        trained += _train(samples[part], initial[part], slope, recipe, dtype, name, first)
    return tuple(trained)


def _train(
    samples: Sequence[Sample],
    initial: Sequence[np.ndarray],
    slope: float,
    recipe: Recipe,
    dtype: DType,
    device: str,
    first: int,
) -> Iterator[Trained]:
    """One batch; ``first`` is the number of its first network."""
    state = BatchDescent(samples, initial, slope, recipe, dtype=dtype, device=device)
    with full_float32(), fitting_threads(len(samples) * samples[0].n ** 2 * len(initial[0])):
        for _ in range(recipe.steps):
            state.step()
        coefficients, losses = state.coefficients(), state.log_losses()
    if not np.isfinite(coefficients).all():
        worst = first + int(np.flatnonzero(~np.isfinite(coefficients).all(axis=(1, 2)))[0])
        raise DivergenceError(
            f"training diverged within {state.steps} steps (network {worst} of the batch); a "
            "smaller learning_rate, smaller initial weights or normalised steps would help"
        )
    for sample, start, c, loss in zip(samples, initial, coefficients, losses, strict=True):
        yield Trained(sample, slope, recipe, start, c, state.steps, float(loss))


def _check_batch(samples: Sequence[Sample], initial: Sequence[np.ndarray]) -> None:
    if not samples or len(samples) != len(initial):
        raise InputError(
            f"batch: as many samples as initial weights are needed, at least one; found "
            f"{len(samples)} and {len(initial)}"
        )
    for b, (sample, weights) in enumerate(zip(samples, initial, strict=True)):
        if weights.ndim != 2 or weights.shape[1] != sample.d:
            raise InputError(
                f"batch: initial weights {b} must be a matrix (m, {sample.d}), found "
                f"{weights.shape}"
            )
        if sample.n != samples[0].n or len(weights) != len(initial[0]):
            raise InputError(
                f"batch: network {b} has {sample.n} samples and {len(weights)} neurons, the first "
                f"{samples[0].n} and {len(initial[0])}; all must have equally many"
            )
    check_width(len(initial[0]))
