"""A labelled set on its way to a boundary: Gram matrix, exact solution, trained network.

Each part is computed when first asked for.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from ..numerics.certificates import Form, RowWise, row_wise
from ..numerics.convergence import (
    AngleEstimate,
    CertifiedAngle,
    angle_estimator,
    certified_angle,
)
from ..numerics.datasets import Sample
from ..numerics.gram import GramStatistics, gram_statistics
from ..numerics.kkt import (
    KktResiduals,
    RecoveredMultipliers,
    kkt_residuals,
    recovered_multipliers,
)
from ..numerics.margin_program import linear_kkt_point
from ..numerics.multipliers import Multipliers
from ..numerics.network import initial_weights
from ..numerics.rounding import BallArray
from ..numerics.training import Checkpoint, Trained, checkpoint_steps, train
from .progress import Progress, unwatched
from .scenario import Scenario


@dataclass(frozen=True)
class CurvePoint:
    """A network on its way: plain floating point, for the figure."""

    step: int
    log_loss: float
    angle: AngleEstimate


@dataclass(frozen=True)
class Training:
    """A trained network and the curve that led there (empty without an exact limit)."""

    network: Trained
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class Learner(abc.ABC):
    """A labelled set and the network of the scenario that learns it.

    `progress` is called with what is being done, the steps done and the steps in all.
    """

    scenario: Scenario
    device: str = "cpu"
    progress: Progress = unwatched

    weights_stream: ClassVar[str] = "weights"
    """The stream of random numbers that the initial weights come from."""

    @abc.abstractmethod
    def draw(self) -> Sample:
        """Make the labelled set."""

    @cached_property
    def sample(self) -> Sample:
        """The labelled set, made once."""
        return self.draw()

    @property
    def slope(self) -> float:
        return self.scenario.network.slope

    @cached_property
    def gram(self) -> GramStatistics:
        return gram_statistics(self.sample.x, labels=self.sample.y)

    @cached_property
    def multipliers(self) -> Multipliers:
        """The exact solution for the linear activation pattern, zero multipliers allowed."""
        return linear_kkt_point(self.gram, self.sample.y, Fraction(self.slope))

    def row_wise(self, form: Form) -> RowWise:
        """The row-wise certificate in one of its forms, decided once."""
        if form not in self._row_wise:
            self._row_wise[form] = row_wise(
                self.gram.gram, Fraction(self.slope), form=form, labels=self.sample.y
            )
        return self._row_wise[form]

    @cached_property
    def _row_wise(self) -> dict[Form, RowWise]:
        return {}

    @cached_property
    def training(self) -> Training:
        """The trained network; with an exact limit, the angle to it is followed on the way."""
        scenario, sample = self.scenario, self.sample
        network = scenario.network
        start = initial_weights(
            network.width,
            sample.d,
            scenario.generator(self.weights_stream),
            scale=network.initial_scale,
            distribution=network.initial_distribution,
        )
        recipe = scenario.training.resolve()
        curve: list[CurvePoint] = []
        estimate = None
        if (lam := self.limit_multipliers) is not None:
            estimate = angle_estimator(sample, start, self.slope, lam.mid)

        def follow(point: Checkpoint) -> None:
            if estimate is not None:
                curve.append(CurvePoint(point.step, point.log_loss, estimate(point.coefficients)))

        trained = train(
            sample,
            start,
            self.slope,
            recipe,
            dtype=scenario.training.dtype,
            device=self.device,
            gram=self.gram.gram.mid,
            checkpoints=checkpoint_steps(recipe.steps) if estimate else (),
            on_checkpoint=follow,
            progress=lambda done, total: self.progress("training", done, total),
        )
        return Training(trained, tuple(curve))

    @property
    def has_limit(self) -> bool:
        """Whether the linear-pattern candidate certainly is a KKT point."""
        return self.multipliers.consistent is True

    @property
    def limit_multipliers(self) -> BallArray | None:
        """The multipliers (N,), where they certainly are those of a KKT point."""
        return self.multipliers.lam if self.has_limit else None

    @property
    def why_no_limit(self) -> str:
        """Why the linear-pattern candidate is not known to be a KKT point."""
        return self.multipliers.reason

    @cached_property
    def angle(self) -> CertifiedAngle | None:
        """How far the trained network certainly is from the limit; None without a limit."""
        if (lam := self.limit_multipliers) is None:
            return None
        return certified_angle(self.training.network.weights(), self.sample, self.slope, lam)

    @cached_property
    def residuals(self) -> KktResiduals:
        """How nearly the trained network is a KKT point."""
        return kkt_residuals(self.training.network.weights(), self.sample, self.slope)

    @cached_property
    def recovered(self) -> RecoveredMultipliers:
        """The multipliers read off the trained network, without the exact solution."""
        return recovered_multipliers(self.training.network, self.residuals)
