"""Read and validate ``report.json``."""

import json
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from .schema import SCHEMA_VERSION, Report

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
