"""Symbols of the trained network: how far it is from its limit."""

from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import Measured
from ..verdict import Rigor
from .registry import measures


@measures("tau")
def certified_angle(experiment: Experiment) -> Measured:
    angle = experiment.angle
    if angle is None:
        return Measured.missing(f"no limit to compare with: {experiment.why_no_limit}")
    return Measured(angle.tau, "distance of the rescaled weights to the exact limit")


@measures("tau_asked")
def asked_angle(experiment: Experiment) -> Measured:
    asked = Interval.exact(experiment.scenario.tolerance.angle)
    return Measured(asked, "the scenario's tolerance", Rigor.PROVED)
