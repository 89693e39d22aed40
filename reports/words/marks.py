"""One mark per outcome: a colour and a shape, so that either alone is enough.

The same small SVG drawings are used in the PDF and in the HTML page. Colours are Okabe and Ito's,
darkened to a contrast of at least 4.5 on white where they colour words.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """An outcome's mark: ``symbol`` for plain text, ``ink`` on light and ``glow`` on dark pages.

    ``shape`` is the inside of a 16 by 16 SVG, in which INK stands for the colour.
    """

    name: str
    symbol: str
    ink: str
    glow: str
    shape: str

    def svg(self, colour: str | None = None) -> str:
        """The mark as a whole SVG in ``colour``, by default its ink."""
        inside = self.shape.replace("INK", colour or self.ink)
        size = 'width="16" height="16" viewBox="0 0 16 16"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>'


_STROKE = 'fill="none" stroke="{}" stroke-width="{}" stroke-linecap="round" stroke-linejoin="round"'
_TICK = f'<path d="M4.4 8.3 7 10.9 11.7 5.4" {_STROKE.format("white", 1.9)}/>'
_CROSS = f'<path d="M5.2 5.2 10.8 10.8 M10.8 5.2 5.2 10.8" {_STROKE.format("white", 1.9)}/>'

PASS = Mark("pass", "✔", "#00704f", "#3fc79a", f'<circle cx="8" cy="8" r="7.2" fill="INK"/>{_TICK}')
FAIL = Mark(
    "fail",
    "✘",
    "#b34a00",
    "#ff9550",
    f'<rect x="1" y="1" width="14" height="14" rx="1.5" fill="INK"/>{_CROSS}',
)
VACUOUS = Mark(
    "vacuous",
    "○",
    "#00609a",
    "#6cb8ec",
    '<circle cx="8" cy="8" r="6.3" fill="none" stroke="INK" stroke-width="1.7"/>',
)
INCONCLUSIVE = Mark(
    "inconclusive",
    "◐",
    "#8a5d00",
    "#f0b93a",
    '<circle cx="8" cy="8" r="6.3" fill="none" stroke="INK" stroke-width="1.7"/>'
    '<path d="M8 1.7 a6.3 6.3 0 0 0 0 12.6 z" fill="INK"/>',
)
ERROR = Mark(
    "error",
    "▲",
    "#93376a",
    "#ec9ac6",
    '<path d="M8 1 15.4 14.6 H.6 Z" fill="INK" stroke="INK" stroke-width="1" '
    'stroke-linejoin="round"/>'
    f'<path d="M8 6 V9.6 M8 12.1 V12.2" {_STROKE.format("white", 1.8)}/>',
)
OBSERVED = Mark(
    "observed",
    "✓",
    "#00609a",
    "#6cb8ec",
    '<circle cx="8" cy="8" r="6.5" fill="none" stroke="INK" stroke-width="1.3"/>'
    f'<path d="M4.9 8.3 7.1 10.5 11.2 5.8" {_STROKE.format("INK", 1.6)}/>',
)
NOT_OBSERVED = Mark(
    "not-observed",
    "✗",
    "#00609a",
    "#6cb8ec",
    '<circle cx="8" cy="8" r="6.5" fill="none" stroke="INK" stroke-width="1.3"/>'
    f'<path d="M5.5 5.5 10.5 10.5 M10.5 5.5 5.5 10.5" {_STROKE.format("INK", 1.6)}/>',
)

MARKS = {
    mark.name: mark for mark in (PASS, FAIL, VACUOUS, INCONCLUSIVE, ERROR, OBSERVED, NOT_OBSERVED)
}

# Every word of the schema that states an outcome, and the mark it gets.
OUTCOMES = {
    "PASS": PASS,
    "FAIL": FAIL,
    "VACUOUS": VACUOUS,
    "INCONCLUSIVE": INCONCLUSIVE,
    "ERROR": ERROR,
    "OBSERVED": OBSERVED,
    "NOT OBSERVED": NOT_OBSERVED,
    "proved": PASS,
    "gap": FAIL,
    "unknown": INCONCLUSIVE,
    "discharged": PASS,
    "yes": PASS,
    "no": VACUOUS,
    "agree": PASS,
    "disagree": ERROR,
}

# Worst first.
SEVERITY = ("ERROR", "FAIL", "INCONCLUSIVE", "VACUOUS", "PASS")
