"""Write everything a report is turned into; the PDF is set here, by Typst."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import typst

from .compose import compose
from .figures import Drawing, draw
from .files import ReportError, load_report, one_line, remove_stale_figures, write_atomic
from .github import summary
from .html import html
from .junit import junit
from .records import Told, formulas, placed_figures
from .schema import Report
from .words import MARKS, typeset

_TEMPLATES = Path(__file__).parent / "templates"


def pdf(view: Told, drawings: Mapping[str, str]) -> bytes:
    """Set a report as PDF; ``drawings`` maps the keys of figures to SVG text.

    Proofs, configurations and the glossary are in the `appendix`.

    Only Typst's embedded fonts are used and no date is written: equal input, equal bytes. Raises
    ReportError if Typst refuses the document.
    """
    return _set("document.typ", view, drawings)


def appendix(view: Told) -> bytes:
    """Set theorems, proofs, how each number was obtained and the glossary as PDF, like `pdf`."""
    return _set("appendix.typ", view, {})


def _set(template: str, view: Told, drawings: Mapping[str, str]) -> bytes:
    marks = {name: {"svg": mark.svg(), "ink": mark.ink} for name, mark in MARKS.items()}
    try:
        return typst.compile(
            _TEMPLATES / template,
            root=_TEMPLATES,
            format="pdf",
            ignore_system_fonts=True,
            timestamp=0,
            sys_inputs={
                "view": json.dumps(view),
                "marks": json.dumps(marks),
                "drawings": json.dumps(dict(drawings)),
            },
        )
    except typst.TypstError as error:
        raise ReportError(f"the PDF cannot be set: {one_line(str(error))}") from error


def render(directory: Path, strict: bool = False) -> tuple[Path, ...]:
    """Turn ``directory/report.json`` into everything else in that folder, and return the paths.

    Written are ``report.pdf``, ``appendix.pdf``, ``report.html``, ``junit.xml``, ``summary.md``
    and, per figure, ``figures/SCENARIO-FIGURE.svg`` and ``.csv``. ``strict`` is that of
    `junit.junit`. All is made before anything is written, and each file appears whole or not at
    all. Figures that an earlier report left there are removed. Raises ReportError for a report
    that cannot be read or drawn and for links, and OSError for a folder that cannot be written.
    """
    report = load_report(directory)
    if (directory / "figures").is_symlink():
        # It may lead anywhere.
        folder = directory / "figures"
        raise ReportError(f"{folder}: is a link; nothing is written through it, remove it")
    try:
        drawn, mathematics = draw_figures(report), typeset(formulas(report))
        drawings = {key: drawing.svg for key, drawing in drawn.items()}
        view, names = compose(report, mathematics), figure_names(report)
        files: dict[str, bytes | str] = {}
        for key, name in names.items():
            files[f"figures/{name}.svg"] = drawn[key].svg
            files[f"figures/{name}.csv"] = drawn[key].csv
        files["summary.md"] = summary(report)
        files["junit.xml"] = junit(report, strict)
        files["report.html"] = html(view, mathematics, drawings)
        files["report.pdf"] = pdf(view, drawings)
        files["appendix.pdf"] = appendix(view)
        contents = {n: c.encode() if isinstance(c, str) else c for n, c in files.items()}
    except RecursionError:
        raise ReportError(f"{directory}: the report is nested too deeply") from None
    except UnicodeEncodeError:
        raise ReportError(f"{directory}: the report holds half of a character") from None
    written = tuple(write_atomic(directory / name, content) for name, content in contents.items())
    remove_stale_figures(directory, names.values())
    return written


def draw_figures(report: Report) -> dict[str, Drawing]:
    """Every figure of a report by its key. Raises ReportError, with its JSON path, if one fails."""
    return {key: draw(figure, where) for key, _, where, figure in placed_figures(report)}


def figure_names(report: Report) -> dict[str, str]:
    """File names without suffix by figure key: safe on every system, and each used once."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key, owner, _, figure in placed_figures(report):
        # Short enough for systems that allow 143 bytes, with room to tell equal names apart.
        name = f"{_safe(owner)[:60]}-{_safe(figure.id)[:40]}"
        while name.lower() in taken:
            name = f"{name}-{key.partition('-')[2]}"
        taken.add(name.lower())
        names[key] = name
    return names


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "unnamed"
