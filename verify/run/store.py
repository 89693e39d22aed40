"""Finished points on disk: one JSON file per point, named by what the point depends on.

Each file is written under a temporary name and renamed, so that a run that is killed leaves whole
files only. It is not forced onto the disk: after a power failure a file may be torn, which its
digest shows, and the point is computed again. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sympy as sp

from ...numerics.data import FromFile
from ...reports.files import write_atomic
from ...theory.exact.interval import Interval, interval_from, interval_text
from ...theory.statement import Theorem
from ..measure.measuring import MeasuredScenario
from ..scenarios.grid import Point
from ..scenarios.scenario import Scenario
from ..values import CrossCheck, Measured, Observation, Progress, Rigor, Trials, unwatched

# Measured things as plain JSON data, and back, exactly: every end of every interval, every type.
#
# Whatever is not a JSON value of its own stands as an object with one key, its type. Nothing is
# unpickled, and no type is made that is not listed here.

_RECORDS = {record.__name__: record for record in (Measured, CrossCheck, Observation, Trials)}


def to_plain(value: Any) -> Any:
    """A value made of numbers, text, containers, intervals and measured records as plain data.

    Raises:
        TypeError: it holds anything else.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list):
        return [to_plain(entry) for entry in value]
    if isinstance(value, tuple):
        return {"tuple": [to_plain(entry) for entry in value]}
    if isinstance(value, frozenset):
        return {"frozenset": sorted(value)}
    if isinstance(value, dict):
        return {"dict": [[to_plain(key), to_plain(entry)] for key, entry in value.items()]}
    if isinstance(value, Interval):
        return {"Interval": interval_text(value)}
    if isinstance(value, Rigor):
        return {"Rigor": value.value}
    name = type(value).__name__
    if is_dataclass(value) and _RECORDS.get(name) is type(value):
        return {name: {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}}
    raise TypeError(f"{name} is not one of the types that are kept")


def from_plain(plain: Any) -> Any:
    """What `to_plain` made this of.

    Raises:
        ValueError, TypeError: it made it of nothing.
    """
    if isinstance(plain, list):
        return [from_plain(entry) for entry in plain]
    if not isinstance(plain, dict):
        return plain
    ((kind, content),) = plain.items()
    if kind == "tuple":
        return tuple(from_plain(entry) for entry in content)
    if kind == "frozenset":
        return frozenset(content)
    if kind == "dict":
        return {from_plain(key): from_plain(entry) for key, entry in content}
    if kind == "Interval":
        return interval_from(content)
    if kind == "Rigor":
        return Rigor(content)
    if kind in _RECORDS:
        return _RECORDS[kind](**{name: from_plain(entry) for name, entry in content.items()})
    raise ValueError(f"{kind!r} is no type that is kept")


# The files that a measurement is made by, so that nothing is reused that other code measured.

_PROJECT = Path(__file__).parents[2]


def source_files() -> list[tuple[str, Path]]:
    """Every source file of theory, numerics and verify, with its name inside the project."""
    return [
        (path.relative_to(_PROJECT).as_posix(), path)
        for folder in ("theory", "numerics", "verify")
        for path in sorted((_PROJECT / folder).rglob("*.py"))
    ]


# Measured scenarios on disk while a run goes on, so that a run that was killed can go on.
#
# One file per scenario, written whole, under a name made of everything that the measurement depends
# on: the scenario, the theorems' relations, the data files, the program, the device. What is found
# under that name, and is whole, need not be measured again. Anything else in the folder is ignored.
# Judging and proving are done anew, so that the report is that of an undisturbed run.

FOLDER = ".perturbproof-journal"

_PACKAGES = ("perturbproof", "numpy", "scipy", "torch", "python-flint", "sympy", "scikit-learn")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GIVEN = "scenario"
"""The one field of a measured scenario that is not kept: the run that resumes has it."""


