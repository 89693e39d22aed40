"""How far a command is, on stderr: a bar on a terminal, lines elsewhere.

Whoever works calls what is yielded with a stage, the steps done and the steps in all, or with a
remark and 0 of 0. A log has a line for each stage as it begins; and before ten seconds without one,
whatever runs and however seldom it calls, the stage, how far it is and since when.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.table import Column

from ..values import Progress as Report
from ..values import unwatched

SILENCE = 9.0
"""Seconds after which a log says again how far it is: ten are promised."""


@contextmanager
def watched(quiet: bool) -> Iterator[Report]:
    """A progress callback; one that does nothing if quiet."""
    if quiet:
        yield unwatched
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        with _beating(Log()) as log:
            yield log.show


class Log:
    """The lines of a log, and what is going on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._stage: tuple[str, int, int] = ("loading", 0, 1)
        self._begun = self._last = time.monotonic()

    def show(self, what: str, done: int, total: int) -> None:
        """A stage, of which a line is written the first time, or a remark."""
        with self._lock:
            if not total:
                self._write(what)
                return
            if what != self._stage[0]:
                self._begun = time.monotonic()
            self._stage = what, done, total
            if what not in self._told:
                self._told.add(what)
                self._write(f"{what} ...")

    def beat(self) -> None:
        """Say how far the stage is, unless a line was written a short time ago."""
        with self._lock:
            now = time.monotonic()
            if now - self._last < SILENCE:
                return
            what, done, total = self._stage
            far = f"{done} of {total}, " if total > 1 else ""
            self._write(f"{what}: {far}{now - self._begun:.0f} s so far")

    def _write(self, line: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def _beating(log: Log) -> Iterator[Log]:
    ended = threading.Event()

    def beat() -> None:
        with suppress(OSError, ValueError):  # nobody reads stderr any more
            while not ended.wait(SILENCE / 20):
                log.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield log
    finally:
        ended.set()
        thread.join()


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    described = TextColumn(
        "{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)
    )
    # A narrow bar leaves the description its room on a terminal of 80 columns.
    bar, left = BarColumn(bar_width=16), TimeRemainingColumn()
    columns = (SpinnerColumn(), described, bar, MofNCompleteColumn(), left, TextColumn("left"))
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
