"""Symbols of the trained network: how far it is from its limit."""

from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import Measured
from ..verdict import Rigor
from .registry import measures


@measures("tau")
def certified_angle(experiment: Experiment) -> Measured:
    tau = experiment.farthest_tau
    if tau is None:
        return Measured.missing(f"no limit to compare with: {experiment.why_no_limit}")
    return Measured(tau, experiment.how_tau)


@measures("tau_asked")
def asked_angle(experiment: Experiment) -> Measured:
    asked = Interval.exact(experiment.scenario.tolerance.angle)
    return Measured(asked, "the scenario's tolerance", Rigor.PROVED)
