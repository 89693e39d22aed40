"""Symbols of the normal q: its margins, what aligns with it, how far q^a does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from ...numerics.boundary.decomposition import alignment as cosine_with
from ...numerics.boundary.decomposition import (
    cosine,
    count_nonzero,
    largest_cosine,
    largest_sign_cosine,
    parallel_cosine,
    sign_cosine,
)
from ...numerics.boundary.multipliers import linear_normal
from ...numerics.configuration import InputError
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.precise_array import PreciseArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.perturb.geometric import L0Sign, L0Value
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured, Rigor
from .experiment import Experiment, measures
from .learner import Missing
from .one_set import given, has_perturbed_set

# How far the learnt boundary agrees with the natural one.

POINTS = 20_000
_VARIANCES = {"uniform": Interval.exact("1/3"), "gaussian": Interval.exact(1)}


def _on_noise(scenario: Scenario) -> bool:
    """The prediction is about noise perturbed along q."""
    made = scenario.perturbed
    return made is not None and made.base in _VARIANCES and made.perturbation.kind == "l2"


def _rho(experiment: Experiment) -> Interval:
    """The cosine of q and q^a, also where they are not known to be KKT points'."""
    return cosine(experiment.exact_normal, experiment.perturbed.exact_normal)


@measures("rho", has_perturbed_set)
def cosine_of_normals(experiment: Experiment) -> Measured:
    if experiment.has_limit and experiment.perturbed.has_limit:
        return Measured(_rho(experiment), "q and q^a from verified multipliers")
    how = "q and q^a of linear-pattern solutions, not both known to be KKT points"
    return Measured(_rho(experiment), how)


