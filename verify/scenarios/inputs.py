"""What a run is given, looked at before any work: files, keys, data, own theorems, flags, folder.

Nothing here loads SymPy, Z3, torch or SciPy, so that a mistyped path is told in an instant.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from ...numerics.configuration import InputError
from ...numerics.data.file import FromFile, read_labels
from ...numerics.data.sample import checked_pair
from ...numerics.device import check_device_name
from ..suites import suite_files
from .grid import Grid, Shard, load_grid
from .scenario import Scenario, check_bits, read_toml, scenario_from
from .study import LoadedStudy, study_from

_Arrays = tuple[np.ndarray, np.ndarray]
FilePath = str | os.PathLike[str]
ScenarioLike = Scenario | LoadedStudy | FilePath

_MOST_DATA = 500
"""Combinations of a sweep whose data are looked at beforehand."""


def run_inputs(
    scenarios: Iterable[ScenarioLike],
    theorems: Iterable[Any] = (),
    *,
    seed: int | None = None,
    precision: int | None = None,
    device: str = "auto",
    out: FilePath | None = None,
) -> tuple[tuple[Scenario, ...], tuple[LoadedStudy, ...]]:
    """The scenarios and studies of a run, with `seed` and `precision` in place of their own.

    `scenarios` are objects, files, or names of suites (text without a folder and without the
    ending .toml); `theorems` objects or Python files, which are not run yet.

    Raises:
        InputError: one of them, its data, a flag or the folder cannot be used.
    """
    if seed is not None and not 0 <= seed < 2**63:
        raise InputError(f"seed: must be from 0 to 2^63 - 1, found {seed}")
    check_bits(precision)
    _check_the_rest(theorems, device, out)
    loaded = [one for given in scenarios for one in _loaded(given)]
    if seed is not None:
        loaded = [one.seeded(seed) for one in loaded]
    at = {} if precision is None else {"precision": precision}
    chosen = tuple(one.model_copy(update=at) for one in loaded if isinstance(one, Scenario))
    studies = tuple(one for one in loaded if isinstance(one, LoadedStudy))
    _check_names(chosen, studies)
    for scenario in chosen:
        try:
            _check_data(scenario)
        except InputError as error:
            raise InputError(f"scenario {scenario.name}: {error}") from None
    return chosen, studies


def sweep_inputs(
    path: FilePath,
    theorems: Iterable[FilePath] = (),
    *,
    seed: int | None = None,
    device: str = "cpu",
    jobs: int | None = None,
    scheduler: str | None = None,
    shard: str | None = None,
    out: FilePath | None = None,
) -> tuple[Grid, Shard | None]:
    """The grid of a sweep file, and the part of it that `shard` names.

    Raises:
        InputError: as `run_inputs`, also for data that only some of the points use.
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs: must be at least 1, found {jobs}")
    if jobs is not None and scheduler is not None:
        raise InputError("--jobs: not with --scheduler, whose cluster has its own workers")
    part = None if shard is None else Shard.parse(shard)
    _check_the_rest(theorems, device, out)
    grid = load_grid(Path(path), seed)
    # The other axes change nothing in the data.
    axes = tuple(a for a in grid.axes if a.field.partition(".")[0] in ("data", "perturbed"))
    for point in islice(replace(grid, axes=axes).points(), _MOST_DATA):
        if point.scenario is not None:
            _check_data(point.scenario)
    return grid, part


def check_inputs(
    data: Any,
    labels: Any = None,
    *,
    classes: tuple[int | float | str, int | float | str] | None = None,
    centred: bool = False,
    scale: float = 1.0,
    slopes: Iterable[float] = (),
    precision: int | None = None,
    device: str = "cpu",
    out: FilePath | None = None,
) -> tuple[FromFile, _Arrays | None]:
    """The dataset that `check` is given, and its arrays where they are no file.

    Raises:
        InputError: the data, a flag or the folder cannot be used.
    """
    chosen = tuple(slopes)
    for slope in chosen:
        if not (math.isfinite(slope) and 0 < slope <= 1):
            raise InputError(f"--slope: must lie in (0, 1], found {slope}")
    if len(set(chosen)) < len(chosen):
        raise InputError("--slope: the same slope is given twice")
    check_bits(precision)
    _check_the_rest((), device, out)
    path, labels_path, arrays = _arrays(data, labels)
    dataset = FromFile(path=path, labels=labels_path, classes=classes, centred=centred, scale=scale)
    if out is not None and arrays is not None:
        raise InputError("out: a report names its data file; save the arrays as .npz and give that")
    if arrays is None:
        dataset.check()
    return dataset, arrays


def _arrays(data: Any, labels: Any) -> tuple[str, str | None, _Arrays | None]:
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


def load_run_file(path: Path) -> Scenario | LoadedStudy:
    """Read and validate a file: a scenario, or a study by its `kind = "study"`.

    Raises:
        InputError: as `load_scenario` and `study_from`.
    """
    content = read_toml(path)
    return (study_from if content.get("kind") == "study" else scenario_from)(content, path)


def load_suite(name: str) -> tuple[Scenario | LoadedStudy, ...]:
    """The scenarios and studies of a suite.

    Raises:
        InputError: there is no such suite.
    """
    return tuple(map(load_run_file, suite_files(name)))


def compiled(path: Path) -> CodeType:
    """The code of a Python file with a theorem of the user's own, not run.

    Raises:
        InputError: it is missing, no Python file, or not Python.
    """
    if not path.is_file():
        raise InputError(f"--theorem {path}: no such file")
    if path.suffix != ".py":
        raise InputError(f"--theorem {path}: must be a Python file ending in .py")
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise InputError(
            f"--theorem {path}: line {error.lineno}: {type(error).__name__}: {error.msg}"
        ) from None
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"--theorem {path}: cannot be read ({error})") from None


def check_folder(out: FilePath | None) -> None:
    """InputError where nothing can be written to a folder, made or still to be made."""
    if out is None:
        return
    folder = Path(out)
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"--out {out}: cannot be written (Not a directory)")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"--out {out}: cannot be written (Permission denied)")


def _check_the_rest(theorems: Iterable[Any], device: str, out: FilePath | None) -> None:
    check_device_name(device)
    for given in theorems:
        if isinstance(given, (str, os.PathLike)):
            compiled(Path(given))
    check_folder(out)


def _loaded(given: ScenarioLike) -> tuple[Scenario | LoadedStudy, ...]:
    if isinstance(given, (Scenario, LoadedStudy)):
        return (given,)
    if isinstance(given, str) and Path(given).name == given and Path(given).suffix != ".toml":
        return load_suite(given)
    if isinstance(given, (str, os.PathLike)):
        return (load_run_file(Path(given)),)
    raise InputError(
        f"scenarios: must be Scenario objects, files or names of suites, found "
        f"{type(given).__name__}"
    )


def _check_names(scenarios: tuple[Scenario, ...], studies: tuple[LoadedStudy, ...]) -> None:
    names = [one.name for one in (*scenarios, *studies)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is None:
        return
    if twice in [study.name for study in studies]:
        raise InputError(f"two studies or scenarios are named {twice!r}; rename one")
    raise InputError(f"two scenarios are named {twice!r}; give each its own name")


def _check_data(scenario: Scenario) -> None:
    scenario.data.check()
    made = scenario.perturbed
    if made is not None and made.label_file is not None:
        read_labels(made.label_file, made.samples)
