"""Sweeping from Python. `perturbproof sweep` calls this."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...numerics.device import resolve_device
from ...numerics.input_error import InputError
from ...theory.catalog import catalog
from ...theory.statement import Theorem
from ..disk.report_folder import report_folder, write_report
from ..own_theorem import load_theorem
from ..progress import Progress, unwatched
from ..report import RunInfo, build_report, utc_now
from ..run import Run
from ..verdict import exit_code
from ..witnesses.witness import FOLDER as WITNESSES
from ..witnesses.witness import Replay, Witness, witnesses
from .grid import load_grid
from .points import Workers
from .sweep import Shard, Swept, run_sweep


@dataclass(frozen=True, eq=False)
class SweepResult:
    """A sweep, and its report once no point is missing."""

    swept: Swept
    out: Path
    report: Mapping[str, Any] | None
    strict: bool
    witnesses: Mapping[tuple[str, str], Witness]

    @property
    def exit_code(self) -> int:
        """What `perturbproof sweep` returns: that of the verdicts; 0 for a part of a sweep."""
        return exit_code(self.swept.judged, self.strict)

    @property
    def summary(self) -> str:
        """The sweep in one line."""
        if self.report is not None:
            return self.report["summary"]["line"]
        done = len(self.swept.points) - self.swept.missing
        return (
            f"{done} of {len(self.swept.points)} points are there, {self.swept.ran} run now; "
            "run it without --shard for the rest and the report"
        )


def sweep(
    path: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    theorems: Iterable[str | os.PathLike[str]] = (),
    seed: int | None = None,
    device: str = "cpu",
    jobs: int | None = None,
    scheduler: str | None = None,
    shard: str | None = None,
    retry_failed: bool = False,
    strict: bool = False,
    progress: Progress = unwatched,
    command: str | None = None,
) -> SweepResult:
    """Run every point of a sweep file that `out` does not have, and report when it has them all.

    Args:
        path: a scenario file with a table `sweep` (see `sweeps.grid`).
        out: the folder of the points and the report. A sweep that is killed is resumed there.
        theorems: Python files with theorems of your own.
        seed: replaces that of the file.
        device: "auto", "cpu", "cuda" or "cuda:INDEX". On a GPU points run one at a time.
        jobs: processes on this machine; by default one a core.
        scheduler: address of a Dask scheduler, to run on its workers instead.
        shard: "i/n", to run only every n-th point, as the i-th job of an array.
        retry_failed: also run the points again that failed.
        strict: VACUOUS and INCONCLUSIVE count as failures where PASS was expected.
        progress: called as the work goes on.
        command: how to do it again, for the report.

    Raises:
        InputError: the file, an option, the device, the cluster or the folder cannot be used.
    """
    started, clock = time.perf_counter(), utc_now()
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs: must be at least 1, found {jobs}")
    if jobs is not None and scheduler is not None:
        raise InputError("--jobs: not with --scheduler, whose cluster has its own workers")
    grid, folder = load_grid(Path(path), seed), Path(out)
    own: dict[str, Path] = {}
    known: tuple[Theorem, ...] = catalog()
    for file in map(Path, theorems):
        theorem = load_theorem(file)
        known, own[theorem.id] = (*known, theorem), file
    part = None if shard is None else Shard.parse(shard)
    resolved = resolve_device(device)
    with report_folder(folder, exclusive=part is None):
        swept = run_sweep(
            grid,
            known,
            folder,
            device=resolved,
            workers=Workers(jobs or os.cpu_count() or 1, scheduler),
            shard=part,
            retry_failed=retry_failed,
            progress=progress,
        )
        if swept.missing or part is not None:
            return SweepResult(swept, folder, None, strict, {})
        outcomes = tuple(outcome for outcome in swept.outcomes if outcome is not None)
        run = Run(outcomes, swept.theorems, swept.proofs, swept.measured)
        found = witnesses(run, Replay(folder, resolved, own), progress)
        shown = {
            names: f"{WITNESSES}/{witness.name}\nreplay: {witness.command}"
            for names, witness in found.items()
        }
        told = command or f"perturbproof.verify.sweep({os.fspath(path)!r}, out={os.fspath(out)!r})"
        info = RunInfo(told, resolved, seed, clock, time.perf_counter() - started)
        content = build_report((), swept.theorems, swept.proofs, info, strict, shown, sweep=swept)
        progress("writing the report", 0, 1)
        write_report(folder, content, strict, found.values())
    return SweepResult(swept, folder, content, strict, found)