def isotropic_points(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian points: two coordinates (POINTS, 2), and the length of all others (POINTS,)."""
    rng = experiment.scenario.generator("isotropic points")
    inside, left = rng.standard_normal((POINTS, 2)), experiment.sample.d - 2
    return inside, np.sqrt(rng.chisquare(left, POINTS)) if left > 0 else np.zeros(POINTS)


def _drawn(experiment: Experiment) -> tuple[BallArray, BallArray]:
    """<q, z> <q^a, z>/(‖q‖ ‖q^a‖) and |cos(z, q)|, (POINTS,) each, for isotropic Gaussian z.

    z = a e + b e' + c e'' with the float64 numbers a, b, c as drawn: e is q/‖q‖, e' completes it to
    an orthonormal basis of the plane of q and q^a, in which q^a/‖q^a‖ = rho e + sqrt(1-rho²) e',
    and e'' is orthogonal to both, c² chi-squared of the dimensions left. So z is known exactly in
    all that is asked of it.
    """
    rho = _rho(experiment)
    inside, c = isotropic_points(experiment)
    left = experiment.sample.d - 2
    a, b = BallArray.exact(inside[:, 0]), BallArray.exact(inside[:, 1] * (left >= 0))
    across = (1 - rho**2).max(0).sqrt()
    return a * (a * rho + b * across), abs(a) / (a * a + b * b + BallArray.exact(c) * c).sqrt()


@measures("agreement", has_perturbed_set)
def agreement(experiment: Experiment) -> Measured:
    sides, _ = _drawn(experiment)
    undecided = int((~sides.positive & ~sides.nonpositive).sum())
    return Measured.counted(int(sides.positive.sum()), POINTS, "Gaussian points", undecided)


@measures("disagreement_cos", has_perturbed_set)
def largest_disagreeing_cosine(experiment: Experiment) -> Measured:
    sides, cosines = _drawn(experiment)
    # Points with undecided sides may or may not count: the lower end leaves them out.
    certain, possible = sides.nonpositive, ~sides.positive
    low = cosines.lower[certain].max(initial=0.0)
    high = cosines.upper[possible].max(initial=0.0)
    return Measured(Interval.between(float(low), float(high)), f"over {POINTS} Gaussian points")


@measures("agreement_asked", has_perturbed_set)
def asked_agreement(experiment: Experiment) -> Measured:
    return given(experiment.scenario.tolerance.agreement, "the scenario's tolerance")


@measures("alignment", has_perturbed_set)
def alignment(experiment: Experiment) -> Measured:
    direction = experiment.perturbed.made.direction
    if direction is None or experiment.normal is None:
        raise Missing("no shared direction, or no exact limit")
    return Measured(cosine_with(direction.dir, experiment.normal), "q from verified multipliers")


@measures("base_part", has_perturbed_set)
def base_part(experiment: Experiment) -> Measured:
    learner = experiment.perturbed
    lam, made = learner.exact_multipliers, learner.made
    part = linear_normal(made.base.x, lam, made.base.y)
    if learner.precise and made.direction is not None and made.eps is not None:
        # That of the base which makes the stored samples exact.
        strength = lam.sum().interval() * Interval.exact(made.eps)
        part = learner.exact_normal - PreciseArray.exact(made.direction.dir) * strength
    return Measured(part.norm(), "verified multipliers")


@measures("perturbation_part", has_perturbed_set)
def perturbation_part(experiment: Experiment) -> Measured:
    learner = experiment.perturbed
    lam, geometry, eps = learner.exact_multipliers, learner.geometry, learner.made.eps
    if geometry is None or eps is None:
        raise Missing(learner.why_no_limit)
    total = lam.sum().interval() * Interval.exact(eps) * geometry.dir_sq.sqrt()
    return Measured(total, "verified multipliers")


@measures("adv_accuracy", _on_noise)
def accuracy(experiment: Experiment) -> Measured:
    sample = experiment.sample
    right = (BallArray.exact(sample.x) @ experiment.perturbed.exact_normal) * sample.y.astype("f8")
    certain, possible = int((right.lower > 0).sum()), int((right.upper > 0).sum())
    share = Interval.between(certain, possible) / sample.n
    return Measured(share, f"{certain} of {sample.n} natural samples")


@measures("accuracy_asked", _on_noise)
def asked_accuracy(experiment: Experiment) -> Measured:
    return given(experiment.scenario.tolerance.accuracy, "the scenario's tolerance")


@measures("base_variance", _on_noise)
def base_variance(experiment: Experiment) -> Measured:
    made = experiment.scenario.perturbed
    assert made is not None
    return Measured(_VARIANCES[made.base], "variance of the noise", Rigor.PROVED)


# What is read off q alone: its size, its margins, and cosines with the directions derived from it.

_NORMAL = "q from the verified multipliers"
_TOP_SHARE = 20
"""Without an L0 perturbation in the scenario, one coordinate in so many counts as a few pixels."""


def _margins(experiment: Experiment) -> RealArray:
    margins = experiment.multipliers.linear_margins
    if margins is None:
        raise Missing(experiment.why_no_limit)
    return margins


def top_k(experiment: Experiment) -> int:
    """How many coordinates the L0 symbols are about."""
    setup = experiment.scenario.perturbed
    perturbation = setup.perturbation if setup is not None else None
    if isinstance(perturbation, (L0Value, L0Sign)):
        return perturbation.k
    return max(1, experiment.sample.d // _TOP_SHARE)


_OF_NORMAL: Mapping[str, Callable[[Experiment, RealArray], Interval]] = {
    "norm_q": lambda e, q: q.norm(),
    "natural_kappa": lambda e, q: abs(_margins(e)).max_enclosure() / q.norm(),
    "q_margin_min": lambda e, q: _margins(e).min_enclosure(),
    "q_margin_max": lambda e, q: _margins(e).max_enclosure(),
    "cos_sign": lambda e, q: sign_cosine(q),
    "cos_rescaled": lambda e, q: parallel_cosine(q),
    "cos_value": lambda e, q: largest_cosine(q, top_k(e)),
    "cos_top_sign": lambda e, q: largest_sign_cosine(q, top_k(e)),
}


def _of_normal(symbol: str) -> Callable[[Experiment], Measured]:
    def value(experiment: Experiment) -> Measured:
        normal = experiment.exact_normal
        try:
            found = _OF_NORMAL[symbol](experiment, normal)
        except InputError as error:  # q has fewer entries than are asked for
            raise Missing(str(error)) from error
        if experiment.has_limit:
            return Measured(found, _NORMAL)
        # It is that of a KKT point only if there is one with the pattern.
        how = "q of the linear-pattern solution, which is not known to be a KKT point"
        return Measured(found, how)

    return value


for _symbol in _OF_NORMAL:
    measures(_symbol)(_of_normal(_symbol))


@measures("nnz_q")
def nonzero_components(experiment: Experiment) -> Measured:
    return Measured(count_nonzero(experiment.exact_normal), "components of q that exclude 0")


@measures("top_k")
def coordinates_moved(experiment: Experiment) -> Measured:
    return given(top_k(experiment), "the scenario's k, or d/20")


@measures("imbalance")
def imbalance(experiment: Experiment) -> Measured:
    return given(abs(int(experiment.sample.y.sum())), "counted")


# The parts of q from the samples of each label, and the input gradients of the limit network.


def _class_parts(experiment: Experiment) -> tuple[RealArray, RealArray]:
    """A_+ and A_-: the parts of q from the samples of each label, (d,) each."""
    sample = experiment.sample
    signed = experiment.exact_multipliers * sample.y.astype(np.float64)
    plus, minus = ((signed * np.where(sample.y == s, 1.0, 0.0)) @ sample.x for s in (1, -1))
    return plus, minus


@measures("class_cos")
def class_cosine(experiment: Experiment) -> Measured:
    return Measured(cosine(*_class_parts(experiment)), _NORMAL)


def _gradient_cosines(experiment: Experiment) -> tuple[Interval, Interval]:
    """Cosines of q and the limit network's input gradient at samples of label +1 and -1."""
    plus, minus = _class_parts(experiment)
    gamma = Interval.exact(Fraction(experiment.slope))
    own, other = 1 + gamma**2, 2 * gamma
    return (
        cosine(plus * own + minus * other, experiment.exact_normal),
        cosine(plus * other + minus * own, experiment.exact_normal),
    )


@measures("gradient_cos_min")
def smaller_gradient_cosine(experiment: Experiment) -> Measured:
    first, second = _gradient_cosines(experiment)
    return Measured(first.min(second), _NORMAL)


@measures("gradient_cos_max")
def larger_gradient_cosine(experiment: Experiment) -> Measured:
    first, second = _gradient_cosines(experiment)
    return Measured(first.max(second), _NORMAL)
