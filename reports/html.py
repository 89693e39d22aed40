"""The report as one self-contained HTML page: no script, no network, light and dark.

The page is `page.html.j2` with the style sheet `page.css.j2`, over the composed report. Jinja
escapes all that is put into it, unless it is Markup. Drawings are
made fit to stand inside the page.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .records import Told
from .style import BLUE, GREEN, GREY, INK, PURPLE, VERMILLION
from .words import MARKS, OUTCOMES, POWER, printable, size_in_em

# A small table for notebooks.

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


_INDEX = re.compile(r"\b([^\W\d_])_([^\W_]+)\b")
_EXPONENT = re.compile(r"\^([^\W_])\b")

# What a figure's colours are called in the style sheet, which has a lighter set for dark pages.
FIGURE_COLOURS = {
    INK: "--ink",
    GREY: "--axis",
    BLUE: "--blue",
    GREEN: "--green",
    PURPLE: "--purple",
    VERMILLION: "--vermillion",
}


def html(view: Told, typeset: Mapping[str, str], figures: Mapping[str, str]) -> str:
    """The page; ``typeset`` maps formulas, ``figures`` the keys of figures, to SVG text."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"powers": _powers, "said": _said}
    page = templates.get_template("page.html.j2")
    # Every letter is drawn once for the whole page: a report has thousands of them.
    outlines: dict[str, str] = {}
    formulas = {source: _formula(drawing, outlines) for source, drawing in typeset.items()}
    symbol = Markup('<symbol id="{}" overflow="visible">{}</symbol>').format
    letters = Markup("").join(symbol(name, Markup(o)) for o, name in outlines.items())
    drawn = _Drawings(letters, formulas, figures)
    return printable(page.render(view=view, drawn=drawn, mark=_mark, marks=MARKS.values()))


def _powers(text: str) -> Markup:
    """Text with its powers of ten as superscripts; markup is left as it is."""
    # As a plain string: Markup would escape the new tags, too.
    return Markup(POWER.sub(r"10<sup>\1</sup>", str(escape(text))))


def _said(text: str) -> Markup:
    """A sentence that holds mathematics: indices, exponents, a minus sign between spaces."""
    marked = str(_powers(text.replace(" - ", " − ")))
    marked = _INDEX.sub(r"\1<sub>\2</sub>", marked)
    return Markup(_EXPONENT.sub(r"<sup>\1</sup>", marked))


def _mark(name: str, label: str | None = None) -> Markup:
    """A mark in the colour of the text around it, which says the same unless ``label`` is given."""
    drawing = MARKS[name].svg("currentColor").replace('"white"', '"var(--page)"')
    if label is not None:
        return _labelled(drawing, label)
    return Markup(drawing.replace("<svg ", '<svg aria-hidden="true" ', 1))


@dataclass(frozen=True)
class _Drawings:
    """The formulas and figures of one page; ``letters`` holds the outlines all formulas use."""

    letters: Markup
    formulas: Mapping[str, str]
    figures: Mapping[str, str]

    def formula(self, formula: Told) -> Markup:
        """A formula in the size and colour of the text around it, or as plain text."""
        if not formula["typst"]:
            return Markup("<code>{}</code>").format(formula["text"])
        return _labelled(self.formulas[formula["typst"]], formula["text"])

    def figure(self, key: str, title: str) -> Markup:
        """A figure; its identifiers are kept apart from those of other figures."""
        prefix = f"f{key}-"
        drawing = re.sub(r"<\?xml.*?\?>\s*", "", self.figures[key])
        drawing = re.sub(r'\bid="', f'id="{prefix}', drawing)
        drawing = drawing.replace('href="#', f'href="#{prefix}').replace("url(#", f"url(#{prefix}")
        for colour, name in FIGURE_COLOURS.items():
            drawing = drawing.replace(colour, f"var({name})")
        # Without a fixed size the drawing fills its column, by its viewBox.
        drawing = re.sub(r'(<svg [^>]*?) width="[^"]*" height="[^"]*"', r"\1", drawing, count=1)
        return _labelled(drawing, title)


def _formula(page: str, outlines: dict[str, str]) -> str:
    """A formula without the outlines of its letters, which are added to ``outlines``."""

    def own(found: re.Match[str]) -> str:
        names[found[1]] = outlines.setdefault(found[2], f"g{len(outlines) + 1}")
        return ""

    names: dict[str, str] = {}
    page = re.sub(r'<symbol id="(\w+)"[^>]*>(.*?)</symbol>', own, page, flags=re.DOTALL)
    page = page.replace("<defs></defs>", "")
    page = re.sub(r'xlink:href="#(\w+)"', lambda use: f'href="#{names[use[1]]}"', page)
    # The page's style sheet has the colour; nothing has to say again what is so anyway.
    page = page.replace(' fill="#000000" fill-rule="nonzero"', "").replace(' x="0" y="0"', "")
    page = page.replace("#000000", "currentColor")
    width, height = size_in_em(page)
    style = f'style="width: {width:.3f}em; height: {height:.3f}em"'
    page = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', style, page, count=1)
    return re.sub(r' xmlns:\w+="[^"]*"', "", page, count=2)


def _labelled(drawing: str, label: str) -> Markup:
    opening = Markup('<svg role="img" aria-label="{}"').format(label)
    return Markup(drawing.replace("<svg", opening, 1))
