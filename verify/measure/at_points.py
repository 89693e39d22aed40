"""Symbols of test points z: the natural boundary, the learnt one, its two parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...numerics.boundary.decomposition import implied_base
from ...numerics.boundary.multipliers import linear_normal
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured
from .experiment import Experiment, has_perturbed_set, measures
from .learner import Missing
from .normals import signed_products
from .one_set import activation_margin, smallest_eigenvalue
from .test_points import coverage

# The symbol of the deterministic matching theorem at many points at once.


@measures("disagreement_load", has_perturbed_set)
def disagreement_load(experiment: Experiment) -> Measured:
    if not experiment.matching:
        if experiment.normal is None:
            raise Missing(experiment.why_no_limit)
        learner = experiment.perturbed
        shares = learner.made.shares_direction
        raise Missing(learner.why_no_limit if shares else learner.no_direction)
    largest = Interval.exact(0)
    for one in experiment.matching:
        for index in np.flatnonzero((one.same_side >= 0) & (one.agreeing <= 0)):
            load = one.load(int(index)).nonnegative()
            # From 0 where the point may be none of those that disagree.
            certain = one.same_side[index] > 0 and one.agreeing[index] < 0
            largest = largest.max(load if certain else Interval.between(0, load.upper))
    found = coverage(experiment.matching)
    how = f"{found.covered} of {found.points} points are covered, {found.both} of these certainly "
    how += "agree, in float64 balls" if experiment.precise else "agree"
    return Measured(largest, how)


# The perturbed set as theorems about dir = q/‖q‖ have it: exactly along q, and not rounded.
#
# What is stored and trained on has a direction of float64 numbers, rounded once more when it is
# added to the base. Bounds that hold for the exact direction, and are attained, may be missed by
# that much. Symbols of such theorems therefore enclose both values.


def normal_along_q(experiment: Experiment) -> RealArray | None:
    """sum_n lambda^a_n y^a_n (x'_n + eps y^a_n q/‖q‖), (d,), for the base x'_n as drawn.

    None where the direction is not q/‖q‖, or multipliers or q are not known.
    """
    learner, q = experiment.perturbed, experiment.normal
    lam, made = learner.multipliers.lam, learner.made
    if not learner.along_q or lam is None or q is None:
        return None
    strength = lam.sum().interval() * Interval.exact(learner.step[1]) / q.norm()
    return linear_normal(made.base.x, lam, made.base.y) + q * strength


def _register_at_point(symbol: str) -> None:
    """A symbol that is named as in `PointValues`."""

    @measures(symbol, has_perturbed_set)
    def value(experiment: Experiment) -> Measured:
        q, values = experiment.exact_normal, experiment.at_point
        if not experiment.has_limit:
            raise Missing(experiment.why_no_limit)
        if values is None:
            raise Missing(experiment.perturbed.why_no_limit)
        found: Interval = getattr(values, symbol).interval(0)
        if symbol == "dir_z" and experiment.perturbed.along_q:
            found = found.hull((q @ experiment.point).interval() / q.norm())
        if symbol == "adv_q_z" and (learnt := normal_along_q(experiment)) is not None:
            found = found.hull((learnt @ experiment.point).interval())
        return Measured(found, f"at z = {experiment.scenario.point.kind}")


for _symbol in ("dir_z", "q_z", "T1_z", "T2_z", "adv_q_z", "base_l1_z", "base_l2_z"):
    _register_at_point(_symbol)


def _natural_products(experiment: Experiment) -> RealArray:
    """y_n <x_n, z>, (N,)."""
    signs = experiment.sample.y.astype(np.float64)
    samples = type(experiment.gram.gram).exact(experiment.sample.x)
    return (samples @ experiment.point) * signs


_EXACTLY = "inner products with a rounding bound"
measures("side_min", has_perturbed_set, _EXACTLY)(lambda e: _natural_products(e).min_enclosure())
measures("side_sum", has_perturbed_set, _EXACTLY)(lambda e: _natural_products(e).sum().interval())


@measures("base_z_max", has_perturbed_set, _EXACTLY)
def largest_base_product(experiment: Experiment) -> Interval:
    made = experiment.perturbed.made
    precise = experiment.perturbed.precise and made.shares_direction
    base = implied_base(made) if precise else BallArray.exact(made.base.x)
    found = abs(base @ experiment.point).max_enclosure()
    if precise or made.brought is None or not made.shares_direction:
        return found
    length = BallArray.exact(experiment.point).norm()
    far = (length * Interval.exact(float(made.brought.apart.max()))).upper
    return (found + Interval.between(-far, far)).nonnegative()


# The natural samples moved along q with flipped labels: what T1 and T2 are made of, and margins.


def _flipped_labels(scenario: Scenario) -> bool:
    made = scenario.perturbed
    return (
        made is not None
        and made.labels == "flipped"
        and made.samples is None
        and made.perturbation.kind == "l2"
    )


def _weights(experiment: Experiment) -> RealArray:
    """c_n = eps S_a lambda_n/‖q‖ - lambda^a_n, (N,)."""
    lam, learnt = experiment.exact_multipliers, experiment.perturbed.exact_multipliers
    eps = Interval.exact(experiment.perturbed.step[1])
    return lam * (learnt.sum().interval() * eps / experiment.exact_normal.norm()) - learnt


def _margins(experiment: Experiment, extreme: Callable[[RealArray], Interval]) -> Interval:
    """An extreme of y_n <q^a, x_n> over the natural samples: as stored, and exactly along q."""
    learnt, exact = experiment.perturbed.exact_normal, normal_along_q(experiment)
    if exact is None:
        raise Missing(experiment.perturbed.why_no_limit)
    stored, along = (extreme(signed_products(experiment.sample, q)) for q in (learnt, exact))
    return stored.hull(along)


for _symbol, _flip in {
    "flip_min": lambda e: _weights(e).min_enclosure(),
    "flip_max": lambda e: _weights(e).max_enclosure(),
    "flip_abs": lambda e: abs(_weights(e)).max_enclosure(),
    "flip_margin_min": lambda e: _margins(e, lambda margins: margins.min_enclosure()),
    "flip_margin_max": lambda e: _margins(e, lambda margins: margins.max_enclosure()),
}.items():
    measures(_symbol, _flipped_labels, "verified multipliers of both sets")(_flip)
# The set of these two is the flipped one, which the other symbols of perturbed sets need not be.
measures("flip_activation_margin", _flipped_labels)(lambda e: activation_margin(e.perturbed))
measures("flip_A_eigenvalue", _flipped_labels)(lambda e: smallest_eigenvalue(e.perturbed))
