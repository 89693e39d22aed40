"""Checking data from Python. `perturbproof check` calls this."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...numerics.datasets.arrays import checked_pair
from ...numerics.datasets.file import FromFile
from ...numerics.device import resolve_device
from ...numerics.enclosure import precision as working_at
from ...numerics.input_error import InputError
from ...theory.catalog import catalog
from ...theory.engine import prove
from ..disk.report_folder import report_folder, write_report
from ..progress import Progress, unwatched
from ..report import RunInfo, build_report, utc_now
from ..scenario import WORKING_BITS, check_bits
from .data_check import SLOPES, DataCheck, check_data
from .report import natural_theorems, outcome_of, scenario_of
from .result import CheckResult


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
