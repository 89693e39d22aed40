"""One scenario in the course of being measured, and which function measures which symbol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

import numpy as np

from ...numerics.boundary.certificates import Form
from ...numerics.boundary.decomposition import (
    BaseGeometry,
    PointValues,
    base_geometry,
    point_values,
)
from ...numerics.boundary.gram import gram_statistics
from ...numerics.boundary.subset import greedy_subset
from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.limit.follow import FollowedLine, follow_line
from ...numerics.perturb import Attack
from ...numerics.perturb.perturbed_set import PerturbedSet, draw_perturbed
from ...theory.exact.evaluate import enclosure
from ...theory.exact.interval import Interval
from ...theory.statement import Claim
from ...theory.symbols import symbols_of
from ..scenarios.data import PERTURBED, draw_data, trained_on
from ..scenarios.own_measurements import OWN
from ..scenarios.scenario import Scenario
from ..values import Measured, Rigor
from .learner import Learner, Missing
from .test_points import Matching, TestPoints, draw_test_points, matched, relabelled
from .wide.pair import WidePair

FORMS: dict[str, Form] = {
    "row-wise": "plain",
    "half-aware-row-wise": "half-aware",
    "signed-row-wise": "signed",
}
"""The theorems on row-wise certificates, and the form each is about."""


@dataclass(frozen=True)
class Experiment(Learner):
    """The scenario's own data (or those `given` for them) and network, and what follows of them."""

    given: Sample | None = None

    @cached_property
    def whole(self) -> tuple[Sample, np.ndarray]:
        """The data, and which rows are held out, bool (N,)."""
        return draw_data(self.scenario, self.given)

    @cached_property
    def drawn(self) -> Sample:
        """The data to train on before a subset is taken."""
        return trained_on(*self.whole)

    @cached_property
    def natural_points(self) -> dict[str, Sample]:
        """The samples that f learns, and those held out where there are any, by name."""
        sample, held = self.whole
        out = {"held-out samples": sample.take(np.flatnonzero(held))} if held.any() else {}
        return {"natural samples": self.sample, **out}

    def draw(self) -> Sample:
        """The data that the scenario is about, or the certified part of it."""
        if self.scenario.subset is None:
            return self.drawn
        form = FORMS[self.scenario.subset.certificate]
        gram = gram_statistics(self.drawn.x).gram
        return self.drawn.take(greedy_subset(gram, self.drawn.y, Fraction(self.slope), form=form))

    @cached_property
    def perturbed(self) -> PerturbedLearner:
        """The perturbed set of the scenario and the network that learns it.

        Raises InputError when the scenario has none or the set cannot be made.
        """
        return PerturbedLearner(self.scenario, self.device, self.progress, natural=self)

    @cached_property
    def control(self) -> ControlLearner:
        """The network that learns the base without perturbations, labels and start unchanged."""
        return ControlLearner(self.scenario, self.device, self.progress, natural=self)

    @property
    def networks(self) -> dict[str, Learner]:
        """f on the natural samples, g on the perturbed ones, and the control, by name."""
        return {"f": self, "g": self.perturbed, "control": self.control}

    @cached_property
    def wide(self) -> WidePair:
        """The wide networks f and g of a scenario with a section 'wide'."""
        return self.wide_pair(exact=True)

    def wide_pair(self, *, exact: bool) -> WidePair:
        """The same, trained for what is proved of them or for what is only seen."""
        held = self.natural_points.get("held-out samples")
        apart = None if held is None else held.x
        return WidePair(self.scenario, self.sample, apart, self.device, self.progress, exact)

    @cached_property
    def limit_points(self) -> np.ndarray:
        """Points for statements about limits, (B, d): the samples, those held out, and as many
        isotropic ones."""
        x = np.concatenate([sample.x for sample in self.natural_points.values()])
        isotropic = self.scenario.generator("limit points").standard_normal(x.shape)
        return np.concatenate([x, isotropic])

    @cached_property
    def followed_line(self) -> FollowedLine:
        """The network that its anchor captured followed on. Raises Missing where it was not."""
        if not self.anchored.captured:
            raise Missing(self.anchored.reason)
        weights = self.training.network.weights()
        return follow_line(weights, self.anchored, self.scenario.training.loss, self.limit_points)

    @cached_property
    def test_points(self) -> tuple[TestPoints, ...]:
        """The sets of points on which the boundaries are compared."""
        made = self.perturbed.made
        direction = made.direction
        return draw_test_points(self.scenario, self.drawn, self.sample, direction)

    @cached_property
    def matching(self) -> tuple[Matching, ...]:
        """The decomposition at those points; empty without exact solutions on both sides."""
        lam, made = self.perturbed.multipliers.lam, self.perturbed.made
        if lam is None or self.normal is None or not made.shares_direction:
            return ()
        return tuple(matched(made, lam, self.normal, points) for points in self.test_points)

    @cached_property
    def point(self) -> np.ndarray:
        """The test point z (d,) of the theorems about one point. Raises Missing."""
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
            raise Missing(f"no point of kind 'direction': {self.perturbed.no_direction}")
        return direction

    @cached_property
    def at_point(self) -> PointValues | None:
        """The decomposition at the test point; None without an exact limit on both sides. Raises
        Missing where the perturbations share no direction."""
        if not self.perturbed.made.shares_direction:
            raise Missing(self.perturbed.no_direction)
        lam = self.perturbed.limit_multipliers
        if lam is None or self.normal is None:
            return None
        return point_values(self.perturbed.made, lam, self.normal, self.point[None, :])

    @cached_property
    def fresh_labels(self) -> np.ndarray:
        """Fair independent labels of the perturbed set (draws, N_adv), drawn anew."""
        shape = (self.scenario.chance.draws, self.perturbed.made.base.n)
        return self.scenario.generator("fresh labels").choice([-1.0, 1.0], shape)

    @cached_property
    def relabelled(self) -> tuple[tuple[Interval, Interval] | None, ...]:
        """T1(z) and <q^a, z> at the test point under each; empty where no direction is shared."""
        made, geometry = self.perturbed.made, self.perturbed.geometry
        if geometry is None:
            return ()
        return relabelled(made, geometry, self.slope, self.point, self.fresh_labels)


