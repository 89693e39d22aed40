"""Which theorems hold on the user's own data, how far the others are, what would make them hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...numerics.boundary.gram import GramStatistics, gram_matrix, gram_statistics
from ...numerics.boundary.streaming_gram import GramSummary, stream_gram, summarised
from ...numerics.data import Sample
from ...numerics.enclose.precise_array import affordable, why_in_balls
from ...theory.exact.interval import Interval
from ..reporting import html_table
from ..values import Progress, finite, interval, shown, unwatched
from .rungs import CANDIDATE, DELTA, ByMatrix, BySummary, CheckedCertificate

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

    @property
    def theorems(self) -> tuple[CheckedCertificate, ...]:
        """All but the candidate: those that prove a linear boundary where they hold."""
        return tuple(c for c in self.certificates if c.name != CANDIDATE)

    @property
    def candidate(self) -> CheckedCertificate | None:
        return next((c for c in self.certificates if c.name == CANDIDATE), None)

    @property
    def holding(self) -> tuple[CheckedCertificate, ...]:
        """The theorems judged to hold for all samples."""
        return tuple(c for c in self.theorems if c.holds == "yes")


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
        statistics = gram_statistics(sample.x, precise=precise)
        summary = summarised(statistics)
    else:
        summary = stream_gram(
            sample.x,
            device=device,
            progress=lambda done, total: progress("inner products", done, total),
        )
    left_out = _left_out(statistics)
    closed = BySummary(sample, summary, seed, None if statistics is None else statistics.gram.mid)
    full = None
    if statistics is not None and not left_out:
        full = ByMatrix(sample, statistics, gram_matrix(sample.x) if precise else None, seed)
    checked = []
    for done, slope in enumerate(slopes):
        progress("certificates", done, len(slopes))
        ladder = list(closed.at(slope))
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


# What `check` returns: the ladder of certificates at every slope, to filter and show.


@dataclass(frozen=True, eq=False, repr=False)
class CheckResult:
    """A finished check of one dataset.

    Attributes:
        check: sample, norms and inner products, pairs, and the ladder at every slope.
        out: the folder with the report, if one was written.
    """

    check: DataCheck
    out: Path | None = None

    @property
    def by_slope(self) -> dict[float, tuple[CheckedCertificate, ...]]:
        """The ladder at each slope, strongest assumption first."""
        return {checked.slope: checked.certificates for checked in self.check.slopes}

    @property
    def holding(self) -> dict[float, tuple[CheckedCertificate, ...]]:
        """At each slope, the certificates that prove a linear boundary for all samples."""
        return {checked.slope: checked.holding for checked in self.check.slopes}

    @property
    def summary(self) -> str:
        """The check in one line."""
        held = [f"{slope:g}" for slope, some in self.holding.items() if some]
        others = [f"{slope:g}" for slope, some in self.holding.items() if not some]
        proved = f"a certificate covers all at slope {', '.join(held)}" if held else ""
        short = f"none covers all at slope {', '.join(others)}" if others else ""
        told = "; ".join(part for part in (proved, short) if part)
        return f"{self.check.sample.n} samples: {told}"

    def to_json(self) -> str:
        """What `perturbproof check --json` prints."""
        return json.dumps(as_data(self.check), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def __bool__(self) -> bool:
        raise TypeError("a check has no truth value: ask for `holding`")

    def __repr__(self) -> str:
        return f"<CheckResult: {self.summary}>"

    def __str__(self) -> str:
        lines = [
            f"{c.holds:7}  slope {slope:g}  {c.name}  load {shown_load(c)}"
            for slope, ladder in self.by_slope.items()
            for c in ladder
        ]
        return "\n".join([*lines, self.summary])

    def _repr_html_(self) -> str:
        rows = [
            (c.holds, f"{slope:g}", c.name, shown_load(c), c.theorem)
            for slope, ladder in self.by_slope.items()
            for c in ladder
        ]
        return html_table(("holds", "slope", "certificate", "load", "theorem"), rows, self.summary)
