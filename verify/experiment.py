"""One scenario in the course of being measured."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ..numerics.certificates import Form
from ..numerics.datasets import Sample
from ..numerics.gram import gram_statistics
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
