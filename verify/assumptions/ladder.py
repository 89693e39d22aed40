"""Which certificates hold on the user's own data, how far the others are, what would make them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy.core.relational import Relational

from ...numerics.boundary.certificates import Form, row_wise
from ...numerics.boundary.gram import GramStatistics, gram_matrix, gram_statistics
from ...numerics.boundary.margin_program import linear_kkt_point
from ...numerics.boundary.streaming_gram import GramSummary, stream_gram, summarised
from ...numerics.boundary.subset import (
    Load,
    RandomSizes,
    Samples,
    chosen_subset,
    greedy_subset,
    random_sizes,
)
from ...numerics.compiler import RelationValue, compile_expression, compile_relation
from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.enclose.precise_array import affordable, why_in_balls
from ...numerics.enclose.real_array import RealArray
from ...theory.exact.interval import Interval
from ...theory.symbols import N, R_max, R_min, gamma, p_max
from ...theory.theorems.boundary.uniform_data import CONDITIONS, Condition, smallest_dimension
from ..judge import Holds
from ..measure.experiment import FORMS
from ..values import Progress, finite, interval, shown, unwatched

# What is known of one certificate on one dataset, and what would make it hold.

DELTA = "0.01"
"""Failure probability in the dimension that uniform data need."""

_SMALLEST = 1e-9
_STEP = 1.0005


@dataclass(frozen=True)
class CheckedCertificate:
    """One rung of the ladder at one slope.

    Attributes:
        name: as the tables call it.
        theorem: id of the theorem whose assumption it is, or implies.
        left, right: the two sides of its relation; None where it has none or was not computed.
        load: left/right of a condition left < right; below 1 means that it holds.
        holds: on all samples.
        note: why, where the two sides do not say it.
        at_random: how many samples, in random order, meet it.
        chosen: rows of the source of a subset that certainly meets it; None where not searched.
        smallest_slope: a slope, rounded up, at which it certainly holds on all samples; 0 when it
            holds at every slope tried, None when at none or not searched (`slope_searched`).
        dimension_like_this: d at which it would hold if squared norms grew like d and inner
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
    chosen: tuple[int, ...] | None = None
    smallest_slope: float | None = None
    slope_searched: bool = False
    dimension_like_this: float | None = None
    dimension_uniform: int | None = None


def as_holds(value: bool | None) -> Holds:
    """A three-valued truth in words."""
    return "unknown" if value is None else "yes" if value else "no"


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


# The certificates in closed form on one dataset: paper, exact chain, half-aware.

_THEOREMS: dict[Condition, str] = {
    "paper": "standard-boundary",
    "exact chain": "exact-chain",
    "half-aware": "half-aware",
}
_MARGIN = 1 + 1e-9
"""Asked of the loads of a subset, far above rounding, so that the enclosures agree."""
_MANY = 20_000
_HELD_IN_FULL = 500


@dataclass(frozen=True)
class ClosedForm:
    """The three conditions on a dataset, whose Gram matrix is known by its summary.

    `gram` is the matrix (N, N) in floating point, where it is small enough to be held.
    """

    sample: Sample
    summary: GramSummary
    seed: int
    gram: NDArray[np.float64] | None = None

    def at(self, slope: float) -> Iterator[CheckedCertificate]:
        """Each condition at a slope, strongest first."""
        for name, theorem in _THEOREMS.items():
            value = self._value(name, slope, self._measured)
            random = np.random.default_rng([self.seed, int.from_bytes(theorem.encode(), "little")])
            load = _load(name, slope)
            holds = as_holds(value.holds)
            every = holds == "yes"
            yield CheckedCertificate(
                name=name,
                theorem=theorem,
                left=value.lhs,
                right=value.rhs,
                load=value.load,
                holds=holds,
                at_random=None if every else random_sizes(self._samples, load, random),
                chosen=None if every else self._chosen(name, slope, load),
                smallest_slope=self._smallest_slopes[name],
                slope_searched=True,
                dimension_like_this=self._scaled_dimension(value),
                dimension_uniform=smallest_dimension(self.sample.n, Fraction(slope), DELTA, name),
            )

    @cached_property
    def _samples(self) -> Samples:
        return Samples(self.sample.x, self.sample.y, self.gram)

    @cached_property
    def _measured(self) -> dict[str, Interval]:
        return _values(self.sample.n, self.summary)

    @cached_property
    def _smallest_slopes(self) -> dict[Condition, float | None]:
        # Each right-hand side over its left grows with the slope, so that bisection finds the
        # smallest (its derivative is positive for R_min <= R_max).
        return {
            name: smallest_slope(
                lambda slope, name=name: self._value(name, slope, self._measured).holds is True
            )
            for name in _THEOREMS
        }

    def _value(self, name: Condition, slope: float, measured: dict[str, Interval]) -> RelationValue:
        values = {**measured, "gamma": Interval.exact(slope)}
        return compile_relation(CONDITIONS[name]).evaluate(values)

    def _scaled_dimension(self, value: RelationValue) -> float | None:
        # Every condition is homogeneous of degree 1 in p_max and the squared norms: with these
        # growing like sqrt(d) and d, the load falls like 1/sqrt(d).
        if value.load is None or not value.load.is_finite:
            return None
        return max(float(self.sample.d), self.sample.d * value.load.upper**2)

    def _chosen(self, name: Condition, slope: float, load: Load) -> tuple[int, ...] | None:
        """Rows of a subset that certainly meets the condition; empty when none was found."""
        starts = 16 if self.sample.n <= _MANY else 6
        indices = chosen_subset(self._samples, load, starts=starts)
        if not len(indices):
            return ()
        part = self.sample.x[indices]
        if len(indices) <= _HELD_IN_FULL:
            found = gram_statistics(part)
            summary = {"R_min": found.R_min, "R_max": found.R_max, "p_max": found.p_max}
            values = {"N": Interval.exact(len(indices)), **summary}
        else:
            values = _values(len(indices), stream_gram(part, precision="float64"))
        if self._value(name, slope, values).holds is not True:
            return None
        return tuple(self.sample.rows[indices].tolist())


