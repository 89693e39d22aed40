"""The PDF: a Typst template over the composed report, with reproducible bytes."""

import json
from collections.abc import Mapping
from pathlib import Path

import typst

from .records import Told
from .schema import ReportError, one_line
from .words import MARKS

_TEMPLATE = Path(__file__).parent / "templates/document.typ"


def pdf(view: Told, drawings: Mapping[str, str]) -> bytes:
    """Set a report as PDF; ``drawings`` maps the keys of figures to SVG text.

    Only Typst's embedded fonts are used and no date is written: equal input, equal bytes. Raises
    ReportError if Typst refuses the document.
    """
    marks = {name: {"svg": mark.svg(), "ink": mark.ink} for name, mark in MARKS.items()}
    try:
        return typst.compile(
            _TEMPLATE,
            root=_TEMPLATE.parent,
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
