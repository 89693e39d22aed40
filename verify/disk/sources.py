"""The files that a measurement is made by, so that nothing is reused that other code measured."""

from __future__ import annotations

from pathlib import Path

_PROJECT = Path(__file__).parents[2]


def source_files() -> list[tuple[str, Path]]:
    """Every source file of theory, numerics and verify, with its name inside the project."""
    return [
        (path.relative_to(_PROJECT).as_posix(), path)
        for folder in ("theory", "numerics", "verify")
        for path in sorted((_PROJECT / folder).rglob("*.py"))
    ]
