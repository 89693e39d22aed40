"""Measured scenarios on disk while a run goes on, so that a run that was killed can go on.

One file per scenario, written whole, under a name made of everything that the measurement depends
on: the scenario, the theorems' relations, the data files, the program, the device. What is found
under that name, and is whole, need not be measured again. Anything else in the folder is ignored.
Judging and proving are done anew, so that the report is that of an undisturbed run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sympy as sp

from ...numerics.datasets import FromFile
from ...reports.atomic import write_atomic
from ...theory.statement import Theorem
from ..measuring import MeasuredScenario
from ..progress import Progress, unwatched
from ..scenario import Scenario
from .plain import from_plain, to_plain
from .sources import source_files

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
