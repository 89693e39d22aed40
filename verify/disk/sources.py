"""The files that a measurement is made by, so that nothing is reused that other code measured."""

from __future__ import annotations

from pathlib import Path

from ... import numerics, theory

VERIFY = Path(__file__).parents[1]


def source_files() -> list[tuple[str, Path]]:
    """Every source file of theory, numerics and verify, with its name inside the project."""
    folders = [*(Path(str(package.__file__)).parent for package in (theory, numerics)), VERIFY]
    return [
        (f"{folder.name}/{path.relative_to(folder)}", path)
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
    ]
