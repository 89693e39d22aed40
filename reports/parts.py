"""Small pieces of composed text that theorems and scenarios share."""

from collections.abc import Mapping

from .marks import OUTCOMES
from .mathematics import size_in_em
from .numbers import interval, number
from .schema import Bounds, Formula, Statement
from .view import Math, Outcome, Shown

# Formulas as Typst source that can be set as mathematics, with their SVG.
Typeset = Mapping[str, str]


def figure_key(scenario: int, figure: int) -> str:
    """The name of the drawing of figure ``figure`` of scenario ``scenario`` (both from 1)."""
    return f"{scenario}-{figure}"


def study_figure_key(study: int, figure: int) -> str:
    """The name of the drawing of figure ``figure`` of study ``study`` (both from 1)."""
    return f"study-{study}-{figure}"


def math(statement: Formula, source: str, typeset: Typeset) -> Math:
    """A formula, as mathematics if it can be typeset."""
    return known(source, statement.formula_text or source, typeset)


def known(source: str, text: str, typeset: Typeset) -> Math:
    """Mathematics from Typst source, or only its ``text`` where it cannot be typeset."""
    if source not in typeset:
        return Math("", text)
    return Math(source, text, *size_in_em(typeset[source]))


def in_full(statement: Statement) -> str:
    """The Typst source of a statement in full, where it has more than its relation."""
    return statement.display_typst or statement.formula_typst


def outcome(word: str) -> Outcome:
    """The outcome named by a word of the schema."""
    return Outcome(word, OUTCOMES[word].name)


def shown(bounds: Bounds | None) -> Shown:
    """An interval as text and note; empty where there is none."""
    return Shown(*interval(bounds.lower, bounds.upper)) if bounds else Shown("", "")


def grade(rigor: str, confidence: float | None) -> str:
    """A rigor, with the confidence of a statistical one."""
    return rigor if confidence is None else f"{rigor}, {number(100 * confidence, 5)} %"


def expectation(verdict: str, expected: str, fine: bool) -> str:
    """How a verdict relates to what was expected; empty for an expected PASS."""
    if fine:
        return "" if expected == "PASS" else "expected"
    return f"expected {expected}" if verdict != expected else "unexpected"


def joined(*parts: str) -> str:
    """Parts that are not empty, with a raised dot between them."""
    return " · ".join(part for part in parts if part)
