"""Symbols of a labelled set and of the network that learns it: sizes, Gram matrix, limit, rows.

What is measured of the natural set and of the perturbed one is written once (`of_both`): the symbol
of the perturbed set has the same name after `adv_`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ...numerics.boundary.certificates import Form, RowWise
from ...numerics.boundary.decomposition import BaseGeometry
from ...numerics.boundary.gram import GramStatistics
from ...numerics.boundary.multipliers import Multipliers, margin_matrix
from ...numerics.boundary.streaming_gram import GramSummary
from ...numerics.enclose.linear_algebra import spectrum
from ...numerics.perturb.perturbed_set import PerturbedSet
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured, Rigor
from .experiment import Experiment, Measurement, measures
from .learner import Learner, Missing

OfLearner = Callable[[Learner], Measured]


def has_perturbed_set(scenario: Scenario) -> bool:
    return scenario.perturbed is not None


def of_both(symbol: str) -> Callable[[OfLearner], OfLearner]:
    """Register a measurement of a learner for f, and under `adv_` and its name for g."""

    def register(read: OfLearner) -> OfLearner:
        measures(symbol)(read)
        measures(f"adv_{symbol}", has_perturbed_set)(lambda experiment: read(experiment.perturbed))
        return read

    return register


def given(value: float, what: str) -> Measured:
    """A number that is part of the scenario, or was counted."""
    return Measured(Interval.exact(value), what, Rigor.PROVED)


def _told(what: str, word: str, learner: Learner, rest: str = "") -> str:
    """`what`, of the perturbed set if it is that one's."""
    return what + (f" {word} the {learner.named}" if learner.named else "") + rest


# Sizes, and what the scenario gives.

_GIVEN: Mapping[str, tuple[Callable[[Experiment], float], str]] = {
    "gamma": (lambda e: e.slope, "the scenario's slope, as a float64"),
    "N": (lambda e: e.sample.n, "counted"),
    "d": (lambda e: e.sample.d, "counted"),
    "m": (lambda e: e.scenario.network.width, "the scenario's width"),
    "tau_asked": (lambda e: e.scenario.tolerance.angle, "the scenario's tolerance"),
}
for _symbol, (_read, _how) in _GIVEN.items():
    measures(_symbol)(lambda e, read=_read, how=_how: given(read(e), how))


# What the Gram matrix says. The same reading serves a summary of a matrix too large to hold.


def _row_margin(gram: GramStatistics | GramSummary, slope: float) -> Interval:
    gamma = Interval.exact(slope)
    return (gram.squares * (1 + gamma**2) - gram.row_sums * (1 + gamma)).min_enclosure()


OF_GRAM: Mapping[str, Callable[[GramStatistics | GramSummary, float], Interval]] = {
    "R_min": lambda gram, slope: gram.R_min,
    "R_max": lambda gram, slope: gram.R_max,
    "p_max": lambda gram, slope: gram.p_max,
    "row_sum_max": lambda gram, slope: gram.row_sums.max_enclosure().nonnegative(),
    "row_margin_min": _row_margin,
}
"""How each symbol is read off norms, inner products and row sums, at a slope."""


def _of_gram(symbol: str) -> OfLearner:
    def value(learner: Learner) -> Measured:
        how = _told("Gram matrix", "of", learner, " with a rounding bound for every entry")
        return Measured(OF_GRAM[symbol](learner.gram, learner.slope), how)

    return value


for _symbol in OF_GRAM:
    (measures if _symbol.startswith("row_") else of_both)(_symbol)(_of_gram(_symbol))


@of_both("A_eigenvalue")
def smallest_eigenvalue(learner: Learner) -> Measured:
    labels = learner.sample.y.astype("f8")
    matrix = margin_matrix(learner.gram.gram, labels, Fraction(learner.slope))
    return Measured(spectrum(matrix).smallest, "eigenvalues with their residuals (Weyl, Ostrowski)")


# The KKT point with the linear pattern, and how far the trained network is from it.


def _solved(learner: Learner, value: Interval) -> Measured:
    return Measured(value, _told("verified solution of A lambda = 1", "for", learner))


@of_both("lambda_min")
def smallest_multiplier(learner: Learner) -> Measured:
    return _solved(learner, learner.exact_multipliers.min_enclosure())


