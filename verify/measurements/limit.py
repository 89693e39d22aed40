"""Symbols of the limit: multipliers and activations of the KKT point with the linear pattern."""

from fractions import Fraction

from ...numerics.multipliers import margin_matrix
from ...numerics.spectrum import spectrum
from ..experiment import Experiment
from ..measured import Measured
from .registry import measures

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
