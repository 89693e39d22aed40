"""Verifying from Python. `perturbproof verify` calls this."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..numerics.configuration import InputError
from ..numerics.data.file import FromFile
from ..numerics.data.sample import checked_pair
from ..numerics.device import resolve_device
from ..theory.exact.interval import precision as working_at
from ..theory.prover.engine import prove
from ..theory.statement import Theorem
from ..theory.theorems import catalog
from .assumptions.ladder import SLOPES, DataCheck, check_data
from .assumptions.report import natural_theorems, outcome_of, scenario_of
from .assumptions.result import CheckResult
from .result import Result
from .run.folder import report_folder, write_report
from .run.proof_witness import ProofWitness, proof_witnesses
from .run.record import RunInfo, build_report, utc_now
from .run.run import JOURNAL, Run, run_scenarios
from .run.store import Store
from .run.studies import POINTS, check_study_names, judge_study, run_studies
from .run.sweep import Shard, Swept, Workers, run_sweep
from .run.witness import FOLDER as WITNESSES
from .run.witness import Replay, Witness, witnesses
from .scenarios.grid import load_grid
from .scenarios.load import load_run_file
from .scenarios.own_theorem import load_theorem
from .scenarios.scenario import WORKING_BITS, Scenario, check_bits
from .scenarios.study import LoadedStudy
from .suites import load_suite
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
    chosen = _checked_slopes(slopes)
    check_bits(precision)
    where = resolve_device(device)
    path, labels_path, arrays = _data(data, labels)
    dataset = FromFile(path=path, labels=labels_path, classes=classes, centred=centred, scale=scale)
    if out is not None and arrays is not None:
        raise InputError("out: a report names its data file; save the arrays as .npz and give that")
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


def _checked_slopes(slopes: Sequence[float]) -> tuple[float, ...]:
    for slope in slopes:
        if not (math.isfinite(slope) and 0 < slope <= 1):
            raise InputError(f"--slope: must lie in (0, 1], found {slope}")
    if len(set(slopes)) < len(slopes):
        raise InputError("--slope: the same slope is given twice")
    return tuple(slopes) or SLOPES


def _data(data: Any, labels: Any) -> tuple[str, str | None, tuple[np.ndarray, np.ndarray] | None]:
    """The file and that of the labels, or a name for the arrays and the arrays themselves."""
    if isinstance(data, (str, os.PathLike)):
        if not (labels is None or isinstance(labels, (str, os.PathLike))):
            raise InputError("labels: for data from a file the labels are a file as well")
        return os.fspath(data), None if labels is None else str(Path(labels).absolute()), None
    if labels is None:
        if not (isinstance(data, tuple) and len(data) == 2):
            raise InputError("labels: samples given as an array need labels (N,)")
        data, labels = data
    named = "the arrays given"
    try:
        x, y = np.asarray(data), np.asarray(labels)
    except ValueError:
        raise InputError(f"{named}: samples must form one matrix (N, d)") from None
    return named, None, checked_pair(named, x, y)


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
    return build_report(outcomes, theorems, proofs, told)


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


DEFAULT_SUITE = "quick"

ScenarioLike = Scenario | str | os.PathLike[str]
TheoremLike = Theorem | str | os.PathLike[str]


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
    if seed is not None and not 0 <= seed < 2**63:
        raise InputError(f"seed: must be from 0 to 2^63 - 1, found {seed}")
    check_bits(precision)
    loaded = [one for given in scenarios or (DEFAULT_SUITE,) for one in _loaded(given, seed)]
    studies = tuple(one for one in loaded if isinstance(one, LoadedStudy))
    chosen = tuple(
        one if precision is None else one.model_copy(update={"precision": precision})
        for one in loaded
        if isinstance(one, Scenario)
    )
    check_study_names(studies, chosen)
    resolved = resolve_device(device)
    own = [(given, _theorem(given)) for given in theorems]
    known = (*catalog(), *(theorem for _, theorem in own))
    files = {t.id: Path(given) for given, t in own if not isinstance(given, Theorem)}
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
        content = build_report(run.outcomes, run.theorems, run.proofs, info, strict, shown, studied)
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


def _loaded(given: ScenarioLike, seed: int | None) -> tuple[Scenario | LoadedStudy, ...]:
    if isinstance(given, Scenario):
        return (given if seed is None else given.model_copy(update={"seed": seed}),)
    if isinstance(given, str) and Path(given).name == given and Path(given).suffix != ".toml":
        return load_suite(given, seed)
    if isinstance(given, (str, os.PathLike)):
        return (load_run_file(Path(given), seed),)
    raise InputError(
        f"scenarios: must be Scenario objects, files or names of suites, found "
        f"{type(given).__name__}"
    )


def _theorem(given: TheoremLike) -> Theorem:
    if isinstance(given, Theorem):
        if given.id in {known.id for known in catalog()}:
            raise InputError(f"theorems: the id {given.id!r} is taken; choose another")
        return given
    return load_theorem(Path(given))


def _call(scenarios: tuple[ScenarioLike, ...], seed: int | None, precision: int | None) -> str:
    words = [
        f"Scenario({one.name!r})" if isinstance(one, Scenario) else repr(os.fspath(one))
        for one in scenarios
    ]
    given = {"seed": seed, "precision": precision}
    words += [f"{name}={value}" for name, value in given.items() if value is not None]
    return f"perturbproof.verify.verify({', '.join(words)})"
