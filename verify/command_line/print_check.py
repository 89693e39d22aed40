"""What `perturbproof check` prints: the answer in words, then tables."""

from __future__ import annotations

import math

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..assumptions.ladder import CheckedSlope, CheckResult
from ..assumptions.limits import CheckedCapture
from ..values import number, shown
from .console import plain_table

_STYLE = {"yes": "green", "no": "yellow", "unknown": "magenta", "in part": "cyan"}
_LEGEND = {
    "load": "left side / right side: a certificate holds below 1",
    "at random": "samples, in random order, that meet it together (median of the orders tried)",
    "chosen": "samples of a subset, found greedily, that certainly meets it",
    "from slope": "smallest slope found at which it certainly holds on all samples, and at larger "
    "ones but where 'at' stands before it",
    "d like this": "dimension needed if squared norms went on growing like d and inner products "
    "only like sqrt(d): an extrapolation, not a promise; wrong for data that share a mean or a "
    "pattern",
    "d uniform": "dimension at which as many samples uniform on [-1,1]^d meet it with probability "
    "0.99",
}


def print_check(console: Console, check: CheckResult, *, long: bool = False) -> None:
    """The answer, the data, and the tables; all columns and pairs if `long`."""
    for checked, words in zip(check.slopes, check.words, strict=True):
        head, _, tail = words.partition(": ")
        style = _STYLE[checked.applies]
        console.print(f"[bold {style}]{head}[/]: {escape(tail)}")
    console.print()
    _print_data(console, check)
    console.print(
        "\n[bold]the limit of training[/]: a boundary that is linear, every own pair active"
    )
    console.print(_limit_table(check))
    for checked in check.slopes:
        if (words := _limit_words(checked)) is not None:
            console.print(f"slope {checked.slope:g}: {escape(words)}")
    console.print("\n[bold]worst-case certificates[/]: for every network and every limit")
    console.print(_ladder_table(check))
    if not long:
        console.print("load: left side / right side, below 1 where it holds; more with --long")
        return
    for checked in check.slopes:
        if checked.slope:
            console.print()
            console.print(_long_table(checked))
    console.print("\n[bold]pairs with the largest inner products[/]")
    console.print(_pair_table(check))
    console.print()
    legend = Table.grid(padding=(0, 2))
    for word, meaning in _LEGEND.items():
        legend.add_row(word, escape(meaning))
    console.print(legend)


def _print_data(console: Console, check: CheckResult) -> None:
    sample, gram = check.sample, check.gram
    positive = int((sample.y > 0).sum())
    negative, named = map(escape, sample.label_names)
    console.print(
        f"[bold]{escape(sample.source)}[/]: {sample.n} samples in dimension {sample.d}; +1 is "
        f"{named} ({positive} samples), -1 is {negative} ({sample.n - positive})"
    )
    for told in sample.told:
        console.print(f"  {told}", markup=False)
    console.print(
        f"norms {shown(gram.R_min)} to {shown(gram.R_max)}; largest inner product of two "
        f"samples {shown(gram.p_max)}"
    )
    if not check.full_matrix:
        console.print(
            f"Not decided, for {check.left_out}: the row-wise forms and the consistent "
            "candidate, which need the whole Gram matrix; the row sums stand in for them."
        )
    if check.not_precise:
        console.print(f"Decided {check.not_precise}.")


def _limit_table(check: CheckResult) -> Table:
    trained = any(one.limit.capture is not None for one in check.slopes)
    headings = ("slope", "exists", "least own activation", "supports", "at a kink")
    table = plain_table(*headings, *(("captured", "at step", "sine of angle") if trained else ()))
    for checked in check.slopes:
        limit, capture = checked.limit, checked.limit.capture
        cells = (
            f"{checked.slope:g}",
            f"[{_STYLE[limit.holds]}]{limit.holds}[/]",
            shown(limit.own_activation),
            number(limit.supports),
            number(limit.kinks),
        )
        if capture is not None:
            answer = "yes" if capture.captured else "unknown"
            found = (f"[{_STYLE[answer]}]{answer}[/]", str(capture.step), shown(capture.angle))
            cells = (*cells, *found)
        table.add_row(*cells)
    return table


