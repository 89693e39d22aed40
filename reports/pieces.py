"""The recurring pieces of the HTML page: verdicts, numbers, tables."""

import re
from collections.abc import Sequence

from .inline_svg import mark_svg
from .markup import Markup, element, join
from .numbers import POWER
from .view import Outcome, Shown


def verdict(outcome: Outcome) -> Markup:
    """A verdict: mark and word, in its colour."""
    return element(
        "span", mark_svg(outcome.mark), outcome.word, class_=f"verdict is-{outcome.mark}"
    )


def marked(outcome: Outcome, text: str) -> Markup:
    """A name with the mark of its outcome, which is told to those who do not see it."""
    mark = element("span", mark_svg(outcome.mark, outcome.word), class_=f"is-{outcome.mark}")
    return element("span", mark, name(text), class_="marked")


def powers(text: str) -> Markup:
    """Text with its powers of ten as superscripts; markup is left as it is."""
    if isinstance(text, Markup):
        return text
    # Split keeps the exponents at the odd places.
    parts = POWER.split(text)
    done: list[str] = [parts[0]]
    for exponent, after in zip(parts[1::2], parts[2::2], strict=True):
        done += ["10", element("sup", exponent), after]
    return join(*done)


_INDEX = re.compile(r"\b([^\W\d_])_([^\W_]+)\b")
_EXPONENT = re.compile(r"\^([^\W_])\b")


def said(text: str) -> Markup:
    """A sentence that holds mathematics: indices, exponents, a minus sign between spaces."""
    marked = powers(text.replace(" - ", " − "))
    marked = Markup(_INDEX.sub(r"\1<sub>\2</sub>", marked))
    return Markup(_EXPONENT.sub(r"<sup>\1</sup>", marked))


def shown(value: Shown) -> Markup:
    """A number or interval and the note on its width."""
    return join(powers(value.text or "–"), aside(value.note))


# Columns whose cells are short and should not be broken, and those of names, which may have to be.
_TIGHT = frozenset({"verdict", "proof", "checked by", "ms", "rigor"})
_SLIM = frozenset({"step", "key", "symbol"})
# A name up to this length stays on its line.
_SHORT = 24


def name(text: str) -> Markup:
    """A name in a table, which is broken only if it is long."""
    return element("span", text, class_="unbroken" if len(text) <= _SHORT else None)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """A table; on narrow screens each cell carries the name of its column."""
    classes = ["tight" if h in _TIGHT else "slim" if h in _SLIM else None for h in header]
    heads = zip(header, classes, strict=True)
    names = element("tr", *(element("th", n, scope="col", class_=c) for n, c in heads))
    body = (
        element(
            "tr",
            *(
                element("td", cell, data_label=name, class_=kind)
                for name, kind, cell in zip(header, classes, row, strict=True)
            ),
        )
        for row in rows
    )
    return element("table", element("thead", names), element("tbody", *body))


def cells(*entries: tuple[str, str]) -> Markup:
    """Labelled values side by side."""
    boxes = (element("div", element("dt", name), element("dd", value)) for name, value in entries)
    return element("dl", *boxes, class_="cells")


def pairs(entries: Sequence[tuple[str, str]]) -> Markup:
    """Labelled values one under the other."""
    if not entries:
        return Markup()
    rows = (join(element("dt", name), element("dd", powers(value))) for name, value in entries)
    return element("dl", *rows, class_="pairs")


def judged(outcome: Outcome, expectation: str) -> Markup:
    """A verdict and how it relates to what was expected."""
    return join(verdict(outcome), f" ({expectation}) " if expectation else " ")


def aside(note: str) -> Markup:
    """A small note on its own line; nothing for an empty one."""
    return join(element("br"), element("small", powers(note))) if note else Markup()
