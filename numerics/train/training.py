"""Training a network from a recipe, with checkpoints on the way, and many as one batch.

The steps are those of ``descent``; these are the loops around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from ...theory.exact.interval import Number
from ..data.sample import Sample
from ..device import cores, fitting, full_float32, resolve_device
from ..network import OutputWeights
from .descent import (
    BatchDescent,
    DType,
    GramDescent,
    batch_bytes,
    check_batch,
    on_host,
    same_data,
)
from .recipes import Recipe

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
    output: OutputWeights | None = None,
    checkpoints: Sequence[int] = (),
    on_checkpoint: Callable[[Checkpoint], bool | None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trained:
    """Train from W(0) = ``initial`` (m, d); the rest up to output as for ``GramDescent``.

    on_checkpoint is called after each step number in ``checkpoints``; True from it ends training.
    progress is called with (steps done, recipe.steps), about a hundred times.

    Raises InputError as ``GramDescent`` does; DivergenceError when weights become infinite or NaN.
    """
    wanted = frozenset(checkpoints)
    report_every = max(1, recipe.steps // _PROGRESS_REPORTS)
    with full_float32(), fitting_threads(sample.n**2 * len(initial)):
        options = {"dtype": dtype, "device": device, "gram": gram, "output": output}
        state = GramDescent(sample, initial, float(slope), recipe, **options)
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
    """One torch thread inside the block when a step is ``work`` multiply-adds and that is few.

    Otherwise no more than there are cores for: torch counts those of the machine.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if work < _WORTH_THREADS else min(threads, cores()))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _checkpoint(state: GramDescent) -> Checkpoint:
    coefficients = state.coefficients()
    if not np.isfinite(coefficients).all():
        raise _divergence(state.steps)
    margins, log_loss = on_host(state.margins()), float(state.log_loss())
    return Checkpoint(state.steps, coefficients, margins, log_loss)


def _divergence(steps: int, network: str = "") -> DivergenceError:
    return DivergenceError(
        f"training diverged within {steps} steps{network}; a smaller learning_rate, smaller "
        "initial weights or normalised steps would help"
    )


def train_batch(
    samples: Sequence[Sample],
    initial: Sequence[np.ndarray],
    slope: float,
    recipe: Recipe,
    *,
    dtype: DType = "float64",
    device: str = "cpu",
    output: OutputWeights | None = None,
) -> tuple[Trained, ...]:
    """Train network b on ``samples[b]`` from W(0) = ``initial[b]``, all as one batch.

    output: a_j, by default the paper's. What does not fit into the device's memory at once is
    trained in several batches.

    Raises InputError as ``BatchDescent`` does; DivergenceError when weights become infinite or NaN.
    """
    check_batch(samples, initial, output)
    count, name, n, width = len(samples), resolve_device(device), samples[0].n, len(initial[0])
    one_gram = same_data(samples)
    at_once = fitting(
        lambda networks: batch_bytes(networks, n, width, recipe, dtype, one_gram=one_gram),
        *(count, name),
    )
    trained: list[Trained] = []
    # Where not even one fits, it says so.
    for first in range(0, count, max(1, at_once)):
        part = slice(first, first + max(1, at_once))
        options = {"dtype": dtype, "device": name, "output": output}
        state = BatchDescent(samples[part], initial[part], slope, recipe, **options)
        with full_float32(), fitting_threads(len(samples[part]) * n**2 * width):
            for _ in range(recipe.steps):
                state.step()
            coefficients, losses = state.coefficients(), state.log_loss()
        if not (finite := np.isfinite(coefficients).all(axis=(1, 2))).all():
            worst = first + int(finite.argmin())
            raise _divergence(state.steps, f" (network {worst} of the batch)")
        for sample, start, c, loss in zip(
            samples[part], initial[part], coefficients, losses, strict=True
        ):
            trained.append(Trained(sample, slope, recipe, start, c, state.steps, float(loss)))
    return tuple(trained)
