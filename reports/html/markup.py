"""HTML elements as text, escaped by default."""

import re
from html import escape

_EMPTY = frozenset({"meta", "br", "hr", "link", "img"})
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is HTML already; every other string is escaped when it is put into an element."""

    __slots__ = ()


def printable(text: str) -> str:
    """Text without the characters that neither XML nor HTML may contain."""
    return _CONTROL.sub("\ufffd", text)


def element(name: str, /, *children: str, **attributes: str | None) -> Markup:
    """An element; ``class_`` stands for ``class``, ``aria_label`` for ``aria-label``, and so on.

    Attributes that are ``None`` are left out. The result is well-formed XML as well.
    """
    opening = name
    for key, value in attributes.items():
        if value is not None:
            label = key.rstrip("_").replace("_", "-")
            opening += f' {label}="{escape(printable(value))}"'
    if name in _EMPTY:
        return Markup(f"<{opening} />")
    return Markup(f"<{opening}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Children one after the other, those that are not markup escaped."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else escape(printable(child), quote=False)
            for child in children
        )
    )
