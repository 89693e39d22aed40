"""Symbols of one test point z: the natural boundary, the learnt one, and its two parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...numerics.decomposition import PointValues, implied_base
from ...numerics.enclosure import Interval
from ...numerics.real_array import RealArray
from ...numerics.rounding import BallArray
from ..experiment import Experiment
from ..measured import Measured
from .exact_direction import along_q, normal_along_q
from .perturbed import has_perturbed_set, no_perturbed_limit
from .registry import measures


def _at_point(
    symbol: str,
    read: Callable[[PointValues], RealArray],
    along: Callable[[Experiment], Interval] | None = None,
) -> None:
    """Register a value at z; `along` is the same for perturbations exactly along q."""

    def value(experiment: Experiment) -> Measured:
        if not experiment.has_limit:
            return Measured.missing(experiment.why_no_limit)
        values = experiment.at_point
        if values is None:
            return Measured.missing(no_perturbed_limit(experiment))
        found = read(values).interval(0)
        if along is not None and along_q(experiment):
            found = found.hull(along(experiment))
        return Measured(found, f"at z = {experiment.scenario.point.kind}")

    measures(symbol, has_perturbed_set)(value)


def _exact_dir_z(experiment: Experiment) -> Interval:
    """<q/‖q‖, z>."""
    q = experiment.normal
    assert q is not None
    return (q @ experiment.point).interval() / q.norm()


def _exact_adv_q_z(experiment: Experiment) -> Interval:
    normal = normal_along_q(experiment)
    assert normal is not None
    return (normal @ experiment.point).interval()


_at_point("dir_z", lambda values: values.dir_z, _exact_dir_z)
_at_point("q_z", lambda values: values.q_z)
_at_point("T1_z", lambda values: values.T1_z)
_at_point("T2_z", lambda values: values.T2_z)
_at_point("adv_q_z", lambda values: values.adv_q_z, _exact_adv_q_z)
_at_point("base_l1_z", lambda values: values.base_l1_z)
_at_point("base_l2_z", lambda values: values.base_l2_z)


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
