"""Gradient descent with momentum on the hidden layer, its path weights summed up beside it.

A step of rate eta and momentum mu is

    v_j <- mu v_j + eta a_j sum_n p_n y_n s_jn x~_n,   w~_j <- w~_j + v_j,   x~ = (x, 1),

s_jn = phi'(h_j(x_n)), p_n = l'_n/N. Path weights are summed by themselves, each step with what it
comes to be worth in the end, c_jn = sum over s < T of eta (1 - mu^(T-s))/(1 - mu) p_n s_jn, so that
the identities that hold of them (theorem "path-kernel") test gradient and optimiser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..device import check_memory, full_float32, resolve_device
from ..enclose.real_array import FloatArray
from ..train.descent import DTYPES, DType
from ..train.training import DivergenceError, fitting_threads
from .setting import Start, WideLoss, WideSetup


@dataclass(frozen=True, eq=False)
class WideNetwork:
    """f(x) = sum_j a_j phi(<w_j, x> + b_j), phi of slope gamma in [0, 1] below 0.

    weights : (w_j, b_j), float64 (m, d + 1). outer : a_j, float64 (m,).
    """

    weights: FloatArray
    outer: FloatArray
    slope: float

    def heights(self, x: FloatArray) -> FloatArray:
        """h_j(x_n), (n, m), for x (n, d)."""
        return x @ self.weights[:, :-1].T + self.weights[:, -1]

    def output(self, x: FloatArray) -> FloatArray:
        """f(x_n), (n,), in plain floating point."""
        h = self.heights(x)
        return np.where(h > 0, h, self.slope * h) @ self.outer

    def gradients(self, x: FloatArray) -> FloatArray:
        """grad f(x_n), (n, d), in plain floating point; at 0 the slope of phi is gamma."""
        active = np.where(self.heights(x) > 0, 1.0, self.slope)
        return (active * self.outer) @ self.weights[:, :-1]


@dataclass(frozen=True, eq=False)
class WideTrained:
    """A trained network, what it learnt and from where.

    x, y : float64 (N, d) and (N,), as trained on. paths : c_jn, float64 (N, m), >= 0; None where
    they were not summed. least_slope : the smallest l'_n over samples and steps.
    """

    x: FloatArray
    y: FloatArray
    start: Start
    network: WideNetwork
    setup: WideSetup
    paths: FloatArray | None
    least_slope: float

    @property
    def begun(self) -> WideNetwork:
        """The network at its start."""
        return WideNetwork(self.start.weights, self.start.outer, self.network.slope)


def homogeneous(x: FloatArray) -> FloatArray:
    """x~ = (x, 1), (n, d + 1)."""
    return np.column_stack([x, np.ones(len(x))])


def worth(setup: WideSetup, step: int) -> float:
    """What a step s < T moves in the end, eta (1 - mu^(T-s))/(1 - mu)."""
    mu, left = setup.momentum, setup.steps - step
    return setup.learning_rate * (1 - mu**left) / (1 - mu)


def loss_slopes(loss: WideLoss, margins: Tensor) -> Tensor:
    """l'_n, in [0, 1], at the margins y_n f(x_n), (N,)."""
    return torch.ones_like(margins) if loss == "identity" else torch.sigmoid(-margins)


def train_wide(
    x: FloatArray,
    y: FloatArray,
    start: Start,
    slope: float,
    setup: WideSetup,
    *,
    paths: bool = True,
    dtype: DType = "float64",
    device: str = "cpu",
    progress: Callable[[int, int], None] = lambda *_: None,
) -> WideTrained:
    """Train on x (N, d) and y (N,) of signs; with ``paths`` the path weights are summed up.

    ``progress`` is called with the steps done and in all.

    Raises InputError where it does not fit into the memory of the device; DivergenceError when
    weights become infinite or NaN.
    """
    name, (width, inputs) = resolve_device(device), start.weights.shape
    size = DTYPES[dtype].itemsize
    check_memory(
        f"training a width of {width}",
        lambda n: size * (n * (4 * width + inputs) + 3 * width * inputs),
        *(len(x), "samples", name),
    )

    def place(array: FloatArray) -> Tensor:
        return torch.tensor(array, dtype=DTYPES[dtype], device=name)

    points, labels, outer = place(homogeneous(x)), place(y), place(start.outer)
    weights = place(start.weights)
    velocity, mu = torch.zeros_like(weights), setup.momentum
    summed = torch.zeros((len(x), width), dtype=DTYPES[dtype], device=name) if paths else None
    least = torch.full((), torch.inf, dtype=DTYPES[dtype], device=name)
    with torch.inference_mode(), full_float32(), fitting_threads(len(x) * width * inputs):
        for step in range(setup.steps):
            progress(step, setup.steps)
            heights = points @ weights.T
            # Not torch.where(active, 1.0, slope): that rounds the slope to float32.
            slopes = torch.ones_like(heights).masked_fill_(heights <= 0, slope)
            outputs = heights.mul_(slopes) @ outer
            pulls = loss_slopes(setup.loss, outputs.mul_(labels))
            least = torch.minimum(least, pulls.amin())
            pulls = pulls / len(x)
            if summed is not None:
                summed.addcmul_(slopes, pulls[:, None], value=worth(setup, step))
            slopes.mul_((pulls * labels)[:, None])
            gradient = (slopes.T @ points).mul_(outer[:, None])
            velocity.mul_(mu).add_(gradient, alpha=setup.learning_rate)
            weights.add_(velocity)
    found = weights.double().cpu().numpy()
    if not np.isfinite(found).all():
        raise DivergenceError(
            f"training diverged within {setup.steps} steps; a smaller learning_rate would help"
        )
    return WideTrained(
        x,
        y,
        start,
        WideNetwork(found, start.outer, slope),
        setup,
        None if summed is None else summed.double().cpu().numpy(),
        float(least),
    )


def perturbations(network: WideNetwork, x: FloatArray, eps: float, y: FloatArray) -> FloatArray:
    """eta_n = eps y^a_n grad f(x_n)/‖grad f(x_n)‖, (N, d); 0 where the gradient is."""
    gradients = network.gradients(x)
    return (eps * y / _sizes(gradients))[:, None] * gradients


def _sizes(gradients: FloatArray) -> FloatArray:
    sizes = np.linalg.norm(gradients, axis=1)
    return np.where(sizes > 0, sizes, np.inf)