@dataclass(frozen=True)
class PerturbedLearner(Learner):
    """The perturbed set of an experiment, and the network that learns it."""

    natural: Experiment = field(kw_only=True)

    weights_stream: ClassVar[str] = "adversarial weights"
    named: ClassVar[str] = "perturbed set"

    @cached_property
    def made(self) -> PerturbedSet:
        """Base samples, labels, perturbed samples; checked against what is promised."""
        setup = self.scenario.perturbed
        if setup is None:
            raise InputError("the scenario has no section 'perturbed'")
        attacks = isinstance(setup.perturbation, Attack)
        return draw_perturbed(
            self.natural.sample,
            self.natural.form,
            self.natural.network if attacks else None,
            setup,
            self.scenario.generator(PERTURBED),
            device=self.device,
        )

    def draw(self) -> Sample:
        return self.made.perturbed

    @cached_property
    def geometry(self) -> BaseGeometry | None:
        """The base samples as the bounds use them; None where no direction is shared."""
        if not self.made.shares_direction:
            return None
        return base_geometry(self.made, precise=self.precise)

    @property
    def exact_geometry(self) -> BaseGeometry:
        """The same for symbols that need it. Raises Missing."""
        if self.geometry is None:
            raise Missing(self.no_direction)
        return self.geometry

    @property
    def step(self) -> tuple[np.ndarray, float]:
        """The direction (d,) of all perturbations, and their size eps. Raises Missing."""
        if self.made.direction is None or self.made.eps is None:
            raise Missing(self.no_direction)
        return self.made.direction, self.made.eps

    @property
    def no_direction(self) -> str:
        """What is said where the perturbations share no direction, and why they do not."""
        return f"the perturbations of this set share no direction: {self.made.unlike}"

    @property
    def along_q(self) -> bool:
        """Whether the perturbations are shared steps along q/‖q‖."""
        setup = self.scenario.perturbed
        return setup is not None and setup.perturbation.kind == "l2" and self.made.shares_direction


