"""The symbol of the deterministic matching theorem at many points at once."""

from __future__ import annotations

import numpy as np

from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import Measured
from ..observed.matching_points import Matching
from .perturbed import has_perturbed_set, no_perturbed_limit
from .registry import measures


@measures("disagreement_load", has_perturbed_set)
def disagreement_load(experiment: Experiment) -> Measured:
    sets = experiment.matching
    if not sets:
        return Measured.missing(no_normal(experiment))
    largest = Interval.exact(0)
    for one in sets:
        for index in np.flatnonzero((one.same_side >= 0) & (one.agreeing <= 0)):
            largest = largest.max(_load(one, int(index)))
    covered = sum(int(one.covered.sum()) for one in sets)
    agreeing = sum(int((one.covered & (one.agreeing > 0)).sum()) for one in sets)
    points = sum(len(one.agreeing) for one in sets)
    how = f"{covered} of {points} points are covered, {agreeing} of these certainly agree"
    if experiment.precise:
        how += ", in float64 balls"
    return Measured(largest, how)


def no_normal(experiment: Experiment) -> str:
    """Why there is no decomposition at any point."""
    if experiment.normal is None:
        return experiment.why_no_limit
    if not experiment.perturbed.made.shares_direction:
        return "the perturbations of this set share no direction"
    return no_perturbed_limit(experiment)


def _load(one: Matching, index: int) -> Interval:
    """The load of a point, from 0 where it may be none of those that disagree."""
    load = one.load(index).nonnegative()
    certain = one.same_side[index] > 0 and one.agreeing[index] < 0
    return load if certain else Interval.between(0, load.upper)
