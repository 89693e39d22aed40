"""The report as one self-contained HTML page: no script, no network, light and dark.

The page is `page.html.j2` with the style sheet `page.css.j2`, over the composed report. Jinja
escapes all that is put into it, unless it is Markup.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..view.records import Told
from ..words.marks import MARKS
from ..words.numbers import POWER
from ..words.sentences import printable
from .inline_svg import drawings, mark_svg

_INDEX = re.compile(r"\b([^\W\d_])_([^\W_]+)\b")
_EXPONENT = re.compile(r"\^([^\W_])\b")


def html(view: Told, typeset: Mapping[str, str], figures: Mapping[str, str]) -> str:
    """The page; ``typeset`` maps formulas, ``figures`` the keys of figures, to SVG text."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"powers": _powers, "said": _said}
    page = templates.get_template("page.html.j2")
    drawn = drawings(typeset, figures)
    return printable(page.render(view=view, drawn=drawn, mark=mark_svg, marks=MARKS.values()))


def _powers(text: str) -> Markup:
    """Text with its powers of ten as superscripts; markup is left as it is."""
    # As a plain string: Markup would escape the new tags, too.
    return Markup(POWER.sub(r"10<sup>\1</sup>", str(escape(text))))


def _said(text: str) -> Markup:
    """A sentence that holds mathematics: indices, exponents, a minus sign between spaces."""
    marked = str(_powers(text.replace(" - ", " − ")))
    marked = _INDEX.sub(r"\1<sub>\2</sub>", marked)
    return Markup(_EXPONENT.sub(r"<sup>\1</sup>", marked))
