"""What an experiment with a wide network is. Nothing here loads torch.

f(x) = sum_j a_j phi(<w_j, x> + b_j) starts at w_j ~ N(0, I/d), b_j ~ N(0, 1), with a_j ~ N(0, 1/m)
that stay; f learns samples x_n, g the perturbations of f that lead to labels y^a_n (Kumano, Kera
& Yamasaki, NeurIPS 2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pydantic

from ...theory.exact.interval import Interval
from ..configuration import Configuration
from ..enclose.real_array import FloatArray

WideLoss = Literal["identity", "logistic"]
Labels = Literal["balanced", "fair"]
Base = Literal["none", "natural"]


class WideSetup(Configuration, frozen=True, extra="forbid"):
    """How f and g are trained: full-batch gradient descent on mean_n l(-y_n f(x_n)).

    base : what is perturbed: ``none``, so that g learns the perturbations themselves, or the
    ``natural`` samples. eps : the L2 size of perturbations. labels : of g, ``fair`` coins, or
    ``balanced``, half of each sign in random order. loss : l' = 1 (``identity``) or ``logistic``.
    learning_rate, momentum (below 1), steps : of both. points : fresh test points, at most. draws :
    neurons on which the kernel is tried, each draw a fresh one.
    """

    base: Base = "none"
    eps: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 0.01
    labels: Labels = "balanced"
    loss: WideLoss = "identity"
    learning_rate: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 0.1
    momentum: Annotated[float, pydantic.Field(ge=0, lt=1)] = 0.0
    steps: Annotated[int, pydantic.Field(ge=1, le=1_000_000)] = 1000
    points: Annotated[int, pydantic.Field(ge=1, le=100_000)] = 200
    draws: Annotated[int, pydantic.Field(ge=1, le=10_000_000)] = 20_000

    @property
    def path_time(self) -> Interval:
        """t, the weight of all steps: sum over s < T of rate (1 - mu^(T-s))/(1 - mu)."""
        mu, rate = Interval.exact(self.momentum), Interval.exact(self.learning_rate)
        kept = 1 - mu
        return rate / kept * (self.steps - mu * (1 - mu**self.steps) / kept)


@dataclass(frozen=True, eq=False)
class Start:
    """Where a network starts: (w_j, b_j), float64 (m, d + 1), and a_j, float64 (m,)."""

    weights: FloatArray
    outer: FloatArray


def draw_start(width: int, dimension: int, rng: np.random.Generator) -> Start:
    """w_j ~ N(0, I/d), b_j ~ N(0, 1), a_j ~ N(0, 1/m)."""
    weights = rng.standard_normal((width, dimension + 1))
    weights[:, :-1] /= np.sqrt(dimension)
    return Start(weights, rng.standard_normal(width) / np.sqrt(width))


def draw_labels(labels: Labels, count: int, rng: np.random.Generator) -> FloatArray:
    """y^a, float64 (count,), of both signs: all equal would be no labels to learn."""
    if labels == "balanced":
        return rng.permutation(np.where(np.arange(count) % 2, -1.0, 1.0))
    drawn = rng.choice([-1.0, 1.0], count)
    while count > 1 and (drawn == drawn[0]).all():
        drawn = rng.choice([-1.0, 1.0], count)
    return drawn