def _values(count: int, summary: GramSummary) -> dict[str, Interval]:
    return {
        "N": Interval.exact(count),
        "R_min": summary.R_min,
        "R_max": summary.R_max,
        "p_max": summary.p_max,
    }


def _load(name: Condition, slope: float) -> Load:
    relation = CONDITIONS[name]
    assert isinstance(relation, Relational)
    symbols = (N, p_max, R_min, R_max, gamma)
    left, right = (compile_expression(side, symbols, "numpy") for side in relation.args)

    def load(count, product, shortest, longest):
        arguments = (count, product, shortest, longest, slope)
        return left(*arguments) / right(*arguments) * _MARGIN

    return load


# The certificates from the rows of the Gram matrix on one dataset, and the consistent candidate.
#
# The row sums alone give a certificate that needs no N x N matrix. In the notation of
# `numerics.certificates`, with s_n the row sums and S the largest, the constant t = 2/M with
# M = min_n ((1+gamma^2) D_n - (1+gamma) s_n) meets (ii), and its slack at n,
# gamma (2 - (1+gamma) s_n t)/(1+gamma^2) - s_n t, is positive for every n exactly if
#
#     (1 + gamma + 2 gamma^2) S / gamma < M.
#
# t bounds the half-aware row-wise solution from above and the slack falls as t grows, so that this
# implies the half-aware row-wise certificate, and it follows from the half-aware condition.

_ORDERS = 10
_COARSE = 1.02


def row_sums(sample: Sample, summary: GramSummary, slope: float) -> CheckedCertificate:
    """The certificate of this module, for any N."""
    left, right = _sides(summary, slope)
    holds = _less(left, right)
    found = smallest_slope(lambda at: _less(*_sides(summary, at)) is True)
    defined = Interval.exact(0).certainly_less(right)
    return CheckedCertificate(
        "row sums",
        "half-aware-row-wise",
        left,
        right,
        left / right if defined else None,
        as_holds(holds),
        "" if defined else "the row sums outweigh the norms",
        smallest_slope=found,
        slope_searched=True,
    )


def _sides(summary: GramSummary, slope: float) -> tuple[Interval, Interval]:
    gamma = Interval.exact(slope)
    largest = summary.row_sums.max_enclosure().nonnegative()
    left = (1 + gamma + 2 * gamma**2) * largest / gamma
    rows = summary.squares * (1 + gamma**2) - summary.row_sums * (1 + gamma)
    return left, rows.min_enclosure()


def _less(left: Interval, right: Interval) -> bool | None:
    return True if left.certainly_less(right) else False if right.certainly_at_most(left) else None


