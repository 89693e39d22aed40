"""One scenario in the course of being measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

import numpy as np

from ..numerics.certificates import Form
from ..numerics.datasets import Sample
from ..numerics.decomposition import BaseGeometry, PointValues, base_geometry, point_values
from ..numerics.gram import gram_statistics
from ..numerics.input_error import InputError
from ..numerics.multipliers import linear_normal
from ..numerics.network import LeakyNetwork
from ..numerics.perturbations import Attack
from ..numerics.perturbed_set import PerturbedSet, draw_perturbed
from ..numerics.rounding import BallArray
from ..numerics.subset import greedy_subset
from .learner import Learner

FORMS: dict[str, Form] = {
    "row-wise": "plain",
    "half-aware-row-wise": "half-aware",
    "signed-row-wise": "signed",
}
"""The theorems on row-wise certificates, and the form each is about."""


@dataclass(frozen=True)
class Experiment(Learner):
    """The scenario's own data and network, and what is derived from them."""

    @cached_property
    def drawn(self) -> Sample:
        """The data before a subset is taken."""
        return self.scenario.data.draw(self.scenario.generator("data"))

    def draw(self) -> Sample:
        """The data that the scenario is about, or the certified part of it."""
        if self.scenario.subset is None:
            return self.drawn
        form = FORMS[self.scenario.subset.certificate]
        gram = gram_statistics(self.drawn.x).gram
        return self.drawn.take(
            greedy_subset(gram, self.drawn.y, Fraction(self.slope), form=form).indices
        )

    @cached_property
    def normal(self) -> BallArray | None:
        """q (d,) of the linear-pattern solution, also where it is not known to be a KKT point."""
        lam = self.multipliers.lam
        return None if lam is None else linear_normal(self.sample.x, lam, self.sample.y)

    @cached_property
    def perturbed(self) -> PerturbedLearner:
        """The perturbed set of the scenario and the network that learns it.

        Raises InputError when the scenario has none or the set cannot be made.
        """
        return PerturbedLearner(self.scenario, self.device, self.progress, natural=self)

    @cached_property
    def point(self) -> np.ndarray:
        """The test point z (d,) of the theorems about one point."""
        chosen = self.scenario.point
        if chosen.kind == "gaussian":
            return self.scenario.generator("point").standard_normal(self.sample.d)
        if chosen.kind == "training":
            if chosen.index >= self.sample.n:
                raise InputError(
                    f"point: there is no sample {chosen.index}; the data have {self.sample.n}"
                )
            return self.sample.x[chosen.index]
        direction = self.perturbed.made.direction
        if direction is None:
            raise InputError(
                "point: this perturbation has no shared direction; choose another kind"
            )
        return direction.dir

    @cached_property
    def at_point(self) -> PointValues | None:
        """The decomposition at the test point; None without an exact limit on both sides."""
        lam = self.perturbed.limit_multipliers
        if lam is None or self.normal is None:
            return None
        return point_values(self.perturbed.made, lam, self.normal, self.point[None, :])


@dataclass(frozen=True)
class PerturbedLearner(Learner):
    """The perturbed set of an experiment, and the network that learns it."""

    natural: Experiment = field(kw_only=True)

    weights_stream: ClassVar[str] = "adversarial weights"

    @cached_property
    def made(self) -> PerturbedSet:
        """Base samples, labels, perturbed samples; checked against what is promised."""
        setup = self.scenario.perturbed
        if setup is None:
            raise InputError("the scenario has no section 'perturbed'")
        network = None
        if isinstance(setup.perturbation, Attack):
            network = LeakyNetwork(self.natural.training.network.weights(), self.slope)
        return draw_perturbed(
            self.natural.sample,
            self.natural.normal,
            network,
            setup,
            self.scenario.generator("perturbed set"),
            device=self.device,
        )

    def draw(self) -> Sample:
        return self.made.perturbed

    @cached_property
    def geometry(self) -> BaseGeometry | None:
        """The base samples as the bounds use them; None where no direction is shared."""
        return base_geometry(self.made) if self.made.shares_direction else None
