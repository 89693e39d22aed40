"""The run as GitHub-flavoured Markdown, short enough for a job summary."""

import re
from collections.abc import Sequence

from .compose import glance
from .marks import OUTCOMES, SEVERITY
from .markup import printable
from .numbers import duration, superscripted
from .schema import Report
from .study_schema import Study
from .study_view import HEADER, point_row
from .sweep_view import sweep_view
from .view import StudyView

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
