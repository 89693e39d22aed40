"""A small table for notebooks, readable on light and dark pages and in grey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_MARKS = {
    "PASS": ("✔", "#2e7d32"),
    "FAIL": ("✘", "#c62828"),
    "VACUOUS": ("○", "#b26a00"),
    "INCONCLUSIVE": ("◐", "#8e24aa"),
    "ERROR": ("▲", "#c62828"),
    "yes": ("✔", "#2e7d32"),
    "no": ("○", "#b26a00"),
    "unknown": ("◐", "#8e24aa"),
}


def html_table(headings: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table as HTML with everything escaped.

    The first cell of a row is its outcome, which gets a mark and a colour.
    """
    head = "".join(f'<th style="text-align:left">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        f"<tr>{_cell(_marked(first))}{''.join(_cell(escape(cell)) for cell in rest)}</tr>"
        for first, *rest in rows
    )
    return (
        f'<table><caption style="text-align:left">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _marked(outcome: str) -> str:
    mark, colour = _MARKS[outcome]
    return f'<b style="color:{colour}">{mark} {escape(outcome)}</b>'


def _cell(content: str) -> str:
    return f'<td style="text-align:left">{content}</td>'
