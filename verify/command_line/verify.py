"""`perturbproof verify`, the main job, and `perturbproof sweep`, a grid of it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ...numerics.input_error import InputError
from ..values import Verdict
from .console import (
    DataRoot,
    Device,
    Json,
    OwnTheorems,
    Precision,
    Quiet,
    SecondOpinion,
    Strict,
    check_address_space,
    command_line,
    plain_table,
    print_json,
    print_replay,
    results,
    styled,
)
from .progress import watched

if TYPE_CHECKING:
    from ..api import SweepResult
    from ..result import Result, TheoremResult


# `perturbproof sweep`: a grid of scenarios.

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
    data_root: DataRoot = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run a grid of scenarios, resumable, on this machine or on a cluster."""
    check_address_space()
    from ..api import sweep as run

    with watched(quiet) as progress:
        result = run(
            file,
            out=out,
            theorems=own or (),
            seed=seed,
            device=device,
            jobs=jobs,
            scheduler=scheduler,
            shard=shard,
            retry_failed=retry_failed,
            strict=strict,
            data_root=data_root,
            progress=progress,
            command=command_line(),
        )
    if as_json:
        print_json(result.report if result.report is not None else {"summary": result.summary})
    else:
        _print_sweep(result)
    return result.exit_code


def _print_sweep(result: SweepResult) -> None:
    console = results()
    swept = result.swept
    if result.report is not None:
        counts: dict[str, Counter[str]] = {theorem.id: Counter() for theorem in swept.theorems}
        for _, outcome in swept.outcomes:
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
    for point, outcome in result.swept.outcomes:
        at = escape(", ".join(f"{field} = {value}" for field, value in point.at))
        error = point.error if outcome is None else outcome.error
        if error is not None:
            yield f"{styled('ERROR')}  {at}: {escape(error)}"
        for judged in outcome.judgements if outcome else ():
            if outcome and judged.verdict is not outcome.scenario.expected(judged.theorem.id):
                word = styled(judged.verdict.value)
                yield f"{word}  {judged.theorem.id}  {at}: {escape(judged.reason)}"


def verify(
    scenarios: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[SCENARIO.toml]...", help="Scenario files.", show_default=False),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            help="Built-in suite to run, in place of scenario files. [default: quick]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for report.json, report.pdf, junit.xml and figures.")
    ] = Path("perturbproof-report"),
    seed: Annotated[
        int | None, typer.Option(min=0, help="Replace the seed of every scenario.")
    ] = None,
    device: Device = "auto",
    precision: Precision = None,
    second_opinion: SecondOpinion = False,
    own: OwnTheorems = None,
    data_root: DataRoot = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Run scenarios: prove, check assumptions, train, compare, report."""
    check_address_space()
    from ..api import verify as run

    paths = scenarios or []
    if paths and suite is not None:
        raise InputError(f"suite: {suite} or scenario files, not both")
    with watched(quiet) as progress:
        result = run(
            *(paths or [suite or "quick"]),
            theorems=own or (),
            seed=seed,
            device=device,
            precision=precision,
            second_opinion=second_opinion,
            strict=strict,
            out=out,
            data_root=data_root,
            progress=progress,
            command=command_line(),
        )
    if as_json:
        print_json(result.report)
    else:
        _print(result, out)
    # The scenario files by name, where every file held a scenario (one that is not: none).
    names = [outcome.scenario.name for outcome in result.run.outcomes]
    files = dict(zip(names, map(str, paths), strict=True)) if len(names) == len(paths) else {}
    _tell_github(out, files, strict)
    return result.exit_code


def _print(result: Result, out: Path) -> None:
    from ..result import study_result, theorem_results

    console = results()
    for outcome in result.run.outcomes:
        console.print(f"[bold]{outcome.scenario.name}[/]  ({outcome.seconds:.1f} s)")
        table = plain_table()
        for width in (12, None, None):
            table.add_column(overflow="fold", min_width=width)
        for line in theorem_results(outcome):
            # A scenario that could not be run expected that of no theorem.
            why = escape(line.reason) if outcome.error is not None else _why(line)
            table.add_row(styled(line.verdict.value), line.theorem, why)
        console.print(table)
        for (scenario, _), witness in result.witnesses.items():
            if scenario == outcome.scenario.name:
                print_replay(console, witness.command)
    for (scenario, id), witness in result.witnesses.items():
        if not scenario:
            console.print(f"\nproof of {id} fails", markup=False)
            print_replay(console, witness.command)
    for study in result.studies:
        line = study_result(study)
        console.print(f"[bold]{line.scenario}[/]  ({study.run.seconds:.1f} s of computing)")
        console.print(f"{styled(line.verdict.value)}  {_why(line)}")
    console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, junit.xml, figures)")
    console.print(result.summary)


def _why(line: TheoremResult) -> str:
    as_expected = line.verdict is line.expected
    return escape(line.reason if as_expected else f"expected {line.expected.value}: {line.reason}")


def _tell_github(folder: Path, files: Mapping[str, str], strict: bool) -> None:
    """Annotations and job summary of the report in `folder`, where the environment asks for them.

    With `GITHUB_ACTIONS=true` the annotations go to stderr, where GitHub finds them as well and
    where they are not mixed with results. With `GITHUB_STEP_SUMMARY` summary.md is appended to
    that file. A file that cannot be written is said on stderr: it changes no verdict.
    """
    from ..reporting import SUMMARY_LIMIT, annotations, load_report, step_summary

    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(load_report(folder), files, strict):
            sys.stderr.write(f"{line}\n")
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            markdown = (folder / "summary.md").read_text(encoding="utf-8")
            summary = Path(target)
            room = SUMMARY_LIMIT - (summary.stat().st_size if summary.exists() else 0)
            with summary.open("a", encoding="utf-8", newline="\n") as file:
                file.write(step_summary(markdown, room))
        except OSError as error:
            sys.stderr.write(f"perturbproof: GITHUB_STEP_SUMMARY: {target}: {error.strerror}\n")
