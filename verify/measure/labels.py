"""Symbols of what labels do to a perturbed set: bounds whatever they are, and flipped ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...theory.exact.interval import Interval
from ...theory.theorems.perturbation import perturbed_boundary
from ..scenarios.scenario import Scenario
from ..values import Measured
from .at_points import normal_along_q
from .experiment import Experiment
from .learner import Missing
from .one_set import activation_margin, smallest_eigenvalue
from .registry import Measurement, evaluated, measures


def random_labels(scenario: Scenario) -> bool:
    return scenario.perturbed is not None and scenario.perturbed.labels == "random"


def _flipped_labels(scenario: Scenario) -> bool:
    made = scenario.perturbed
    return (
        made is not None
        and made.labels == "flipped"
        and made.samples is None
        and made.perturbation.kind == "l2"
    )


def _label_free(experiment: Experiment, claim: str) -> Interval:
    """A multiplier bound of perturbed-boundary, which holds whatever the labels are."""
    found = next(c for c in perturbed_boundary.THEOREM.claims if c.id == claim)
    return evaluated(experiment, found.relation.args[1])  # type: ignore[arg-type]


@measures("label_free_upper", random_labels)
def label_free_upper(experiment: Experiment) -> Measured:
    upper = _label_free(experiment, "multipliers-upper").upper
    # Outside the condition of perturbed-boundary its formula bounds nothing.
    if not 0 < upper < math.inf:
        raise Missing("perturbed-boundary bounds no multiplier of this set")
    return Measured(Interval.exact(upper), "bound of perturbed-boundary, rounded up")


@measures("label_free_lower", random_labels)
def label_free_lower(experiment: Experiment) -> Measured:
    lower = _label_free(experiment, "multipliers-lower").lower
    if not math.isfinite(lower):
        raise Missing("the bound is infinite")
    return Measured(Interval.exact(lower), "bound of perturbed-boundary, rounded down")


# The natural samples moved along q with flipped labels: what T1 and T2 are made of, and margins.


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
