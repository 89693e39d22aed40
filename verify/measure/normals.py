"""Symbols of the normal q: its margins, what aligns with it, how far q^a does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

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
from ...numerics.data import Sample
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.precise_array import PreciseArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.perturb.geometric import L0Sign, L0Value
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured
from .experiment import Experiment, has_perturbed_set, measures
from .learner import Missing
from .one_set import gives

# How far the learnt boundary agrees with the natural one.

POINTS = 20_000
VARIANCES = {"uniform": "1/3", "gaussian": "1"}
"""Of one coordinate of the noise, by the kind of base."""


def _on_noise(scenario: Scenario) -> bool:
    """The prediction is about noise perturbed along q."""
    made = scenario.perturbed
    return made is not None and made.base in VARIANCES and made.perturbation.kind == "l2"


def _rho(experiment: Experiment) -> Interval:
    """The cosine of q and q^a, also where they are not known to be KKT points'."""
    return cosine(experiment.exact_normal, experiment.perturbed.exact_normal)


@measures("rho", has_perturbed_set)
def cosine_of_normals(experiment: Experiment) -> Measured:
    how = "q and q^a of linear-pattern solutions, not both known to be KKT points"
    if experiment.has_limit and experiment.perturbed.has_limit:
        how = "q and q^a from verified multipliers"
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


gives(
    "agreement_asked",
    "the scenario's tolerance",
    lambda e: e.scenario.tolerance.agreement,
    has_perturbed_set,
)


@measures("alignment", has_perturbed_set, "q from verified multipliers")
def alignment(experiment: Experiment) -> Interval:
    direction = experiment.perturbed.made.direction
    if direction is None or experiment.normal is None:
        raise Missing(
            experiment.perturbed.no_direction if direction is None else experiment.why_no_limit
        )
    return cosine(direction, experiment.normal)


@measures("base_part", has_perturbed_set, "verified multipliers")
def base_part(experiment: Experiment) -> Interval:
    learner = experiment.perturbed
    lam, made = learner.exact_multipliers, learner.made
    if not (learner.precise and made.shares_direction):
        found = linear_normal(made.base.x, lam, made.base.y).norm()
        if made.brought is None or not made.shares_direction:
            return found
        # The base that makes one step of what the user brings differs from theirs by that much.
        far = (lam * made.brought.apart).sum().interval().upper
        return (found + Interval.between(-far, far)).nonnegative()
    # That of the base which makes the stored samples exact.
    direction, eps = learner.step
    strength = lam.sum().interval() * Interval.exact(eps)
    return (learner.exact_normal - PreciseArray.exact(direction) * strength).norm()


@measures("perturbation_part", has_perturbed_set, "verified multipliers")
def perturbation_part(experiment: Experiment) -> Interval:
    lam, (_, eps) = experiment.perturbed.exact_multipliers, experiment.perturbed.step
    length = experiment.perturbed.exact_geometry.dir_sq.sqrt()
    return lam.sum().interval() * Interval.exact(eps) * length


@measures("adv_accuracy", _on_noise)
def accuracy(experiment: Experiment) -> Measured:
    n = experiment.sample.n
    count = classified(experiment.sample, experiment.perturbed.exact_normal)
    return Measured(count / n, f"{int(count.lower)} of {n} natural samples")


def signed_products(sample: Sample, normal: RealArray) -> RealArray:
    """y_n <normal, x_n>, (N,), for a normal (d,)."""
    return (BallArray.exact(sample.x) @ normal) * sample.y.astype("f8")


def classified(sample: Sample, normal: RealArray) -> Interval:
    """How many samples lie on their label's side of a normal (d,)."""
    sides = signed_products(sample, normal)
    return Interval.between(int((sides.lower > 0).sum()), int((sides.upper > 0).sum()))


def _variance(experiment: Experiment) -> str:
    made = experiment.scenario.perturbed
    assert made is not None
    return VARIANCES[made.base]


gives(
    "accuracy_asked", "the scenario's tolerance", lambda e: e.scenario.tolerance.accuracy, _on_noise
)
gives("base_variance", "variance of the noise", _variance, _on_noise)


# What is read off q alone: its size, its margins, and cosines with the directions derived from it.

_NORMAL = "q from the verified multipliers"
_TOP_SHARE = 20
"""Without an L0 perturbation in the scenario, one coordinate in so many counts as a few pixels."""


def _margins(experiment: Experiment) -> RealArray:
    margins = experiment.multipliers.linear_margins
    assert margins is not None  # known wherever q is
    return margins


def top_k(experiment: Experiment) -> int:
    """How many coordinates the L0 symbols are about."""
    setup = experiment.scenario.perturbed
    perturbation = setup.perturbation if setup is not None else None
    if isinstance(perturbation, (L0Value, L0Sign)):
        return perturbation.k
    return max(1, experiment.sample.d // _TOP_SHARE)


gives("top_k", "the scenario's k, or d/20", top_k)
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


def _register_of_normal(symbol: str) -> None:
    @measures(symbol)
    def value(experiment: Experiment) -> Measured:
        try:
            found = _OF_NORMAL[symbol](experiment, experiment.exact_normal)
        except InputError as error:  # q has fewer entries than are asked for
            raise Missing(str(error)) from error
        # Else it is that of a KKT point only if there is one with the pattern.
        unknown = "q of the linear-pattern solution, which is not known to be a KKT point"
        return Measured(found, _NORMAL if experiment.has_limit else unknown)


for _symbol in _OF_NORMAL:
    _register_of_normal(_symbol)
measures("nnz_q", how="components of q that exclude 0")(lambda e: count_nonzero(e.exact_normal))


# The parts of q from the samples of each label, and the input gradients of the limit network.


def _class_parts(experiment: Experiment) -> tuple[RealArray, RealArray]:
    """A_+ and A_-: the parts of q from the samples of each label, (d,) each."""
    sample = experiment.sample
    signed = experiment.exact_multipliers * sample.y.astype(np.float64)
    plus, minus = ((signed * np.where(sample.y == s, 1.0, 0.0)) @ sample.x for s in (1, -1))
    return plus, minus


def _gradient_cosines(experiment: Experiment) -> tuple[Interval, Interval]:
    """Cosines of q and the limit network's input gradient at samples of label +1 and -1."""
    plus, minus = _class_parts(experiment)
    gamma = Interval.exact(Fraction(experiment.slope))
    own, other = 1 + gamma**2, 2 * gamma
    return (
        cosine(plus * own + minus * other, experiment.exact_normal),
        cosine(plus * other + minus * own, experiment.exact_normal),
    )


measures("class_cos", how=_NORMAL)(lambda e: cosine(*_class_parts(e)))
measures("gradient_cos_min", how=_NORMAL)(lambda e: Interval.min(*_gradient_cosines(e)))
measures("gradient_cos_max", how=_NORMAL)(lambda e: Interval.max(*_gradient_cosines(e)))
