"""Symbols of the setting: sizes, slope, and what the Gram matrix says."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ...numerics.boundary.certificates import Form
from ...numerics.boundary.decomposition import BaseGeometry
from ...numerics.boundary.multipliers import margin_matrix
from ...numerics.enclose.spectrum import spectrum
from ...numerics.perturb.perturbed_set import PerturbedSet
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured, Rigor
from .experiment import Experiment
from .registry import Measurement, measures

# Symbols of the limit: multipliers and activations of the KKT point with the linear pattern.

_HOW = "verified solution of A lambda = 1"


@measures("lambda_min")
def smallest_multiplier(experiment: Experiment) -> Measured:
    lam = experiment.limit_multipliers
    if lam is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(lam.min_enclosure(), _HOW)


@measures("lambda_max")
def largest_multiplier(experiment: Experiment) -> Measured:
    lam = experiment.limit_multipliers
    if lam is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(lam.max_enclosure(), _HOW)


@measures("activation_margin")
def activation_margin(experiment: Experiment) -> Measured:
    # Where the pattern certainly fails this is the restricted problem's solution, whose negative
    # margin shows that no KKT point has the pattern.
    margins = experiment.multipliers.activation_margins
    if margins is None or experiment.multipliers.consistent is None:
        return Measured.missing(experiment.why_no_limit)
    return Measured(margins.min_enclosure(), _HOW)


@measures("A_eigenvalue")
def smallest_eigenvalue(experiment: Experiment) -> Measured:
    labels = experiment.sample.y.astype("f8")
    matrix = margin_matrix(experiment.gram.gram, labels, Fraction(experiment.slope))
    return Measured(spectrum(matrix).smallest, "eigenvalues with their residuals (Weyl, Ostrowski)")


# Symbols of the perturbed set: its base, its geometry, its exact solution and its network.

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

_ADV_GRAM = "Gram matrix of the perturbed set with a rounding bound for every entry"
_SOLVED = "verified solution of A lambda = 1 for the perturbed set"


@measures("adv_R_min", has_perturbed_set)
def perturbed_smallest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.perturbed.gram.R_min, _ADV_GRAM)


@measures("adv_R_max", has_perturbed_set)
def perturbed_largest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.perturbed.gram.R_max, _ADV_GRAM)


@measures("adv_p_max", has_perturbed_set)
def perturbed_largest_product(experiment: Experiment) -> Measured:
    return Measured(experiment.perturbed.gram.p_max, _ADV_GRAM)


@measures("adv_lambda_min", has_perturbed_set)
def perturbed_smallest_multiplier(experiment: Experiment) -> Measured:
    lam = experiment.perturbed.limit_multipliers
    if lam is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(lam.min_enclosure(), _SOLVED)


@measures("adv_lambda_max", has_perturbed_set)
def perturbed_largest_multiplier(experiment: Experiment) -> Measured:
    lam = experiment.perturbed.limit_multipliers
    if lam is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(lam.max_enclosure(), _SOLVED)


@measures("adv_activation_margin", has_perturbed_set)
def perturbed_activation_margin(experiment: Experiment) -> Measured:
    # Where the pattern certainly fails this is the restricted problem's solution, whose negative
    # margin shows that no KKT point has the pattern.
    margins = experiment.perturbed.multipliers.activation_margins
    if margins is None or experiment.perturbed.multipliers.consistent is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(margins.min_enclosure(), _SOLVED)


@measures("adv_A_eigenvalue", has_perturbed_set)
def perturbed_smallest_eigenvalue(experiment: Experiment) -> Measured:
    learner = experiment.perturbed
    labels = learner.sample.y.astype("f8")
    matrix = margin_matrix(learner.gram.gram, labels, Fraction(learner.slope))
    return Measured(spectrum(matrix).smallest, "eigenvalues with their residuals")


@measures("adv_tau", has_perturbed_set)
def perturbed_certified_angle(experiment: Experiment) -> Measured:
    tau = experiment.perturbed.farthest_tau
    if tau is None:
        return Measured.missing(no_perturbed_limit(experiment))
    return Measured(tau, experiment.perturbed.how_tau)


# Symbols of the row-wise certificates, each measured in the form of its theorem.

_ROW_WISE_HOW = "row bounds from a certified positive solution"


def _witness(form: Form) -> Measurement:
    def component(experiment: Experiment) -> Measured:
        found = experiment.row_wise(form)
        smallest = found.upper.min_enclosure()
        if found.certified is False and not smallest.is_finite:
            # An indefinite row system has no positive solution: the symbol is 0 by its meaning.
            smallest = Interval.exact(0)
        return Measured(smallest, found.reason or _ROW_WISE_HOW)

    return component


def _gap(form: Form) -> Measurement:
    def smallest(experiment: Experiment) -> Measured:
        found = experiment.row_wise(form)
        return Measured(found.slack.min_enclosure(), found.reason or _ROW_WISE_HOW)

    return smallest


def _headroom(form: Form) -> Measurement:
    def smallest(experiment: Experiment) -> Measured:
        lam = experiment.limit_multipliers
        if lam is None:
            return Measured.missing(experiment.why_no_limit)
        return Measured((experiment.row_wise(form).upper - lam).min_enclosure(), _ROW_WISE_HOW)

    return smallest


def _footroom(form: Form) -> Measurement:
    def smallest(experiment: Experiment) -> Measured:
        lam = experiment.limit_multipliers
        if lam is None:
            return Measured.missing(experiment.why_no_limit)
        return Measured((lam - experiment.row_wise(form).lower).min_enclosure(), _ROW_WISE_HOW)

    return smallest


_FORMS: tuple[tuple[str, Form], ...] = (
    ("", "plain"),
    ("half_", "half-aware"),
    ("signed_", "signed"),
)
for _prefix, _form in _FORMS:
    measures(f"{_prefix}witness_min")(_witness(_form))
    measures(f"{_prefix}row_gap")(_gap(_form))
    measures(f"{_prefix}headroom")(_headroom(_form))
    measures(f"{_prefix}footroom")(_footroom(_form))


# Symbols of the trained network: how far it is from its limit.


@measures("tau")
def certified_angle(experiment: Experiment) -> Measured:
    tau = experiment.farthest_tau
    if tau is None:
        return Measured.missing(f"no limit to compare with: {experiment.why_no_limit}")
    return Measured(tau, experiment.how_tau)


@measures("tau_asked")
def asked_angle(experiment: Experiment) -> Measured:
    asked = Interval.exact(experiment.scenario.tolerance.angle)
    return Measured(asked, "the scenario's tolerance", Rigor.PROVED)


def _given(value: float, what: str) -> Measured:
    return Measured(Interval.exact(value), what, Rigor.PROVED)


@measures("gamma")
def slope(experiment: Experiment) -> Measured:
    return _given(experiment.slope, "the scenario's slope, as a float64")


@measures("N")
def samples(experiment: Experiment) -> Measured:
    return _given(experiment.sample.n, "counted")


@measures("d")
def dimension(experiment: Experiment) -> Measured:
    return _given(experiment.sample.d, "counted")


@measures("m")
def width(experiment: Experiment) -> Measured:
    return _given(experiment.scenario.network.width, "the scenario's width")


_GRAM = "Gram matrix with a rounding bound for every entry"


@measures("R_min")
def smallest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.gram.R_min, _GRAM)


@measures("R_max")
def largest_norm(experiment: Experiment) -> Measured:
    return Measured(experiment.gram.R_max, _GRAM)


@measures("p_max")
def largest_product(experiment: Experiment) -> Measured:
    return Measured(experiment.gram.p_max, _GRAM)
