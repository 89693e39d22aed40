"""`perturbproof selftest`: see the verifier fail what is false before believing what it passes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ..reporting import write_atomic
from ..selftest.faults import fault_table
from ..selftest.selftest import SelfTest, selftest
from ..values import ExitCode
from .console import print_json, results, watched


def run_selftest(markdown: Path | None, as_json: bool, quiet: bool) -> int:
    """Run the selftest and print what was tried. Returns 0 if everything false was caught, else 1.

    `markdown` is a file for the table of planted faults.

    Raises:
        OSError: that file cannot be written.
    """
    with watched(quiet) as progress:
        result = selftest(progress)
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
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(min_width=6)
        table.add_column(overflow="fold", ratio=1)
        table.add_column(overflow="fold", ratio=1)
        for attempt in result.attempts:
            if attempt.part == part:
                word = "[green]caught[/]" if attempt.caught else "[bold red]MISSED[/]"
                table.add_row(word, escape(attempt.tried), escape(attempt.came))
        console.print(table)
    console.print(f"\n{result.summary}")
