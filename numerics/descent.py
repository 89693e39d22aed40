"""Full-batch gradient descent in the span of the samples.

Gradients are combinations of the samples, so W(t) = W(0) + C(t)ᵀ X exactly, also with momentum.
With the Gram matrix K = X Xᵀ and Z = X Wᵀ = Z(0) + K C, a step is one N x N by N x m product and
five passes over N x m numbers, whatever the input dimension; the plain loop takes two N x d by
d x m products and passes over m x d numbers. Once few activation patterns are left the width drops
out as well (``collapse``). Not for per-coordinate steps (Adam). Source: this project.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from .collapse import CollapsedWidth, group_neurons
from .datasets.base import Sample
from .device import resolve_device
from .input_error import InputError
from .losses import Loss, loss_named
from .memory import check_memory
from .network import check_slope, check_width, output_weights
from .recipes import Recipe

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
