"""What `perturbproof check` prints: the answer in words, then tables."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..assumptions.ladder import CheckedSlope, CheckResult
from ..assumptions.told import told
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
    record = told(check)
    for checked, (head, tail) in zip(check.slopes, record.answers, strict=True):
        console.print(f"[bold {_STYLE[checked.applies]}]{head}[/]: {escape(tail)}")
    console.print()
    for line in record.about:
        console.print(line, markup=False)
    for table in record.tables:
        console.print(f"\n[bold]{table.title}[/]: {table.says}")
        shown_table = plain_table(*table.header)
        for first, *cells in table.rows:
            shown_table.add_row(first, *map(_styled, cells))
        console.print(shown_table)
        for note in table.notes:
            console.print(note, markup=False)
    if not long:
        console.print("more with --long")
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


def _styled(cell: str) -> str:
    """A cell with its first word in the colour of the answer that it gives, if it gives one."""
    word, blank, rest = cell.partition(" ")
    return f"[{_STYLE[word]}]{word}[/]{blank}{rest}" if word in _STYLE else escape(cell)


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
