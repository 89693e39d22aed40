"""What the terminal shows: tables on stdout, progress on stderr."""

from __future__ import annotations

import sys
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

from .progress import Progress as Report
from .progress import unwatched

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


def results() -> Console:
    """The console for results: 80 columns or the terminal's width, plain text when piped."""
    out = Console(highlight=False, soft_wrap=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=_PIPED_WIDTH, no_color=True)
    return out


def styled(word: str) -> str:
    """A verdict word in its colour."""
    style = VERDICT_STYLE.get(word, "")
    return f"[{style}]{word}[/]" if style else word


@contextmanager
def watched(quiet: bool) -> Iterator[Report]:
    """A progress callback: a bar on a terminal, one line per stage elsewhere, nothing if quiet."""
    if quiet:
        yield unwatched
        return
    if not sys.stderr.isatty():
        yield _log_lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)

        def show(what: str, done: int, total: int) -> None:
            bars.update(task, description=what, completed=done, total=total)

        yield show


def _log_lines() -> Report:
    seen: set[str] = set()

    def show(what: str, done: int, total: int) -> None:
        if what not in seen:
            seen.add(what)
            sys.stderr.write(f"{what} ...\n")
            sys.stderr.flush()

    return show
