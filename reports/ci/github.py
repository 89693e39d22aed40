"""What GitHub Actions reads: annotations as workflow commands, and the job summary."""

import re
from collections.abc import Mapping, Sequence

from ..html.markup import printable
from ..schema import Report, Scenario, Study
from ..view.compose import HEADER, glance, point_row, sweep_view
from ..view.view import StudyView
from ..words.marks import OUTCOMES, SEVERITY
from ..words.numbers import duration, superscripted
from .junit import Case, scenario_cases, study_case, sweep_cases

# The run as GitHub-flavoured Markdown, short enough for a job summary.

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def summary(report: Report) -> str:
    """Verdicts worst first, proofs, and how to run it again."""
    counts: dict[str, int] = {**report.summary.verdicts}
    marks = " · ".join(f"{verdict(word)} {counts[word]}" for word in SEVERITY if counts.get(word))
    lines = ["# Verification report", "", text(report.summary.line)]
    lines += ["", marks] if marks else []
    lines += ["", "| verdict | scenario | theorem | why |", "|---|---|---|---|"]
    for row in glance(report):
        word = verdict(row.outcome.word) + (f" ({row.expectation})" if row.expectation else "")
        lines.append(
            f"| {word} | {text(row.scenario)} | {text(row.theorem)} | {text(row.reason)} |"
        )
    if report.proofs:
        lines += ["", "| proof | theorem | steps |", "|---|---|---|"]
    for proof in sorted(report.proofs, key=lambda proof: proof.verdict == "proved"):
        done = sum(step.status == "discharged" for step in proof.steps)
        lines.append(
            f"| {verdict(proof.verdict)} | {text(proof.title or proof.theorem)} "
            f"| {done} of {len(proof.steps)} discharged |"
        )
    findings = [f"- **{text(s.name)}**: {text(f)}" for s in report.scenarios for f in s.findings]
    findings += [f"- **{text(s.name)}**: {text(f)}" for s in report.studies for f in s.findings]
    findings += [f"- **{text(s.name)}**: {text(f)}" for s in report.sweeps for f in s.findings]
    lines += ["", "## Findings", "", *findings] if findings else []
    for study in report.studies:
        lines += ["", f"## {text(study.title or study.name)}", "", *_points(study)]
    for index, sweep in enumerate(report.sweeps, start=1):
        lines += ["", f"## {text(sweep.name)}", "", *_table(sweep_view(index, sweep))]
    environment = report.environment
    told = [
        f"seed {environment.seed}",
        environment.device,
        environment.dtype,
        f"perturbproof {environment.perturbproof}",
        f"took {duration(report.seconds)}",
    ]
    # A fence longer than any in the command cannot be closed by it.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", environment.command)), default=0))
    lines += [
        "",
        fence,
        printable(environment.command),
        fence,
        "",
        text(", ".join(part for part in told if part)),
    ]
    return "\n".join(lines) + "\n"


def _points(study: Study) -> list[str]:
    """The points of a study as a table."""
    header = (study.axis or "value", *HEADER)
    return _lines(header, [point_row(point) for point in study.points])


def _table(view: StudyView) -> list[str]:
    return _lines(view.header, view.rows)


def _lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ("---",) * len(header), *rows]
    return ["| " + " | ".join(map(text, row)) + " |" for row in lines]


def verdict(word: str) -> str:
    """A verdict with its symbol, in bold."""
    return f"{OUTCOMES[word].symbol} **{word}**"


def text(given: str) -> str:
    """Text on one line with everything escaped that Markdown or a table would take for its own."""
    return _SPECIAL.sub(r"\\\1", superscripted(printable(" ".join(given.split()))))


SUMMARY_LIMIT = 1024 * 1024
"""Bytes that GitHub takes as the summary of one step; it drops a longer one whole."""

_MOST_OF_A_SWEEP = 10

_CUT = "\n\n*The rest does not fit here; it is in `summary.md`.*\n"


def annotations(
    report: Report, files: Mapping[str, str] | None = None, strict: bool = False
) -> tuple[str, ...]:
    """One workflow command for every case that is not as expected, errors before warnings.

    An ``::error`` for what fails, a ``::warning`` for a VACUOUS or INCONCLUSIVE where PASS was
    expected; with ``strict`` that fails as well. ``files`` are the scenario files by name.
    """
    found: list[tuple[str, str]] = []
    cases = [(s.name, *known) for s in report.scenarios for known in _cases(s, strict)]
    cases += [(s.name, study_case(s, strict), "", s.as_expected) for s in report.studies]
    for swept in report.sweeps:
        # Sweeps have thousands of points: GitHub shows ten annotations of a step.
        bad = [c for c in sweep_cases(swept, strict) if c.result in ("failure", "error")]
        cases += [(swept.name, case, case.name, False) for case in bad[:_MOST_OF_A_SWEEP]]
    for name, case, theorem, expected in cases:
        level = "error" if case.result in ("failure", "error") else "warning"
        if case.result == "passed" or (case.result == "skipped" and expected):
            continue
        file = (files or {}).get(name, "")
        title = " ".join(part for part in (case.kind, name, theorem) if part)
        found.append((level, _command(level, title, file, f"{case.message}\n{case.details}")))
    for proof in report.proofs:
        if proof.verdict != "proved":
            level = "error" if proof.verdict == "gap" or strict else "warning"
            named = ", ".join(step.id for step in proof.steps if step.status != "discharged")
            told = f"proof {proof.verdict} at step {named}"
            found.append((level, _command(level, f"{proof.verdict} {proof.theorem}", "", told)))
    return tuple(command for _, command in sorted(found, key=lambda one: one[0]))


def _cases(scenario: Scenario, strict: bool) -> list[tuple[Case, str, bool]]:
    """The cases of a scenario, each with its theorem and whether its verdict was expected."""
    cases = scenario_cases(scenario, strict)
    about = [(checked.id, checked.verdict == checked.expected) for checked in scenario.theorems]
    about += [("", False)] * (len(cases) - len(about))
    return [(case, *known) for case, known in zip(cases, about, strict=True)]


def _command(level: str, title: str, file: str, message: str) -> str:
    place = f"file={_property(file)}," if file else ""
    return f"::{level} {place}title={_property(title)}::{_data(message.strip())}"


def _data(text: str) -> str:
    """Text of a workflow command, which ends at the line's end and knows ``%`` escapes only."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(markdown: str, room: int = SUMMARY_LIMIT) -> str:
    """The summary, cut after a whole line where it takes more than ``room`` bytes as UTF-8.

    Nothing, where not even the note fits that it is cut.
    """
    if len(markdown.encode()) <= room:
        return markdown
    left = room - len(_CUT.encode())
    if left < 0:
        return ""
    kept = markdown.encode()[:left].decode(errors="ignore")
    return kept.rpartition("\n")[0] + _CUT
