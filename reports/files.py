"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Collection
from pathlib import Path

# In the first element of every drawing, so that one can tell whose it is.
MADE_BY = 'data-made-by="perturbproof"'

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


def write_atomic(path: Path, content: bytes | str, *, flush: bool = True) -> Path:
    """Write ``content`` (text as UTF-8, line feeds kept) to ``path`` and return ``path``.

    The content goes to a temporary name in the same folder and is renamed onto ``path`` last, so a
    reader, or a run that was killed, sees the old file or the new one and never a part of it.
    Missing parent folders are made. Without ``flush`` the file is not forced onto the disk: after a
    power failure it may be torn. Raises OSError, leaving nothing behind, when it cannot.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            if flush:
                stream.flush()
                os.fsync(stream.fileno())
        # mkstemp makes files private; a report is meant to be read by others.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path
