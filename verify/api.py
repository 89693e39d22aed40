"""Checking, sweeping and verifying from Python. The commands of these names call them.

What a run is given is looked at before anything is loaded that takes seconds, hence the imports
inside.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..numerics.configuration import InputError
from ..numerics.device import cores, resolve_device
from .scenarios.grid import parse_shard
from .scenarios.inputs import (
    ScenarioLike,
    check_flags,
    data_inputs,
    network_input,
    run_inputs,
    sweep_inputs,
)
from .scenarios.scenario import WORKING_BITS
from .values import ExitCode, Progress, Verdict, exit_code, unwatched

if TYPE_CHECKING:
    from .assumptions.ladder import CheckResult
    from .result import Result, TheoremResult
    from .run.proof_witness import ProofWitness
    from .run.sweep import Swept
    from .run.witness import Witness
    from .scenarios.own_theorem import TheoremLike


def check(
    data: str | os.PathLike[str] | ArrayLike,
    labels: str | os.PathLike[str] | ArrayLike | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    label_column: int | str | None = None,
    drop_columns: Sequence[int | str] = (),
    classes: tuple[int | float | str, int | float | str] | None = None,
    samples: int | None = None,
    take: Literal["first", "random"] = "first",
    centred: bool = False,
    standardised: bool = False,
    scale: float = 1.0,
    unit_norm: bool = False,
    bias: bool = False,
    split: Literal["train", "test"] | None = None,
    data_root: str | os.PathLike[str] | None = None,
    slopes: Sequence[float] = (),
    train: bool = False,
    network: str | os.PathLike[str] | None = None,
    seed: int = 0,
    precision: int | None = None,
    device: str = "cpu",
    out: str | os.PathLike[str] | None = None,
    progress: Progress = unwatched,
    command: str | None = None,
) -> CheckResult:
    """Check the assumptions of the theorems on your own data, and find what would make them hold.

    Args:
        data: a file or folder that `perturbproof check` reads, "fashion-mnist", "mnist" or
            "cifar10", samples (N, d) as an array, a tensor or a frame, or the pair of samples and
            labels.
        labels: labels (N,) for samples given as an array; for a file without labels, the file with
            its labels.
        x, y: the names of the arrays of samples and labels in a file of several.
        label_column: the column of the labels in a table or a frame, by name or number (from 1).
        drop_columns: columns to leave out, likewise.
        classes: which two labels to take, the first as +1.
        split, data_root: of images by name, the split ("train" by default), and the folder that
            holds their folder; by default that of the environment variable PERTURBPROOF_DATA_ROOT
            or the system's.
        samples: take only so many; `take` says whether the first ones or at random (see `seed`).
        centred: subtract the mean of the samples taken.
        standardised: subtract it and divide each feature by its standard deviation.
        scale: multiplies every sample, after that; above 0.
        unit_norm: divide each sample by its norm, after that.
        bias: append a coordinate 1 to every sample, so that hidden neurons have a bias.
        slopes: of the leaky ReLU, each in [0, 1], 0 for the ReLU itself; by default 0.01, 0.1, 0.5
            and 0.9.
        train: train a network at each slope until it is captured, and say whether it is.
        network: a file with the tensors of your own two-layer network (see
            `numerics.given_network`), to say where it is linear and whether it is captured;
            `slopes` then has its slope. Where it has hidden biases, `bias` is set.
        seed: of the random subsets, of samples taken at random, and of the start of that network.
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
    check_flags(device, out, precision=precision, data_root=data_root)
    own = None if network is None else network_input(network, slopes)
    dataset, arrays = data_inputs(
        data,
        labels,
        slopes,
        split=split,
        data_root=data_root,
        x=x,
        y=y,
        label_column=label_column,
        drop_columns=tuple(drop_columns),
        classes=classes,
        samples=samples,
        take=take,
        centred=centred,
        standardised=standardised,
        scale=scale,
        unit_norm=unit_norm,
        bias=bias or (own is not None and own.has_bias),
    )
    if out is not None and arrays is not None:
        raise InputError("out: a report names its data file; save the arrays as .npz and give that")
    # Before what is heavy is loaded: a table can be wrong anywhere.
    progress("reading", 0, 1)
    rng = np.random.default_rng(seed)
    sample = dataset.draw(rng) if arrays is None else dataset.labelled(arrays, rng)
    from ..theory.exact.scalars import precision as working_at
    from .assumptions.ladder import SLOPES, check_data
    from .assumptions.own_network import check_fits
    from .assumptions.report import check_run
    from .assumptions.told import told
    from .run.folder import report_folder, write_report
    from .run.record import RunInfo, build_report

    where = resolve_device(device)
    folder = None if out is None else Path(out)
    info = RunInfo(command or f"perturbproof.verify.check({dataset.place!r})", where, seed)
    with (
        report_folder(folder),
        working_at(max(WORKING_BITS, precision or 0)),
    ):
        if own is not None:
            check_fits(own, sample, dataset.bias)
        chosen = tuple(slopes) or SLOPES
        checked = check_data(
            sample,
            chosen,
            seed=seed,
            bits=precision,
            device=where,
            trained=train,
            network=own,
            progress=progress,
        )
        if folder is not None:
            run = check_run(checked, dataset, precision, progress)
            write_report(folder, build_report(run, info, check=told(checked)), progress=progress)
    return replace(checked, out=folder)


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """A sweep, and its report once no point is missing; before, there are no verdicts."""

    swept: Swept
    out: Path
    report: Mapping[str, Any] | None
    strict: bool
    witnesses: Mapping[tuple[str, str], Witness]

    @property
    def results(self) -> tuple[TheoremResult, ...]:
        """One per point and theorem, in the order of the grid; one ERROR for a point that failed.

        The scenario of a result is the name of its point.
        """
        from .result import TheoremResult, theorem_results

        failed, passed = Verdict.ERROR, Verdict.PASS
        return tuple(
            line
            for point, outcome in self.swept.outcomes
            for line in (
                theorem_results(outcome)
                if outcome is not None
                else [TheoremResult(point.name, "", failed, passed, point.error or "")]
            )
        )

    @property
    def failures(self) -> tuple[TheoremResult, ...]:
        """Those that make the exit code 1 (see `values.standing`)."""
        return tuple(line for line in self.results if line.standing(self.strict) == "failed")

    @property
    def unexpected(self) -> tuple[TheoremResult, ...]:
        """Those whose verdict is not the one expected, and every ERROR."""
        return tuple(line for line in self.results if not line.as_expected)

    @property
    def as_expected(self) -> bool:
        """Whether no point is missing and every verdict is the one expected."""
        return not self.swept.missing and self.exit_code == ExitCode.AS_EXPECTED

    def to_json(self) -> str:
        """The text of report.json. InputError while points are missing: there is none."""
        from .run.folder import report_text

        if self.report is None:
            raise InputError(f"to_json: no report was made: {self.summary}")
        return report_text(self.report)

    def __bool__(self) -> bool:
        raise TypeError("a sweep has no truth value: ask for `as_expected` or `failures`")

    def __repr__(self) -> str:
        return f"<SweepResult: {self.summary}>"

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
            "run it without a shard for the rest and the report"
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
    data_root: str | os.PathLike[str] | None = None,
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
        data_root: the folder that holds the folders of images by name, as for `check`.
        progress: called as the work goes on.
        command: how to do it again, for the report.

    Raises:
        InputError: the file, an option, the device, the cluster or the folder cannot be used.
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs: must be at least 1, found {jobs}")
    if jobs is not None and scheduler is not None:
        raise InputError("jobs: not with a scheduler, whose cluster has its own workers")
    part = None if shard is None else parse_shard(shard)
    own, folder = tuple(theorems), Path(out)
    check_flags(device, folder, own, seed=seed, data_root=data_root)
    grid = sweep_inputs(path, own, seed, data_root)
    from ..theory.theorems import catalog
    from .run.folder import report_folder, write_report
    from .run.record import RunInfo, build_report
    from .run.sweep import run_sweep
    from .run.witness import Replay, witnesses
    from .scenarios.own_theorem import own_theorems

    resolved = resolve_device(device)
    added, files = own_theorems(own)
    told = command or f"perturbproof.verify.sweep({os.fspath(path)!r}, out={os.fspath(out)!r})"
    info = RunInfo(told, resolved, seed)
    with report_folder(folder, exclusive=part is None):
        swept = run_sweep(
            grid,
            (*catalog(), *added),
            folder,
            device=resolved,
            jobs=jobs or cores(),
            scheduler=scheduler,
            shard=part,
            retry_failed=retry_failed,
            progress=progress,
            own=tuple(files.values()),
        )
        if swept.run is None or part is not None:
            return SweepResult(swept, folder, None, strict, {})
        found = witnesses(swept.run, Replay(folder, resolved, files), progress)
        report = build_report(swept.run, info, strict, found, sweep=swept)
        content = write_report(folder, report, strict, found.values(), progress)
    return SweepResult(swept, folder, content, strict, found)


