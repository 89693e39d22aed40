"""Recipes: what gradient descent minimises and how it steps.

Losses of the margin y f(x) are computed in logarithms: both tend to exp(-margin), and at a margin
of 800 value and slope are zero in float64, while their logarithms are exact. All functions take and
return tensors (..., N), one row a network, and run on any device.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..configuration import InputError

if TYPE_CHECKING:
    from torch import Tensor


# From this margin on, log(log(1 + exp(-t))) and -t differ by less than half an ulp of float64.
_TAIL = 40.0


@dataclass(frozen=True)
class Loss:
    """A decreasing loss l(t) of the margin t.

    log_value: t -> log l(t); log_slope: t -> log(-l'(t)).
    """

    name: str
    log_value: Callable[[Tensor], Tensor]
    log_slope: Callable[[Tensor], Tensor]

    def log_mean(self, margins: Tensor) -> Tensor:
        """log of the mean loss, (...)."""
        values = self.log_value(margins)
        return values.logsumexp(-1) - math.log(margins.shape[-1])

    def mean_weights(self, margins: Tensor) -> Tensor:
        """-l'(t_n)/N (..., N): the weight of each sample in the gradient of the mean loss."""
        return self.log_slope(margins).exp().div_(margins.shape[-1])

    def normalised_weights(self, margins: Tensor) -> Tensor:
        """-l'(t_n) / sum_k l(t_k) (..., N): the same divided by the mean loss; never all zero.

        They sum to 1 for the exponential loss and to a number tending to 1 for the logistic.
        """
        values = self.log_value(margins)
        # The largest is taken off first, exactly: at a margin of 1e5 a float32 total has lost two
        # digits after the point, and with them a percent of every weight.
        largest = values.amax(-1, keepdim=True)
        total = values.sub_(largest).logsumexp(-1, keepdim=True)
        return self.log_slope(margins).sub_(largest).sub_(total).exp()


def _log_sigmoid(margins: Tensor) -> Tensor:
    from torch.nn.functional import logsigmoid  # a recipe is read before torch is loaded

    return logsigmoid(margins)


def _log_logistic(margins: Tensor) -> Tensor:
    # softplus(-t) = -log sigmoid(t), accurate in both tails; past _TAIL its log is -t itself.
    inner = (-_log_sigmoid(margins.clamp(max=_TAIL))).log()
    return (-margins).where(margins > _TAIL, inner)


EXPONENTIAL = Loss("exponential", operator.neg, operator.neg)
"""l(t) = exp(-t)."""

LOGISTIC = Loss("logistic", _log_logistic, lambda margins: _log_sigmoid(-margins))
"""l(t) = log(1 + exp(-t))."""

LOSSES: tuple[Loss, ...] = (EXPONENTIAL, LOGISTIC)


def loss_named(name: str) -> Loss:
    """The loss of that name; InputError names the ones there are."""
    for loss in LOSSES:
        if loss.name == name:
            return loss
    raise InputError(f"loss: must be {' or '.join(x.name for x in LOSSES)}, found {name!r}")


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes
    ----------
    loss : "exponential" or "logistic", averaged over the samples.
    learning_rate : > 0. Plain: of SGD. Normalised: the most by which one step, before momentum, may
        move any margin (see ``normalised``); at most 2 for a stable limit.
    momentum : in [0, 1), as in torch.optim.SGD (no dampening, no Nesterov).
    normalised : divide the gradient by the loss, and by max_n sum_k abs(K_nk) p_k, p the weights of
        the samples in that quotient. The step then follows the size of data and loss: training
        does not slow down as the loss vanishes, and the direction converges like 1/steps. From a
        small start the first steps are shorter, at most a quarter of the network's own size, as
        gradient flow would go: what is added before the patterns settle is all that later
        separates the direction from its limit.
    steps : >= 1, at most this many.

    Raises InputError naming the field that is out of range.
    """

    loss: str
    learning_rate: float
    momentum: float
    normalised: bool
    steps: int

    def __post_init__(self) -> None:
        loss_named(self.loss)
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(f"learning_rate: must be positive, found {self.learning_rate}")
        if not 0 <= self.momentum < 1:
            raise InputError(f"momentum: must lie in [0, 1), found {self.momentum}")
        if self.steps < 1:
            raise InputError(f"steps: must be at least 1, found {self.steps}")


def paper_recipe(steps: int, loss: str = "exponential") -> Recipe:
    """SGD, learning rate 0.01, momentum 0.9, mean loss (Kumano et al., ICLR 2024, experiments)."""
    return Recipe(loss, learning_rate=0.01, momentum=0.9, normalised=False, steps=steps)


def normalised_recipe(steps: int, loss: str = "exponential") -> Recipe:
    """Loss-normalised steps with momentum 0.9: the way to the limit (this project)."""
    return Recipe(loss, learning_rate=1.0, momentum=0.9, normalised=True, steps=steps)
