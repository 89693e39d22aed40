"""Which certificates hold on the user's own data, how far the others are, what would make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...numerics.datasets import Sample
from ...numerics.enclosure import Interval
from ...numerics.gram import GramStatistics, gram_matrix, gram_statistics
from ...numerics.precise_array import affordable, why_in_balls
from ...numerics.streaming_gram import GramSummary, stream_gram, summarised
from ..progress import Progress, unwatched
from .certificate import CheckedCertificate
from .closed_certificates import ClosedForm
from .row_certificates import FullMatrix, row_sums

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