@dataclass(frozen=True)
class FullMatrix:
    """The certificates that need the whole Gram matrix.

    `searched` encloses it in float64 balls, which the searches for subsets and slopes are done on;
    None when the statistics do so themselves.
    """

    sample: Sample
    statistics: GramStatistics
    searched: RealArray | None
    seed: int

    @property
    def _quick_gram(self) -> RealArray:
        return self.statistics.gram if self.searched is None else self.searched

    def at(self, slope: float) -> Iterator[CheckedCertificate]:
        """The row-wise forms at a slope, then the consistent candidate."""
        for theorem, form in FORMS.items():
            found = row_wise(self.statistics.gram, Fraction(slope), form=form, labels=self.sample.y)
            every = found.certified is True
            slack = found.slack.min_enclosure()
            yield CheckedCertificate(
                name={"plain": "row-wise", "half-aware": "row half", "signed": "row signed"}[form],
                theorem=theorem,
                left=slack if slack.is_finite else None,
                right=Interval.exact(0) if slack.is_finite else None,
                load=None,
                holds=as_holds(found.certified),
                note=found.reason,
                # The signed form need not be inherited by subsets: no size at random is given.
                at_random=None if every or form == "signed" else self._at_random(form, slope),
                chosen=None if every else self._chosen(form, slope),
                smallest_slope=self._smallest_slopes[form],
                slope_searched=True,
            )
        yield self._candidate(slope)

    def _candidate(self, slope: float) -> CheckedCertificate:
        found = linear_kkt_point(self.statistics, self.sample.y, Fraction(slope))
        margins = found.activation_margins
        least = None if margins is None else margins.min_enclosure()
        return CheckedCertificate(
            "candidate",
            "exact-multipliers",
            least,
            None if least is None else Interval.exact(0),
            None,
            as_holds(found.consistent),
            found.reason,
        )

    @cached_property
    def _smallest_slopes(self) -> dict[Form, float | None]:
        return {
            form: smallest_slope(lambda at, form=form: self._certified(form, at), _COARSE)
            for form in FORMS.values()
        }

    def _certified(self, form: Form, slope: float, rows: np.ndarray | None = None) -> bool:
        gram, labels = self._quick_gram, self.sample.y
        if rows is not None:
            gram, labels = gram[np.ix_(rows, rows)], labels[rows]
        return row_wise(gram, Fraction(slope), form=form, labels=labels).certified is True

    def _at_random(self, form: Form, slope: float) -> RandomSizes:
        rng = np.random.default_rng([self.seed, len(form)])
        sizes = []
        for _ in range(_ORDERS):
            order = rng.permutation(self.sample.n)
            # A subset inherits the certificate: t falls, L and the slack grow.
            held, failed = 1, 2
            while failed < len(order) and self._certified(form, slope, order[:failed]):
                held, failed = failed, 2 * failed
            failed = min(failed, len(order))
            while failed - held > 1:
                middle = (held + failed) // 2
                fits = self._certified(form, slope, order[:middle])
                held, failed = (middle, failed) if fits else (held, middle)
            sizes.append(held if held > 1 else 0)
        sizes.sort()
        return RandomSizes(sizes[0], sizes[(_ORDERS - 1) // 2], sizes[-1], _ORDERS, False)

    def _chosen(self, form: Form, slope: float) -> tuple[int, ...] | None:
        try:
            found = greedy_subset(
                self._quick_gram, self.sample.y, Fraction(slope), form=form, starts=16
            )
        except InputError:  # no two samples of opposite labels meet it
            return ()
        return tuple(self.sample.rows[found.indices].tolist())


FULL_MATRIX = 1000
"""Samples up to which the certificates that need the whole Gram matrix are decided."""
SLOPES = (0.01, 0.1, 0.5, 0.9)


@dataclass(frozen=True)
class ResponsiblePair:
    """Two samples with a large inner product: rows of the source, labels, size and |cosine|."""

    rows: tuple[int, int]
    labels: tuple[int, int]
    size: Interval
    cosine: Interval


@dataclass(frozen=True)
class CheckedSlope:
    """The ladder of certificates at one slope, strongest assumption first."""

    slope: float
    certificates: tuple[CheckedCertificate, ...]


@dataclass(frozen=True)
class DataCheck:
    """The result. `left_out` says why the row-wise forms and the candidate were not decided.

    `not_precise` says why the precision asked for was not applied; empty when it was, or none was
    asked for.
    """

    sample: Sample
    summary: GramSummary
    pairs: tuple[ResponsiblePair, ...]
    slopes: tuple[CheckedSlope, ...]
    left_out: str = ""
    not_precise: str = ""

    @property
    def full_matrix(self) -> bool:
        """Whether the certificates that need the whole Gram matrix were decided."""
        return not self.left_out


def check_data(
    sample: Sample,
    slopes: Sequence[float] = SLOPES,
    *,
    seed: int = 0,
    bits: int | None = None,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> DataCheck:
    """Decide every certificate at every slope (in (0, 1]). `seed` is for the random subsets.

    Inner products of more than `FULL_MATRIX` samples are computed on `device`. With `bits` what
    decides is computed in rational numbers and balls of that precision, where the data are small
    enough; what searches is not.
    """
    precise = bits is not None and affordable(sample.n, sample.d)
    statistics: GramStatistics | None = None
    if sample.n <= FULL_MATRIX:
        progress("inner products", 0, 1)
        statistics = gram_statistics(sample.x, labels=sample.y, precise=precise)
        summary = summarised(statistics)
    else:
        summary = stream_gram(
            sample.x,
            device=device,
            progress=lambda done, total: progress("inner products", done, total),
        )
    left_out = _left_out(statistics)
    closed = ClosedForm(sample, summary, seed, None if statistics is None else statistics.gram.mid)
    full = None
    if statistics is not None and not left_out:
        full = FullMatrix(sample, statistics, gram_matrix(sample.x) if precise else None, seed)
    checked = []
    for done, slope in enumerate(slopes):
        progress("certificates", done, len(slopes))
        ladder = [*closed.at(slope), row_sums(sample, summary, slope)]
        if full is not None:
            ladder += full.at(slope)
        checked.append(CheckedSlope(slope, tuple(ladder)))
    not_precise = "" if precise or bits is None else why_in_balls(sample.n, sample.d, bits)
    pairs = _pairs(sample, summary)
    return DataCheck(sample, summary, pairs, tuple(checked), left_out, not_precise)


def _left_out(statistics: GramStatistics | None) -> str:
    if statistics is None:
        return f"more than {FULL_MATRIX} samples"
    gram = statistics.gram
    usable = gram.is_finite and (gram.mid.diagonal() > 0).all()
    return "" if usable else "squared norms outside the range of float64 (use --scale)"


def _pairs(sample: Sample, summary: GramSummary) -> tuple[ResponsiblePair, ...]:
    found = []
    for pair in summary.pairs:
        n, k = pair.n, pair.k
        norms = [summary.squares.interval(i).nonnegative().sqrt() for i in (n, k)]
        found.append(
            ResponsiblePair(
                (int(sample.rows[n]), int(sample.rows[k])),
                (int(sample.y[n]), int(sample.y[k])),
                pair.size,
                pair.size / (norms[0] * norms[1]),
            )
        )
    return tuple(found)


def shown_load(c: CheckedCertificate) -> str:
    """The load in three digits; `-` where the certificate has none."""
    return shown(c.load)


def as_data(check: DataCheck) -> dict[str, Any]:
    """The same as plain data for JSON; infinite ends are null."""
    sample, summary = check.sample, check.summary
    return {
        "data": {
            "source": sample.source,
            "samples": sample.n,
            "dimension": sample.d,
            "positive": int((sample.y > 0).sum()),
            "negative": int((sample.y < 0).sum()),
            "hash": sample.fingerprint(),
            "R_min": interval(summary.R_min),
            "R_max": interval(summary.R_max),
            "p_max": interval(summary.p_max),
            "left_out": check.left_out or None,
            "not_precise": check.not_precise or None,
            "largest_row_sum": interval(summary.row_sums.max_enclosure()),
        },
        "pairs": [
            {
                "rows": list(pair.rows),
                "labels": list(pair.labels),
                "inner_product": interval(pair.size),
                "cosine": interval(pair.cosine),
            }
            for pair in check.pairs
        ],
        "slopes": [
            {"slope": s.slope, "certificates": [_certificate(c) for c in s.certificates]}
            for s in check.slopes
        ],
    }


def _certificate(c: CheckedCertificate) -> dict[str, Any]:
    random = c.at_random
    like_this = c.dimension_like_this
    return {
        "name": c.name,
        "theorem": c.theorem,
        "left": interval(c.left),
        "right": interval(c.right),
        "load": interval(c.load),
        "holds": c.holds,
        "note": c.note,
        "at_random": None
        if random is None
        else {
            "lowest": random.lowest,
            "median": random.median,
            "highest": random.highest,
            "orders": random.orders,
            "capped": random.capped,
        },
        "chosen_rows": None if c.chosen is None else list(c.chosen),
        "smallest_slope": c.smallest_slope,
        "smallest_slope_searched": c.slope_searched,
        "dimension_extrapolated": None if like_this is None else finite(like_this),
        "dimension_uniform": c.dimension_uniform,
        "dimension_uniform_failure_probability": float(DELTA),
    }
