"""What the terminal shows: tables on stdout, progress on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column

from ..progress import Progress as Report
from ..progress import unwatched

VERDICT_STYLE = {
    "PASS": "green",
    "FAIL": "bold red",
    "VACUOUS": "yellow",
    "INCONCLUSIVE": "magenta",
    "ERROR": "bold white on red",
    "proved": "green",
    "discharged": "green",
    "gap": "bold red",
    "unknown": "magenta",
}
_PIPED_WIDTH = 100
_SILENCE = 30.0
"""Seconds after which a stage of a log says again how far it is."""


def results() -> Console:
    """The console for results: as wide as the terminal; piped, plain text of COLUMNS or 100."""
    out = Console(highlight=False, soft_wrap=False)
    if not out.is_terminal:
        width = None if os.environ.get("COLUMNS", "").isdigit() else _PIPED_WIDTH
        out = Console(highlight=False, width=width, no_color=True)
    return out


def styled(word: str) -> str:
    """A verdict word in its colour."""
    style = VERDICT_STYLE.get(word, "")
    return f"[{style}]{word}[/]" if style else word


@contextmanager
def watched(quiet: bool) -> Iterator[Report]:
    """A progress callback: a bar on a terminal; elsewhere a line per stage and half minute.

    Nothing if quiet."""
    if quiet:
        yield unwatched
        return
    if not sys.stderr.isatty():
        yield _log_lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, expand=True) as bars:
        task = bars.add_task("", total=None)
        stage = ""

        def show(what: str, done: int, total: int) -> None:
            nonlocal stage
            if total == 0:
                bars.console.print(what, markup=False)
                return
            if what != stage:  # the pace of the stage before says nothing about this one
                stage = what
                bars.reset(task)
            bars.update(task, description=what, completed=done, total=total)

        yield show


def _log_lines() -> Report:
    seen: dict[str, float] = {}

    def show(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what not in seen:
            line = f"{what} ..." if total else what
        elif total and now - seen[what] >= _SILENCE:
            line = f"{what}: {done} of {total}"
        else:
            return
        seen[what] = now
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    return show
