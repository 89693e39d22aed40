"""Symbols of the row-wise certificates, each measured in the form of its theorem."""

from ...numerics.certificates import Form
from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import Measured
from .registry import Measurement, measures

_HOW = "row bounds from a certified positive solution"


def _witness(form: Form) -> Measurement:
    def component(experiment: Experiment) -> Measured:
        found = experiment.row_wise(form)
        smallest = found.upper.min_enclosure()
        if found.certified is False and not smallest.is_finite:
            # An indefinite row system has no positive solution: the symbol is 0 by its meaning.
            smallest = Interval.exact(0)
        return Measured(smallest, found.reason or _HOW)

    return component


def _gap(form: Form) -> Measurement:
    def smallest(experiment: Experiment) -> Measured:
        found = experiment.row_wise(form)
        return Measured(found.slack.min_enclosure(), found.reason or _HOW)

    return smallest


def _headroom(form: Form) -> Measurement:
    def smallest(experiment: Experiment) -> Measured:
        lam = experiment.limit_multipliers
        if lam is None:
            return Measured.missing(experiment.why_no_limit)
        return Measured((experiment.row_wise(form).upper - lam).min_enclosure(), _HOW)

    return smallest


def _footroom(form: Form) -> Measurement:
    def smallest(experiment: Experiment) -> Measured:
        lam = experiment.limit_multipliers
        if lam is None:
            return Measured.missing(experiment.why_no_limit)
        return Measured((lam - experiment.row_wise(form).lower).min_enclosure(), _HOW)

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
