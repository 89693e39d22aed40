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


def _line(path: str, colour: str, width: float) -> str:
    ends = 'stroke-linecap="round" stroke-linejoin="round"'
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" {ends}/>'


def _ring(radius: float, width: float) -> str:
    return f'<circle cx="8" cy="8" r="{radius}" fill="none" stroke="INK" stroke-width="{width}"/>'


_DISC = '<circle cx="8" cy="8" r="7.2" fill="INK"/>'
_SQUARE = '<rect x="1" y="1" width="14" height="14" rx="1.5" fill="INK"/>'
_LEFT_HALF = '<path d="M8 1.7 a6.3 6.3 0 0 0 0 12.6 z" fill="INK"/>'
_TRIANGLE = (
    '<path d="M8 1 15.4 14.6 H.6 Z" fill="INK" stroke="INK" stroke-width="1" '
    'stroke-linejoin="round"/>'
)
_TICK = _line("M4.4 8.3 7 10.9 11.7 5.4", "white", 1.9)
_CROSS = _line("M5.2 5.2 10.8 10.8 M10.8 5.2 5.2 10.8", "white", 1.9)
_EXCLAMATION = _line("M8 6 V9.6 M8 12.1 V12.2", "white", 1.8)
_THIN_TICK = _line("M4.9 8.3 7.1 10.5 11.2 5.8", "INK", 1.6)
_THIN_CROSS = _line("M5.5 5.5 10.5 10.5 M10.5 5.5 5.5 10.5", "INK", 1.6)

MARKS = {
    mark.name: mark
    for mark in (
        Mark("pass", "✔", "#00704f", "#3fc79a", _DISC + _TICK),
        Mark("fail", "✘", "#b34a00", "#ff9550", _SQUARE + _CROSS),
        Mark("vacuous", "○", "#00609a", "#6cb8ec", _ring(6.3, 1.7)),
        Mark("inconclusive", "◐", "#8a5d00", "#f0b93a", _ring(6.3, 1.7) + _LEFT_HALF),
        Mark("error", "▲", "#93376a", "#ec9ac6", _TRIANGLE + _EXCLAMATION),
        Mark("observed", "✓", "#00609a", "#6cb8ec", _ring(6.5, 1.3) + _THIN_TICK),
        Mark("not-observed", "✗", "#00609a", "#6cb8ec", _ring(6.5, 1.3) + _THIN_CROSS),
    )
}

# Every word of the schema that states an outcome, and the mark it gets.
OUTCOMES = {
    word: MARKS[name]
    for name, words in {
        "pass": ("PASS", "proved", "discharged", "yes", "agree"),
        "fail": ("FAIL", "gap"),
        "vacuous": ("VACUOUS", "no"),
        "inconclusive": ("INCONCLUSIVE", "unknown"),
        "error": ("ERROR", "disagree"),
        "observed": ("OBSERVED",),
        "not-observed": ("NOT OBSERVED",),
    }.items()
    for word in words
}

# Worst first.
SEVERITY = ("ERROR", "FAIL", "INCONCLUSIVE", "VACUOUS", "PASS")
