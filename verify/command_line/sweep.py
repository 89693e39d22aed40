"""`perturbproof sweep`: a grid of scenarios."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ..api import SweepResult, sweep
from ..run.record import command_line
from ..values import Verdict
from .console import print_json, results, styled, watched

_SHOWN = 10
"""Points that are not as expected and are named one by one."""


def run_sweep_command(
    path: Path,
    out: Path,
    own: list[Path],
    seed: int | None,
    device: str,
    jobs: int | None,
    scheduler: str | None,
    shard: str | None,
    retry_failed: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run a sweep and leave points and report in `out`. Returns the exit code.

    Raises:
        InputError: as `sweep_api.sweep`.
    """
    with watched(quiet) as progress:
        result = sweep(
            path,
            out=out,
            theorems=own,
            seed=seed,
            device=device,
            jobs=jobs,
            scheduler=scheduler,
            shard=shard,
            retry_failed=retry_failed,
            strict=strict,
            progress=progress,
            command=command_line(),
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
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("theorem", overflow="fold")
        for verdict in Verdict:
            table.add_column(styled(verdict.value), justify="right")
        for theorem, seen in counts.items():
            table.add_row(theorem, *(str(seen[verdict.value] or "") for verdict in Verdict))
        console.print(table)
        for line in _unexpected(result)[:_SHOWN]:
            console.print(line, soft_wrap=True)
        for witness in result.witnesses.values():
            console.print(f"replay: {witness.command}", markup=False, soft_wrap=True)
        console.print(f"\nreport: {result.out}/report.pdf (also report.html, report.json, figures)")
    elif swept.failed:
        console.print(f"{swept.failed} points failed; --retry-failed runs them again")
    console.print(result.summary)


def _unexpected(result: SweepResult) -> list[str]:
    lines = []
    for point, outcome in zip(result.swept.points, result.swept.outcomes, strict=True):
        if point is None:
            continue
        at = escape(", ".join(f"{field} = {value}" for field, value in point.point.at))
        if point.error is not None:
            lines.append(f"{styled('ERROR')}  {at}: {escape(point.error)}")
        for judged in outcome.judgements if outcome else ():
            scenario = point.point.scenario
            if scenario and judged.verdict is not scenario.expected(judged.theorem.id):
                word = styled(judged.verdict.value)
                lines.append(f"{word}  {judged.theorem.id}  {at}: {escape(judged.reason)}")
    return lines
