"""The rungs of the ladder: theorems judged on the user's own data, and what would make each hold.

A rung is decided by the judge, from the theorem's own assumptions at values measured here. So is
what the searches for subsets, slopes and dimensions find; on their way they may be plain floating
point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial

import numpy as np
from sympy.core.relational import Relational

from ...numerics.boundary.certificates import RowWise, row_wise
from ...numerics.boundary.gram import GramStatistics, gram_statistics
from ...numerics.boundary.margin_program import linear_kkt_point
from ...numerics.boundary.streaming_gram import GramSummary, stream_gram
from ...numerics.boundary.subset import (
    Load,
    RandomSizes,
    Samples,
    chosen_subset,
    greedy_subset,
    held_in_order,
    random_sizes,
)
from ...numerics.compiler import compile_expression
from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.enclose.real_array import RealArray
from ...theory.exact.interval import Interval
from ...theory.statement import Assumption
from ...theory.steps.linear_boundary import PATTERN_CLAIM
from ...theory.symbols import N, R_max, R_min, gamma, p_max
from ...theory.theorems import theorem
from ...theory.theorems.boundary.uniform_data import Condition, smallest_dimension
from ..judge import Holds, JudgedAssumption, judge_assumption
from ..measure.experiment import FORMS
from ..measure.one_set import OF_GRAM, given, least_activation, row_values
from ..values import Measured

DELTA = "0.01"
"""Failure probability in the dimension that uniform data need."""
CANDIDATE = "candidate"
"""The rung that proves a KKT point with a linear boundary, but not that training reaches it."""

_GRID = tuple(n / 20 for n in range(1, 21))
"""Slopes at which a form is tried that may hold at one and not at a larger one."""
_SMALLEST = 1e-9
_STEP = 1.0005
_COARSE = 1.02
_LARGEST_LOAD = 1e100
"""Its square is still a number, and says nothing."""
_MARGIN = 1 + 1e-9
"""Asked of the loads of a subset, far above rounding, so that the enclosures agree."""
_MANY = 20_000
_HELD_IN_FULL = 500
_ORDERS = 10


@dataclass(frozen=True)
class CheckedCertificate:
    """One rung of the ladder at one slope.

    Attributes:
        name: as the tables call it.
        theorem: id of the theorem whose assumptions are judged; of the candidate, of the theorem
            that gives its multipliers.
        left, right: the two sides of the assumption that decides; None where not measured.
        load: left/right of a condition left < right; below 1 means that it holds.
        holds: on all samples.
        note: why, where the two sides do not say it.
        at_random: how many samples, in random order, meet it.
        chosen_rows: rows of the source of a subset that certainly meets it; None where not
            searched.
        smallest_slope: a slope, rounded up, at which it certainly holds on all samples, and at
            every larger one unless `monotone` is False; 0 when it holds at every slope tried, None
            when at none or not searched, as where slope 1 is not decided.
        dimension_extrapolated: d at which it would hold if squared norms grew like d and inner
            products like sqrt(d) from here on: an extrapolation.
        dimension_uniform: d at which as many uniform samples meet it with probability 0.99.
    """

    name: str
    theorem: str
    left: Interval | None
    right: Interval | None
    load: Interval | None
    holds: Holds
    note: str = ""
    at_random: RandomSizes | None = None
    chosen_rows: tuple[int, ...] | None = None
    smallest_slope: float | None = None
    smallest_slope_searched: bool = False
    monotone: bool = True
    dimension_extrapolated: float | None = None
    dimension_uniform: int | None = None


def smallest_slope(holds: Callable[[float], bool], ratio: float = _STEP) -> float | None:
    """A slope in (0, 1] at which a certificate certainly holds, least up to the factor `ratio`.

    0 when it holds down to 1e-9, None when it does not hold at slope 1. `holds` is the certain
    verdict at a slope; where it once holds it should hold at every larger slope.
    """
    if not holds(1.0):
        return None
    if holds(_SMALLEST):
        return 0.0
    low, high = _SMALLEST, 1.0
    while high / low > ratio:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    digits = 2 - math.floor(math.log10(high))
    shown = min(1.0, math.ceil(high * 10**digits) / 10**digits)
    return shown if holds(shown) else high


def deciding(
    assumptions: tuple[Assumption, ...], measured: Mapping[str, Measured]
) -> JudgedAssumption:
    """Of the assumptions, judged, the one that decides: the last of those that hold least."""
    judged = [judge_assumption(assumption, measured, {}) for assumption in assumptions]
    return min(reversed(judged), key=lambda one: ("no", "unknown", "yes").index(one.holds))


def _meets(id: str, measured: Mapping[str, Measured]) -> bool:
    """Whether the assumptions of a theorem certainly hold."""
    return deciding(theorem(id).assumptions, measured).holds == "yes"


def _rung(
    name: str,
    id: str,
    measured: Mapping[str, Measured],
    note: str = "",
    assumptions: tuple[Assumption, ...] | None = None,
) -> CheckedCertificate:
    """A theorem's assumptions on the data, or those given; nothing is searched yet."""
    found = deciding(assumptions or theorem(id).assumptions, measured)
    relation, value = found.assumption.relation, found.value
    if value is None:
        return CheckedCertificate(name, id, None, None, None, found.holds, note)
    # Against 0 a load would be 0 wherever it is defined.
    load = None if relation.args[1] == 0 else value.load
    return CheckedCertificate(name, id, value.lhs, value.rhs, load, found.holds, note)


