"""Recipes: what gradient descent minimises and how it steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .input_error import InputError
from .losses import loss_named


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
