"""What `perturbproof check` prints: tables and sentences, or plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...numerics.enclosure import Interval
from ..data_checks.certificate import DELTA, CheckedCertificate
from ..data_checks.data_check import CheckedSlope, DataCheck
from ..report import finite, interval

_STYLE = {"yes": "green", "no": "yellow", "unknown": "magenta"}
_LEGEND = {
    "load": "left side / right side: a certificate holds below 1",
    "at random": "samples, in random order, that meet it together (median of the orders tried)",
    "chosen": "samples of a subset, found greedily, that certainly meets it",
    "from slope": "smallest slope found at which it certainly holds on all samples",
    "d like this": "dimension needed if squared norms went on growing like d and inner products "
    "only like sqrt(d): an extrapolation, not a promise; wrong for data that share a mean or a "
    "pattern",
    "d uniform": "dimension at which as many samples uniform on [-1,1]^d meet it with probability "
    "0.99",
}


def print_check(console: Console, check: DataCheck) -> None:
    """Tables for people."""
    sample, summary = check.sample, check.summary
    positive = int((sample.y > 0).sum())
    console.print(
        f"[bold]{escape(sample.source)}[/]: {sample.n} samples ({positive} of label +1, "
        f"{sample.n - positive} of label -1) in dimension {sample.d}"
    )
    console.print(
        f"norms {_shown(summary.R_min)} to {_shown(summary.R_max)}; largest inner product of two "
        f"samples {_shown(summary.p_max)}"
    )
    if not check.full_matrix:
        console.print(
            f"Not decided, for {check.left_out}: the row-wise forms and the consistent "
            "candidate, which need the whole Gram matrix; the row sums stand in for them."
        )
    if check.not_precise:
        console.print(f"Decided {check.not_precise}.")
    for checked in check.slopes:
        console.print()
        console.print(_table(checked))
        console.print(_sentence(checked, check))
    console.print("\n[bold]pairs with the largest inner products[/]")
    console.print(_pair_table(check))
    console.print()
    legend = Table.grid(padding=(0, 2))
    for word, meaning in _LEGEND.items():
        legend.add_row(word, escape(meaning))
    console.print(legend)


def _table(checked: CheckedSlope) -> Table:
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=f"slope {checked.slope:g}",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("certificate", no_wrap=True)
    table.add_column("holds")
    for heading in (
        "left side",
        "right side",
        "load",
        "at random",
        "chosen",
        "from slope",
        "d like this",
        "d uniform",
    ):
        table.add_column(heading, justify="right")
    for c in checked.certificates:
        every = c.holds == "yes"
        table.add_row(
            c.name,
            f"[{_STYLE[c.holds]}]{c.holds}[/]",
            _shown(c.left),
            _shown(c.right),
            _shown(c.load),
            "all" if every else _random(c),
            "all" if every else "-" if c.chosen is None else str(len(c.chosen)),
            _slope(c),
            _number(c.dimension_like_this),
            _number(c.dimension_uniform),
        )
    return table


def _sentence(checked: CheckedSlope, check: DataCheck) -> str:
    """What holds, or what comes nearest to it, in words."""
    ladder = [c for c in checked.certificates if c.name != "candidate"]
    holding = [c for c in ladder if c.holds == "yes"]
    candidate = next((c for c in checked.certificates if c.name == "candidate"), None)
    if holding:
        words = (
            f"Proved for all {check.sample.n} samples by: {', '.join(c.name for c in holding)}. "
            "The boundary of the trained network tends to a hyperplane."
        )
    else:
        words = f"No certificate covers all {check.sample.n} samples. " + " ".join(_mends(ladder))
    if candidate is not None and not holding:
        words += {
            "yes": " A KKT point with a linear boundary exists all the same; whether training "
            "reaches it is not proved.",
            "no": " The network has no KKT point with this linear pattern.",
            "unknown": " Whether a KKT point with a linear boundary exists is not decided.",
        }[candidate.holds]
    return words


def _mends(ladder: list[CheckedCertificate]) -> Iterator[str]:
    widest = max(ladder, key=lambda c: len(c.chosen or ()))
    if widest.chosen:
        rows = ", ".join(map(str, widest.chosen[:6])) + (", ..." if len(widest.chosen) > 6 else "")
        yield f"It would hold for {len(widest.chosen)} chosen samples ({widest.name}: rows {rows})."
    else:
        yield "Not even two samples of opposite labels were found that meet one."
    lower = [c for c in ladder if c.smallest_slope is not None]
    if lower:
        best = min(lower, key=lambda c: c.smallest_slope or 0.0)
        yield f"All samples meet '{best.name}' from slope {best.smallest_slope:g} on."
    else:
        yield "No slope up to 1 makes one hold for all samples."
    loads = [c for c in ladder if c.dimension_like_this is not None]
    if loads:
        best = min(loads, key=lambda c: c.dimension_like_this or math.inf)
        yield (
            f"Extrapolated, '{best.name}' would need dimension {_number(best.dimension_like_this)} "
            "if inner products grew like sqrt(d) only."
        )


def _pair_table(check: DataCheck) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("row", "row", "labels", "|inner product|", "|cosine|"):
        table.add_column(heading, justify="right")
    for pair in check.pairs:
        table.add_row(
            *map(str, pair.rows),
            " ".join(f"{label:+d}" for label in pair.labels),
            _shown(pair.size),
            _shown(pair.cosine),
        )
    return table


def _random(c: CheckedCertificate) -> str:
    if c.at_random is None:
        return "-"
    return f">={c.at_random.median}" if c.at_random.capped else str(c.at_random.median)


def _slope(c: CheckedCertificate) -> str:
    if not c.slope_searched:
        return "-"
    if c.smallest_slope is None:
        return "none"
    return f"{c.smallest_slope:.3g}" if c.smallest_slope else "any"


def shown_load(c: CheckedCertificate) -> str:
    """The load in three digits; `-` where the certificate has none."""
    return _shown(c.load)


def _shown(value: Interval | None) -> str:
    if value is None or not value.is_finite:
        return "-"
    return _number(value.lower / 2 + value.upper / 2)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e6:
        return f"{value:.0f}" if size >= 1000 or value == int(value) else f"{value:.3g}"
    return f"{value:.1e}"


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
