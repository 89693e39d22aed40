"""Symbols of how far the learnt boundary agrees with the natural one."""

from __future__ import annotations

import numpy as np

from ...numerics.decomposition import alignment as cosine_with
from ...numerics.enclosure import Interval
from ...numerics.multipliers import linear_normal
from ...numerics.rounding import BallArray
from ..experiment import Experiment
from ..measured import Measured
from ..scenario import Scenario
from ..statistics import LEVEL, proportion
from ..verdict import Rigor
from .perturbed import has_perturbed_set, no_perturbed_limit
from .registry import measures

POINTS = 20_000
_VARIANCES = {"uniform": Interval.exact("1/3"), "gaussian": Interval.exact(1)}


def _on_noise(scenario: Scenario) -> bool:
    """The prediction is about noise perturbed along q."""
    made = scenario.perturbed
    return made is not None and made.base in _VARIANCES and made.perturbation.kind == "l2"


def learnt_normal(experiment: Experiment) -> BallArray | None:
    """q^a (d,) of the linear-pattern solution, also where it is not known to be a KKT point."""
    learner = experiment.perturbed
    lam = learner.multipliers.lam
    return None if lam is None else linear_normal(learner.sample.x, lam, learner.sample.y)


def _both(experiment: Experiment) -> tuple[BallArray, BallArray] | str:
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
    normal, learnt = both
    cosine = (normal @ learnt).interval() / (normal.norm() * learnt.norm())
    return Measured(cosine.max(-1).min(1), _how(experiment))


def _drawn(experiment: Experiment, normal: BallArray, learnt: BallArray) -> tuple[np.ndarray, ...]:
    """Signs of <q, z> and <q^a, z> and |cos(z, q)| for isotropic Gaussian z.

    Only the plane of the two normals matters; the rest of ‖z‖² is chi-squared.
    """
    rng = experiment.scenario.generator("isotropic points")
    plane = np.linalg.qr(np.stack([normal.mid, learnt.mid], axis=1))[0]
    inside = rng.standard_normal((POINTS, 2))
    outside = rng.chisquare(max(experiment.sample.d - 2, 1), POINTS)
    lengths = np.sqrt((inside**2).sum(axis=1) + outside * (experiment.sample.d > 2))
    natural, adversarial = inside @ (plane.T @ normal.mid), inside @ (plane.T @ learnt.mid)
    cosines = abs(natural) / (lengths * np.linalg.norm(normal.mid))
    return np.sign(natural), np.sign(adversarial), cosines


@measures("agreement", has_perturbed_set)
def agreement(experiment: Experiment) -> Measured:
    both = _both(experiment)
    if isinstance(both, str):
        return Measured.missing(both)
    natural, adversarial, _ = _drawn(experiment, *both)
    agree = int((natural == adversarial).sum())
    how = f"{agree} of {POINTS} Gaussian points, exact {LEVEL:.0%} binomial interval"
    return Measured(proportion(agree, POINTS), how, Rigor.STATISTICAL)


@measures("disagreement_cos", has_perturbed_set)
def largest_disagreeing_cosine(experiment: Experiment) -> Measured:
    both = _both(experiment)
    if isinstance(both, str):
        return Measured.missing(both)
    natural, adversarial, cosines = _drawn(experiment, *both)
    largest = float(cosines[natural != adversarial].max(initial=0.0))
    return Measured(Interval.exact(largest), f"over {POINTS} Gaussian points", Rigor.NUMERIC)


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
    base = experiment.perturbed.made.base
    return Measured(linear_normal(base.x, lam, base.y).norm(), "verified multipliers")


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
