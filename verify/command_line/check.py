"""`perturbproof check`: the assumptions of the theorems on the user's own data."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..values import ExitCode, number, shown
from .console import (
    Device,
    Json,
    Precision,
    Quiet,
    check_address_space,
    command_line,
    results,
    watched,
)

if TYPE_CHECKING:
    from ..assumptions.ladder import CheckedSlope, CheckResult
    from ..assumptions.limits import CheckedCapture
    from ..assumptions.rungs import CheckedCertificate


# What `perturbproof check` prints: tables and sentences, or plain data.

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


def print_check(console: Console, check: CheckResult) -> None:
    """Tables for people."""
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
    console.print()
    for checked in check.slopes:
        console.print(_limit_sentence(checked))
        console.print()
    console.print("[bold]worst-case certificates[/], which hold for every network and every limit")
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


def _limit_sentence(checked: CheckedSlope) -> str:
    """Where training goes on these data, in words."""
    limit, capture = checked.limit, checked.limit.capture
    least = shown(limit.own_activation)
    words = {
        "yes": "[green]a limit with a linear boundary exists on these data[/]: a strict local "
        "minimum of the margin problem, which attracts an open set of starts (least own activation "
        f"{least}; {limit.supports} supporting samples, {limit.kinks} of them at a kink).",
        "no": "[yellow]no limit on these data has every own pair active[/]"
        + (
            f" (least own activation {least}): its boundary need not be linear."
            if limit.own_activation is not None
            else f": {escape(limit.reason)}."
        ),
        "unknown": "[magenta]whether a limit with a linear boundary exists is not decided[/]: "
        f"{escape(limit.reason)}.",
    }[limit.holds]
    if capture is not None:
        words += " " + _capture_sentence(capture)
    return f"[bold]slope {checked.slope:g}[/]: {words}"


def _capture_sentence(capture: CheckedCapture) -> str:
    of = f"The network trained here (width {capture.width}, start {capture.start:.1g})"
    if not capture.captured:
        why = capture.reason.removeprefix("not captured: ")
        return f"{of} is [magenta]not captured[/] after {capture.step} steps: {why}."
    pairs = (
        f"{capture.inactive_pairs} of {capture.own_pairs} own pairs are inactive and stay so"
        if capture.inactive_pairs
        else "every own pair is active and stays so"
    )
    words = (
        f"{of} is [green]captured[/] at step {capture.step}: {pairs} for ever under gradient flow"
    )
    if capture.angle is None or not capture.angle.upper < 1:
        return f"{words}, which tends to the limit of that pattern."
    degrees = math.degrees(math.asin(capture.angle.upper))
    return (
        f"{words}, which tends to that limit, and its sign is that of <q, z> for ever outside "
        f"{math.ceil(degrees)} degrees of the boundary."
    )


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
    for heading in ("left side", "right side", *_LEGEND):
        table.add_column(heading, justify="right")
    for c in checked.certificates:
        every, random = c.holds == "yes", c.at_random
        at_random = "-" if random is None else f"{'>=' * random.capped}{random.median}"
        slope = "-"
        if c.smallest_slope_searched:
            least = c.smallest_slope
            slope = "none" if least is None else f"{least:.3g}" if least else "any"
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


def _sentence(checked: CheckedSlope, check: CheckResult) -> str:
    """What holds, or what comes nearest to it, in words."""
    if checked.holding:
        return (
            f"Proved for all {check.sample.n} samples by: "
            f"{', '.join(c.name for c in checked.holding)}. "
            "The boundary of the trained network tends to a hyperplane."
        )
    words = f"No certificate covers all {check.sample.n} samples. "
    words += " ".join(_mends(checked.theorems))
    if (candidate := checked.candidate) is not None:
        words += {
            "yes": " The paper's pattern, in which the other half is inactive at every sample, "
            "exists all the same.",
            "no": " No limit has the paper's pattern, in which the other half is inactive at every "
            "sample; the limit above does not ask for it.",
            "unknown": " Whether a limit has the paper's pattern, in which the other half is "
            "inactive at every sample, is not decided.",
        }[candidate.holds]
    return words


def _mends(ladder: tuple[CheckedCertificate, ...]) -> Iterator[str]:
    widest = max(ladder, key=lambda c: len(c.chosen_rows or ()))
    if chosen := widest.chosen_rows:
        rows = ", ".join(map(str, chosen[:6])) + (", ..." if len(chosen) > 6 else "")
        yield f"It would hold for {len(chosen)} chosen samples ({widest.name}: rows {rows})."
    else:
        yield "Not even two samples of opposite labels were found that meet one."
    lower = [c for c in ladder if c.smallest_slope is not None]
    if lower:
        best = min(lower, key=lambda c: c.smallest_slope or 0.0)
        yield f"All samples meet '{best.name}' from slope {best.smallest_slope:g} on."
    else:
        yield "No slope up to 1 makes one hold for all samples."
    loads = [c for c in ladder if c.dimension_extrapolated is not None]
    if loads:
        best = min(loads, key=lambda c: c.dimension_extrapolated or math.inf)
        needed = number(best.dimension_extrapolated)
        yield (
            f"Extrapolated, '{best.name}' would need dimension {needed} if inner products grew "
            "like sqrt(d) only."
        )


def _pair_table(check: CheckResult) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("row", "row", "labels", "|inner product|", "|cosine|"):
        table.add_column(heading, justify="right")
    for pair in check.pairs:
        labels = " ".join(f"{label:+d}" for label in pair.labels)
        table.add_row(*map(str, pair.rows), labels, shown(pair.inner_product), shown(pair.cosine))
    return table


def check(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A .npz, .npy, .csv, .pt, .safetensors or IDX file, or a folder of such files or "
            "of binary CIFAR-10 files.",
        ),
    ],
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The labels, for a file without.")
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="NAME", help="The array of samples in the file.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="NAME", help="The array of labels in the file.")
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of a table, by name or number (from 1)."),
    ] = None,
    drop_column: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column to leave out; repeatable."),
    ] = None,
    classes: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="Two labels to take, the first as +1.", show_default=False
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="Take so many samples only.")
    ] = None,
    take: Annotated[
        Literal["first", "random"], typer.Option(help="The first ones, or at random (see --seed).")
    ] = "first",
    centre: Annotated[
        bool, typer.Option("--centre", help="Subtract the mean of the samples taken.")
    ] = False,
    standardise: Annotated[
        bool,
        typer.Option(
            "--standardise", help="Subtract it, and bring each feature to standard deviation 1."
        ),
    ] = False,
    scale: Annotated[float, typer.Option(help="Multiply every sample by this, then.")] = 1.0,
    unit_norm: Annotated[
        bool, typer.Option("--unit-norm", help="Bring each sample to norm 1, then.")
    ] = False,
    bias: Annotated[
        bool, typer.Option("--bias", help="Append a coordinate 1: hidden neurons have a bias.")
    ] = False,
    slope: Annotated[
        list[float] | None,
        typer.Option(help="Slope of the leaky ReLU; repeatable. [default: 0.01 0.1 0.5 0.9]"),
    ] = None,
    train: Annotated[
        bool,
        typer.Option("--train", help="Also train a network at each slope until it is captured."),
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of what is random: samples taken, subsets, start.")
    ] = 0,
    precision: Precision = None,
    device: Device = "cpu",
    out: Annotated[Path | None, typer.Option(help="Also write a report to this folder.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Check the assumptions of the theorems on your own data, and what would make them hold."""
    check_address_space()
    from ..api import check as run

    with watched(quiet) as progress:
        result = run(
            data,
            labels,
            x=x,
            y=y,
            label_column=label_column,
            drop_columns=drop_column or (),
            classes=classes,
            samples=samples,
            take=take,
            centred=centre,
            standardised=standardise,
            scale=scale,
            unit_norm=unit_norm,
            bias=bias,
            slopes=slope or (),
            train=train,
            seed=seed,
            precision=precision,
            device=device,
            out=out,
            progress=progress,
            command=command_line(),
        )
    if as_json:
        sys.stdout.write(result.to_json())
    else:
        console = results()
        print_check(console, result)
        if out is not None:
            console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, figures)")
        console.print(f"\n{result.summary}")
    return ExitCode.AS_EXPECTED
