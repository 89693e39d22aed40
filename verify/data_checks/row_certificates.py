"""The certificates from the rows of the Gram matrix on one dataset, and the consistent candidate.

The row sums alone give a certificate that needs no N x N matrix. In the notation of
`numerics.certificates`, with s_n the row sums and S the largest, the constant t = 2/M with
M = min_n ((1+gamma^2) D_n - (1+gamma) s_n) meets (ii), and its slack at n,
gamma (2 - (1+gamma) s_n t)/(1+gamma^2) - s_n t, is positive for every n exactly if

    (1 + gamma + 2 gamma^2) S / gamma < M.

t bounds the half-aware row-wise solution from above and the slack falls as t grows, so that this
implies the half-aware row-wise certificate, and it follows from the half-aware condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from ...numerics.certificates import Form, row_wise
from ...numerics.datasets import Sample
from ...numerics.enclosure import Interval
from ...numerics.gram import GramStatistics
from ...numerics.input_error import InputError
from ...numerics.margin_program import linear_kkt_point
from ...numerics.monotone_subset import RandomSizes
from ...numerics.real_array import RealArray
from ...numerics.streaming_gram import GramSummary
from ...numerics.subset import greedy_subset
from ..experiment import FORMS
from .certificate import CheckedCertificate, as_holds, smallest_slope

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