@of_both("lambda_max")
def largest_multiplier(learner: Learner) -> Measured:
    return _solved(learner, learner.exact_multipliers.max_enclosure())


@of_both("activation_margin")
def activation_margin(learner: Learner) -> Measured:
    least = least_activation(learner.multipliers)
    if least is None:
        raise Missing(learner.why_no_limit)
    return _solved(learner, least)


def least_activation(found: Multipliers) -> Interval | None:
    """Least m y_n a_j <w_j, x_n>; None where it is not known.

    Where the pattern certainly fails this is the restricted problem's solution, whose negative
    margin shows that no KKT point has the pattern.
    """
    if found.activation_margins is None or found.consistent is None:
        return None
    return found.activation_margins.min_enclosure()


@of_both("tau")
def certified_angle(learner: Learner) -> Measured:
    if (tau := learner.farthest_tau) is None:
        why = learner.why_no_limit
        raise Missing(why if learner.named else f"no limit to compare with: {why}")
    return Measured(tau, learner.how_tau)


# The row-wise certificates, each measured in the form of its theorem.

_ROW_BOUNDS = "row bounds from a certified positive solution"
PREFIX: Mapping[Form, str] = {"plain": "", "half-aware": "half_", "signed": "signed_"}
"""What the names of a form's symbols begin with."""


def row_values(found: RowWise) -> dict[str, Measured]:
    """What a row-wise certificate asks of t and of the gaps, by symbol."""
    smallest = found.upper.min_enclosure()
    if found.certified is False and not smallest.is_finite:
        # An indefinite row system has no positive solution: the symbol is 0 by its meaning.
        smallest = Interval.exact(0)
    prefix, how = PREFIX[found.form], found.reason or _ROW_BOUNDS
    return {
        f"{prefix}witness_min": Measured(smallest, how),
        f"{prefix}row_gap": Measured(found.slack.min_enclosure(), how),
    }


def _register_form(prefix: str, form: Form) -> None:
    def asked(symbol: str) -> Measurement:
        return lambda experiment: row_values(experiment.row_wise(form))[symbol]

    def headroom(experiment: Experiment) -> Measured:
        room = experiment.row_wise(form).upper - experiment.exact_multipliers
        return Measured(room.min_enclosure(), _ROW_BOUNDS)

    def footroom(experiment: Experiment) -> Measured:
        room = experiment.exact_multipliers - experiment.row_wise(form).lower
        return Measured(room.min_enclosure(), _ROW_BOUNDS)

    for name in ("witness_min", "row_gap"):
        measures(prefix + name)(asked(prefix + name))
    measures(f"{prefix}headroom")(headroom)
    measures(f"{prefix}footroom")(footroom)


for _form, _prefix in PREFIX.items():
    _register_form(_prefix, _form)


# How the perturbed set was made, and the base samples that it was made from.

_NO_DIRECTION = "the perturbations of this set share no direction"
_MADE: Mapping[str, tuple[Callable[[PerturbedSet], float | None], str]] = {
    "N_adv": (lambda made: made.base.n, "counted"),
    "eps": (lambda made: made.eps, "the scenario's eps"),
}
_OF_BASE: Mapping[str, Callable[[BaseGeometry], Interval]] = {
    "kappa": lambda geometry: geometry.kappa,
    "dir_sq": lambda geometry: geometry.dir_sq,
    "base_R_min": lambda geometry: geometry.base_R_min,
    "base_R_max": lambda geometry: geometry.base_R_max,
    "base_p_max": lambda geometry: geometry.base_p_max,
}


def _made(symbol: str) -> Measurement:
    read, how = _MADE[symbol]

    def value(experiment: Experiment) -> Measured:
        if (found := read(experiment.perturbed.made)) is None:
            raise Missing(_NO_DIRECTION)
        return given(found, how)

    return value


def _of_base(symbol: str) -> Measurement:
    def value(experiment: Experiment) -> Measured:
        if (geometry := experiment.perturbed.geometry) is None:
            raise Missing(_NO_DIRECTION)
        how = "base samples, with the rounding of the perturbed ones"
        return Measured(_OF_BASE[symbol](geometry), how)

    return value


for _symbol in _MADE:
    measures(_symbol, has_perturbed_set)(_made(_symbol))
for _symbol in _OF_BASE:
    measures(_symbol, has_perturbed_set)(_of_base(_symbol))
