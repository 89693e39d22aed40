"""Symbols of the normal q: how it classifies samples, and how other directions align with it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from ...numerics.decomposition import cosine
from ...numerics.direction_cosines import (
    count_nonzero,
    largest_cosine,
    largest_sign_cosine,
    parallel_cosine,
    sign_cosine,
)
from ...numerics.enclosure import Interval
from ...numerics.input_error import InputError
from ...numerics.perturbations.l0_sign import L0Sign
from ...numerics.perturbations.l0_value import L0Value
from ...numerics.real_array import RealArray
from ..experiment import Experiment
from ..measured import Measured
from ..verdict import Rigor
from .registry import measures

_NORMAL = "q from the verified multipliers"
_TOP_SHARE = 20
"""Without an L0 perturbation in the scenario, one coordinate in so many counts as a few pixels."""


def _of_normal(symbol: str, read: Callable[[Experiment, RealArray], Interval]) -> None:
    """Register a quantity read off q; it is missing without an exact limit."""

    def value(experiment: Experiment) -> Measured:
        normal = experiment.normal
        if normal is None:
            return Measured.missing(experiment.why_no_limit)
        try:
            return Measured(read(experiment, normal), how_normal(experiment))
        except InputError as error:
            return Measured.missing(str(error))

    measures(symbol)(value)


def how_normal(experiment: Experiment) -> str:
    """Where q comes from: it is that of a KKT point only if there is one with the pattern."""
    if experiment.has_limit:
        return _NORMAL
    return "q of the linear-pattern solution, which is not known to be a KKT point"


def _margins(experiment: Experiment) -> RealArray:
    margins = experiment.multipliers.linear_margins
    if margins is None:
        raise InputError(experiment.why_no_limit)
    return margins


def top_k(experiment: Experiment) -> int:
    """How many coordinates the L0 symbols are about."""
    setup = experiment.scenario.perturbed
    perturbation = setup.perturbation if setup is not None else None
    if isinstance(perturbation, (L0Value, L0Sign)):
        return perturbation.k
    return max(1, experiment.sample.d // _TOP_SHARE)


_of_normal("norm_q", lambda e, q: q.norm())
_of_normal("natural_kappa", lambda e, q: abs(_margins(e)).max_enclosure() / q.norm())
_of_normal("q_margin_min", lambda e, q: _margins(e).min_enclosure())
_of_normal("q_margin_max", lambda e, q: _margins(e).max_enclosure())
_of_normal("cos_sign", lambda e, q: sign_cosine(q))
_of_normal("cos_rescaled", lambda e, q: parallel_cosine(q))
_of_normal("cos_value", lambda e, q: largest_cosine(q, top_k(e)))
_of_normal("cos_top_sign", lambda e, q: largest_sign_cosine(q, top_k(e)))


@measures("nnz_q")
def nonzero_components(experiment: Experiment) -> Measured:
    normal = experiment.normal
    if normal is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(count_nonzero(normal), "components of q that exclude 0")


@measures("top_k")
def coordinates_moved(experiment: Experiment) -> Measured:
    return Measured(Interval.exact(top_k(experiment)), "the scenario's k, or d/20", Rigor.PROVED)


@measures("imbalance")
def imbalance(experiment: Experiment) -> Measured:
    return Measured(Interval.exact(abs(int(experiment.sample.y.sum()))), "counted", Rigor.PROVED)


def _class_parts(experiment: Experiment) -> tuple[RealArray, RealArray] | None:
    """A_+ and A_-: the parts of q from the samples of each label, (d,) each."""
    lam, sample = experiment.limit_multipliers, experiment.sample
    if lam is None:
        return None
    signed = lam * sample.y.astype(np.float64)
    parts = []
    for label in (1, -1):
        own = np.where(sample.y == label, 1.0, 0.0)
        parts.append((signed * own) @ sample.x)
    return parts[0], parts[1]


@measures("class_cos")
def class_cosine(experiment: Experiment) -> Measured:
    parts = _class_parts(experiment)
    if parts is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(cosine(*parts), _NORMAL)


def _gradient_cosines(experiment: Experiment) -> tuple[Interval, Interval] | None:
    """Cosines of q and the limit network's input gradient at samples of label +1 and -1."""
    parts = _class_parts(experiment)
    if parts is None or experiment.normal is None:
        return None
    gamma = Interval.exact(Fraction(experiment.slope))
    own, other = 1 + gamma**2, 2 * gamma
    plus, minus = parts
    return (
        cosine(plus * own + minus * other, experiment.normal),
        cosine(plus * other + minus * own, experiment.normal),
    )


@measures("gradient_cos_min")
def smaller_gradient_cosine(experiment: Experiment) -> Measured:
    cosines = _gradient_cosines(experiment)
    if cosines is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(cosines[0].min(cosines[1]), _NORMAL)


@measures("gradient_cos_max")
def larger_gradient_cosine(experiment: Experiment) -> Measured:
    cosines = _gradient_cosines(experiment)
    if cosines is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(cosines[0].max(cosines[1]), _NORMAL)
