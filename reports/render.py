"""Write everything a report is turned into."""

import re
from pathlib import Path

from .ci.github import summary
from .ci.junit import junit
from .figures import Drawing, draw
from .files import remove_stale_figures, write_atomic
from .html.page import html
from .pdf.pdf import pdf
from .schema import Report, ReportError, load_report
from .view.compose import compose, formulas
from .view.view import figure_key, study_figure_key
from .words.mathematics import typeset


def render(directory: Path, strict: bool = False) -> tuple[Path, ...]:
    """Turn ``directory/report.json`` into everything else in that folder, and return the paths.

    Written are ``report.pdf``, ``report.html``, ``junit.xml``, ``summary.md`` and, per figure,
    ``figures/SCENARIO-FIGURE.svg`` and ``.csv``. ``strict`` is that of `junit.junit`. All is made
    before anything is written, and each file appears whole or not at all. Figures that an earlier
    report left there are removed. Raises ReportError for
    a report that cannot be read or drawn and for links, and OSError for a folder that cannot be
    written.
    """
    report = load_report(directory)
    refuse_link(directory / "figures")
    try:
        files = _files(report, strict)
    except RecursionError:
        raise ReportError(f"{directory}: the report is nested too deeply") from None
    except UnicodeEncodeError:
        raise ReportError(f"{directory}: the report holds half of a character") from None
    written = tuple(write_atomic(directory / name, content) for name, content in files.items())
    remove_stale_figures(directory, figure_names(report).values())
    return written


def _files(report: Report, strict: bool) -> dict[str, bytes]:
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
    return {
        name: content.encode("utf-8") if isinstance(content, str) else content
        for name, content in files.items()
    }


def refuse_link(folder: Path) -> None:
    """Refuse a folder to be written to that is a link, and may lead anywhere.

    Raises ReportError.
    """
    if folder.is_symlink():
        raise ReportError(f"{folder}: is a link; nothing is written through it, remove it")


def draw_figures(report: Report) -> dict[str, Drawing]:
    """Every figure of a report by its key. Raises ReportError, with its JSON path, if one fails."""
    return (
        {
            figure_key(i, k): draw(figure, f"scenarios[{i - 1}].figures[{k - 1}]")
            for i, scenario in enumerate(report.scenarios, start=1)
            for k, figure in enumerate(scenario.figures, start=1)
        }
        | {
            study_figure_key(i, k): draw(figure, f"studies[{i - 1}].figures[{k - 1}]")
            for i, study in enumerate(report.studies, start=1)
            for k, figure in enumerate(study.figures, start=1)
        }
        | {
            study_figure_key(i, k): draw(
                figure, f"sweeps[{i - 1 - len(report.studies)}].figures[{k - 1}]"
            )
            for i, sweep in enumerate(report.sweeps, start=len(report.studies) + 1)
            for k, figure in enumerate(sweep.figures, start=1)
        }
    )


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "unnamed"


def figure_names(report: Report) -> dict[str, str]:
    """File names without suffix by figure key: safe on every system, and each used once."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    groups = [
        (scenario.name, figure_key, i, scenario.figures)
        for i, scenario in enumerate(report.scenarios, start=1)
    ]
    groups += [
        (study.name, study_figure_key, i, study.figures)
        for i, study in enumerate((*report.studies, *report.sweeps), start=1)
    ]
    for owner, key, i, figures in groups:
        for k, figure in enumerate(figures, start=1):
            # Short enough for systems that allow 143 bytes, with room to tell equal names apart.
            name = f"{_safe(owner)[:60]}-{_safe(figure.id)[:40]}"
            while name.lower() in taken:
                name = f"{name}-{i}-{k}"
            taken.add(name.lower())
            names[key(i, k)] = name
    return names
