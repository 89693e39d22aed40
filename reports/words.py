"""What a report says in words: numbers with few digits and honest roundings, marks, formulas.

The output is plain text in which ``10^-16`` stands for a power; each writer sets it in its own
way (see `superscripted` for plain Unicode). A rounded interval always contains the given one.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

import typst

# One mark per outcome: a colour and a shape, so that either alone is enough.
#
# The same small SVG drawings are used in the PDF and in the HTML page. Colours are Okabe and Ito's,
# darkened to a contrast of at least 4.5 on white where they colour words.


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
_QUOTES = _line("M6 6 V8.6 M10 6 V8.6", "INK", 1.9)
_EQUALS = _line("M5.2 6.6 H10.8 M5.2 9.6 H10.8", "INK", 1.5)
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
        Mark("cited", "❝", "#555f6b", "#a9b4c0", _ring(6.5, 1.3) + _QUOTES),
        Mark("defined", "≝", "#555f6b", "#a9b4c0", _ring(6.5, 1.3) + _EQUALS),
        Mark("not-observed", "✗", "#00609a", "#6cb8ec", _ring(6.5, 1.3) + _THIN_CROSS),
    )
}

# Every word of the schema that states an outcome, and the mark it gets.
OUTCOMES = {
    word: MARKS[name]
    for name, words in {
        "pass": ("PASS", "proved", "discharged", "checked", "yes", "agree"),
        "cited": ("cited",),
        "defined": ("defined",),
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


# Formulas typeset once, by Typst, for every output: which ones compile, and each as an SVG.

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
        # One is bad: halves tell which. Slower, and only here.
        if len(known) == 1:
            return {}
        middle = len(known) // 2
        return {**typeset(known[:middle]), **typeset(known[middle:])}


def size_in_em(page: str) -> tuple[float, float]:
    """Width and height of a formula, from its SVG, in units of the type size."""
    found = _SIZE.search(page)
    return (float(found[1]) / EM, float(found[2]) / EM) if found else (0.0, 0.0)


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


POWER = re.compile(r"10\^(−?\d+)")

_SUPERSCRIPTS = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Below this relative width an interval is shown as one number, with its width beside it.
_THIN = 1e-6


def superscripted(text: str) -> str:
    """Powers of ten with Unicode superscripts, for text that knows no markup."""
    return POWER.sub(lambda match: "10" + match.group(1).translate(_SUPERSCRIPTS), text)


def number(value: float | None, digits: int = 7) -> str:
    """One number with at most ``digits`` significant digits; integers below 10^13 in full."""
    if value is None:
        return "–"
    exact = _decimal(value)
    return _shown(_round(exact, digits, None), exact_integer=exact)


def factor(value: float | None) -> str:
    """A ratio, a load or a slack: three significant digits, more where it would read as 1."""
    if value is None:
        return "–"
    exact = _decimal(value)
    # Whether a load is below 1 decides a verdict, so 0.9999 must not be printed as 1.
    digits = next(d for d in range(3, 20) if d == 19 or _round(exact, d, None) != 1 or exact == 1)
    return _shown(_round(exact, digits, None))


def duration(seconds: float | None) -> str:
    """A time in the unit that suits it."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def interval(lower: float | None, upper: float | None) -> tuple[str, str]:
    """An interval as ``(text, note)``; the note gives the width of one shown as a single number.

    ``None`` is an infinite end. The text of a wide interval is rounded outward.
    """
    if lower is None and upper is None:
        return "(−∞, ∞)", ""
    if lower is None or upper is None:
        sign, rounding = ("≤", ROUND_CEILING) if lower is None else ("≥", ROUND_FLOOR)
        exact = _decimal((upper if lower is None else lower) or 0.0)
        return f"{sign} {_shown(_round(exact, 7, rounding), exact_integer=exact)}", ""
    if lower == upper:
        return number(lower), ""
    low, high = _decimal(lower), _decimal(upper)
    width = high - low
    if width <= Decimal(_THIN) * max(abs(low), abs(high)):
        middle = _round((low + high) / 2, 7, None)
        return _shown(middle), f"width {number(float(width), 2)}"
    small, large = sorted((abs(low), abs(high)))
    if small * 10 < large:
        left, right = _round(low, 4, ROUND_FLOOR), _round(high, 4, ROUND_CEILING)
        return f"[{_shown(left)}, {_shown(right)}]", ""
    return _wide(low, high), ""


