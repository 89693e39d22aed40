"""A small table for notebooks."""

from collections.abc import Iterable, Sequence
from html import escape

from ..words.marks import OUTCOMES

# By the name of the mark, readable on light and dark pages: a notebook does not say which it is.
_COLOURS = {
    "pass": "#2e7d32",
    "fail": "#c62828",
    "vacuous": "#b26a00",
    "inconclusive": "#8e24aa",
    "error": "#c62828",
}


def html_table(headings: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table as HTML with everything escaped.

    The first cell of a row is its outcome, which gets a mark and a colour.
    """
    lines = ["".join(f"<th>{escape(heading)}</th>" for heading in headings)]
    for outcome, *rest in rows:
        mark = OUTCOMES[outcome]
        first = f'<b style="color:{_COLOURS[mark.name]}">{mark.symbol} {escape(outcome)}</b>'
        lines.append("".join(f"<td>{cell}</td>" for cell in (first, *map(escape, rest))))
    body = "".join(f'<tr style="text-align:left">{line}</tr>' for line in lines)
    return f'<table><caption style="text-align:left">{escape(caption)}</caption>{body}</table>'
