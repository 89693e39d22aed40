"""Symbols of test points z: the natural boundary, the learnt one, its two parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...numerics.boundary.decomposition import PointValues, implied_base
from ...numerics.boundary.multipliers import linear_normal
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured
from .experiment import Experiment, Measurement, measures
from .learner import Missing
from .one_set import activation_margin, has_perturbed_set, smallest_eigenvalue

# The symbol of the deterministic matching theorem at many points at once.


@measures("disagreement_load", has_perturbed_set)
def disagreement_load(experiment: Experiment) -> Measured:
    sets = experiment.matching
    if not sets:
        raise Missing(_why_no_decomposition(experiment))
    largest = Interval.exact(0)
    for one in sets:
        for index in np.flatnonzero((one.same_side >= 0) & (one.agreeing <= 0)):
            load = one.load(int(index)).nonnegative()
            # From 0 where the point may be none of those that disagree.
            certain = one.same_side[index] > 0 and one.agreeing[index] < 0
            largest = largest.max(load if certain else Interval.between(0, load.upper))
    covered = sum(int(one.covered.sum()) for one in sets)
    agreeing = sum(int((one.covered & (one.agreeing > 0)).sum()) for one in sets)
    points = sum(len(one.agreeing) for one in sets)
    how = f"{covered} of {points} points are covered, {agreeing} of these certainly agree"
    if experiment.precise:
        how += ", in float64 balls"
    return Measured(largest, how)


def _why_no_decomposition(experiment: Experiment) -> str:
    if experiment.normal is None:
        return experiment.why_no_limit
    if not experiment.perturbed.made.shares_direction:
        return "the perturbations of this set share no direction"
    return experiment.perturbed.why_no_limit


# The perturbed set as theorems about dir = q/‖q‖ have it: exactly along q, and not rounded.
#
# What is stored and trained on has a direction of float64 numbers, rounded once more when it is
# added to the base. Bounds that hold for the exact direction, and are attained, may be missed by
# that much. Symbols of such theorems therefore enclose both values.


def normal_along_q(experiment: Experiment) -> RealArray | None:
    """sum_n lambda^a_n y^a_n (x'_n + eps y^a_n q/‖q‖), (d,), for the base x'_n as drawn.

    None where the direction is not q/‖q‖, or multipliers or q are not known.
    """
    made, q = experiment.perturbed.made, experiment.normal
    lam = experiment.perturbed.multipliers.lam
    if not _along_q(experiment) or lam is None or q is None or made.eps is None:
        return None
    strength = lam.sum().interval() * Interval.exact(made.eps) / q.norm()
    return linear_normal(made.base.x, lam, made.base.y) + q * strength


def _along_q(experiment: Experiment) -> bool:
    """Whether the perturbations of the scenario are shared steps along q/‖q‖."""
    setup = experiment.scenario.perturbed
    return (
        setup is not None
        and setup.perturbation.kind == "l2"
        and experiment.perturbed.made.shares_direction
    )


def _exact_dir_z(experiment: Experiment) -> Interval:
    """<q/‖q‖, z>."""
    q = experiment.exact_normal
    return (q @ experiment.point).interval() / q.norm()


def _exact_adv_q_z(experiment: Experiment) -> Interval:
    normal = normal_along_q(experiment)
    assert normal is not None
    return (normal @ experiment.point).interval()


_AT_POINT: Mapping[str, Callable[[PointValues], RealArray]] = {
    "dir_z": lambda values: values.dir_z,
    "q_z": lambda values: values.q_z,
    "T1_z": lambda values: values.T1_z,
    "T2_z": lambda values: values.T2_z,
    "adv_q_z": lambda values: values.adv_q_z,
    "base_l1_z": lambda values: values.base_l1_z,
    "base_l2_z": lambda values: values.base_l2_z,
}
_ALONG_Q = {"dir_z": _exact_dir_z, "adv_q_z": _exact_adv_q_z}
"""The same values for perturbations exactly along q, where they differ."""


def _at_point(symbol: str) -> Measurement:
    def value(experiment: Experiment) -> Measured:
        if not experiment.has_limit:
            raise Missing(experiment.why_no_limit)
        if (values := experiment.at_point) is None:
            raise Missing(experiment.perturbed.why_no_limit)
        found = _AT_POINT[symbol](values).interval(0)
        if symbol in _ALONG_Q and _along_q(experiment):
            found = found.hull(_ALONG_Q[symbol](experiment))
        return Measured(found, f"at z = {experiment.scenario.point.kind}")

    return value


for _symbol in _AT_POINT:
    measures(_symbol, has_perturbed_set)(_at_point(_symbol))


def _natural_products(experiment: Experiment) -> RealArray:
    """y_n <x_n, z>, (N,)."""
    signs = experiment.sample.y.astype(np.float64)
    samples = type(experiment.gram.gram).exact(experiment.sample.x)
    return (samples @ experiment.point) * signs


def _exact(value: Interval) -> Measured:
    return Measured(value, "inner products with a rounding bound")


@measures("side_min", has_perturbed_set)
def smallest_side(experiment: Experiment) -> Measured:
    return _exact(_natural_products(experiment).min_enclosure())


@measures("side_sum", has_perturbed_set)
def sum_of_sides(experiment: Experiment) -> Measured:
    return _exact(_natural_products(experiment).sum().interval())


@measures("base_z_max", has_perturbed_set)
def largest_base_product(experiment: Experiment) -> Measured:
    made = experiment.perturbed.made
    precise = experiment.perturbed.precise and made.shares_direction
    base = implied_base(made) if precise else BallArray.exact(made.base.x)
    return _exact(abs(base @ experiment.point).max_enclosure())


# The natural samples moved along q with flipped labels: what T1 and T2 are made of, and margins.


def _flipped_labels(scenario: Scenario) -> bool:
    made = scenario.perturbed
    return (
        made is not None
        and made.labels == "flipped"
        and made.samples is None
        and made.perturbation.kind == "l2"
    )


def _flip_weights(experiment: Experiment) -> RealArray:
    """c_n = eps S_a lambda_n/‖q‖ - lambda^a_n, (N,)."""
    lam, learnt = experiment.exact_multipliers, experiment.perturbed.exact_multipliers
    if (eps := experiment.perturbed.made.eps) is None:
        raise Missing(experiment.perturbed.why_no_limit)
    strength = learnt.sum().interval() * Interval.exact(eps) / experiment.exact_normal.norm()
    return lam * strength - learnt


def _flip_margins(experiment: Experiment, extreme: Callable[[RealArray], Interval]) -> Interval:
    """An extreme of y_n <q^a, x_n> over the natural samples: as stored, and exactly along q."""
    learnt, exact = experiment.perturbed.exact_normal, normal_along_q(experiment)
    if exact is None:
        raise Missing(experiment.perturbed.why_no_limit)
    sample = experiment.sample
    signs = sample.y.astype(np.float64)
    stored, along = (
        extreme((BallArray.exact(sample.x) @ normal) * signs) for normal in (learnt, exact)
    )
    return stored.hull(along)


_FLIPS: Mapping[str, Callable[[Experiment], Interval]] = {
    "flip_min": lambda e: _flip_weights(e).min_enclosure(),
    "flip_max": lambda e: _flip_weights(e).max_enclosure(),
    "flip_abs": lambda e: abs(_flip_weights(e)).max_enclosure(),
    "flip_margin_min": lambda e: _flip_margins(e, lambda margins: margins.min_enclosure()),
    "flip_margin_max": lambda e: _flip_margins(e, lambda margins: margins.max_enclosure()),
}


def _flip(symbol: str) -> Measurement:
    how = "verified multipliers of both sets"
    return lambda experiment: Measured(_FLIPS[symbol](experiment), how)


for _symbol in _FLIPS:
    measures(_symbol, _flipped_labels)(_flip(_symbol))
# The set of these two is the flipped one, which the other symbols of perturbed sets need not be.
measures("flip_activation_margin", _flipped_labels)(lambda e: activation_margin(e.perturbed))
measures("flip_A_eigenvalue", _flipped_labels)(lambda e: smallest_eigenvalue(e.perturbed))