def _limit_words(checked: CheckedSlope) -> str | None:
    """What the limit looks like where it is not linear or not known, and how training ended."""
    limit = checked.limit
    words: list[str] = [] if checked.slope else ["of a ReLU, so that it need not be linear"]
    if limit.holds == "no":
        words.append(
            "the solution of the margin program has an own pair that is not active, so that the "
            "boundary of the limit need not be linear"
            if limit.own_activation is not None
            else f"{limit.reason}: no network whose own pairs are all active classifies all samples"
        )
    elif limit.holds == "unknown":
        words.append(f"whether such a limit exists is not decided: {limit.reason}")
    if limit.capture is not None:
        words.append(_capture_words(limit.capture))
    return "; ".join(words) + "." if words else None


def _capture_words(capture: CheckedCapture) -> str:
    of = f"the network trained here (width {capture.width}, start {capture.start:.1g})"
    if not capture.captured:
        why = capture.reason.removeprefix("not captured: ")
        return f"{of} is not captured after {capture.step} steps: {why}"
    pairs = (
        f"{capture.inactive_pairs} of {capture.own_pairs} own pairs are inactive and stay so"
        if capture.inactive_pairs
        else "every own pair is active and stays so"
    )
    words = f"{of} is captured at step {capture.step}: {pairs} for ever under gradient flow"
    if capture.angle is None or not capture.angle.upper < 1:
        return f"{words}, which tends to the limit of that pattern"
    degrees = math.degrees(math.asin(capture.angle.upper))
    return (
        f"{words}, which tends to that limit, and its sign is that of <q, z> for ever outside "
        f"{math.ceil(degrees)} degrees of the boundary"
    )


def _ladder_table(check: CheckResult) -> Table:
    """A line a certificate and a column a slope: whether it holds, and its load where not.

    Slope 0 has no column: certificates are about linear boundaries.
    """
    leaky = [one for one in check.slopes if one.slope]
    table = plain_table("certificate", *(f"slope {one.slope:g}" for one in leaky))
    for rungs in zip(*(one.certificates for one in leaky), strict=True):
        cells = (
            f"[{_STYLE[c.holds]}]{c.holds}[/]"
            + (f" {shown(c.load)}" if c.holds != "yes" and c.load is not None else "")
            for c in rungs
        )
        table.add_row(rungs[0].name, *cells)
    return table


def _long_table(checked: CheckedSlope) -> Table:
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=f"slope {checked.slope:g}",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("certificate", no_wrap=True)
    table.add_column("holds", overflow="fold")
    for heading in ("left side", "right side", *_LEGEND):
        table.add_column(heading, justify="right", overflow="fold")
    for c in checked.certificates:
        every, random = c.holds == "yes", c.at_random
        at_random = "-" if random is None else f"{'>=' * random.capped}{random.median}"
        slope = "-"
        if c.smallest_slope_searched:
            least = c.smallest_slope
            slope = "none" if least is None else f"{least:.3g}" if least else "any"
            slope = slope if c.monotone or not least else f"at {slope}"
        table.add_row(
            c.name,
            f"[{_STYLE[c.holds]}]{c.holds}[/]",
            *map(shown, (c.left, c.right, c.load)),
            "all" if every else at_random,
            "all" if every else "-" if c.chosen_rows is None else str(len(c.chosen_rows)),
            slope,
            *map(number, (c.dimension_extrapolated, c.dimension_uniform)),
        )
    return table


def _pair_table(check: CheckResult) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("row", "row", "labels", "|inner product|", "|cosine|"):
        table.add_column(heading, justify="right")
    for pair in check.pairs:
        labels = " ".join(f"{label:+d}" for label in pair.labels)
        table.add_row(*map(str, pair.rows), labels, shown(pair.inner_product), shown(pair.cosine))
    return table
