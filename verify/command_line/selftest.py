"""`perturbproof selftest`: see the verifier fail what is false before believing what it passes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ..values import ExitCode
from .console import Json, Quiet, plain_table, print_json, results
from .progress import watched

if TYPE_CHECKING:
    from ..selftest.selftest import SelfTest


def selftest(
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the table of planted faults to this file."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Try what is false: planted faults, false theorems, edges. See each of them caught.

    The exit code is 0 if everything false was caught, else 1.
    """
    with watched(quiet) as progress:
        from ..reporting import write_atomic
        from ..selftest.selftest import fault_table
        from ..selftest.selftest import selftest as run

        result = run(progress)
    if markdown is not None:
        write_atomic(markdown, fault_table(result.catches))
    if as_json:
        attempts = [asdict(attempt) for attempt in result.attempts]
        print_json({"passed": result.passed, "summary": result.summary, "attempts": attempts})
    else:
        _print(result)
    return ExitCode.AS_EXPECTED if result.passed else ExitCode.FAILED


def _print(result: SelfTest) -> None:
    console = results()
    for part in dict.fromkeys(attempt.part for attempt in result.attempts):
        console.print(f"[bold]{part}[/]")
        table = plain_table()
        table.add_column(min_width=6)
        table.add_column(overflow="fold", ratio=1)
        table.add_column(overflow="fold", ratio=1)
        for attempt in result.attempts:
            if attempt.part == part:
                fine = "[green]caught[/]" if attempt.false else "none false"
                word = fine if attempt.caught else "[bold red]MISSED[/]"
                table.add_row(word, escape(attempt.tried), escape(attempt.came))
        console.print(table)
    console.print(f"\n{result.summary}")
