"""Symbols of how far the learnt boundary agrees with the natural one."""

from __future__ import annotations

import numpy as np

from ...numerics.decomposition import alignment as cosine_with
from ...numerics.decomposition import cosine
from ...numerics.enclosure import Interval
from ...numerics.multipliers import linear_normal
from ...numerics.precise_array import PreciseArray
from ...numerics.real_array import RealArray
from ...numerics.rounding import BallArray
from ..experiment import Experiment
from ..measured import Measured
from ..scenario import Scenario
from ..verdict import Rigor
from .perturbed import has_perturbed_set, no_perturbed_limit
from .registry import measures

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
