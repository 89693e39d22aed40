"""What the result of a sweep's point depends on, as a digest that names its file.

The canonical configuration, the content of the data files, the theorems' relations and the program;
not the machine, its threads, nor the point's name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import sympy as sp

from ...numerics.datasets import FromFile
from ...theory.statement import Theorem
from ..disk.sources import source_files
from ..scenario import Scenario
from ..studies.point_store import digest
from .grid import Point

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
        found.append(_file_digest(path, *_state(path)))
        for other in _beside(path, data.labels):
            found.append(_file_digest(other, *_state(other)))
    made = scenario.perturbed
    if made is not None and made.label_file is not None:
        path = Path(made.label_file)
        found.append(_file_digest(path, *_state(path)))
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


def _state(path: Path) -> tuple[int, int]:
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