@dataclass(frozen=True)
class Journal:
    """The journal in one folder. `circumstances` is what all scenarios of the run share."""

    folder: Path
    circumstances: Mapping[str, Any]
    progress: Progress = unwatched
    _names: dict[str, str] = field(default_factory=dict)
    _written: set[Path] = field(default_factory=set)

    def resume(
        self, scenarios: Sequence[tuple[Scenario, Sequence[Theorem]]]
    ) -> dict[str, MeasuredScenario]:
        """What is there of these scenarios, each with its theorems, by name of the scenario."""
        found: dict[str, MeasuredScenario] = {}
        for scenario, theorems in scenarios:
            self._names[scenario.name] = self._entry_name(scenario, theorems)
            measured = self._read(self._names[scenario.name], scenario)
            if measured is not None:
                found[scenario.name] = measured
        if found:
            told = f"resuming: {len(found)} of {len(scenarios)} scenarios were finished"
            self.progress(told, 0, 0)
        return found

    def keep(self, measured: MeasuredScenario) -> None:
        """Write one of these scenarios, whole or not at all. An ERROR is not kept: it may pass.

        Raises:
            OSError: it cannot be written.
        """
        if measured.error is not None:
            return
        kept = {
            f.name: to_plain(getattr(measured, f.name))
            for f in fields(measured)
            if f.name != _GIVEN
        }
        name = self._names[measured.scenario.name]
        path = self.folder / f"{name}.json"
        self._written.add(path)
        entry = {"name": name, "sha256": _digest(kept), "measured": kept}
        write_atomic(path, json.dumps(entry) + "\n")

    def forget(self) -> None:
        """Remove what this run wrote."""
        for path in self._written:
            path.unlink(missing_ok=True)
        self._remove_folder()

    def remove(self) -> None:
        """Remove all entries, those of other runs too."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.suffix in (".json", ".part"):
                    path.unlink(missing_ok=True)
        self._remove_folder()

    def _remove_folder(self) -> None:
        with suppress(OSError):  # not there, or with files in it that are not the journal's
            self.folder.rmdir()

    def _read(self, name: str, scenario: Scenario) -> MeasuredScenario | None:
        """The entry of that name, if it is there and whole."""
        try:
            entry = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            kept = entry["measured"]
            if entry["name"] != name or entry["sha256"] != _digest(kept):
                return None
            values = {key: from_plain(value) for key, value in kept.items()}
            return MeasuredScenario(scenario, **values)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None

    def _entry_name(self, scenario: Scenario, theorems: Iterable[Theorem]) -> str:
        """SHA-256 of all that the measurement depends on."""
        return _digest(
            {
                "circumstances": self.circumstances,
                "scenario": scenario.model_dump(mode="json"),
                "files": _files(scenario),
                "theorems": {
                    theorem.id: [
                        sp.srepr(part.relation) for part in (*theorem.assumptions, *theorem.claims)
                    ]
                    for theorem in theorems
                },
            }
        )


@contextmanager
def journal_in(
    out: Path, circumstances: Mapping[str, Any], progress: Progress = unwatched
) -> Iterator[Journal]:
    """The journal of a run that ends in a report in `out`, removed when the run has succeeded.

    After an interrupt, a full disk or memory, what was finished stays for the run that resumes.
    After a fault that would come again, nothing of this run stays.
    """
    journal = Journal(out / FOLDER, circumstances, progress)
    try:
        yield journal
    except (OSError, MemoryError):
        raise
    except Exception:
        journal.forget()
        raise
    journal.remove()


def circumstances(device: str, own: Sequence[Path]) -> dict[str, Any]:
    """What a measurement depends on besides the scenario, as plain data.

    `own` are the user's theorem files, which may hold more than a theorem. Not among it is the
    machine: another one may go on, for what was measured are enclosures on any.
    """
    import torch

    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "source": _source(),
        "theorem files": [hashlib.sha256(path.read_bytes()).hexdigest() for path in own],
        "device": device,
        "threads": [torch.get_num_threads(), *(os.environ.get(name) for name in _THREADS)],
    }


@cache
def _source() -> list[list[Any]]:
    """Name, size and time of change of every file that a measurement can depend on."""
    return [[name, *_state(path)[:2]] for name, path in source_files()]


def _files(scenario: Scenario) -> list[list[Any]]:
    """Size and times of change of every file that the scenario's data may be read from."""
    paths: set[Path] = set()
    if isinstance(data := scenario.data, FromFile):
        path = Path(data.path)
        paths.add(path)
        if path.is_dir():
            paths |= set(path.iterdir())
        elif data.labels is not None:
            paths.add(path.parent / data.labels)
        elif path.suffix == ".npy" or "ubyte" in path.name:
            # The labels are sought beside the samples.
            paths |= {p for p in path.parent.glob("*") if p.suffix == ".npy" or "ubyte" in p.name}
    if scenario.perturbed is not None and scenario.perturbed.label_file is not None:
        paths.add(Path(scenario.perturbed.label_file))
    return [[str(path.absolute()), *_state(path)] for path in sorted(paths)]


