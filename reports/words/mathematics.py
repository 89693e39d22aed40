"""Formulas typeset once, by Typst, for every output: which ones compile, and each as an SVG."""

import json
import re
from collections.abc import Iterable

import typst

# One page per formula, cut to its ink; the size is that of the surrounding text in `EM` points.
EM = 11.0
_SHEET = b"""
#set page(width: auto, height: auto, margin: (x: 0.5pt, y: 1.5pt), fill: none)
#set text(font: "New Computer Modern", size: 11pt)
#for source in json(bytes(sys.inputs.formulas)) {
  page(math.equation(block: true, eval(source, mode: "math")))
}
"""
_SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
_SPECIAL = re.compile(r"[#\\@$]|//|/\*")


def typeset(formulas: Iterable[str]) -> dict[str, str]:
    """Every formula (Typst mathematics) that compiles, with its SVG.

    A malformed one is left out, so that it can be shown as text instead. So is one that holds code
    or an escape (``#``, a backslash): formulas are mathematics, not programs.
    """
    known = [f for f in dict.fromkeys(formulas) if f.strip() and not _SPECIAL.search(f)]
    try:
        return dict(zip(known, _pages(known), strict=True))
    except (typst.TypstError, ValueError):
        # One is bad: find out which, one by one. Slower, and only here.
        return {f: page for f in known for page in _try(f)}


def size_in_em(page: str) -> tuple[float, float]:
    """Width and height of a formula, from its SVG, in units of the type size."""
    found = _SIZE.search(page)
    return (float(found[1]) / EM, float(found[2]) / EM) if found else (0.0, 0.0)


def _try(formula: str) -> list[str]:
    try:
        pages = _pages([formula])
    except typst.TypstError:
        return []
    return pages if len(pages) == 1 else []


def _pages(formulas: list[str]) -> list[str]:
    if not formulas:
        return []
    compiled = typst.compile(
        _SHEET,
        format="svg",
        ignore_system_fonts=True,
        sys_inputs={"formulas": json.dumps(formulas)},
    )
    # One page comes back as bytes, several as a list of bytes.
    pages: list[bytes] = [compiled] if isinstance(compiled, bytes) else list(compiled)
    return [page.decode("utf-8") for page in pages]
