"""What a run is given, looked at before any work: files, keys, data, own theorems, flags, folder.

Nothing here loads SymPy, Z3, torch or SciPy, so that a mistyped path is told in an instant.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from ...numerics.configuration import InputError
from ...numerics.data import FromFile, LabelledDataset
from ...numerics.data.files.guards import Arrays
from ...numerics.data.files.image_sets import Split
from ...numerics.data.files.memory import NAMED, arrays_given
from ...numerics.data.named_images import NAMED_SETS
from ...numerics.device import check_device_name
from ...numerics.input_error import unknown
from .data import check_headers, for_torch, read_through, told_of
from .grid import Grid, load_grid
from .image_study import ImageStudy, image_study_from
from .scenario import MOST_BITS, Scenario, read_toml, scenario_from
from .study import Study, study_from
from .wide_study import WideStudy, wide_study_from

if TYPE_CHECKING:
    from ...numerics.given_network import GivenNetwork

FilePath = str | os.PathLike[str]
AnyStudy = Study | ImageStudy | WideStudy
ScenarioLike = Scenario | AnyStudy | FilePath

_SUITES = Path(__file__).parents[1] / "suites"
_OF_TABLES = ("label_column", "drop_columns")
_MOST_DATA = 500
"""Combinations of a sweep whose data are looked at beforehand."""


def check_flags(
    device: str,
    out: FilePath | None,
    theorems: Iterable[Any] = (),
    *,
    seed: int | None = None,
    precision: int | None = None,
    second_opinion: bool = False,
    data_root: FilePath | None = None,
) -> None:
    """InputError for what no run can begin with.

    `theorems` are objects or Python files, which are not run yet.
    """
    if seed is not None and not 0 <= seed < 2**63:
        raise InputError(f"seed: must be from 0 to 2^63 - 1, found {seed}")
    if precision is not None and not 54 <= precision <= MOST_BITS:
        raise InputError(f"precision: must be from 54 to {MOST_BITS} bits, found {precision}")
    check_device_name(device)
    if data_root is not None and not Path(data_root).is_dir():
        raise InputError(f"--data-root {data_root}: no such folder")
    if second_opinion:
        from ...theory.second_opinion import is_installed

        if not is_installed():
            raise InputError(
                "--second-opinion: cvc5 is missing: pip install 'perturbproof[second-opinion]'"
            )
    for given in theorems:
        if isinstance(given, (str, os.PathLike)):
            compiled(Path(given))
    if out is None:
        return
    there = next(each for each in (Path(out), *Path(out).absolute().parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"out {out}: cannot be written (Not a directory)")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"out {out}: cannot be written (Permission denied)")


def run_inputs(
    scenarios: Iterable[ScenarioLike],
    theorems: Iterable[Any] = (),
    *,
    seed: int | None = None,
    precision: int | None = None,
    data_root: FilePath | None = None,
) -> tuple[tuple[Scenario, ...], tuple[AnyStudy, ...]]:
    """The scenarios and studies of a run, with `seed` and `precision` in place of their own.

    Sets of images that name no root of their own are sought in `data_root`.

    `scenarios` are objects, files, or names of suites (text without a folder and without the
    ending .toml); `theorems` those known beside the catalog, as for `check_flags`.

    Raises:
        InputError: one of them or its data cannot be used, or it names no theorem there is.
    """
    loaded = [one for given in scenarios for one in _loaded(given)]
    if seed is not None:
        loaded = [one.seeded(seed) for one in loaded]
    at = {} if precision is None else {"precision": precision}
    chosen = tuple(
        one.rooted(data_root).model_copy(update=at) for one in loaded if isinstance(one, Scenario)
    )
    studies = tuple(
        one.rooted(data_root) if isinstance(one, WideStudy) else one
        for one in loaded
        if not isinstance(one, Scenario)
    )
    if precision is not None and studies and not chosen:
        raise InputError(f"precision: the study {studies[0].name} decides nothing in balls")
    names = [one.name for one in (*chosen, *studies)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        if twice in [study.name for study in studies]:
            raise InputError(f"two studies or scenarios are named {twice!r}; rename one")
        raise InputError(f"two scenarios are named {twice!r}; give each its own name")
    known = _known_ids(theorems)
    for scenario in chosen:
        if known is not None:
            check_ids(scenario, known)
    root = None if data_root is None else Path(data_root)
    images = [study for study in studies if isinstance(study, ImageStudy)]
    for study in images:
        study.data.known.find(root)
    wide = (study for study in studies if isinstance(study, WideStudy))
    swept = (study.at(value, study.seeds[0]) for study in wide for value in study.values)
    _look_at((*chosen, *swept))
    for study in images:
        study.data.load(root)
    return chosen, studies


def _look_at(scenarios: Collection[Scenario]) -> None:
    """InputError for what is wrong with the data of any, what is told soonest first."""
    for scenario in scenarios:
        with told_of(scenario):
            check_headers(scenario)
    for scenario in sorted(scenarios, key=for_torch):
        with told_of(scenario):
            read_through(scenario)


def sweep_inputs(
    path: FilePath,
    theorems: Iterable[Any] = (),
    seed: int | None = None,
    data_root: FilePath | None = None,
) -> Grid:
    """The grid of a sweep file, with `seed` in place of its own, and `data_root` as `run_inputs`.

    Raises:
        InputError: as `run_inputs`, also for data that only some of the points use.
    """
    grid, known = load_grid(Path(path), seed, data_root), _known_ids(theorems)
    # The other axes change nothing in the data.
    axes = tuple(a for a in grid.axes if a.field.partition(".")[0] in ("data", "perturbed"))
    points = islice(replace(grid, axes=axes).points(), _MOST_DATA)
    scenarios = [point.scenario for point in points if point.scenario is not None]
    if known is not None:
        for scenario in scenarios:
            check_ids(scenario, known)
    _look_at(scenarios)
    return grid


def check_ids(scenario: Scenario, known: Collection[str]) -> None:
    """InputError where a scenario names a theorem, or expects a verdict of one, that is unknown."""
    expected = scenario.expect if isinstance(scenario.expect, dict) else {}
    for field, ids in (("theorems", scenario.theorems or ()), ("expect", expected)):
        for id in ids:
            if id not in known:
                told = unknown("theorem", id, known)
                raise InputError(f"scenario {scenario.name}, '{field}': {told}")


def _known_ids(theorems: Iterable[Any]) -> list[str] | None:
    """Ids of the catalog and of these theorems; None where a file must be run to know its own."""
    own = list(theorems)
    if any(isinstance(given, (str, os.PathLike)) for given in own):
        return None
    return [*catalog_ids(), *(theorem.id for theorem in own)]


def catalog_ids() -> list[str]:
    """The ids of the catalog, which are the names of its files, so that none need be loaded."""
    files = (Path(__file__).parents[2] / "theory" / "theorems").glob("*/*.py")
    return sorted(
        file.stem.replace("_", "-")
        for file in files
        if "\nTHEOREM = " in file.read_text(encoding="utf-8")
    )


def data_inputs(
    data: Any,
    labels: Any,
    slopes: Iterable[float],
    *,
    split: Split | None = None,
    data_root: FilePath | None = None,
    **options: Any,
) -> tuple[LabelledDataset, Arrays | None]:
    """The dataset that `check` is given under options of its own; its arrays if it is no file.

    The bare name of a set of images is that set, whatever lies in the working folder; `split` and
    `data_root` are for these.

    Raises:
        InputError: the data, an option or a slope cannot be used.
    """
    if not isinstance(slopes, Iterable):
        raise InputError(f"slopes: must be a list of numbers, found {slopes!r}")
    chosen = tuple(slopes)
    for slope in chosen:
        if not (math.isfinite(slope) and 0 <= slope <= 1):
            raise InputError(f"slope: must lie in [0, 1], found {slope}")
    if len(set(chosen)) < len(chosen):
        raise InputError("slope: the same slope is given twice")
    named = os.fspath(data) if isinstance(data, (str, os.PathLike)) else None
    if named in NAMED_SETS:
        for name in (*_OF_TABLES, "x", "y"):
            if options.pop(name, None):
                raise InputError(f"{name}: {named} is a set of images, which has no such parts")
        if labels is not None:
            raise InputError(f"labels: {named} has its own")
        root = None if data_root is None else os.fspath(data_root)
        images = NAMED_SETS[named](split=split or "train", root=root, **options)
        try:
            _ = images.files
        except InputError as error:
            here = f"; what is here is ./{named}" if Path(named).exists() else ""
            raise InputError(f"{error}{here}") from None
        images.check()
        return images, None
    for option, value in (("split", split), ("data_root", data_root)):
        if value is not None:
            raise InputError(f"{option}: for {', '.join(NAMED_SETS)} by name only")
    if named is None:
        columns = (options.pop(name) for name in _OF_TABLES)
        for name in ("x", "y"):
            if options.pop(name) is not None:
                raise InputError(f"{name}: arrays are chosen by name in files only")
        arrays = arrays_given(data, labels, *columns)
        return FromFile(path=NAMED, **options), arrays
    if not (labels is None or isinstance(labels, (str, os.PathLike))):
        raise InputError("labels: for data from a file the labels are a file as well")
    beside = None if labels is None else str(Path(labels).absolute())
    dataset = FromFile(path=named, labels=beside, **options)
    dataset.check()
    return dataset, None


def network_input(network: FilePath, slopes: Iterable[float]) -> GivenNetwork:
    """The user's own network that `check` is given.

    Raises:
        InputError: the file cannot be used, or no slope was given: a file of tensors has none.
    """
    from ...numerics.given_network import read_network  # its numbers are read with torch

    if not tuple(slopes):
        raise InputError(
            f"{os.fspath(network)}: the slope of its leaky ReLU is needed (--slope; 0 for the ReLU)"
        )
    return read_network(os.fspath(network))


def load_run_file(path: Path) -> Scenario | AnyStudy:
    """Read and validate a file: by its `kind` a "study", one of "images" or of "wide"
    networks, or a scenario.

    Raises:
        InputError: as `load_scenario` and `study_from`.
    """
    content = read_toml(path)
    if content.get("kind") == "wide":
        return wide_study_from(content, path)
    if content.get("kind") == "images":
        return image_study_from(content, path)
    return (study_from if content.get("kind") == "study" else scenario_from)(content, path)


def suite_names() -> tuple[str, ...]:
    """The names of the built-in suites."""
    return tuple(sorted({file.parent.name for file in _SUITES.glob("*/*.toml")}))


def load_suite(name: str) -> tuple[Scenario | AnyStudy, ...]:
    """The scenarios and studies of a suite, in the order in which they run.

    Raises:
        InputError: there is no such suite.
    """
    if name not in suite_names():
        raise InputError(unknown("suite", name, suite_names()))
    return tuple(map(load_run_file, sorted((_SUITES / name).glob("*.toml"))))


def compiled(path: Path) -> CodeType:
    """The code of a Python file with a theorem of the user's own, not run.

    Raises:
        InputError: it is missing, no Python file, or not Python.
    """
    if not path.is_file():
        raise InputError(f"theorem {path}: no such file")
    if path.suffix != ".py":
        raise InputError(f"theorem {path}: must be a Python file ending in .py")
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise InputError(
            f"theorem {path}: line {error.lineno}: {type(error).__name__}: {error.msg}"
        ) from None
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"theorem {path}: cannot be read ({error})") from None


def _loaded(given: ScenarioLike) -> tuple[Scenario | AnyStudy, ...]:
    if isinstance(given, (Scenario, Study, ImageStudy, WideStudy)):
        return (given,)
    if isinstance(given, str) and Path(given).name == given and Path(given).suffix != ".toml":
        return load_suite(given)
    if isinstance(given, (str, os.PathLike)):
        return (load_run_file(Path(given)),)
    raise InputError(
        f"scenarios: must be Scenario objects, files or names of suites, found "
        f"{type(given).__name__}"
    )
