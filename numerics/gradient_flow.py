"""Gradient flow of the mean exponential loss in the span of the samples, to a given time.

Plain descent with a small learning rate follows the flow, and needs a hundred thousand steps to
the time that the published networks reach, because it slows down as the loss falls. Here each step
is as long as the curvature allows: the gradient is divided by the loss, the time that has passed
is summed up, and training ends at the time asked for. Where the samples can be fitted, a hundred
steps do. As in `descent`, W(t) = W(0) + C(t)ᵀ X, so the samples enter by their Gram matrix only,
and here it is only multiplied with. Source: this project.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .device import full_float32
from .memory import check_memory
from .network import output_weights

# Rounds of the power method a step; it starts from where the last step's ended.
_POWER_STEPS = 2
_FIRST_POWER_STEPS = 12


@dataclass(frozen=True, eq=False)
class Flow:
    """Where the flow has come.

    coefficients : C (n, m). preactivations : Z = Z(0) + K C (n, m). steps : steps taken.
    time : flow time reached; less than asked for when the steps ran out. log_loss : of the mean
    loss. least_margin : min_n y_n f(x_n).
    """

    coefficients: Tensor
    preactivations: Tensor
    steps: int
    time: float
    log_loss: float
    least_margin: float


def flow_bytes(samples: int, width: int, itemsize: int) -> int:
    """Bytes that ``follow_flow`` takes at most, beyond what it is given.

    Six arrays (n, m): C, Z and what is active (a byte each), the pull of a step, and while Z is
    made anew the product, which may be a sum of two.
    """
    return 6 * itemsize * samples * width


def flow_time(learning_rate: float, momentum: float, steps: int) -> float:
    """The flow time that gradient descent with momentum covers: steps eta/(1 - mu)."""
    return steps * learning_rate / (1 - momentum)


@full_float32()
@torch.inference_mode()
def follow_flow(
    product: Callable[[Tensor], Tensor],
    labels: Tensor,
    start: Tensor,
    slope: float,
    time: float,
    *,
    step: float = 1.0,
    most: int = 20_000,
    progress: Callable[[int], None] | None = None,
) -> Flow:
    """Follow the flow from pre-activations ``start`` (n, m) until ``time``, explicit Euler.

    product maps V (n, c) to K V, K the Gram matrix; labels (n,) of +-1. ``step`` is the length of a
    step over the inverse of the largest curvature of the logarithm of the loss: below 2 for
    stability; at most ``most`` steps. ``progress`` is called with the steps done.

    Raises InputError when it does not fit into the memory of the device that ``start`` is on.
    """
    check_memory(
        f"gradient flow of {len(labels)} samples",
        lambda width: flow_bytes(len(labels), width, start.itemsize),
        *(start.shape[1], "neurons", str(start.device)),
    )
    output = torch.tensor(output_weights(start.shape[1]), dtype=start.dtype, device=start.device)
    coefficients, preactivations = torch.zeros_like(start), start.clone()
    now, steps, count = 0.0, 0, len(labels)
    curved = torch.ones_like(labels)
    log_count = math.log(count)
    while True:
        active = preactivations > 0
        margins = labels * (torch.where(active, preactivations, slope * preactivations) @ output)
        log_total = float(torch.logsumexp(-margins, 0))
        if now >= time or steps >= most:
            break
        shares = torch.exp(-margins - log_total)
        rounds = _POWER_STEPS if steps else _FIRST_POWER_STEPS
        curvature, curved = _largest_curvature(product, shares.sqrt(), curved, rounds)
        # d(time) of the mean loss: its gradient is exp(log_total)/n times that of the shares.
        length = step / curvature
        passed = length * math.exp(log_count - log_total)
        if now + passed >= time:
            length *= (time - now) / passed
            passed, now = time - now, time
        else:
            now += passed
        pull = (length * shares * labels)[:, None] * output
        coefficients.add_(pull.where(active, slope * pull))
        preactivations = start + product(coefficients)
        steps += 1
        if progress is not None:
            progress(steps)
    return Flow(
        coefficients, preactivations, steps, now, log_total - log_count, float(margins.min())
    )


def _largest_curvature(
    product: Callable[[Tensor], Tensor], roots: Tensor, vector: Tensor, rounds: int
) -> tuple[float, Tensor]:
    """Largest eigenvalue of diag(roots) K diag(roots), which bounds the curvature, and its vector.

    The network's kernel is K times a correlation of activations between 0 and 1.
    """
    value = 0.0
    for _ in range(rounds):
        vector = vector / vector.norm()
        vector = roots * product((roots * vector)[:, None])[:, 0]
        value = float(vector.norm())
    return 1.02 * value, vector
