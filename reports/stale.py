"""Figures that an earlier, larger report left in its folder."""

from collections.abc import Collection
from pathlib import Path

from .figures.style import MADE_BY

# Enough of a drawing to hold the attributes of its first element.
_HEAD = 400


def remove_stale_figures(directory: Path, kept: Collection[str]) -> tuple[Path, ...]:
    """Remove from ``directory/figures`` drawings made here, with their tables, that are not kept.

    ``kept`` are file names without suffix. A file that was not made by `render`, and a link, stays
    where it is. Returns what was removed. Raises OSError if it cannot be.
    """
    removed: list[Path] = []
    for drawing in sorted((directory / "figures").glob("*.svg")):
        if drawing.stem in kept or drawing.is_symlink() or not drawing.is_file():
            continue
        with drawing.open("rb") as stream:
            ours = MADE_BY.encode() in stream.read(_HEAD)
        if ours:
            for path in (drawing, drawing.with_suffix(".csv")):
                path.unlink(missing_ok=True)
                removed.append(path)
    return tuple(removed)