def _state(path: Path) -> list[int]:
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError for a name that no file can have
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digest(content: Any) -> str:
    """SHA-256 of plain JSON data in canonical form: keys sorted, no spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class PointStore:
    """The points in `folder`, which is made when the first is put."""

    folder: Path

    def get(self, key: str) -> dict[str, Any] | None:
        """The record under a key; None when there is none, or what is there is not whole."""
        try:
            entry = json.loads(self._path(key).read_text(encoding="utf-8"))
            record = entry["record"]
            whole = entry["key"] == key and entry["sha256"] == digest(record)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        return record if whole and isinstance(record, dict) else None

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep a record of plain JSON data under a key (a digest), whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        entry = {"key": key, "sha256": digest(record), "record": record}
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            temporary.write_text(json.dumps(entry, allow_nan=False) + "\n", encoding="utf-8")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


# What the result of a sweep's point depends on, as a digest that names its file.
#
# The canonical configuration, the content of the data files, the theorems' relations and the
# program; not the machine, its threads, nor the point's name.

_UNNAMED = {"name", "description", "expect"}
"""Fields that no measurement depends on."""


def point_keys(
    points: Sequence[Point], about: Sequence[tuple[Theorem, ...]], device: str
) -> list[str]:
    """The digest of each point, empty where the values make no scenario."""
    shared = {
        "perturbproof": version("perturbproof"),
        "source": source_digest(),
        "device": device.partition(":")[0],
    }
    relations: dict[str, list[str]] = {}

    def key(point: Point, some: tuple[Theorem, ...]) -> str:
        if point.scenario is None:
            return ""
        for theorem in some:
            if theorem.id not in relations:
                parts = (*theorem.assumptions, *theorem.claims)
                relations[theorem.id] = [sp.srepr(part.relation) for part in parts]
        return digest(
            {
                **shared,
                "scenario": point.scenario.model_dump(mode="json", exclude=_UNNAMED),
                "files": _data_digests(point.scenario),
                "theorems": {theorem.id: relations[theorem.id] for theorem in some},
            }
        )

    return [key(point, some) for point, some in zip(points, about, strict=True)]


def source_digest() -> str:
    """SHA-256 of the program that a measurement is made by."""
    hashed = hashlib.sha256()
    for name, path in source_files():
        hashed.update(f"{name}\0".encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _data_digests(scenario: Scenario) -> list[str]:
    """SHA-256 of every file that the data may be read from."""
    found: list[str] = []
    if isinstance(data := scenario.data, FromFile):
        path = Path(data.path)
        found.append(_file_digest(path, *_point_state(path)))
        for other in _beside(path, data.labels):
            found.append(_file_digest(other, *_point_state(other)))
    made = scenario.perturbed
    if made is not None and made.label_file is not None:
        path = Path(made.label_file)
        found.append(_file_digest(path, *_point_state(path)))
    return found


def _beside(path: Path, labels: str | None) -> list[Path]:
    """Files that are read together with a data file: a folder's own, or those of the labels."""
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.is_file())
    if labels is not None:
        return [path.parent / labels]
    if path.suffix == ".npy" or "ubyte" in path.name:
        return sorted(p for p in path.parent.glob(f"*{path.suffix}") if p.is_file() and p != path)
    return []


def _point_state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=256)
def _file_digest(path: Path, size: int, changed: int) -> str:
    """Of a file in this state; of one that cannot be read, its name: the point will say why."""
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                hashed.update(block)
    except OSError:
        return os.fspath(path)
    return hashed.hexdigest()
