"""Symbols of the setting: sizes, slope, and what the Gram matrix says."""

from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import Measured
from ..verdict import Rigor
from .registry import measures


def _given(value: float, what: str) -> Measured:
    return Measured(Interval.exact(value), what, Rigor.PROVED)


@measures("gamma")
def slope(experiment: Experiment) -> Measured:
    return _given(experiment.slope, "the scenario's slope, as a float64")


@measures("N")
def samples(experiment: Experiment) -> Measured:
    return _given(experiment.sample.n, "counted")


@measures("d")
def dimension(experiment: Experiment) -> Measured:
    return _given(experiment.sample.d, "counted")


@measures("m")
def width(experiment: Experiment) -> Measured:
    return _given(experiment.scenario.network.width, "the scenario's width")


_GRAM = "Gram matrix with a rounding bound for every entry"


@measures("R_min")
def smallest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.gram.R_min, _GRAM)


@measures("R_max")
def largest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.gram.R_max, _GRAM)


@measures("p_max")
def largest_product(experiment: Experiment) -> Measured:
    return Measured(experiment.gram.p_max, _GRAM)