def _decimal(value: float) -> Decimal:
    # The shortest decimal that reads back as this number: what report.json itself says.
    return Decimal(repr(value))


def _wide(low: Decimal, high: Decimal) -> str:
    size = max(abs(low), abs(high)).adjusted()
    left, right = low, high
    # As many digits as it takes for the rounding to widen the interval by at most a tenth.
    for digits in range(3, 13):
        unit = Decimal(1).scaleb(size - digits + 1)
        left = low.quantize(unit, rounding=ROUND_FLOOR)
        right = high.quantize(unit, rounding=ROUND_CEILING)
        if right - left <= (high - low) * Decimal("1.1"):
            break
    exponent = max(abs(left), abs(right)).adjusted()
    if -4 <= exponent < 7:
        return f"[{_trimmed(left)}, {_trimmed(right)}]"
    scale = Decimal(1).scaleb(-exponent)
    return f"[{_trimmed(left * scale)}, {_trimmed(right * scale)}] × {_power(exponent)}"


def _round(value: Decimal, digits: int, rounding: str | None) -> Decimal:
    if not value:
        return Decimal(0)
    unit = Decimal(1).scaleb(value.adjusted() - digits + 1)
    with localcontext() as context:
        context.prec = 60
        return value.quantize(unit, rounding=rounding)


def _shown(value: Decimal, exact_integer: Decimal | None = None) -> str:
    if exact_integer is not None and abs(exact_integer) < Decimal(10) ** 13:
        whole = exact_integer.to_integral_value()
        if whole == exact_integer:
            # Four digits are read at a glance; longer ones are grouped by thin spaces.
            grouped = f"{int(whole):,}" if abs(whole) >= 10_000 else f"{int(whole)}"
            return grouped.replace(",", "\u2009").replace("-", "−")
    if not value:
        return "0"
    exponent = value.adjusted()
    if -4 <= exponent < 7:
        return _trimmed(value)
    mantissa = _trimmed(value.scaleb(-exponent))
    if mantissa in ("1", "−1"):
        return mantissa[:-1] + _power(exponent)
    return f"{mantissa} × {_power(exponent)}"


def _trimmed(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text in ("-0", "") else text).replace("-", "−")


def _power(exponent: int) -> str:
    return f"10^{exponent}".replace("-", "−")


# Words about what a report holds, shared by every output.

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Text without the characters that neither XML nor HTML may contain."""
    return _CONTROL.sub("\ufffd", text)


def joined(*parts: str, by: str = " · ") -> str:
    """Parts that are not empty, with a raised dot, or what else is given, between them."""
    return by.join(part for part in parts if part)


def counted(count: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{count} {noun}{'s' * (count != 1)}"


def steps_told(steps: Iterable[tuple[str, str]]) -> str:
    """``26 checked, 7 cited, 8 defined, 1 open`` of the status and basis of every step."""
    counts = Counter(basis if status == "discharged" else "open" for status, basis in steps)
    words = ("checked", "cited", "defined", "open")
    return ", ".join(f"{counts[word]} {word}" for word in words if counts[word]) or "no steps"


def share(value: float | None) -> str:
    """An accuracy in [0, 1] with three digits after the point."""
    return "–" if value is None else f"{value:.3f}"


def expectation(verdict: str, expected: object, fine: bool) -> str:
    """How a verdict relates to what was expected; empty for an expected PASS.

    ``expected`` is no single verdict where one was expected of each theorem or point.
    """
    if not isinstance(expected, str):
        return "" if fine else "not as expected"
    if fine:
        return "" if expected == "PASS" else "expected"
    return f"expected {expected}" if verdict != expected else "unexpected"
