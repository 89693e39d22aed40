"""Symbols of matching boundaries: random labels with their failure chance, and flipped labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...numerics.compiler import compile_expression
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...theory.exact.interval import Interval
from ...theory.symbols import symbols_of
from ...theory.theorems.perturbation import perturbed_boundary
from ..scenarios.scenario import Scenario
from ..values import Measured
from .at_points import normal_along_q
from .experiment import Experiment
from .normals import learnt_normal
from .one_set import no_perturbed_limit
from .one_set import perturbed_activation_margin as activation_margin
from .one_set import perturbed_smallest_eigenvalue as smallest_eigenvalue
from .registry import measure, measures


def _random_labels(scenario: Scenario) -> bool:
    return scenario.perturbed is not None and scenario.perturbed.labels == "random"


def _flipped_labels(scenario: Scenario) -> bool:
    made = scenario.perturbed
    return (
        made is not None
        and made.labels == "flipped"
        and made.samples is None
        and made.perturbation.kind == "l2"
    )


def _label_free(experiment: Experiment, claim: str) -> Interval | str:
    """A multiplier bound of perturbed-boundary, which holds whatever the labels are."""
    found = next(c for c in perturbed_boundary.THEOREM.claims if c.id == claim)
    bound = found.relation.args[1]
    symbols = symbols_of(bound)
    values = measure(experiment, [s.name for s in symbols])
    at = [values[s.name].value for s in symbols]
    if any(value is None for value in at):
        return next(values[s.name].how for s in symbols if values[s.name].value is None)
    return compile_expression(bound, symbols, "interval")(*at)


@measures("label_free_upper", _random_labels)
def label_free_upper(experiment: Experiment) -> Measured:
    bound = _label_free(experiment, "multipliers-upper")
    if isinstance(bound, str):
        return Measured.missing(bound)
    # Outside the condition of perturbed-boundary its formula bounds nothing.
    if not 0 < bound.upper < math.inf:
        return Measured.missing("perturbed-boundary bounds no multiplier of this set")
    return Measured(Interval.exact(bound.upper), "bound of perturbed-boundary, rounded up")


@measures("label_free_lower", _random_labels)
def label_free_lower(experiment: Experiment) -> Measured:
    bound = _label_free(experiment, "multipliers-lower")
    if isinstance(bound, str) or not math.isfinite(bound.lower):
        return Measured.missing(bound if isinstance(bound, str) else "the bound is infinite")
    return Measured(Interval.exact(bound.lower), "bound of perturbed-boundary, rounded down")


def fresh_labels(experiment: Experiment) -> np.ndarray:
    """Fair independent labels of the perturbed set, drawn anew as often as the scenario says."""
    shape = (experiment.scenario.chance.draws, experiment.perturbed.made.base.n)
    return experiment.scenario.generator("fresh labels").choice([-1.0, 1.0], shape)


@dataclass(frozen=True)
class _Relabelled:
    """<q^a, z> and T1(z) for fresh fair labels, plain floating point, (draws,) each."""

    learnt: np.ndarray
    base: np.ndarray
    b: np.ndarray


@lru_cache(maxsize=8)
def _relabelled(experiment: Experiment) -> _Relabelled | None:
    geometry, made = experiment.perturbed.geometry, experiment.perturbed.made
    if geometry is None or made.direction is None or made.eps is None:
        return None
    gamma, eps, draws = experiment.slope, made.eps, experiment.scenario.chance.draws
    gram, along, dir_sq = geometry.gram.mid, geometry.along.mid, geometry.dir_sq.upper
    b = made.base.x @ experiment.point
    across = float(made.direction.dir @ experiment.point)
    learnt, base = np.empty(draws), np.empty(draws)
    for k, y in enumerate(fresh_labels(experiment)):
        both = np.outer(y, y)
        pairs = (along * y)[:, None] + (along * y)[None, :]
        inner = both * gram + eps * pairs + eps**2 * dir_sq
        slopes = np.where(both > 0, (1 + gamma**2) / 2, gamma)
        lam = np.linalg.solve(slopes * inner, np.ones(len(b)))
        base[k] = (lam * y) @ b
        learnt[k] = base[k] + eps * lam.sum() * across
    return _Relabelled(learnt, base, b)


@measures("mismatch_chance", _random_labels)
def mismatch_chance(experiment: Experiment) -> Measured:
    drawn, values = _relabelled(experiment), experiment.at_point
    if drawn is None or values is None:
        return Measured.missing(no_perturbed_limit(experiment))
    wrong = int((np.sign(drawn.learnt) != np.sign(values.q_z.mid[0])).sum())
    return Measured.counted(wrong, len(drawn.learnt), "fresh label draws")


@measures("excess_chance", _random_labels)
def excess_chance(experiment: Experiment) -> Measured:
    drawn = _relabelled(experiment)
    upper, lower = label_free_upper(experiment).value, label_free_lower(experiment).value
    if drawn is None or upper is None or lower is None:
        return Measured.missing("the label-free multiplier bounds are not known")
    high, low, delta = upper.upper, lower.lower, experiment.scenario.chance.delta
    limit = (high + low) / 2 * math.sqrt(2 * math.log(2 / delta)) * np.linalg.norm(drawn.b)
    limit += (high - low) / 2 * abs(drawn.b).sum()
    beyond = int((abs(drawn.base) > limit).sum())
    return Measured.counted(beyond, len(drawn.base), "fresh label draws")


def _flip_weights(experiment: Experiment) -> RealArray | str:
    """c_n = eps S_a lambda_n/‖q‖ - lambda^a_n, (N,), or why it is not known."""
    lam, normal = experiment.limit_multipliers, experiment.normal
    if lam is None or normal is None:
        return experiment.why_no_limit
    learnt, eps = experiment.perturbed.limit_multipliers, experiment.perturbed.made.eps
    if learnt is None or eps is None:
        return no_perturbed_limit(experiment)
    strength = learnt.sum().interval() * Interval.exact(eps) / normal.norm()
    return lam * strength - learnt


_FLIP = "verified multipliers of both sets"


@measures("flip_min", _flipped_labels)
def smallest_flip_weight(experiment: Experiment) -> Measured:
    c = _flip_weights(experiment)
    return Measured.missing(c) if isinstance(c, str) else Measured(c.min_enclosure(), _FLIP)


@measures("flip_max", _flipped_labels)
def largest_flip_weight(experiment: Experiment) -> Measured:
    c = _flip_weights(experiment)
    return Measured.missing(c) if isinstance(c, str) else Measured(c.max_enclosure(), _FLIP)


@measures("flip_abs", _flipped_labels)
def largest_flip_size(experiment: Experiment) -> Measured:
    c = _flip_weights(experiment)
    return Measured.missing(c) if isinstance(c, str) else Measured(abs(c).max_enclosure(), _FLIP)


def _flip_margins(experiment: Experiment) -> list[RealArray] | str:
    """y_n <q^a, x_n> over the natural samples, (N,): as stored, and exactly along q."""
    learnt, exact = learnt_normal(experiment), normal_along_q(experiment)
    if learnt is None or exact is None:
        return no_perturbed_limit(experiment)
    sample = experiment.sample
    signs = sample.y.astype(np.float64)
    return [(BallArray.exact(sample.x) @ normal) * signs for normal in (learnt, exact)]


@measures("flip_margin_min", _flipped_labels)
def smallest_flip_margin(experiment: Experiment) -> Measured:
    found = _flip_margins(experiment)
    if isinstance(found, str):
        return Measured.missing(found)
    stored, exact = (margins.min_enclosure() for margins in found)
    return Measured(stored.hull(exact), _FLIP)


@measures("flip_margin_max", _flipped_labels)
def largest_flip_margin(experiment: Experiment) -> Measured:
    found = _flip_margins(experiment)
    if isinstance(found, str):
        return Measured.missing(found)
    stored, exact = (margins.max_enclosure() for margins in found)
    return Measured(stored.hull(exact), _FLIP)


# The set of these two is the flipped one, which the other symbols of perturbed sets need not be.
measures("flip_activation_margin", _flipped_labels)(activation_margin)
measures("flip_A_eigenvalue", _flipped_labels)(smallest_eigenvalue)
