"""What a reader is shown, as `compose` worked it out, for the PDF and the HTML page.

Plain dataclasses of text, so that the whole also goes to the Typst template as JSON.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..schema import Bounds, Formula, Statement, Symbol, Theorem
from ..words.marks import OUTCOMES
from ..words.mathematics import size_in_em
from ..words.numbers import interval, number


@dataclass(frozen=True)
class Math:
    """A formula: Typst source, empty if it does not compile, and the same as plain text.

    ``width`` and ``height`` are those of the formula on one line, in units of the type size.
    """

    typst: str
    text: str
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """A verdict: the word, and the name of its mark."""

    word: str
    mark: str


@dataclass(frozen=True)
class Shown:
    """A rounded number or interval and a note on its width; empty text where there is none."""

    text: str
    note: str


@dataclass(frozen=True)
class GlanceRow:
    """One line of the verdicts at a glance."""

    outcome: Outcome
    scenario: str
    theorem: str
    reason: str
    expectation: str
    anchor: str


@dataclass(frozen=True)
class StepRow:
    """One line of a proof ledger."""

    id: str
    kind: str
    says: str
    formula: Math
    uses: str
    engine: str
    outcome: Outcome
    time: str
    detail: str
    countermodel: tuple[tuple[Math, str], ...]


@dataclass(frozen=True)
class SharedSteps:
    """Steps that read word for word as those of an earlier theorem, and were discharged again."""

    ids: tuple[str, ...]
    anchor: str
    title: str
    time: str


@dataclass(frozen=True)
class TrustedRow:
    """A result that is cited, not proved, and the theorems (anchor, title) that rest on it."""

    key: str
    says: str
    source: str
    used_by: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SymbolRow:
    """A line of the glossary; ``where`` names the theorem if others use the symbol otherwise."""

    symbol: Math
    meaning: str
    range: str
    where: str


@dataclass(frozen=True)
class Note:
    """A remark that several rows share, and the ids of those rows."""

    ids: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class StatementRow:
    """An assumption or claim of a theorem."""

    id: str
    says: str
    formula: Math


@dataclass(frozen=True)
class TheoremView:
    """A theorem with its proof in this run."""

    id: str
    anchor: str
    title: str
    kind: str
    citation: str
    url: str
    summary: str
    assumptions: tuple[StatementRow, ...]
    claims: tuple[StatementRow, ...]
    proof: Outcome | None
    proof_line: str
    ledger: tuple[StepRow | SharedSteps, ...]
    witness: str
    trusted: tuple[str, ...]


@dataclass(frozen=True)
class AssumptionRow:
    """An assumption on a scenario's data. ``bar`` in [0, 1] is the load's place; 1/2 is load 1."""

    id: str
    says: str
    formula: Math
    lhs: Shown
    rhs: Shown
    load: str
    bar: float | None
    outcome: Outcome
    rigor: str


@dataclass(frozen=True)
class ClaimRow:
    """A claim on a scenario."""

    id: str
    says: str
    formula: Math
    measured: Shown
    bound: Shown
    slack: str
    rigor: str
    outcome: Outcome
    witness: str


@dataclass(frozen=True)
class CheckedView:
    """A theorem on a scenario; ``anchor`` is that of the theorem, empty if it has none."""

    anchor: str
    title: str
    source: str
    outcome: Outcome
    expectation: str
    reason: str
    assumptions: tuple[AssumptionRow, ...]
    claims: tuple[ClaimRow, ...]
    measured_by: tuple[Note, ...]
    to_settle: tuple[Note, ...]
    trusted: str
    proof: str


@dataclass(frozen=True)
class FigureView:
    """A figure: the key of its drawing, title and caption."""

    key: str
    title: str
    caption: str


@dataclass(frozen=True)
class ScenarioView:
    """A scenario, ready to be set."""

    name: str
    anchor: str
    description: str
    outcome: Outcome
    expectation: str
    time: str
    error: str
    configuration: tuple[tuple[str, str], ...]
    theorems: tuple[CheckedView, ...]
    cross_checks: tuple[tuple[str, Shown, Shown, Outcome], ...]
    observations: tuple[tuple[str, Shown, str, str], ...]
    findings: tuple[str, ...]
    figures: tuple[FigureView, ...]


@dataclass(frozen=True)
class StudyView:
    """A study or a sweep, ready to be set: its points are the rows of a table under ``header``.

    ``widths`` are the shares of the columns.
    """

    name: str
    anchor: str
    title: str
    description: str
    outcome: Outcome
    expectation: str
    reason: str
    time: str
    configuration: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    findings: tuple[str, ...]
    figures: tuple[FigureView, ...]


@dataclass(frozen=True)
class View:
    """A whole report, ready to be set."""

    line: str
    subtitle: str
    outcomes: tuple[tuple[Outcome, int], ...]
    proofs: tuple[tuple[Outcome, str, str], ...]
    proofs_first: bool
    glance: tuple[GlanceRow, ...]
    run: tuple[tuple[str, str], ...]
    command: str
    hashes: tuple[tuple[str, str], ...]
    theorems: tuple[TheoremView, ...]
    trusted: tuple[TrustedRow, ...]
    scenarios: tuple[ScenarioView, ...]
    studies: tuple[StudyView, ...]
    glossary: tuple[SymbolRow, ...]


# Small pieces of composed text that theorems and scenarios share.

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


# The two lists at the end of a report: what is cited, and what the symbols mean.


def trusted_base(theorems: Iterable[Theorem], anchors: Mapping[str, str]) -> tuple[TrustedRow, ...]:
    """Every cited result once, with the theorems that rest on it; ``anchors`` go by theorem id.

    Two theorems may cite different results under one key: these are different rows.
    """
    users: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for theorem in theorems:
        for cited in theorem.trusted_base:
            row = users.setdefault((cited.key, cited.says, cited.source), [])
            row.append((anchors[theorem.id], theorem.title))
    return tuple(TrustedRow(*cited, used_by=tuple(users[cited])) for cited in sorted(users))


def glossary(theorems: Iterable[Theorem], typeset: Typeset) -> tuple[SymbolRow, ...]:
    """Every symbol once, by name; a symbol with two meanings has a row for each."""
    users: dict[Symbol, str] = {}
    for theorem in theorems:
        for symbol in theorem.symbols:
            users.setdefault(symbol, theorem.title)
    meanings = Counter(symbol.name for symbol in users)
    return tuple(
        SymbolRow(
            symbol=known(symbol.typst, symbol.name, typeset),
            meaning=symbol.meaning,
            range=symbol.range,
            where=users[symbol] if meanings[symbol.name] > 1 else "",
        )
        for symbol in sorted(users, key=lambda s: (s.name.lower(), s.name))
    )
