"""Symbols of the perturbed set: its base, its geometry, its exact solution and its network."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ...numerics.decomposition import BaseGeometry
from ...numerics.enclosure import Interval
from ...numerics.multipliers import margin_matrix
from ...numerics.perturbed_set import PerturbedSet
from ...numerics.spectrum import spectrum
from ..experiment import Experiment
from ..measured import Measured
from ..scenario import Scenario
from ..verdict import Rigor
from .registry import measures

_NO_DIRECTION = "the perturbations of this set share no direction"


def has_perturbed_set(scenario: Scenario) -> bool:
    return scenario.perturbed is not None


def no_perturbed_limit(experiment: Experiment) -> str:
    return f"perturbed set: {experiment.perturbed.why_no_limit}"


def _made(symbol: str, how: str, read: Callable[[PerturbedSet], float | None]) -> None:
    """Register a number that is part of how the set was made."""

    def value(experiment: Experiment) -> Measured:
        found = read(experiment.perturbed.made)
        if found is None:
            return Measured.missing(_NO_DIRECTION)
        return Measured(Interval.exact(found), how, Rigor.PROVED)

    measures(symbol, has_perturbed_set)(value)


def _base(symbol: str, read: Callable[[BaseGeometry], Interval]) -> None:
    """Register a quantity of the base samples."""

    def value(experiment: Experiment) -> Measured:
        geometry = experiment.perturbed.geometry
        if geometry is None:
            return Measured.missing(_NO_DIRECTION)
        return Measured(read(geometry), "base samples, with the rounding of the perturbed ones")

    measures(symbol, has_perturbed_set)(value)


_made("N_adv", "counted", lambda made: made.base.n)
_made("eps", "the scenario's eps", lambda made: made.eps)
_base("kappa", lambda geometry: geometry.kappa)
_base("dir_sq", lambda geometry: geometry.dir_sq)
_base("base_R_min", lambda geometry: geometry.base_R_min)
_base("base_R_max", lambda geometry: geometry.base_R_max)
_base("base_p_max", lambda geometry: geometry.base_p_max)

_GRAM = "Gram matrix of the perturbed set with a rounding bound for every entry"
_SOLVED = "verified solution of A lambda = 1 for the perturbed set"


@measures("adv_R_min", has_perturbed_set)
def smallest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.perturbed.gram.R_min, _GRAM)


@measures("adv_R_max", has_perturbed_set)
def largest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.perturbed.gram.R_max, _GRAM)


@measures("adv_p_max", has_perturbed_set)
def largest_product(experiment: Experiment) -> Measured:
    return Measured(experiment.perturbed.gram.p_max, _GRAM)


@measures("adv_lambda_min", has_perturbed_set)
def smallest_multiplier(experiment: Experiment) -> Measured:
    lam = experiment.perturbed.limit_multipliers
    if lam is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(lam.min_enclosure(), _SOLVED)


@measures("adv_lambda_max", has_perturbed_set)
def largest_multiplier(experiment: Experiment) -> Measured:
    lam = experiment.perturbed.limit_multipliers
    if lam is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(lam.max_enclosure(), _SOLVED)


@measures("adv_activation_margin", has_perturbed_set)
def activation_margin(experiment: Experiment) -> Measured:
    # Where the pattern certainly fails this is the restricted problem's solution, whose negative
    # margin shows that no KKT point has the pattern.
    margins = experiment.perturbed.multipliers.activation_margins
    if margins is None or experiment.perturbed.multipliers.consistent is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(margins.min_enclosure(), _SOLVED)


@measures("adv_A_eigenvalue", has_perturbed_set)
def smallest_eigenvalue(experiment: Experiment) -> Measured:
    learner = experiment.perturbed
    labels = learner.sample.y.astype("f8")
    matrix = margin_matrix(learner.gram.gram, labels, Fraction(learner.slope))
    return Measured(spectrum(matrix).smallest, "eigenvalues with their residuals")


@measures("adv_tau", has_perturbed_set)
def certified_angle(experiment: Experiment) -> Measured:
    tau = experiment.perturbed.farthest_tau
    if tau is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(tau, experiment.perturbed.how_tau)
