"""Symbols of the normal q: how it classifies samples, and how other directions align with it."""

from __future__ import annotations

from collections.abc import Callable
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
from .experiment import Experiment
from .one_set import has_perturbed_set, no_perturbed_limit
from .registry import measures

# Symbols of how far the learnt boundary agrees with the natural one.

POINTS = 20_000
_VARIANCES = {"uniform": Interval.exact("1/3"), "gaussian": Interval.exact(1)}


def _on_noise(scenario: Scenario) -> bool:
    """The prediction is about noise perturbed along q."""
    made = scenario.perturbed
    return made is not None and made.base in _VARIANCES and made.perturbation.kind == "l2"


def learnt_normal(experiment: Experiment) -> RealArray | None:
    """q^a (d,) of the linear-pattern solution, also where it is not known to be a KKT point."""
    return experiment.perturbed.normal


def _both(experiment: Experiment) -> tuple[RealArray, RealArray] | str:
    """q and q^a, or why one is missing."""
    if experiment.normal is None:
        return experiment.why_no_limit
    learnt = learnt_normal(experiment)
    return no_perturbed_limit(experiment) if learnt is None else (experiment.normal, learnt)


def _how(experiment: Experiment) -> str:
    if experiment.has_limit and experiment.perturbed.has_limit:
        return "q and q^a from verified multipliers"
    return "q and q^a of linear-pattern solutions, not both known to be KKT points"


@measures("rho", has_perturbed_set)
def cosine_of_normals(experiment: Experiment) -> Measured:
    both = _both(experiment)
    if isinstance(both, str):
        return Measured.missing(both)
    return Measured(cosine(*both), _how(experiment))


def isotropic_points(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian points: two coordinates (POINTS, 2), and the length of all others (POINTS,)."""
    rng = experiment.scenario.generator("isotropic points")
    inside, left = rng.standard_normal((POINTS, 2)), experiment.sample.d - 2
    return inside, np.sqrt(rng.chisquare(left, POINTS)) if left > 0 else np.zeros(POINTS)


def _drawn(experiment: Experiment, rho: Interval) -> tuple[BallArray, BallArray]:
    """<q, z> <q^a, z>/(‖q‖ ‖q^a‖) and |cos(z, q)|, (POINTS,) each, for isotropic Gaussian z.

    z = a e + b e' + c e'' with the float64 numbers a, b, c as drawn: e is q/‖q‖, e' completes it to
    an orthonormal basis of the plane of q and q^a, in which q^a/‖q^a‖ = rho e + sqrt(1-rho²) e',
    and e'' is orthogonal to both, c² chi-squared of the dimensions left. So z is known exactly in
    all that is asked of it.
    """
    inside, c = isotropic_points(experiment)
    left = experiment.sample.d - 2
    a, b = BallArray.exact(inside[:, 0]), BallArray.exact(inside[:, 1] * (left >= 0))
    across = (1 - rho**2).max(0).sqrt()
    return a * (a * rho + b * across), abs(a) / (a * a + b * b + BallArray.exact(c) * c).sqrt()


@measures("agreement", has_perturbed_set)
def agreement(experiment: Experiment) -> Measured:
    both = _both(experiment)
    if isinstance(both, str):
        return Measured.missing(both)
    sides, _ = _drawn(experiment, cosine(*both))
    # A point whose sides rounding cannot tell lies within 1e-15 of a boundary.
    agree = int((sides.mid > 0).sum())
    return Measured.counted(agree, POINTS, "Gaussian points")


@measures("disagreement_cos", has_perturbed_set)
def largest_disagreeing_cosine(experiment: Experiment) -> Measured:
    both = _both(experiment)
    if isinstance(both, str):
        return Measured.missing(both)
    sides, cosines = _drawn(experiment, cosine(*both))
    # Points with undecided sides may or may not count: the lower end leaves them out.
    certain, possible = sides.nonpositive, ~sides.positive
    low = cosines.lower[certain].max(initial=0.0)
    high = cosines.upper[possible].max(initial=0.0)
    return Measured(Interval.between(float(low), float(high)), f"over {POINTS} Gaussian points")


@measures("agreement_asked", has_perturbed_set)
def asked_agreement(experiment: Experiment) -> Measured:
    asked = Interval.exact(experiment.scenario.tolerance.agreement)
    return Measured(asked, "the scenario's tolerance", Rigor.PROVED)


@measures("alignment", has_perturbed_set)
def alignment(experiment: Experiment) -> Measured:
    direction = experiment.perturbed.made.direction
    if direction is None or experiment.normal is None:
        return Measured.missing("no shared direction, or no exact limit")
    return Measured(cosine_with(direction.dir, experiment.normal), "q from verified multipliers")


@measures("base_part", has_perturbed_set)
def base_part(experiment: Experiment) -> Measured:
    lam = experiment.perturbed.limit_multipliers
    if lam is None:
        return Measured.missing(no_perturbed_limit(experiment))
    learner = experiment.perturbed
    base, direction, eps = learner.made.base, learner.made.direction, learner.made.eps
    part = linear_normal(base.x, lam, base.y)
    if learner.precise and direction is not None and eps is not None and learner.normal is not None:
        # That of the base which makes the stored samples exact.
        strength = lam.sum().interval() * Interval.exact(eps)
        part = learner.normal - PreciseArray.exact(direction.dir) * strength
    return Measured(part.norm(), "verified multipliers")


@measures("perturbation_part", has_perturbed_set)
def perturbation_part(experiment: Experiment) -> Measured:
    lam, made = experiment.perturbed.limit_multipliers, experiment.perturbed.made
    geometry = experiment.perturbed.geometry
    if lam is None or geometry is None or made.eps is None:
        return Measured.missing(no_perturbed_limit(experiment))
    total = lam.sum().interval() * Interval.exact(made.eps) * geometry.dir_sq.sqrt()
    return Measured(total, "verified multipliers")


@measures("adv_accuracy", _on_noise)
def accuracy(experiment: Experiment) -> Measured:
    learnt = learnt_normal(experiment)
    if learnt is None:
        return Measured.missing(no_perturbed_limit(experiment))
    sample = experiment.sample
    sides = (BallArray.exact(sample.x) @ learnt) * sample.y.astype(np.float64)
    certain, possible = int((sides.lower > 0).sum()), int((sides.upper > 0).sum())
    share = Interval.between(certain, possible) / sample.n
    return Measured(share, f"{certain} of {sample.n} natural samples")


@measures("accuracy_asked", _on_noise)
def asked_accuracy(experiment: Experiment) -> Measured:
    asked = Interval.exact(experiment.scenario.tolerance.accuracy)
    return Measured(asked, "the scenario's tolerance", Rigor.PROVED)


@measures("base_variance", _on_noise)
def base_variance(experiment: Experiment) -> Measured:
    made = experiment.scenario.perturbed
    assert made is not None
    return Measured(_VARIANCES[made.base], "variance of the noise", Rigor.PROVED)


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
