"""Symbols of a labelled set and of the network that learns it: sizes, Gram matrix, limit, rows.

What is measured of the natural set and of the perturbed one is written once (`of_both`): the symbol
of the perturbed set has the same name after `adv_`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ...numerics.boundary.certificates import Form, RowWise
from ...numerics.boundary.gram import GramStatistics
from ...numerics.boundary.multipliers import Multipliers, margin_matrix
from ...numerics.boundary.streaming_gram import GramSummary
from ...numerics.enclose.linear_algebra import spectrum
from ...theory.exact.interval import Interval
from ..values import Measured, Rigor
from .experiment import Applies, Experiment, always, has_perturbed_set, measures
from .learner import Learner, Missing

OfLearner = Callable[[Learner], Measured]


def of_both(symbol: str) -> Callable[[OfLearner], OfLearner]:
    """Register a measurement of a learner for f, and under `adv_` and its name for g."""

    def register(read: OfLearner) -> OfLearner:
        measures(symbol)(read)
        measures(f"adv_{symbol}", has_perturbed_set)(lambda experiment: read(experiment.perturbed))
        return read

    return register


def given(value: float | str, what: str) -> Measured:
    """A number that is part of the scenario, or was counted; a fraction as text."""
    return Measured(Interval.exact(value), what, Rigor.PROVED)


GIVEN: set[str] = set()
"""The symbols whose values are given: no computation can spoil them."""


def gives(
    symbol: str, what: str, read: Callable[[Experiment], float | str], when: Applies = always
) -> None:
    """Register a symbol whose value the scenario gives, or that is counted."""
    GIVEN.add(symbol)
    measures(symbol, when)(lambda experiment: given(read(experiment), what))


@measures("eps", has_perturbed_set)
def _eps(experiment: Experiment) -> Measured:
    made = experiment.perturbed.made
    if made.eps is None:
        raise Missing(experiment.perturbed.no_direction)
    of_file = made.brought is not None and made.brought.shared
    return given(made.eps, "length of the step in the file" if of_file else "the scenario's eps")


gives("gamma", "the scenario's slope, as a float64", lambda e: e.slope, lambda scenario: True)
gives("N", "counted", lambda e: e.sample.n)
gives("d", "counted", lambda e: e.sample.d)
gives("m", "the scenario's width", lambda e: e.scenario.network.width)
gives("tau_asked", "the scenario's tolerance", lambda e: e.scenario.tolerance.angle)
gives("imbalance", "counted", lambda e: abs(int(e.sample.y.sum())))
gives("N_adv", "counted", lambda e: e.perturbed.made.base.n, has_perturbed_set)
GIVEN.add("eps")


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


def _register_of_gram(symbol: str) -> None:
    @(measures if symbol.startswith("row_") else of_both)(symbol)
    def value(learner: Learner) -> Measured:
        of_set = f" of the {learner.named}" if learner.named else ""
        how = f"Gram matrix{of_set} with a rounding bound for every entry"
        return Measured(OF_GRAM[symbol](learner.gram, learner.slope), how)


for _symbol in OF_GRAM:
    _register_of_gram(_symbol)


@of_both("A_eigenvalue")
def smallest_eigenvalue(learner: Learner) -> Measured:
    labels = learner.sample.y.astype("f8")
    matrix = margin_matrix(learner.gram.gram, labels, Fraction(learner.slope))
    smallest, _ = spectrum(matrix)
    return Measured(smallest, "eigenvalues with their residuals (Weyl, Ostrowski)")


# The KKT point with the linear pattern, and how far the trained network is from it.


def _solved(learner: Learner, value: Interval) -> Measured:
    of_set = f" for the {learner.named}" if learner.named else ""
    return Measured(value, f"verified solution of A lambda = 1{of_set}")


of_both("lambda_min")(lambda one: _solved(one, one.exact_multipliers.min_enclosure()))
of_both("lambda_max")(lambda one: _solved(one, one.exact_multipliers.max_enclosure()))


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
    starts = learner.scenario.training.starts
    how = "distance of the rescaled weights to the exact limit"
    how += ", its operator norm in float64 balls" if learner.precise else ""
    return Measured(tau, how if starts == 1 else f"{how}, the largest over {starts} starts")


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
    for name in (f"{prefix}witness_min", f"{prefix}row_gap"):
        measures(name)(lambda e, name=name: row_values(e.row_wise(form))[name])

    @measures(f"{prefix}headroom", how=_ROW_BOUNDS)
    def headroom(experiment: Experiment) -> Interval:
        return (experiment.row_wise(form).upper - experiment.exact_multipliers).min_enclosure()

    @measures(f"{prefix}footroom", how=_ROW_BOUNDS)
    def footroom(experiment: Experiment) -> Interval:
        return (experiment.exact_multipliers - experiment.row_wise(form).lower).min_enclosure()


for _form, _prefix in PREFIX.items():
    _register_form(_prefix, _form)


# The base samples that the perturbed set was made from: the names are those of `BaseGeometry`.

for _symbol in ("kappa", "dir_sq", "base_R_min", "base_R_max", "base_p_max"):
    measures(_symbol, has_perturbed_set, "base samples, with the rounding of the perturbed ones")(
        lambda e, symbol=_symbol: getattr(e.perturbed.exact_geometry, symbol)
    )