def summary_values(
    sample: Sample, gram: GramSummary | GramStatistics, slope: float
) -> dict[str, Measured]:
    """What needs no N x N matrix, by symbol."""
    how = "Gram matrix block by block, with a rounding bound"
    return {
        "gamma": given(slope, "given"),
        "N": given(sample.n, "counted"),
        "d": given(sample.d, "counted"),
        **{name: Measured(read(gram, slope), how) for name, read in OF_GRAM.items()},
    }


_CLOSED: Mapping[Condition, str] = {
    "paper": "standard-boundary",
    "exact chain": "exact-chain",
    "half-aware": "half-aware",
}
"""Theorems whose assumption is about norms and inner products, decided for any N."""
ROW_SUMS = "row sums"
"""The rung for which no subset is searched."""
_ROW_SUMS = "row-sums"
_ROW_WISE = {
    "row-wise": "row-wise",
    "row half": "half-aware-row-wise",
    "row signed": "signed-row-wise",
}
"""Theorems that need the rows of the Gram matrix."""


@dataclass(frozen=True)
class Rungs:
    """The rungs on a dataset, whose Gram matrix is known by its summary.

    `statistics` hold the whole matrix, where it is small enough; `searched` encloses it in float64
    balls, which the searches for subsets and slopes are done on, where the statistics do not so
    themselves. `rows` says whether the rungs that need the whole matrix are among them.
    """

    sample: Sample
    summary: GramSummary
    seed: int
    statistics: GramStatistics | None = None
    searched: RealArray | None = None
    rows: bool = False

    def at(self, slope: float) -> Iterator[CheckedCertificate]:
        """Each condition at a slope, strongest first; with rows, these and then the candidate."""
        measured = summary_values(self.sample, self.summary, slope)
        for name, id in _CLOSED.items():
            random = np.random.default_rng([self.seed, int.from_bytes(id.encode(), "little")])
            rung, load = self._with_slope(_rung(name, id, measured)), _load(id, slope)
            if rung.holds != "yes":
                held = partial(held_in_order, self._samples, load)
                sizes = random_sizes(self.sample.n, held, random)
                rung = replace(rung, at_random=sizes, chosen_rows=self._chosen(id, slope, load))
            yield replace(
                rung,
                dimension_extrapolated=self._scaled_dimension(rung.load),
                dimension_uniform=smallest_dimension(self.sample.n, Fraction(slope), DELTA, name),
            )
        yield self._with_slope(_rung(ROW_SUMS, _ROW_SUMS, measured))
        if self.statistics is None or not self.rows:
            return
        for name, id in _ROW_WISE.items():
            found = self._row_wise(self.statistics.gram, id, slope)
            rung = self._with_slope(_rung(name, id, row_values(found), found.reason))
            if rung.holds != "yes":
                # The signed form need not be inherited by subsets: no size at random is given.
                sizes = None if FORMS[id] == "signed" else self._rows_at_random(id, slope)
                rung = replace(rung, at_random=sizes, chosen_rows=self._chosen_rows(id, slope))
            yield rung
        solved = linear_kkt_point(self.statistics, self.sample.y, Fraction(slope))
        least, why = least_activation(solved), solved.reason
        margin = Measured.missing(why) if least is None else Measured(least, why)
        claimed = Assumption(PATTERN_CLAIM.id, PATTERN_CLAIM.says, PATTERN_CLAIM.relation)
        yield _rung(CANDIDATE, "exact-multipliers", {"activation_margin": margin}, why, (claimed,))

    @cached_property
    def _samples(self) -> Samples:
        gram = None if self.statistics is None else self.statistics.gram.mid
        return Samples(self.sample.x, self.sample.y, gram)

    def _with_slope(self, rung: CheckedCertificate) -> CheckedCertificate:
        """The rung with the smallest slope at which it holds, searched once for all slopes."""
        id = rung.theorem
        monotone = FORMS.get(id) != "signed"
        if id not in self._smallest_slopes:

            def holds(slope: float) -> bool:
                return self._holds(id, slope) == "yes"

            if monotone:
                # Each right-hand side over its left grows with the slope, so that bisection finds
                # the smallest (its derivative is positive for R_min <= R_max).
                least = smallest_slope(holds, _COARSE if id in FORMS else _STEP)
            else:
                least = next(filter(holds, _GRID), None)
            self._smallest_slopes[id] = least, least is not None or self._holds(id, 1.0) == "no"
        least, searched = self._smallest_slopes[id]
        return replace(
            rung, smallest_slope=least, smallest_slope_searched=searched, monotone=monotone
        )

    @cached_property
    def _smallest_slopes(self) -> dict[str, tuple[float | None, bool]]:
        return {}

    def _holds(self, id: str, slope: float) -> Holds:
        """Whether the assumptions of a theorem hold at another slope, for the search."""
        measured = (
            row_values(self._row_wise(self._quick_gram, id, slope))
            if id in FORMS
            else summary_values(self.sample, self.summary, slope)
        )
        return deciding(theorem(id).assumptions, measured).holds

    def first_holding(self, slope: float) -> str | None:
        """The name of the first worst-case certificate that holds on all samples; None if none."""
        named = {**_CLOSED, ROW_SUMS: _ROW_SUMS, **(_ROW_WISE if self.rows else {})}
        return next((name for name, id in named.items() if self._holds(id, slope) == "yes"), None)

    def any_holds(self, slope: float) -> bool:
        """Whether a worst-case certificate holds on all samples."""
        return self.first_holding(slope) is not None

    def _scaled_dimension(self, load: Interval | None) -> float | None:
        # Every condition is homogeneous of degree 1 in p_max and the squared norms: with these
        # growing like sqrt(d) and d, the load falls like 1/sqrt(d).
        if load is None or not load.is_finite or load.upper > _LARGEST_LOAD:
            return None
        return max(float(self.sample.d), self.sample.d * load.upper**2)

    def _chosen(self, id: str, slope: float, load: Load) -> tuple[int, ...] | None:
        """Rows of a subset that certainly meets the condition; empty when none was found."""
        starts = 16 if self.sample.n <= _MANY else 6
        indices = chosen_subset(self._samples, load, starts=starts)
        if not len(indices):
            return ()
        part = self.sample.take(indices)
        small = len(indices) <= _HELD_IN_FULL
        found = gram_statistics(part.x) if small else stream_gram(part.x, precision="float64")
        if not _meets(id, summary_values(part, found, slope)):
            return None
        return tuple(part.rows.tolist())

    def _row_wise(
        self, gram: RealArray, id: str, slope: float, rows: np.ndarray | None = None
    ) -> RowWise:
        labels = self.sample.y
        if rows is not None:
            gram, labels = gram[np.ix_(rows, rows)], labels[rows]
        return row_wise(gram, Fraction(slope), form=FORMS[id], labels=labels)

    @property
    def _quick_gram(self) -> RealArray:
        assert self.statistics is not None
        return self.statistics.gram if self.searched is None else self.searched

    def _certified(self, id: str, slope: float, rows: np.ndarray | None = None) -> bool:
        return _meets(id, row_values(self._row_wise(self._quick_gram, id, slope, rows)))

    def _rows_at_random(self, id: str, slope: float) -> RandomSizes:
        def certified(order: np.ndarray) -> int:
            # A subset inherits the certificate: t falls, L and the slack grow.
            held, failed = 1, 2
            while failed < len(order) and self._certified(id, slope, order[:failed]):
                held, failed = failed, 2 * failed
            failed = min(failed, len(order))
            while failed - held > 1:
                middle = (held + failed) // 2
                fits = self._certified(id, slope, order[:middle])
                held, failed = (middle, failed) if fits else (held, middle)
            return held if held > 1 else 0

        rng, size = np.random.default_rng([self.seed, len(FORMS[id])]), self.sample.n
        return random_sizes(size, certified, rng, orders=_ORDERS, most=size)

    def _chosen_rows(self, id: str, slope: float) -> tuple[int, ...] | None:
        """Rows of a subset that certainly meets the theorem; empty when none was found."""
        gram, y = self._quick_gram, self.sample.y
        try:
            rows = greedy_subset(gram, y, Fraction(slope), form=FORMS[id], starts=16)
        except InputError:  # no two samples of opposite labels meet it
            return ()
        # The search has its own slacks: what counts is that the theorem's relation holds.
        return tuple(self.sample.rows[rows].tolist()) if self._certified(id, slope, rows) else None


def _load(id: str, slope: float) -> Load:
    """Left over right side of a condition, in floating point, for the search."""
    relation = theorem(id).assumptions[0].relation
    assert isinstance(relation, Relational)
    symbols = (N, p_max, R_min, R_max, gamma)
    left, right = (compile_expression(side, symbols) for side in relation.args)

    def load(count, product, shortest, longest):
        arguments = (count, product, shortest, longest, slope)
        return left(*arguments) / right(*arguments) * _MARGIN

    return load
