"""Finished results on disk: one JSON file each, named by all that the result depends on.

That is the configuration, the content of the data files and the content of the program; not the
machine, nor a name. So a run that was killed goes on where it was, a result is never that of
another program, and several runs can share a folder. Each file is written whole under a temporary
name and renamed. It is not forced onto the disk: after a power failure a file may be torn, which
its digest shows, and the result is computed again. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import sympy as sp

from ...numerics.configuration import InputError
from ...theory.exact.interval import Interval, interval_from, interval_text
from ...theory.statement import Theorem
from ..measure.measuring import MeasuredScenario
from ..reporting import write_atomic
from ..scenarios.scenario import Scenario
from ..values import CrossCheck, Measured, Observation, Rigor, Trials

# What was measured as plain JSON data, and back, exactly: every end of every interval, every type.
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


_GIVEN = "scenario"
"""The one field of a measured scenario that is not kept: whoever resumes has it."""


def measured_to_plain(measured: MeasuredScenario) -> dict[str, Any]:
    """All that was measured in a scenario, as plain data."""
    names = (field.name for field in fields(measured) if field.name != _GIVEN)
    return {name: to_plain(getattr(measured, name)) for name in names}


def measured_from_plain(scenario: Scenario, plain: Mapping[str, Any]) -> MeasuredScenario:
    """What `measured_to_plain` made this of.

    Raises:
        ValueError, TypeError, AttributeError: it made it of nothing.
    """
    return MeasuredScenario(scenario, **{name: from_plain(kept) for name, kept in plain.items()})


Wanted = TypeVar("Wanted")
Result = TypeVar("Result")


def digest(content: Any) -> str:
    """SHA-256 of plain JSON data in canonical form: keys sorted, no spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Store:
    """The results in `folder`, which is made when the first is put."""

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
            ValueError: it holds a number that is not finite. OSError: it cannot be written.
        """
        entry = {"key": key, "sha256": digest(record), "record": record}
        write_atomic(self._path(key), json.dumps(entry, allow_nan=False) + "\n", flush=False)

    def remove(self) -> None:
        """Remove all results, and the folder unless there are other files in it."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.suffix in (".json", ".part"):
                    path.unlink(missing_ok=True)
        with suppress(OSError):  # not there, or not empty
            self.folder.rmdir()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def kept(
    wanted: Iterable[tuple[str, Wanted]],
    store: Store | None,
    read: Callable[[Wanted, dict[str, Any]], Result],
) -> list[Result | None]:
    """What the store has of everything that is wanted, each under its key; None where nothing.

    A record that `read` cannot make a result of is as good as none.
    """
    found: list[Result | None] = []
    for key, one in wanted:
        record = None if store is None else store.get(key)
        try:
            found.append(None if record is None else read(one, record))
        except (ValueError, LookupError, TypeError, AttributeError):
            found.append(None)
    return found


def computed(
    results: Iterable[tuple[str, Result]],
    store: Store | None,
    write: Callable[[Result], Mapping[str, Any] | None],
) -> Iterator[tuple[str, Result]]:
    """The results with their keys, each put into the store before it is handed on.

    Where `write` returns None, as for a fault that may pass, nothing is put.

    Raises:
        OSError: the store cannot be written.
    """
    for key, result in results:
        if store is not None and (record := write(result)) is not None:
            store.put(key, record)
        yield key, result


# What a result depends on.

_PACKAGES = ("perturbproof", "numpy", "scipy", "torch", "python-flint", "sympy", "scikit-learn")
_UNNAMED = {"name", "description", "expect"}
"""Fields of a scenario that no measurement depends on."""


def result_key(device: str, content: Mapping[str, Any]) -> str:
    """The key of the result that `content`, plain data, asks for on a kind of device."""
    shared = {
        "source": source_digest(),
        "packages": _versions(),
        "device": device.partition(":")[0],
    }
    return digest({**shared, **content})


def scenario_key(scenario: Scenario, theorems: Iterable[Theorem], device: str, **more: Any) -> str:
    """The key of what is measured in a scenario for these theorems; `more` is plain data."""
    content = {
        "scenario": scenario.model_dump(mode="json", exclude=_UNNAMED),
        "files": _data_digests(scenario),
        "theorems": {
            theorem.id: [_text(part.relation) for part in (*theorem.assumptions, *theorem.claims)]
            for theorem in theorems
        },
    }
    return result_key(device, {**content, **more})


_PROJECT = Path(__file__).parents[2]


@cache
def source_digest() -> str:
    """SHA-256 of the program: every source file of theory, numerics and verify.

    All of them, because nobody can keep a list of those that a number depends on.
    """
    hashed = hashlib.sha256()
    for folder in ("theory", "numerics", "verify"):
        for path in sorted((_PROJECT / folder).rglob("*.py")):
            hashed.update(f"{path.relative_to(_PROJECT).as_posix()}\0".encode())
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


@cache
def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


@lru_cache(maxsize=1024)
def _text(relation: sp.Basic) -> str:
    return sp.srepr(relation)


def _data_digests(scenario: Scenario) -> list[str]:
    """SHA-256 of every file that the data may be read from."""
    paths: list[str] = []
    try:
        paths += scenario.data.files
    except InputError:  # what cannot be read is its name: whoever needs it will say why
        paths.append(getattr(scenario.data, "path", scenario.data.kind))
    if scenario.perturbed is not None:
        paths += [file for file in (scenario.perturbed.label_file, scenario.perturbed.path) if file]
    return [file_digest(Path(path)) for path in paths]


def file_digest(path: Path) -> str:
    """SHA-256 of a file; of one that cannot be read, its name: whoever needs it will say why."""
    try:
        found = path.stat()
        return _digest_of_state(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    except (OSError, ValueError):  # ValueError for a name that no file can have
        return os.fspath(path)


# A sweep asks for the same files at every point; one that changes has another state.
@lru_cache(maxsize=256)
def _digest_of_state(path: Path, *state: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
