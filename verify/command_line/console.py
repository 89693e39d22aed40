"""What the terminal shows: tables on stdout, progress on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
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

from ..reporting import SUMMARY_LIMIT, annotations, load_report, step_summary
from ..values import Progress as Report
from ..values import unwatched

# Telling GitHub Actions how a run ended, when it runs there.


def tell_github(folder: Path, files: Mapping[str, str], strict: bool) -> None:
    """Annotations and job summary of the report in `folder`, where the environment asks for them.

    With `GITHUB_ACTIONS=true` the annotations go to stderr, where GitHub finds them as well and
    where they are not mixed with results. With `GITHUB_STEP_SUMMARY` summary.md is appended to
    that file. A file that cannot be written is said on stderr: it changes no verdict.
    """
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(load_report(folder), files, strict):
            sys.stderr.write(f"{line}\n")
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _append(Path(target), (folder / "summary.md").read_text(encoding="utf-8"))
        except OSError as error:
            sys.stderr.write(f"perturbproof: GITHUB_STEP_SUMMARY: {target}: {error.strerror}\n")


def _append(target: Path, markdown: str) -> None:
    room = SUMMARY_LIMIT - (target.stat().st_size if target.exists() else 0)
    with target.open("a", encoding="utf-8", newline="\n") as file:
        file.write(step_summary(markdown, room))


# Options that several commands share.

OwnTheorems = Annotated[
    list[Path] | None,
    typer.Option(
        "--theorem", metavar="FILE.py", help="Add a theorem from your own Python file; repeatable."
    ),
]
Precision = Annotated[
    int | None,
    typer.Option(
        metavar="BITS",
        help="Decide small data in rational numbers and balls of so many bits (from 54), not in "
        "float64 balls.",
        show_default=False,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="VACUOUS and INCONCLUSIVE fail where PASS was expected (exit code 1, not 4), and "
        "junit.xml skips nothing.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.")]


def print_json(value: object) -> None:
    """Write a value to stdout as JSON; NaN and infinities are refused, not written."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


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
