"""`perturbproof verify`: the main job."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ..api import verify
from ..result import Result, study_result, theorem_results
from ..run.record import command_line
from .console import print_json, results, styled, tell_github, watched


def run_verify(
    paths: list[Path],
    suite: str,
    out: Path,
    seed: int | None,
    precision: int | None,
    device: str,
    own: list[Path],
    as_json: bool,
    quiet: bool,
    strict: bool = False,
) -> int:
    """Run scenario files, or a suite, and leave the report in `out`. Returns the exit code.

    Raises:
        InputError: as `api.verify`.
    """
    with watched(quiet) as progress:
        result = verify(
            *(paths or [suite]),
            theorems=own,
            seed=seed,
            precision=precision,
            device=device,
            strict=strict,
            out=out,
            progress=progress,
            command=command_line(),
        )
    if as_json:
        print_json(result.report)
    else:
        _print(result, out)
    tell_github(out, _files(result, paths), strict)
    return result.exit_code


def _files(result: Result, paths: list[Path]) -> dict[str, str]:
    """The scenario files by name, where every file held a scenario (one that is not: none)."""
    names = [outcome.scenario.name for outcome in result.run.outcomes]
    return dict(zip(names, map(str, paths), strict=True)) if len(names) == len(paths) else {}


def _print(result: Result, out: Path) -> None:
    console = results()
    for outcome in result.run.outcomes:
        console.print(f"[bold]{outcome.scenario.name}[/]  ({outcome.seconds:.1f} s)")
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in ("verdict", "theorem", "why"):
            width = 12 if heading == "verdict" else None
            table.add_column(heading, overflow="fold", min_width=width)
        for line in theorem_results(outcome):
            why = line.reason
            if line.theorem and line.verdict is not line.expected:
                why = f"expected {line.expected.value}: {why}"
            table.add_row(styled(line.verdict.value), line.theorem, escape(why))
        console.print(table)
        for (scenario, _), witness in result.witnesses.items():
            if scenario == outcome.scenario.name:
                _print_replay(console, witness.command)
    for (scenario, id), witness in result.witnesses.items():
        if not scenario:
            console.print(f"\nproof of {id} fails", markup=False)
            _print_replay(console, witness.command)
    for study in result.studies:
        line = study_result(study)
        console.print(f"[bold]{line.scenario}[/]  ({study.run.seconds:.1f} s of computing)")
        why = line.reason
        if line.verdict is not line.expected:
            why = f"expected {line.expected.value}: {why}"
        console.print(f"{styled(line.verdict.value)}  {escape(why)}")
    console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, junit.xml, figures)")
    console.print(result.summary)


def _print_replay(console, command: str) -> None:
    # Not folded, so that it can be copied.
    console.print(f"replay: {command}", markup=False, soft_wrap=True)
