"""Which theorems hold on the user's own data, how far the others are, what would make them hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...numerics.boundary.gram import GramStatistics, gram_matrix, gram_statistics
from ...numerics.boundary.streaming_gram import GramSummary, stream_gram, summarised
from ...numerics.data import Sample
from ...numerics.enclose.precise_array import affordable, why_in_balls
from ...numerics.given_network import GivenNetwork
from ...theory.exact.interval import Interval
from ..reporting import html_table
from ..values import Progress, finite, interval, shown, unwatched
from .advice import Advice, Applies, advised, applies, mends, verdict
from .limits import CheckedLimit, check_capture, check_limit
from .own_network import CheckedNetwork, check_network
from .rungs import CANDIDATE, DELTA, CheckedCertificate, Rungs

FULL_MATRIX = 1000
"""Samples up to which the certificates that need the whole Gram matrix are decided."""
SLOPES = (0.01, 0.1, 0.5, 0.9)
_SAFE_EXPONENT = 400
"""Beyond 2^400 or below 2^-400, squared norms or their products leave the range of float64."""


@dataclass(frozen=True)
class ResponsiblePair:
    """Two samples with a large inner product: rows of the source, labels, size and |cosine|."""

    rows: tuple[int, int]
    labels: tuple[int, int]
    inner_product: Interval
    cosine: Interval


@dataclass(frozen=True)
class CheckedSlope:
    """The limit of the data at one slope, and the worst-case ladder, strongest assumption first.

    At slope 0 there is no ladder: a linear boundary does not follow. `network` is the user's own,
    where one was given.
    """

    slope: float
    limit: CheckedLimit
    certificates: tuple[CheckedCertificate, ...]
    advice: Advice | None = None
    network: CheckedNetwork | None = None

    @property
    def applies(self) -> Applies:
        """Whether the theory applies: by a certificate, to a captured network, in part, or not."""
        return applies(self)

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


@dataclass(frozen=True, eq=False, repr=False)
class CheckResult:
    """A finished check of one dataset.

    Attributes:
        sample: the samples and labels that were checked.
        gram: their norms, row sums and largest inner products.
        pairs: the pairs with the largest inner products.
        slopes: the ladder at every slope.
        left_out: why the row-wise forms and the candidate were not decided; empty when they were.
        not_precise: why the precision asked for was not applied; empty when it was, or none was
            asked for.
        out: the folder with the report, if one was written.
    """

    sample: Sample
    gram: GramSummary
    pairs: tuple[ResponsiblePair, ...]
    slopes: tuple[CheckedSlope, ...]
    left_out: str = ""
    not_precise: str = ""
    out: Path | None = None

    @property
    def full_matrix(self) -> bool:
        """Whether the certificates that need the whole Gram matrix were decided."""
        return not self.left_out

    @property
    def words(self) -> tuple[str, ...]:
        """At each slope, whether the theory applies, and what comes nearest where it does not."""
        return tuple(
            " ".join((verdict(one, self.sample.n), *mends(one, self.full_matrix)))
            for one in self.slopes
        )

    @property
    def applies(self) -> dict[float, Applies]:
        """At each slope, whether the theory applies."""
        return {checked.slope: checked.applies for checked in self.slopes}

    @property
    def by_slope(self) -> dict[float, tuple[CheckedCertificate, ...]]:
        """The ladder at each slope, strongest assumption first."""
        return {checked.slope: checked.certificates for checked in self.slopes}

    @property
    def holding(self) -> dict[float, tuple[CheckedCertificate, ...]]:
        """At each slope, the certificates that prove a linear boundary for all samples."""
        return {checked.slope: checked.holding for checked in self.slopes}

    @property
    def limits(self) -> dict[float, CheckedLimit]:
        """At each slope, whether the data have a limit with a linear boundary."""
        return {checked.slope: checked.limit for checked in self.slopes}

    @property
    def summary(self) -> str:
        """The check in one line."""
        found = [slope for slope, limit in self.limits.items() if limit.holds == "yes"]
        held = [slope for slope, some in self.holding.items() if some]
        others = [slope for slope in self.holding if slope and slope not in held]
        parts = (
            ("a limit with active own pairs", "every", [slope for slope in found if not slope]),
            ("a linear limit", "every", [slope for slope in found if slope]),
            ("a certificate covers all", "every", held),
            ("none covers all", "any", others),
        )
        told = [
            f"{what} at {all_} slope"
            if 1 < len(at) == len(self.slopes)
            else f"{what} at slope {', '.join(f'{slope:g}' for slope in at)}"
            for what, all_, at in parts
            if at
        ]
        return f"{self.sample.n} samples: {'; '.join(told)}"

    def to_json(self) -> str:
        """What `perturbproof check --json` prints; infinite ends are null."""
        sample, gram, slopes = self.sample, self.gram, _plain(self.slopes)
        for one, checked, words in zip(slopes, self.slopes, self.words, strict=True):
            one |= {"applies": checked.applies, "words": words}
        for certificate in (c for one in slopes for c in one["certificates"]):
            certificate["dimension_uniform_failure_probability"] = float(DELTA)
        content = {
            "data": {
                "source": sample.source,
                "samples": sample.n,
                "dimension": sample.d,
                "positive": int((sample.y > 0).sum()),
                "negative": int((sample.y < 0).sum()),
                "labels": dict(zip(("-1", "+1"), sample.label_names, strict=True)),
                "told": list(sample.told),
                "sha256": dict(sample.sha256),
                "hash": sample.fingerprint(),
                **{name: _plain(getattr(gram, name)) for name in ("R_min", "R_max", "p_max")},
                "left_out": self.left_out or None,
                "not_precise": self.not_precise or None,
                "largest_row_sum": _plain(gram.row_sums.max_enclosure()),
            },
            "pairs": _plain(self.pairs),
            "slopes": slopes,
        }
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def __bool__(self) -> bool:
        raise TypeError("a check has no truth value: ask for `holding`")

    def __repr__(self) -> str:
        return f"<CheckResult: {self.summary}>"

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        return [
            row
            for one in self.slopes
            for row in (
                (one.limit.holds, f"{one.slope:g}", "limit", "-", one.limit.theorem),
                *(
                    (c.holds, f"{one.slope:g}", c.name, shown(c.load), c.theorem)
                    for c in one.certificates
                ),
            )
        ]

    def __str__(self) -> str:
        lines = [
            f"{holds:7}  slope {slope}  {name}  load {load}"
            for holds, slope, name, load, _ in self._rows()
        ]
        return "\n".join([*self.words, *lines, self.summary])

    def _repr_html_(self) -> str:
        headings = ("holds", "slope", "certificate", "load", "theorem")
        return html_table(headings, self._rows(), self.summary)


def check_data(
    sample: Sample,
    slopes: Sequence[float] = SLOPES,
    *,
    seed: int = 0,
    bits: int | None = None,
    device: str = "cpu",
    trained: bool = False,
    network: GivenNetwork | None = None,
    advise: bool = True,
    progress: Progress = unwatched,
) -> CheckResult:
    """Decide every certificate at every slope (in (0, 1]), and the limit at slope 0 as well.

    `seed` is for the random subsets and the start of the network that is trained until captured, if
    `trained` asks for one; `network` is the user's own, which takes these samples. With `advise`
    centring and the like are tried where no certificate holds. Data whose squares leave the range
    of float64 are checked times a power of 2.

    Inner products of more than `FULL_MATRIX` samples are computed on `device`. With `bits` what
    decides is computed in rational numbers and balls of that precision, where the data are small
    enough; what searches is not.
    """
    given, sample = sample, in_range(sample)
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
    left_out = f"more than {FULL_MATRIX} samples" if statistics is None else ""
    if statistics is not None and not (
        statistics.gram.is_finite and (statistics.gram.mid.diagonal() > 0).all()
    ):
        left_out = "squared norms outside the range of float64 (use --scale)"
    searched = gram_matrix(sample.x) if precise and not left_out else None
    rungs = Rungs(sample, summary, seed, statistics, searched, rows=not left_out)
    checked: list[CheckedSlope] = []
    for done, slope in enumerate(slopes):
        progress("certificates", done, len(slopes))
        capture = None
        if trained:
            rng = np.random.default_rng([seed, done])
            tell = partial(progress, f"training at slope {slope:g}")
            capture = check_capture(sample, slope, rng, device=device, progress=tell)
        limit = check_limit(sample, slope, capture)
        certificates = tuple(rungs.at(slope)) if slope else ()  # of linear boundaries
        own = None if network is None else check_network(network, given, slope)
        checked.append(CheckedSlope(slope, limit, certificates, network=own))
    missed = [one.slope for one in checked if one.slope and not one.holding]
    # Beyond float64 no change of features is computed.
    if missed and advise and (statistics is None or not left_out):
        progress("what would make a certificate hold", 0, 1)
        found = advised(sample, missed, seed, whole=statistics is not None, device=device)
        checked = [replace(one, advice=found.get(one.slope)) for one in checked]
    not_precise = "" if precise or bits is None else why_in_balls(sample.n, sample.d, bits)
    pairs = tuple(_pairs(sample, summary))
    return CheckResult(sample, summary, pairs, tuple(checked), left_out, not_precise)


def in_range(sample: Sample) -> Sample:
    """The sample, times a power of 2 where squared norms would leave the range of float64.

    Every certificate, pattern and boundary is the same at every scale. Exact, or not done.
    """
    largest = float(abs(sample.x).max())
    exponent = -math.frexp(largest)[1]
    if abs(exponent) < _SAFE_EXPONENT:
        return sample
    with np.errstate(all="ignore"):
        scaled = np.ldexp(sample.x, exponent)
        if not np.array_equal(np.ldexp(scaled, -exponent), sample.x):
            return sample
    told = f"checked times 2^{exponent}, at which scale everything said below is the same"
    return replace(sample, x=scaled, told=(*sample.told, told))


def _pairs(sample: Sample, summary: GramSummary) -> Iterator[ResponsiblePair]:
    for pair in summary.pairs:
        n, k = pair.n, pair.k
        norms = [summary.squares.interval(i).nonnegative().sqrt() for i in (n, k)]
        yield ResponsiblePair(
            (int(sample.rows[n]), int(sample.rows[k])),
            (int(sample.y[n]), int(sample.y[k])),
            pair.size,
            pair.size / (norms[0] * norms[1]),
        )


def _plain(value: Any) -> Any:
    """Records, tuples, intervals and numbers as plain data for JSON, under the records' names."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Interval):
        return interval(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return finite(value) if isinstance(value, float) else value
