"""Full-batch gradient descent in the span of the samples.

Gradients are combinations of the samples, so W(t) = W(0) + C(t)ᵀ X exactly, also with momentum.
With the Gram matrix K = X Xᵀ and Z = X Wᵀ = Z(0) + K C, a step is one N x N by N x m product and
five passes over N x m numbers, whatever the input dimension; the plain loop takes two N x d by
d x m products and passes over m x d numbers. Once few activation patterns are left the width drops
out as well (``collapse``). Not for per-coordinate steps (Adam). Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ...theory.exact.interval import Number
from ..configuration import InputError
from ..data.sample import Sample
from ..device import check_memory, fitting, full_float32, resolve_device
from ..network import check_slope, check_width, output_weights
from .collapse import CollapsedWidth, group_neurons
from .recipes import Loss, Recipe, loss_named

DType = Literal["float32", "float64"]

DTYPES: dict[str, torch.dtype] = {"float32": torch.float32, "float64": torch.float64}
# How often the full-width trainer looks for groups of equal patterns: rare enough to cost nothing.
_COLLAPSE_EVERY = 16
# With more groups than this share of the width a collapsed step saves too little.
_COLLAPSE_SHARE = 8
# While a normalised run starts: the most a step may move the network, relative to its own size, and
# the least factor on a step, which gets a network of zeros going.
GROWTH, LEAST_FACTOR = 0.25, 1e-6


def check_dtype(dtype: str) -> None:
    """InputError unless training can be done in it."""
    if dtype not in DTYPES:
        raise InputError(f"dtype: must be float32 or float64, found {dtype!r}")


def descent_bytes(samples: int, width: int, recipe: Recipe, dtype: DType) -> int:
    """Bytes that ``GramDescent`` takes at most on its device.

    K, abs(K) for normalised steps, and arrays (N, m): five of the state, and while the width drops
    out ten more of ``CollapsedWidth`` and four for the membership (m, g) of neurons in g <= N
    groups, which is one array of 64-bit integers and two of ``dtype``.
    """
    squares = 2 if recipe.normalised else 1
    return DTYPES[dtype].itemsize * samples * (squares * samples + 19 * width)


class GramDescent:
    """The running state of full-batch gradient descent; ``train`` drives it.

    sample: N samples in dimension d. initial: W(0), float64 (m, d). gram: X Xᵀ float64 (N, N) where
    the caller has it already. Everything runs in ``dtype`` on ``device``; nothing is random.

    Raises InputError for an odd width, a slope outside (0, 1], shapes that do not match, an unknown
    dtype, a device this machine lacks, or more than fits into its memory.
    """

    def __init__(
        self,
        sample: Sample,
        initial: np.ndarray,
        slope: float,
        recipe: Recipe,
        *,
        dtype: DType = "float64",
        device: str = "cpu",
        gram: np.ndarray | None = None,
    ) -> None:
        check_slope(slope)
        if initial.ndim != 2 or initial.shape[1] != sample.d:
            raise InputError(
                f"initial weights: must be a matrix (m, {sample.d}), found {initial.shape}"
            )
        check_width(len(initial))
        check_dtype(dtype)
        name, kind, width = resolve_device(device), DTYPES[dtype], len(initial)
        check_memory(
            f"training a width of {width}",
            lambda n: descent_bytes(n, width, recipe, dtype),
            *(sample.n, "samples", name),
        )
        where = torch.device(name)

        def place(array: np.ndarray) -> Tensor:
            return torch.tensor(array, dtype=kind, device=where)

        self._recipe, self._slope = recipe, slope
        self._loss: Loss = loss_named(recipe.loss)
        self._gram = place(sample.x @ sample.x.T if gram is None else gram)
        self._abs_gram = self._gram.abs() if recipe.normalised else None
        self._labels = place(sample.y)
        self._output = place(output_weights(len(initial)))
        self._start = place(sample.x @ initial.T)
        self._preactivations = self._start.clone()
        self._coefficients = torch.zeros_like(self._start)
        self._velocities = torch.zeros_like(self._start)
        self._buffer = torch.empty_like(self._start)
        self._collapsed: CollapsedWidth | None = None
        self._full_steps = 0
        self._starting = recipe.normalised
        self.steps = 0

    @property
    def collapsed(self) -> bool:
        """Whether the width has currently dropped out."""
        return self._collapsed is not None

    def outputs(self) -> Tensor:
        """f(x_n) now, shape (N,)."""
        if self._collapsed is not None:
            return self._collapsed.outputs()
        torch.ops.aten.leaky_relu.out(self._preactivations, self._slope, out=self._buffer)
        return torch.mv(self._buffer, self._output)

    def margins(self) -> Tensor:
        """y_n f(x_n) now, shape (N,)."""
        return self.outputs().mul_(self._labels)

    def log_loss(self) -> float:
        """log of the mean loss now."""
        return float(self._loss.log_mean(self.margins()))

    def coefficients(self) -> np.ndarray:
        """C now, float64 (N, m), a copy."""
        now = self._coefficients if self._collapsed is None else self._collapsed.coefficients()
        return np.array(now.cpu().numpy(), dtype=np.float64)

    @torch.inference_mode()
    def step(self) -> None:
        """One step of gradient descent."""
        weights = self._weights(self.margins())
        if self._collapsed is not None:
            if not self._collapsed.step(weights):
                self._expand(self._collapsed)
        else:
            self._full_step(weights)
            self._full_steps += 1
            if not self._starting and self._full_steps % _COLLAPSE_EVERY == 0:
                self._try_to_collapse()
        self.steps += 1

    def _weights(self, margins: Tensor) -> Tensor:
        """w (N,) such that the (rescaled) gradient is sum_n w_n df(x_n)."""
        if self._abs_gram is None:
            weights = self._loss.mean_weights(margins)
        else:
            weights = self._loss.normalised_weights(margins)
            # abs(f) moves by at most sum_k abs(K_nk) p_k at x_n: ‖a‖ = 1 and phi is 1-Lipschitz.
            weights.div_(torch.mv(self._abs_gram, weights).amax())
            if self._starting:
                weights.mul_(self._start_factor())
        return weights.mul_(self._labels).neg_()

    def _start_factor(self) -> float:
        """The factor on a step early in a normalised run; once 1, it stays 1."""
        # The norm of row n of Z bounds abs(f(x_n)), and a step moves it, before momentum, by at
        # most the learning rate.
        size = float(self._preactivations.norm(dim=1).amax())
        self._starting = GROWTH * size < 1.0
        return min(1.0, max(GROWTH * size, LEAST_FACTOR))

    def _full_step(self, weights: Tensor) -> None:
        half = self._start.shape[1] // 2
        scaled = (weights * self._output[0])[:, None]
        # torch's convention at a tie: the derivative of the leaky ReLU at 0 is the slope.
        for part, signed in ((slice(half), scaled), (slice(half, None), -scaled)):
            torch.ops.aten.leaky_relu_backward.grad_input(
                signed,
                self._preactivations[:, part],
                self._slope,
                False,
                grad_input=self._buffer[:, part],
            )
        torch.add(self._buffer, self._velocities, alpha=self._recipe.momentum, out=self._velocities)
        self._coefficients.add_(self._velocities, alpha=-self._recipe.learning_rate)
        torch.addmm(self._start, self._gram, self._coefficients, out=self._preactivations)

    def _try_to_collapse(self) -> None:
        groups = group_neurons(
            self._preactivations,
            # No more than samples, so that who is in which group takes no more than the state.
            most=max(2, min(self._start.shape[1] // _COLLAPSE_SHARE, len(self._labels))),
        )
        if groups is None:
            return
        collapsed = CollapsedWidth(
            groups,
            self._gram,
            self._output,
            self._slope,
            self._recipe.learning_rate,
            self._recipe.momentum,
            self._coefficients,
            self._velocities,
            self._preactivations,
        )
        if collapsed.settled:
            self._collapsed = collapsed

    def _expand(self, collapsed: CollapsedWidth) -> None:
        self._coefficients = collapsed.coefficients()
        self._velocities = collapsed.velocities()
        torch.addmm(self._start, self._gram, self._coefficients, out=self._preactivations)
        self._collapsed = None


# Training a network from a recipe, with checkpoints on the way.
#
# The work is done by ``descent``; this is the loop around it.

_PROGRESS_REPORTS = 100
# Multiply-adds of a step below which handing parts of it to other threads costs more than it saves;
# on a busy machine waiting for them was seen to take 40 times as long as the step itself.
_WORTH_THREADS = 2**26


class DivergenceError(ArithmeticError):
    """Training left the range of the floating point numbers."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state after ``step`` steps: C float64 (N, m), margins float64 (N,), log of the loss."""

    step: int
    coefficients: np.ndarray
    margins: np.ndarray
    log_loss: float


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network, W = W(0) + Cᵀ X.

    slope : as given; trained with the float nearest to it. initial : W(0), float64 (m, d).
    coefficients : C, float64 (N, m). steps : steps taken.
    log_loss : log of the mean loss at the end, as training computed it.
    """

    sample: Sample
    slope: Number
    recipe: Recipe
    initial: np.ndarray
    coefficients: np.ndarray
    steps: int
    log_loss: float

    def weights(self) -> np.ndarray:
        """W, float64 (m, d)."""
        return self.initial + self.coefficients.T @ self.sample.x


def checkpoint_steps(total: int, count: int = 24) -> tuple[int, ...]:
    """At most ``count`` steps in [1, total], evenly spaced in logarithm, the last one ``total``."""
    spaced = np.rint(np.geomspace(1, total, count)).astype(int)
    return tuple(sorted({int(step) for step in spaced} | {total}))


def train(
    sample: Sample,
    initial: np.ndarray,
    slope: Number,
    recipe: Recipe,
    *,
    dtype: DType = "float64",
    device: str = "cpu",
    gram: np.ndarray | None = None,
    checkpoints: Sequence[int] = (),
    on_checkpoint: Callable[[Checkpoint], bool | None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trained:
    """Train from W(0) = ``initial`` (m, d); sample, dtype, device and gram as for ``GramDescent``.

    on_checkpoint is called after each step number in ``checkpoints``; True from it ends training.
    progress is called with (steps done, recipe.steps), about a hundred times.

    Raises InputError as ``GramDescent`` does; DivergenceError when weights become infinite or NaN.
    """
    wanted = frozenset(checkpoints)
    report_every = max(1, recipe.steps // _PROGRESS_REPORTS)
    with full_float32(), fitting_threads(sample.n**2 * len(initial)):
        state = GramDescent(
            sample, initial, float(slope), recipe, dtype=dtype, device=device, gram=gram
        )
        for step in range(1, recipe.steps + 1):
            state.step()
            if progress is not None and (step % report_every == 0 or step == recipe.steps):
                progress(step, recipe.steps)
            if step in wanted and on_checkpoint is not None and on_checkpoint(_checkpoint(state)):
                break
        last = _checkpoint(state)
    return Trained(sample, slope, recipe, initial, last.coefficients, state.steps, last.log_loss)


@contextmanager
def fitting_threads(work: int) -> Iterator[None]:
    """One torch thread inside the block when a step is ``work`` multiply-adds and that is few."""
    threads = torch.get_num_threads()
    if work < _WORTH_THREADS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _checkpoint(state: GramDescent) -> Checkpoint:
    coefficients = state.coefficients()
    if not np.isfinite(coefficients).all():
        raise DivergenceError(
            f"training diverged within {state.steps} steps; a smaller learning_rate, smaller "
            "initial weights or normalised steps would help"
        )
    margins = np.array(state.margins().cpu().numpy(), dtype=np.float64)
    return Checkpoint(state.steps, coefficients, margins, state.log_loss())


# Many small networks trained as one batch: full-batch gradient descent in the span of the samples.
#
# A step of a small network is a dozen calls on small arrays, so that the calls cost more than the
# arithmetic. Networks with equally many samples and neurons take them together, each with its own
# samples, labels and start; the iterates are those of ``GramDescent`` up to rounding. From a few
# hundred samples on the products dominate, the width collapses, and one after the other is faster.
# Source: this project.


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