DEFAULT_SUITE = "quick"


def verify(
    *scenarios: ScenarioLike,
    theorems: Iterable[TheoremLike] = (),
    seed: int | None = None,
    precision: int | None = None,
    device: str = "auto",
    second_opinion: bool = False,
    strict: bool = False,
    out: str | os.PathLike[str] | None = None,
    data_root: str | os.PathLike[str] | None = None,
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
        second_opinion: ask cvc5 every query that Z3 decided; where it denies one, that is an ERROR.
        strict: VACUOUS and INCONCLUSIVE count as failures where PASS was expected.
        out: folder for report.json, report.pdf, report.html, junit.xml, summary.md and figures;
            made if there is none. What an earlier run left there stays unless this one succeeds. A
            run that is killed is resumed there by the same call.
        data_root: the folder that holds the folders of images by name, as for `check`.
        progress: called as the work goes on.
        command: how to do it again, for the report; by default this call.

    Raises:
        InputError: a scenario, its data, a theorem, the device or the folder cannot be used.
    """
    own = tuple(theorems)
    at: Any = {"seed": seed, "precision": precision, "data_root": data_root}
    check_flags(device, out, own, second_opinion=second_opinion, **at)
    chosen, studies = run_inputs(scenarios or (DEFAULT_SUITE,), own, **at)
    from ..theory.theorems import catalog
    from .result import Result
    from .run.folder import report_folder, write_report
    from .run.image_studies import run_image_studies
    from .run.image_verdicts import CLAIMS, judge_images
    from .run.proof_witness import proof_witnesses
    from .run.record import RunInfo, build_report
    from .run.run import JOURNAL, run_scenarios
    from .run.store import Store
    from .run.studies import POINTS, run_studies
    from .run.study_verdicts import judge_study
    from .run.wide_studies import run_wide_studies
    from .run.witness import FOLDER as WITNESSES
    from .run.witness import Replay, witnesses
    from .scenarios.image_study import ImageStudy
    from .scenarios.own_theorem import own_theorems
    from .scenarios.study import Study
    from .scenarios.wide_study import WideStudy

    resolved = resolve_device(device)
    added, files = own_theorems(own)
    info = RunInfo(command or _call(scenarios, seed, precision), resolved, seed)
    folder = None if out is None else Path(out)
    journal, store = (Store(folder / JOURNAL), Store(folder / POINTS)) if folder else (None, None)
    watched: Any = {"device": resolved, "progress": progress}
    of_images = [one for one in studies if isinstance(one, ImageStudy)]
    beside = CLAIMS * len(of_images)
    root = None if data_root is None else Path(data_root)
    of_wide = [one for one in studies if isinstance(one, WideStudy)]
    of_theory = [one for one in studies if isinstance(one, Study)]
    with report_folder(folder):
        known, own_files = (*catalog(), *added), tuple(files.values())
        run = run_scenarios(
            chosen,
            theorems=known,
            journal=journal,
            own=own_files,
            second_opinion=second_opinion,
            beside=beside,
            **watched,
        )
        judged = map(judge_study, run_studies(of_theory, store, **watched))
        seen = run_image_studies(of_images, store, root=root, **watched)
        # Those of scenarios, without those of the studies, which each level counts as well.
        statements = max((one.statements for one in run.levels), default=beside) - beside
        wide = run_wide_studies(of_wide, store, **watched)
        studied = (*judged, *wide, *judge_images(seen, statements))
        found: dict[tuple[str, str], Witness | ProofWitness] = {}
        if folder is not None:
            proofs = [(theorem, run.proofs[theorem.id]) for theorem in run.theorems]
            failed = proof_witnesses(proofs, folder / WITNESSES, files)
            found |= witnesses(run, Replay(folder, resolved, files), progress)
            found |= {("", one.theorem.id): one for one in failed}
        report = build_report(run, info, strict, found, studied)
        if folder is None:
            content = report.model_dump(mode="json")
        else:
            content = write_report(folder, report, strict, found.values(), progress)
        if journal is not None:
            journal.remove()
    return Result(run, content, strict, folder, found, studied)


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
