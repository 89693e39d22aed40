"""Words about what a report holds, shared by every output."""

import re

from .numbers import number

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


def share(value: float | None) -> str:
    """An accuracy in [0, 1] with three digits after the point."""
    return "–" if value is None else f"{value:.3f}"


def grade(rigor: str, confidence: float | None) -> str:
    """A rigor, with the confidence (in [0, 1]) of a statistical one."""
    return rigor if confidence is None else f"{rigor}, {number(100 * confidence, 5)} %"


def expectation(verdict: str, expected: object, fine: bool) -> str:
    """How a verdict relates to what was expected; empty for an expected PASS.

    ``expected`` is no single verdict where one was expected of each theorem or point.
    """
    if not isinstance(expected, str):
        return "" if fine else "not as expected"
    if fine:
        return "" if expected == "PASS" else "expected"
    return f"expected {expected}" if verdict != expected else "unexpected"