@dataclass(frozen=True)
class ControlLearner(Learner):
    """The base samples of the perturbed set with the same labels, but not perturbed.

    Noise, or the natural samples themselves. The network starts from the weights of the perturbed
    set's, so that the two differ in their data only.
    """

    natural: Experiment = field(kw_only=True)

    weights_stream: ClassVar[str] = PerturbedLearner.weights_stream
    # Without perturbations there is little to be captured by; it takes all steps.
    watched: ClassVar[bool] = False

    def draw(self) -> Sample:
        return self.natural.perturbed.made.base


# Which function measures which symbol, and in which scenarios.

Measurement = Callable[[Experiment], Interval | Measured]
"""Measures one symbol. It may raise Missing where the scenario has not what the symbol needs."""
Applies = Callable[[Scenario], bool]


@dataclass(frozen=True)
class _Entry:
    measurement: Measurement
    applies: Applies
    how: str


_entries: dict[str, _Entry] = {}


def always(scenario: Scenario) -> bool:
    """A symbol of every scenario but those about wide networks."""
    return scenario.wide is None


def is_wide(scenario: Scenario) -> bool:
    """A symbol of wide networks."""
    return scenario.wide is not None


def has_perturbed_set(scenario: Scenario) -> bool:
    """A symbol of the perturbed set, whatever that is."""
    return scenario.perturbed is not None


def measures(
    symbol: str, when: Applies = always, how: str = ""
) -> Callable[[Measurement], Measurement]:
    """Register a function as the measurement of a symbol, in the scenarios where it applies.

    `how` tells of a function that returns an enclosure alone how it was obtained.

    Raises:
        ValueError: the symbol has a measurement already.
    """

    def register(function: Measurement) -> Measurement:
        if symbol in _entries:
            known = _entries[symbol].measurement.__name__
            raise ValueError(f"{symbol} is measured by {known} already")
        _entries[symbol] = _Entry(function, when, how)
        return function

    return register


def measure(experiment: Experiment, symbols: Iterable[str]) -> dict[str, Measured]:
    """Measure the symbols named. One that the scenario has not is missing, with that reason."""
    can = measured_symbols(experiment.scenario)
    return {
        name: _measured(experiment, _entries.get(name) or _Entry(OWN[name], always, ""))
        if name in can
        else Measured.missing(f"this scenario has no {name} to measure")
        for name in symbols
    }


def _measured(experiment: Experiment, entry: _Entry) -> Measured:
    """The value; where a precision was asked for and not applied, `how` says so."""
    try:
        found = entry.measurement(experiment)
    except Missing as missing:
        return Measured.missing(str(missing))
    if isinstance(found, Interval):
        found = Measured(found, entry.how)
    asked = experiment.scenario.precision is not None and experiment.scenario.wide is None
    if not asked or found.rigor is not Rigor.ENCLOSED:
        return found
    # What not every scenario has is about the perturbed set, and rests on both sets.
    learners = [experiment] if entry.applies is always else [experiment, experiment.perturbed]
    why = next((why for learner in learners if (why := learner.why_not_precise)), "")
    return replace(found, how=f"{found.how} ({why})") if why else found


def measured_symbols(scenario: Scenario | None = None) -> frozenset[str]:
    """The symbols that can be measured, those of the user's files included: in this scenario, or
    in some.

    Raises:
        InputError: a file measures what is measured here.
    """
    if clash := sorted(_entries.keys() & OWN.keys()):
        raise InputError(f"MEASURED: {clash[0]} is measured already; declare a symbol of your own")
    can = {n for n, entry in _entries.items() if scenario is None or entry.applies(scenario)}
    return frozenset(can | OWN.keys())


def evaluated(experiment: Experiment, claim: Claim) -> Interval:
    """The right side of a theorem's claim at the measured values of its symbols.

    Raises:
        Missing: one of them could not be measured.
    """
    expression = claim.relation.args[1]
    symbols = symbols_of(expression)
    found = measure(experiment, [symbol.name for symbol in symbols]).values()
    values = [one.value for one in found if one.value is not None]
    if len(values) < len(found):
        raise Missing(next(one.how for one in found if one.value is None))
    return enclosure(expression, dict(zip(symbols, values, strict=True)))
