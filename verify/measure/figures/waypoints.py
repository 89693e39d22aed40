"""Networks on the way: those recorded in training, the trained one, and what training on gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ....numerics.limit.anchor import Anchored, anchored
from ....numerics.limit.capture import Capture, Certified
from ....numerics.train.training import Checkpoint, train
from ..learner import Learner

# A captured network is trained on, for the figures, to so many times its steps, ...
_TIMES = 4
# ... by at most so many, with so many recorded.
_FURTHER, _RECORDED = 600, 5
# An anchor is found in a tenth of a second on samples of so many numbers.
_SMALL = 2**18


@dataclass(frozen=True, eq=False)
class Waypoint:
    """A network W(0) + Cᵀ X of a learner after so many steps.

    `found` is what the capture certificate says of it, None where that was not tried; `further`
    says that it comes after the trained network.
    """

    learner: Learner
    step: int
    start: np.ndarray
    coefficients: np.ndarray
    found: Capture | None
    further: bool = False

    @property
    def weights(self) -> np.ndarray:
        """W, float64 (m, d)."""
        return self.start + self.coefficients.T @ self.learner.sample.x

    @property
    def certified(self) -> Certified | None:
        """What is certified of a captured network."""
        return self.found.certified if self.found is not None and self.found.captured else None

    @cached_property
    def anchored(self) -> Anchored | None:
        """The network captured by its anchor; None where it is not, or where asking takes long."""
        if self.found is None or self.found.certified is None or self.found.limit is None:
            return None
        if not anchors_affordable(self.learner):
            return None
        loss = self.learner.scenario.training.loss
        found = anchored(self.weights, self.found.limit, loss)
        return found if found.captured else None


def anchors_affordable(learner: Learner) -> bool:
    """Whether the samples are so few and small that anchors are found for figures alone."""
    return learner.sample.x.size <= _SMALL


def waypoints(learner: Learner) -> tuple[Waypoint, ...]:
    """The networks on the way of a learner, in the order of their steps, from its first start."""
    training = learner.training
    end, tries = training.network, dict(training.tries)
    watched = learner.watched and learner.scenario.training.until == "captured"
    way = [
        Waypoint(learner, one.step, end.initial, one.coefficients, tries.get(one.step))
        for one in training.recorded
        if one.step < end.steps
    ]
    found = learner.captured if watched else None
    way.append(Waypoint(learner, end.steps, end.initial, end.coefficients, found))
    return (*way, *_further(learner)) if found is not None and found.captured else tuple(way)


def end_before_further(way: Sequence[Waypoint]) -> int | None:
    """The steps of the trained network where others come after it, else None."""
    trained = max(one.step for one in way if not one.further)
    return trained if way[-1].further else None


def trained_on(way: Sequence[Waypoint]) -> str:
    """What a caption says of those that come after it."""
    end = end_before_further(way)
    if end is None:
        return ""
    return f" After step {end}, the dotted line, the network was trained on for this figure."


def _further(learner: Learner) -> list[Waypoint]:
    """A captured network trained on, within the steps that the scenario allows."""
    scenario, sample, end = learner.scenario, learner.sample, learner.training.network
    most = min(_TIMES * end.steps, end.steps + _FURTHER, end.recipe.steps)
    if most <= end.steps:
        return []
    steps = np.rint(np.geomspace(end.steps, most, _RECORDED)).astype(int) - end.steps
    start, seen = end.weights(), list[Checkpoint]()
    train(
        sample,
        start,
        learner.slope,
        replace(end.recipe, steps=most - end.steps),
        dtype=scenario.training.dtype,
        device=learner.device,
        gram=learner.gram.gram.mid,
        output=learner.output,
        checkpoints=steps.tolist(),
        on_checkpoint=seen.append,
        progress=lambda done, total: learner.progress("training on, for figures", done, total),
    )
    return [
        Waypoint(
            learner,
            end.steps + one.step,
            start,
            one.coefficients,
            learner.capture_of(start + one.coefficients.T @ sample.x),
            further=True,
        )
        for one in seen
    ]
