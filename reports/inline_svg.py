"""SVG drawings made fit to stand inside an HTML page, on light and dark ground."""

import re

from .figures.style import BLUE, GREEN, GREY, INK, PURPLE, VERMILLION
from .marks import MARKS
from .markup import Markup, element
from .mathematics import EM

# What a figure's colours are called in the style sheet, which has a lighter set for dark pages.
FIGURE_COLOURS = {
    INK: "--ink",
    GREY: "--axis",
    BLUE: "--blue",
    GREEN: "--green",
    PURPLE: "--purple",
    VERMILLION: "--vermillion",
}


def mark_svg(name: str) -> Markup:
    """A mark in the colour of the text around it."""
    drawing = MARKS[name].svg("currentColor").replace('"white"', '"var(--page)"')
    return Markup(drawing.replace("<svg ", '<svg aria-hidden="true" ', 1))


def figure_svg(drawing: str, prefix: str, title: str) -> Markup:
    """A figure; ``prefix`` keeps its identifiers apart from those of other figures."""
    drawing = re.sub(r"<\?xml.*?\?>\s*", "", drawing)
    drawing = re.sub(r'\bid="', f'id="{prefix}-', drawing)
    drawing = drawing.replace('href="#', f'href="#{prefix}-').replace("url(#", f"url(#{prefix}-")
    for colour, name in FIGURE_COLOURS.items():
        drawing = drawing.replace(colour, f"var({name})")
    # Without a fixed size the drawing fills its column, by its viewBox.
    drawing = re.sub(r'(<svg [^>]*?) width="[^"]*" height="[^"]*"', r"\1", drawing, count=1)
    return _labelled(drawing, title)


def formula_svg(drawing: str, text: str) -> Markup:
    """A formula in the size and colour of the text around it."""
    drawing = drawing.replace("#000000", "currentColor")

    def in_em(found: re.Match[str]) -> str:
        width, height = (float(value) / EM for value in found.groups())
        return f'style="width: {width:.3f}em; height: {height:.3f}em"'

    return _labelled(
        re.sub(r'width="([\d.]+)pt" height="([\d.]+)pt"', in_em, drawing, count=1), text
    )


def _labelled(drawing: str, label: str) -> Markup:
    # The label becomes an attribute of an element that is empty here, to be escaped like any other.
    attributes = element("svg", role="img", aria_label=label)[len("<svg") : -len("></svg>")]
    return Markup(drawing.replace("<svg", f"<svg{attributes}", 1))
