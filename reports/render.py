"""Write everything a report is turned into."""

import re
from pathlib import Path

from .atomic import write_atomic
from .compose import compose, formulas
from .figures import Drawing, draw
from .html import html
from .junit import junit
from .load import load_report
from .mathematics import typeset
from .parts import figure_key
from .pdf import pdf
from .schema import Report
from .summary import summary


def render(directory: Path, strict: bool = False) -> tuple[Path, ...]:
    """Turn ``directory/report.json`` into everything else in that folder, and return the paths.

    Written are ``report.pdf``, ``report.html``, ``junit.xml``, ``summary.md`` and, per figure,
    ``figures/SCENARIO-FIGURE.svg`` and ``.csv``. ``strict`` is that of `junit.junit`. All is made
    before anything is written, and each file appears whole or not at all. Raises ReportError for
    a report that cannot be read or drawn, and OSError for a folder that cannot be written.
    """
    report = load_report(directory)
    drawn = draw_figures(report)
    drawings = {key: drawing.svg for key, drawing in drawn.items()}
    mathematics = typeset(formulas(report))
    view = compose(report, mathematics)
    files: dict[str, bytes | str] = {}
    for key, name in figure_names(report).items():
        files[f"figures/{name}.svg"] = drawn[key].svg
        files[f"figures/{name}.csv"] = drawn[key].csv
    files["summary.md"] = summary(report)
    files["junit.xml"] = junit(report, strict)
    files["report.html"] = html(view, mathematics, drawings)
    files["report.pdf"] = pdf(view, drawings)
    return tuple(write_atomic(directory / name, content) for name, content in files.items())


def draw_figures(report: Report) -> dict[str, Drawing]:
    """Every figure of a report by its key. Raises ReportError, with its JSON path, if one fails."""
    return {
        figure_key(i, k): draw(figure, f"scenarios[{i - 1}].figures[{k - 1}]")
        for i, scenario in enumerate(report.scenarios, start=1)
        for k, figure in enumerate(scenario.figures, start=1)
    }


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "unnamed"


def figure_names(report: Report) -> dict[str, str]:
    """File names without suffix by figure key: safe on every system, and each used once."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for i, scenario in enumerate(report.scenarios, start=1):
        for k, figure in enumerate(scenario.figures, start=1):
            # Short enough for systems that allow 143 bytes, with room to tell equal names apart.
            name = f"{_safe(scenario.name)[:60]}-{_safe(figure.id)[:40]}"
            if name.lower() in taken:
                name = f"{name}-{i}-{k}"
            taken.add(name.lower())
            names[figure_key(i, k)] = name
    return names
