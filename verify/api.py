"""Verifying from Python. `perturbproof verify` calls this."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from ..numerics.device import resolve_device
from ..numerics.input_error import InputError
from ..theory.catalog import catalog
from ..theory.statement import Theorem
from .disk.journal import circumstances, journal_in
from .disk.report_folder import report_folder, write_report
from .own_theorem import load_theorem
from .progress import Progress, unwatched
from .report import RunInfo, build_report, utc_now
from .result import Result
from .run import Run, run_scenarios
from .run_files import load_run_file
from .scenario import Scenario, check_bits
from .studies.judge import judge_study
from .studies.point_store import PointStore
from .studies.run import POINTS, check_study_names, run_studies
from .studies.study import LoadedStudy
from .suites import load_suite
from .witnesses.proof_witness import ProofWitness, proof_witnesses
from .witnesses.witness import FOLDER as WITNESSES
from .witnesses.witness import Replay, Witness, witnesses

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
    with ExitStack() as stack:
        journal = None
        if folder is not None:
            stack.enter_context(report_folder(folder))
            shared = circumstances(resolved, tuple(files.values()))
            journal = stack.enter_context(journal_in(folder, shared, progress))
        run = run_scenarios(
            chosen, theorems=known, device=resolved, progress=progress, journal=journal
        )
        store = PointStore(folder / POINTS) if folder is not None else None
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
