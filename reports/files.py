"""Files of a report: read and validated, and written whole or not at all."""

import json
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from .schema import SCHEMA_VERSION, Report

# Characters of the line that says why a report cannot be used.
_LONGEST_ERROR = 1000


class ReportError(ValueError):
    """A report that cannot be read or drawn: one line that names the file and the JSON path."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message, _LONGEST_ERROR))


def load_report(directory: Path) -> Report:
    """Read ``directory/report.json`` (or the file itself, if ``directory`` is one).

    Raises ReportError, with one line, when the file is missing, is not JSON, has another schema
    version or another structure.
    """
    path = directory / "report.json" if directory.is_dir() else directory
    if path.exists() and not path.is_file():
        raise ReportError(f"{path}: is a device or a pipe, not a report")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReportError(
            f"{path}: no such file; `perturbproof verify --out DIR` writes it"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot be read: {one_line(str(error))}") from None
    return parse_report(text, where=str(path))


def parse_report(text: str, where: str = "report.json") -> Report:
    """Validate the text of a report; ``where`` names it in errors. Raises ReportError."""

    def refuse(constant: str) -> NoReturn:
        raise ReportError(f"{where}: {constant} is not allowed; an infinite bound is null")

    try:
        raw = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ReportError(
            f"{where}: not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        ) from None
    except RecursionError:
        raise ReportError(f"{where}: nested too deeply") from None
    except ReportError:
        raise
    except ValueError as error:  # an integer of thousands of digits
        raise ReportError(f"{where}: {error}") from None
    if not isinstance(raw, dict):
        raise ReportError(f"{where}: $: should be an object, not {type(raw).__name__}")
    version = raw.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise ReportError(
            f"{where}: schema_version: this version reads {SCHEMA_VERSION}, not {version!r}"
        )
    try:
        return Report.model_validate(raw)
    except ValidationError as error:
        raise ReportError(f"{where}: {first_error(error)}") from None


def first_error(error: ValidationError, root: tuple[str | int, ...] = ()) -> str:
    """The first error of a failed validation as ``path: what is wrong``, and how many follow."""
    errors = error.errors(include_url=False)
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    given = first.get("input")
    shown = "" if isinstance(given, dict | list) else f", not {one_line(repr(given))}"
    if first["type"] == "missing":
        shown = ""
    return f"{json_path((*root, *first['loc']))}: {one_line(first['msg'])}{shown}{more}"


def json_path(location: tuple[Any, ...]) -> str:
    """A location as it would be typed: ``scenarios[3].theorems[0].verdict``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f"{'.' if path else ''}{part}"
    return path or "$"


def one_line(text: str, longest: int = 160) -> str:
    """Text on one line, cut to ``longest`` characters; what cannot be printed is escaped."""
    flat = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii")
        for c in " ".join(text.split())
    )
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


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
