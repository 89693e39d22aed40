"""`perturbproof check`: the assumptions of the theorems on the user's own data."""

from __future__ import annotations

import datetime
import json
import math
import time
from pathlib import Path

import numpy as np

from ..numerics.datasets.file import FromFile
from ..numerics.enclosure import precision
from ..numerics.input_error import InputError
from ..theory.catalog import catalog
from ..theory.engine import prove
from .check_output import as_data, print_check
from .check_report import natural_theorems, outcome_of, scenario_of
from .cli import print_json
from .command_verify import prepare_folder, remove_if_empty, write_report
from .console import results, watched
from .data_check import SLOPES, DataCheck, check_data
from .progress import Progress
from .report import RunInfo, build_report, command_line
from .verdict import ExitCode


def run_check(
    path: Path,
    labels: Path | None,
    classes: tuple[str, str] | None,
    centre: bool,
    scale: float,
    slopes: list[float],
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Check a data file. Returns the exit code: 0, as a check is no test to pass.

    Raises:
        InputError: the data, an option or the folder cannot be used.
    """
    clock = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    started = time.perf_counter()
    chosen = _checked_slopes(slopes)
    data = FromFile(
        path=str(path),
        labels=None if labels is None else str(labels.absolute()),
        classes=classes,
        centred=centre,
        scale=scale,
    )
    made = [] if out is None else prepare_folder(out)
    try:
        with watched(quiet) as progress, precision(128):
            progress("reading", 0, 1)
            sample = data.draw(np.random.default_rng(seed))
            check = check_data(sample, chosen, seed=seed, progress=progress)
            if out is not None:
                content = _report(check, data, progress, clock, started, seed)
                progress("writing the report", 0, 1)
                text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
                write_report(out, text + "\n")
    except BaseException:
        for folder in made:
            remove_if_empty(folder)
        raise
    if as_json:
        print_json(as_data(check))
    else:
        console = results()
        print_check(console, check)
        if out is not None:
            console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, figures)")
    return ExitCode.AS_EXPECTED


def _checked_slopes(slopes: list[float]) -> tuple[float, ...]:
    for slope in slopes:
        if not (math.isfinite(slope) and 0 < slope <= 1):
            raise InputError(f"--slope: must lie in (0, 1], found {slope}")
    if len(set(slopes)) < len(slopes):
        raise InputError("--slope: the same slope is given twice")
    return tuple(slopes) or SLOPES


def _report(
    check: DataCheck,
    data: FromFile,
    progress: Progress,
    clock: str,
    started: float,
    seed: int,
) -> dict:
    scenarios = [scenario_of(data, checked.slope) for checked in check.slopes]
    theorems = natural_theorems(check, scenarios[0], catalog())
    proofs = {}
    for done, theorem in enumerate(theorems):
        progress("proving", done, len(theorems))
        proofs[theorem.id] = prove(theorem)
    outcomes = [outcome_of(check, s, theorems, proofs, progress) for s in scenarios]
    info = RunInfo(command_line(), "cpu", seed, clock, time.perf_counter() - started)
    return build_report(outcomes, theorems, proofs, info)
