"""`perturbproof sweep`: a grid of scenarios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from ..values import Verdict
from .console import (
    Device,
    Json,
    OwnTheorems,
    Quiet,
    Strict,
    check_address_space,
    plain_table,
    print_json,
    print_replay,
    results,
    styled,
    watched,
)

if TYPE_CHECKING:
    from ..api import SweepResult

_SHOWN = 10
"""Points that are not as expected and are named one by one."""


def sweep(
    file: Annotated[
        Path, typer.Argument(metavar="SWEEP.toml", help="A scenario file with a table [sweep].")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the points and the report.")] = Path(
        "perturbproof-sweep"
    ),
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes on this machine. [default: one a core]"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Run on the workers of this Dask scheduler."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only every N-th point, as the I-th job of an array."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also run the points again that failed.")
    ] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Replace the seed of the file.")] = None,
    device: Device = "cpu",
    own: OwnTheorems = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run a grid of scenarios, resumable, on this machine or on a cluster."""
    from ..scenarios.inputs import sweep_inputs

    at: dict[str, Any] = {
        "seed": seed,
        "device": device,
        "jobs": jobs,
        "scheduler": scheduler,
        "shard": shard,
    }
    sweep_inputs(file, own or [], out=out, **at)
    # Only now what takes seconds to load.
    check_address_space()
    from ..api import sweep as run
    from ..run.record import command_line

    with watched(quiet) as progress:
        result = run(
            file,
            out=out,
            theorems=own or [],
            retry_failed=retry_failed,
            strict=strict,
            progress=progress,
            command=command_line(),
            **at,
        )
    if as_json:
        print_json(result.report if result.report is not None else {"summary": result.summary})
    else:
        _print(result)
    return result.exit_code


def _print(result: SweepResult) -> None:
    console = results()
    swept = result.swept
    if result.report is not None:
        counts: dict[str, Counter[str]] = {theorem.id: Counter() for theorem in swept.theorems}
        for outcome in swept.outcomes:
            for judgement in outcome.judgements if outcome else ():
                counts[judgement.theorem.id][judgement.verdict.value] += 1
        table = plain_table("theorem")
        for verdict in Verdict:
            table.add_column(styled(verdict.value), justify="right")
        for theorem, seen in counts.items():
            table.add_row(theorem, *(str(seen[verdict.value] or "") for verdict in Verdict))
        console.print(table)
        for line, _ in zip(_unexpected(result), range(_SHOWN), strict=False):
            console.print(line, soft_wrap=True)
        for witness in result.witnesses.values():
            print_replay(console, witness.command)
        console.print(f"\nreport: {result.out}/report.pdf (also report.html, report.json, figures)")
    elif swept.failed:
        console.print(f"{swept.failed} points failed; --retry-failed runs them again")
    console.print(result.summary)


def _unexpected(result: SweepResult) -> Iterator[str]:
    for point, outcome in zip(result.swept.points, result.swept.outcomes, strict=True):
        if point is None:
            continue
        at = escape(", ".join(f"{field} = {value}" for field, value in point.point.at))
        if point.error is not None:
            yield f"{styled('ERROR')}  {at}: {escape(point.error)}"
        for judged in outcome.judgements if outcome else ():
            scenario = point.point.scenario
            if scenario and judged.verdict is not scenario.expected(judged.theorem.id):
                word = styled(judged.verdict.value)
                yield f"{word}  {judged.theorem.id}  {at}: {escape(judged.reason)}"
