"""The one place of verify that knows reports: its records, its views, and files written whole.

Whoever judges, runs or prints takes them from here, so that either package can be rearranged
without touching the other. Nothing here draws before `render` is called.
"""

from __future__ import annotations

from pathlib import Path

from ..reports import schema
from ..reports.files import ReportError, load_report, remove_stale_figures, write_atomic
from ..reports.github import SUMMARY_LIMIT, annotations, step_summary
from ..reports.html import html_table
from ..reports.junit import Case, scenario_cases, theorem_case
from ..reports.words import steps_told

__all__ = [
    "SUMMARY_LIMIT",
    "Case",
    "ReportError",
    "annotations",
    "html_table",
    "load_report",
    "remove_stale_figures",
    "render",
    "scenario_cases",
    "schema",
    "step_summary",
    "steps_told",
    "theorem_case",
    "write_atomic",
]


def render(directory: Path, strict: bool = False) -> tuple[Path, ...]:
    """Turn ``directory/report.json`` into everything else; see `reports.render.render`."""
    # Drawing loads matplotlib and typst, which most commands never need.
    from ..reports.render import render as rendered

    return rendered(directory, strict)
