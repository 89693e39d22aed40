"""A wide network f, its perturbations, and the network g that learns them.

Each part is computed when first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from ....numerics.configuration import InputError
from ....numerics.data import Sample
from ....numerics.enclose.real_array import FloatArray
from ....numerics.wide import training
from ....numerics.wide.fresh import fresh_starts
from ....numerics.wide.identities import Learned, Paths, learned
from ....numerics.wide.lazy import Lazy
from ....numerics.wide.predictors import Predicted, predicted
from ....numerics.wide.setting import Start, WideSetup, draw_labels, draw_start
from ....numerics.wide.training import WideTrained, train_wide
from ...scenarios.scenario import Scenario
from ...values import Progress


@dataclass(frozen=True, eq=False)
class WidePair:
    """f on the scenario's sample, and g on the perturbations of it.

    `held` are samples held out. Where it is not `exact`, f and g are trained in float32 and their
    path weights are not summed up: enough for what is only seen.
    """

    scenario: Scenario
    sample: Sample
    held: FloatArray | None
    device: str
    progress: Progress
    exact: bool = True

    @property
    def setup(self) -> WideSetup:
        if self.scenario.wide is None:
            raise InputError("the scenario has no section 'wide'")
        return self.scenario.wide

    @property
    def slope(self) -> float:
        return self.scenario.network.slope

    @cached_property
    def starts(self) -> tuple[Start, Start]:
        """Of f and of g, drawn apart."""
        width, d = self.scenario.network.width, self.sample.d
        names = ("wide start", "wide adversarial start")
        first, second = (draw_start(width, d, self.scenario.generator(name)) for name in names)
        return first, second

    def _train(self, x: FloatArray, y: FloatArray, which: int) -> WideTrained:
        start, dtype = self.starts[which], "float64" if self.exact else "float32"
        at = {"paths": self.exact, "dtype": dtype, "device": self.device}
        watch = partial(self.progress, f"training {'fg'[which]}")
        return train_wide(x, y, start, self.slope, self.setup, progress=watch, **at)

    @cached_property
    def f(self) -> WideTrained:
        return self._train(self.sample.x, self.sample.y.astype(np.float64), 0)

    @cached_property
    def labels(self) -> FloatArray:
        """y^a, (N,)."""
        rng = self.scenario.generator("wide labels")
        return draw_labels(self.setup.labels, self.sample.n, rng)

    @property
    def base(self) -> FloatArray | None:
        """The samples that are perturbed where g learns them perturbed, (N, d)."""
        return self.sample.x if self.setup.base == "natural" else None

    @cached_property
    def g(self) -> WideTrained:
        eta = training.perturbations(self.f.network, self.sample.x, self.setup.eps, self.labels)
        return self._train(eta if self.base is None else self.base + eta, self.labels, 1)

    @cached_property
    def points(self) -> FloatArray:
        """Test points, (B, d): what is held out, else fresh ones, else the samples."""
        rng, most = self.scenario.generator("wide points"), self.setup.points
        if self.held is not None:
            return self.held[:most]
        fresh = self.scenario.data.fresh(rng, most, self.sample)
        return self.sample.x[:most] if fresh is None else fresh

    @cached_property
    def paths(self) -> tuple[Paths, Paths]:
        """Of f and g."""
        return Paths(self.f), Paths(self.g)

    @cached_property
    def learned(self) -> Learned:
        """g at the test points, in its parts."""
        return learned(*self.paths, self.base, self.points)

    @cached_property
    def lazy(self) -> tuple[Lazy, Lazy]:
        """f and g at the test points, against their starts."""
        self.progress("wide networks against their starts", 0, 1)
        first, second = (Lazy(paths, self.points) for paths in self.paths)
        return first, second

    @cached_property
    def fresh_starts(self) -> tuple[tuple[bool | None, bool | None], ...]:
        """What is promised of a start, tried on fresh ones: of its kernel, and of its flips."""
        chance, rng = self.scenario.chance, self.scenario.generator("wide fresh starts")
        self.progress("drawing fresh starts", 0, 1)
        return tuple(fresh_starts(self.f, self.points, chance.delta, chance.draws, rng))

    @cached_property
    def predicted(self) -> Predicted:
        """What f and g are predicted to answer at the test points."""
        return predicted(self.f, self.g, self.base, self.points)
