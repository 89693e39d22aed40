"""Full-batch gradient descent in the span of the samples: of one network, or of many as one batch.

Gradients are combinations of the samples, so W(t) = W(0) + C(t)ᵀ X exactly, also with momentum.
With the Gram matrix K = X Xᵀ and Z = X Wᵀ = Z(0) + K C, a step is one N x N by N x m product and
five passes over N x m numbers, whatever the input dimension; the plain loop takes two N x d by
d x m products and passes over m x d numbers. Once few activation patterns are left the width drops
out as well (``collapse``). Not for per-coordinate steps (Adam).

A step of a small network is a dozen calls on small arrays, so that the calls cost more than the
arithmetic. Networks with equally many samples and neurons take them together (``BatchDescent``);
from a few hundred samples on the products dominate, the width collapses, and one after the other is
faster. Source: this project.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..configuration import InputError
from ..data.sample import Sample
from ..device import check_memory, resolve_device
from ..network import OutputWeights, check_slope, output_weights, weights_or_papers
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
_GROWTH, _LEAST_FACTOR = 0.25, 1e-6


def _itemsize(dtype: str) -> int:
    """Bytes of a number; InputError unless training can be done in it."""
    if dtype not in DTYPES:
        raise InputError(f"dtype: must be float32 or float64, found {dtype!r}")
    return DTYPES[dtype].itemsize


def descent_bytes(samples: int, width: int, recipe: Recipe, dtype: DType) -> int:
    """Bytes that ``GramDescent`` takes at most on its device.

    K, abs(K) for normalised steps, and arrays (N, m): five of the state, and while the width drops
    out ten more of ``CollapsedWidth`` and four for the membership (m, g) of neurons in g <= N
    groups, which is one array of 64-bit integers and two of ``dtype``.
    """
    squares = 2 if recipe.normalised else 1
    return _itemsize(dtype) * samples * (squares * samples + 19 * width)


def batch_bytes(
    count: int, samples: int, width: int, recipe: Recipe, dtype: DType, *, one_gram: bool = False
) -> int:
    """Bytes that ``BatchDescent`` takes at most on its device.

    For each network five arrays (N, m) of the state, at most ten (N,) of losses and weights, and K,
    with abs(K) for normalised steps, unless all share ``one_gram``; for all the output weights.
    """
    grams = (2 if recipe.normalised else 1) * (min(count, 1) if one_gram else count)
    each = samples * (5 * width + 10)
    return _itemsize(dtype) * (count * each + grams * samples**2 + width)


def on_host(values: Tensor) -> np.ndarray:
    """A copy in float64."""
    return np.array(values.cpu().numpy(), dtype=np.float64)


class _Descent:
    """The running state; arrays have the shapes named, after an axis (B,) for a batch.

    labels (N,), gram (N, N), start Z(0) (N, m), all of one dtype on one device.
    """

    def __init__(
        self,
        labels: Tensor,
        gram: Tensor,
        start: Tensor,
        slope: float,
        recipe: Recipe,
        output: OutputWeights | None,
    ) -> None:
        self._recipe, self._slope = recipe, slope
        self._loss: Loss = loss_named(recipe.loss)
        self._labels, self._gram = labels, gram
        self._abs_gram = gram.abs() if recipe.normalised else gram
        self._output = torch.tensor(output_weights(start.shape[-1], output)).to(start)
        # ‖a‖², by which f at a sample moves for its pre-activations moving in proportion to a.
        self._output_square = 1.0 if output is None else output.square
        self._start = start
        self._preactivations = start.clone()
        self._coefficients = torch.zeros_like(start)
        self._velocities = torch.zeros_like(start)
        self._buffer = torch.empty_like(start)
        # Who is still taking the shorter steps of a start, and whether anyone is.
        shape = (*start.shape[:-2], 1)
        self._starting = torch.full(shape, recipe.normalised, device=start.device)
        self._any_starting = recipe.normalised
        self.steps = 0

    @torch.inference_mode()
    def step(self) -> None:
        """One step of gradient descent."""
        self._full_step(self._weights(self.margins()))
        self.steps += 1

    def _largest_move(self, weights: Tensor) -> Tensor:
        """The largest entry of abs(K) w for w (N,), (1,)."""
        return torch.mv(self._abs_gram, weights).amax()

    def _update_preactivations(self) -> None:
        """Z = Z(0) + K C."""
        torch.addmm(self._start, self._gram, self._coefficients, out=self._preactivations)

    def outputs(self) -> Tensor:
        """f(x_n) now, shape (N,)."""
        torch.ops.aten.leaky_relu.out(self._preactivations, self._slope, out=self._buffer)
        return torch.matmul(self._buffer, self._output)

    def margins(self) -> Tensor:
        """y_n f(x_n) now, shape (N,)."""
        return self.outputs().mul_(self._labels)

    def log_loss(self) -> np.ndarray:
        """log of the mean loss now, float64 ()."""
        return on_host(self._loss.log_mean(self.margins()))

    def coefficients(self) -> np.ndarray:
        """C now, float64 (N, m), a copy."""
        return on_host(self._coefficients)

    def _weights(self, margins: Tensor) -> Tensor:
        """w (N,) such that the (rescaled) gradient is sum_n w_n df(x_n)."""
        if not self._recipe.normalised:
            weights = self._loss.mean_weights(margins)
        else:
            weights = self._loss.normalised_weights(margins)
            # abs(f) moves by at most ‖a‖² sum_k abs(K_nk) p_k at x_n: phi is 1-Lipschitz.
            weights.div_(self._largest_move(weights).mul_(self._output_square))
            if self._any_starting:
                weights.mul_(self._start_factor())
        return weights.mul_(self._labels).neg_()

    def _start_factor(self) -> Tensor:
        """The factor on a step early in a normalised run, (1,); once 1, it stays 1."""
        # ‖a‖ times the norm of row n of Z bounds abs(f(x_n)), and a step moves it, before momentum,
        # by at most the learning rate.
        growth = _GROWTH * math.sqrt(self._output_square)
        size = growth * self._preactivations.norm(dim=-1).amax(dim=-1, keepdim=True)
        self._starting &= size < 1.0
        self._any_starting = bool(self._starting.any())
        return torch.where(self._starting, size.clamp(min=_LEAST_FACTOR), 1.0)

    def _full_step(self, weights: Tensor) -> None:
        torch.mul(weights[..., None], self._output, out=self._buffer)
        # torch's convention at a tie: the derivative of the leaky ReLU at 0 is the slope.
        torch.ops.aten.leaky_relu_backward.grad_input(
            self._buffer, self._preactivations, self._slope, False, grad_input=self._buffer
        )
        torch.add(self._buffer, self._velocities, alpha=self._recipe.momentum, out=self._velocities)
        self._coefficients.add_(self._velocities, alpha=-self._recipe.learning_rate)
        self._update_preactivations()


class GramDescent(_Descent):
    """Full-batch gradient descent of one network; ``training.train`` drives it.

    sample: N samples in dimension d. initial: W(0), float64 (m, d). gram: X Xᵀ float64 (N, N) where
    the caller has it already. output: a_j, by default the paper's. Everything runs in ``dtype`` on
    ``device``; nothing is random.

    Raises InputError for an odd width with the paper's a_j, a slope outside [0, 1], shapes that do
    not match, an unknown dtype, a device this machine lacks, or more than fits into its memory.
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
        output: OutputWeights | None = None,
    ) -> None:
        check_slope(slope, relu=True)
        if initial.ndim != 2 or initial.shape[1] != sample.d:
            raise InputError(
                f"initial weights: must be a matrix (m, {sample.d}), found {initial.shape}"
            )
        width = len(weights_or_papers(len(initial), output))
        name = resolve_device(device)
        check_memory(
            f"training a width of {width}",
            lambda n: descent_bytes(n, width, recipe, dtype),
            *(sample.n, "samples", name),
        )

        def place(array: np.ndarray) -> Tensor:
            return torch.tensor(array, dtype=DTYPES[dtype], device=name)

        kernel = place(sample.x @ sample.x.T if gram is None else gram)
        start = place(sample.x @ initial.T)
        super().__init__(place(sample.y), kernel, start, slope, recipe, output)
        self._collapsed: CollapsedWidth | None = None
        self._full_steps = 0

    @property
    def collapsed(self) -> bool:
        """Whether the width has currently dropped out."""
        return self._collapsed is not None

    def outputs(self) -> Tensor:
        return super().outputs() if self._collapsed is None else self._collapsed.outputs()

    def coefficients(self) -> np.ndarray:
        if self._collapsed is None:
            return super().coefficients()
        return on_host(self._collapsed.coefficients())

    @torch.inference_mode()
    def step(self) -> None:
        if (collapsed := self._collapsed) is None:
            super().step()
            self._full_steps += 1
            if not self._any_starting and self._full_steps % _COLLAPSE_EVERY == 0:
                self._try_to_collapse()
            return
        if not collapsed.step(self._weights(self.margins())):
            self._coefficients = collapsed.coefficients()
            self._velocities = collapsed.velocities()
            self._update_preactivations()
            self._collapsed = None
        self.steps += 1

    def _try_to_collapse(self) -> None:
        groups = group_neurons(
            self._preactivations,
            self._output,
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


class BatchDescent(_Descent):
    """The same of B networks, each with its own sample and start; ``training.train_batch``.

    samples: B samples, each of N rows; dimensions may differ. initial: W(0) of each, float64
    (m, d_b). What is returned has an axis (B,) in front. The iterates are those of ``GramDescent``
    up to rounding. Networks on the same data share one Gram matrix. Nothing is random.

    Raises InputError for an empty batch, unequal N or m, an odd width, a slope outside [0, 1],
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
        output: OutputWeights | None = None,
    ) -> None:
        check_slope(slope, relu=True)
        check_batch(samples, initial, output)
        n, width, name = samples[0].n, len(initial[0]), resolve_device(device)
        one_gram = same_data(samples)
        check_memory(
            f"training as a batch, {n} samples and a width of {width} each",
            lambda count: batch_bytes(count, n, width, recipe, dtype, one_gram=one_gram),
            *(len(samples), "networks", name),
        )

        def place(arrays: Sequence[np.ndarray]) -> Tensor:
            return torch.tensor(np.stack(arrays), dtype=DTYPES[dtype], device=name)

        grams = place([s.x @ s.x.T for s in (samples[:1] if one_gram else samples)])
        start = place([s.x @ w.T for s, w in zip(samples, initial, strict=True)])
        super().__init__(place([s.y for s in samples]), grams, start, slope, recipe, output)
        # One that all share is repeated without memory.
        each = (len(samples), n, n)
        self._gram, self._abs_gram = self._gram.expand(each), self._abs_gram.expand(each)

    def _largest_move(self, weights: Tensor) -> Tensor:
        return torch.bmm(self._abs_gram, weights[:, :, None])[:, :, 0].amax(dim=1, keepdim=True)

    def _update_preactivations(self) -> None:
        torch.baddbmm(self._start, self._gram, self._coefficients, out=self._preactivations)


def same_data(samples: Sequence[Sample]) -> bool:
    """Whether all have the same inputs x, whatever their labels."""
    first = samples[0].x
    return all(s.x is first or np.array_equal(s.x, first) for s in samples[1:])


def check_batch(
    samples: Sequence[Sample],
    initial: Sequence[np.ndarray],
    output: OutputWeights | None = None,
) -> None:
    """InputError unless samples and starts make a batch, see ``BatchDescent``."""
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
    weights_or_papers(len(initial[0]), output)
