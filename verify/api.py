"""Verifying from Python. `perturbproof verify` calls this."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..numerics.data.file import FromFile
from ..numerics.device import cores, resolve_device
from ..theory.engine import prove
from ..theory.exact.scalars import precision as working_at
from ..theory.theorems import catalog
from .assumptions.ladder import SLOPES, CheckResult, DataCheck, check_data
from .assumptions.report import natural_theorems, outcome_of, scenario_of
from .result import Result
from .run.folder import report_folder, write_report
from .run.proof_witness import ProofWitness, proof_witnesses
from .run.record import RunInfo, build_report, utc_now
from .run.run import JOURNAL, Run, run_scenarios
from .run.store import Store
from .run.studies import POINTS, run_studies
from .run.study_verdicts import judge_study
from .run.sweep import Swept, Workers, run_sweep
from .run.witness import FOLDER as WITNESSES
from .run.witness import Replay, Witness, witnesses
from .scenarios.inputs import ScenarioLike, check_inputs, run_inputs, sweep_inputs
from .scenarios.own_theorem import TheoremLike, own_theorems
from .scenarios.scenario import WORKING_BITS
from .values import Progress, exit_code, unwatched

# Checking data from Python. `perturbproof check` calls this.


def check(
    data: str | os.PathLike[str] | ArrayLike,
    labels: str | os.PathLike[str] | ArrayLike | None = None,
    *,
    classes: tuple[int | float | str, int | float | str] | None = None,
    centred: bool = False,
    scale: float = 1.0,
    slopes: Sequence[float] = SLOPES,
    seed: int = 0,
    precision: int | None = None,
    device: str = "cpu",
    out: str | os.PathLike[str] | None = None,
    progress: Progress = unwatched,
    command: str | None = None,
) -> CheckResult:
    """Check the assumptions of the theorems on your own data, and find what would make them hold.

    Args:
        data: a file or folder that `perturbproof check` reads, samples (N, d), or the pair of
            samples and labels.
        labels: labels (N,) for samples given as an array; for a .npy or IDX file, the file with
            its labels.
        classes: which two labels to take, the first as +1.
        centred: subtract the mean of the samples taken.
        scale: multiplies every sample, last; above 0.
        slopes: of the leaky ReLU, each in (0, 1].
        seed: of the random subsets.
        precision: in bits, from 54; what decides is then computed in rational numbers and balls of
            that precision where the data are small enough, not in float64 balls.
        device: "auto", "cpu", "cuda" or "cuda:INDEX": where inner products of more than 1000
            samples are computed, in float32 without TF32 and with its error bounds.
        out: folder for a report; only for data from a file, which the report names.
        progress: called as the work goes on.
        command: how to do it again, for the report; by default this call.

    Raises:
        InputError: the data, an option, the device or the folder cannot be used.
    """
    started = time.perf_counter()
    clock = utc_now()
    dataset, arrays = check_inputs(
        data,
        labels,
        classes=classes,
        centred=centred,
        scale=scale,
        slopes=slopes,
        precision=precision,
        device=device,
        out=out,
    )
    chosen = tuple(slopes) or SLOPES
    where = resolve_device(device)
    folder = None if out is None else Path(out)
    with (
        nullcontext() if folder is None else report_folder(folder),
        working_at(max(WORKING_BITS, precision or 0)),
    ):
        progress("reading", 0, 1)
        sample = (
            dataset.draw(np.random.default_rng(seed))
            if arrays is None
            else dataset.labelled(*arrays)
        )
        checked = check_data(
            sample, chosen, seed=seed, bits=precision, device=where, progress=progress
        )
        if folder is not None:
            told = command or f"perturbproof.verify.check({dataset.path!r})"
            info = RunInfo(told, where, seed, clock, 0.0)
            content = _check_report(checked, dataset, precision, progress, info, started)
            progress("writing the report", 0, 1)
            write_report(folder, content)
    return CheckResult(checked, folder)


def _check_report(
    checked: DataCheck,
    dataset: FromFile,
    precision: int | None,
    progress: Progress,
    info: RunInfo,
    started: float,
) -> dict[str, Any]:
    at = {"precision": precision}
    scenarios = [scenario_of(dataset, one.slope).model_copy(update=at) for one in checked.slopes]
    theorems = natural_theorems(checked, scenarios[0], catalog())
    proofs = {}
    for done, theorem in enumerate(theorems):
        progress("proving", done, len(theorems))
        proofs[theorem.id] = prove(theorem)
    outcomes = [outcome_of(checked, s, theorems, proofs, progress) for s in scenarios]
    told = replace(info, seconds=time.perf_counter() - started)
    return build_report(outcomes, theorems, proofs, told).model_dump(mode="json")


# Sweeping from Python. `perturbproof sweep` calls this.


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
        path: a scenario file with a table `sweep` (see `scenarios.grid`).
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
    own, folder = tuple(theorems), Path(out)
    grid, part = sweep_inputs(
        path,
        own,
        seed=seed,
        device=device,
        jobs=jobs,
        scheduler=scheduler,
        shard=shard,
        out=folder,
    )
    resolved = resolve_device(device)
    added, files = own_theorems(own)
    known = (*catalog(), *added)
    with report_folder(folder, exclusive=part is None):
        swept = run_sweep(
            grid,
            known,
            folder,
            device=resolved,
            workers=Workers(jobs or cores(), scheduler),
            shard=part,
            retry_failed=retry_failed,
            progress=progress,
        )
        if swept.missing or part is not None:
            return SweepResult(swept, folder, None, strict, {})
        outcomes = tuple(outcome for outcome in swept.outcomes if outcome is not None)
        run = Run(outcomes, swept.theorems, swept.proofs, swept.measured)
        found = witnesses(run, Replay(folder, resolved, files), progress)
        shown = {
            names: f"{WITNESSES}/{witness.name}\nreplay: {witness.command}"
            for names, witness in found.items()
        }
        told = command or f"perturbproof.verify.sweep({os.fspath(path)!r}, out={os.fspath(out)!r})"
        info = RunInfo(told, resolved, seed, clock, time.perf_counter() - started)
        report = build_report((), swept.theorems, swept.proofs, info, strict, shown, sweep=swept)
        content = report.model_dump(mode="json")
        progress("writing the report", 0, 1)
        write_report(folder, content, strict, found.values())
    return SweepResult(swept, folder, content, strict, found)


DEFAULT_SUITE = "quick"


def verify(
    *scenarios: ScenarioLike,
    theorems: Iterable[TheoremLike] = (),
    seed: int | None = None,
    precision: int | None = None,
    device: str = "auto",
    strict: bool = False,
    out: str | os.PathLike[str] | None = None,
    progress: Progress = unwatched,
    command: str | None = None,
) -> Result:
    """Prove, check assumptions, train and compare, and judge all scenarios together.

    Args:
        scenarios: `Scenario` objects, scenario files, or names of built-in suites (a string without
            a folder and without the ending .toml is a name); without any, the suite "quick".
        theorems: your own, beside those of the catalog: `Theorem` objects or Python files.
        seed: replaces that of every scenario; at least 0.
        precision: replaces that of every scenario; in bits, from 54.
        device: "auto", "cpu", "cuda" or "cuda:INDEX".
        strict: VACUOUS and INCONCLUSIVE count as failures where PASS was expected.
        out: folder for report.json, report.pdf, report.html, junit.xml, summary.md and figures;
            made if there is none. What an earlier run left there stays unless this one succeeds. A
            run that is killed is resumed there by the same call.
        progress: called as the work goes on.
        command: how to do it again, for the report; by default this call.

    Raises:
        InputError: a scenario, its data, a theorem, the device or the folder cannot be used.
    """
    started = time.perf_counter()
    clock = utc_now()
    own = tuple(theorems)
    chosen, studies = run_inputs(
        scenarios or (DEFAULT_SUITE,), own, seed=seed, precision=precision, device=device, out=out
    )
    resolved = resolve_device(device)
    added, files = own_theorems(own)
    known = (*catalog(), *added)
    folder = None if out is None else Path(out)
    journal, store = (Store(folder / JOURNAL), Store(folder / POINTS)) if folder else (None, None)
    with nullcontext() if folder is None else report_folder(folder):
        run = run_scenarios(
            chosen,
            theorems=known,
            device=resolved,
            progress=progress,
            journal=journal,
            own=tuple(files.values()),
        )
        studied = tuple(
            judge_study(one)
            for one in run_studies(studies, store, device=resolved, progress=progress)
        )
        found = _witnesses(run, Replay(folder, resolved, files), progress) if folder else {}
        told = command or _call(scenarios, seed, precision)
        info = RunInfo(told, resolved, seed, clock, time.perf_counter() - started)
        shown = {
            names: f"{WITNESSES}/{witness.name}\nreplay: {witness.command}"
            for names, witness in found.items()
        }
        report = build_report(run.outcomes, run.theorems, run.proofs, info, strict, shown, studied)
        content = report.model_dump(mode="json")
        if folder is not None:
            progress("writing the report", 0, 1)
            write_report(folder, content, strict, found.values())
        if journal is not None:
            journal.remove()
    return Result(run, content, strict, folder, found, studied)


def _witnesses(
    run: Run, replay: Replay, progress: Progress
) -> dict[tuple[str, str], Witness | ProofWitness]:
    """Those of data by names of scenario and theorem; of proofs, with no name of a scenario."""
    proofs = [(theorem, run.proofs[theorem.id]) for theorem in run.theorems]
    found = proof_witnesses(proofs, replay.out / WITNESSES, replay.own)
    return witnesses(run, replay, progress) | {("", w.theorem.id): w for w in found}


def _call(scenarios: tuple[ScenarioLike, ...], seed: int | None, precision: int | None) -> str:
    words = [
        repr(os.fspath(one))
        if isinstance(one, (str, os.PathLike))
        else f"{type(one).__name__}({one.name!r})"
        for one in scenarios
    ]
    given = {"seed": seed, "precision": precision}
    words += [f"{name}={value}" for name, value in given.items() if value is not None]
    return f"perturbproof.verify.verify({', '.join(words)})"
