"""What GitHub Actions reads: annotations as workflow commands, and the job summary."""

import re
from collections.abc import Iterable, Mapping, Sequence

from .compose import glance
from .junit import scenario_cases, study_case, sweep_cases
from .schema import Report
from .studies import study_table, sweep_table
from .words import OUTCOMES, SEVERITY, duration, printable, steps_told, superscripted

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def summary(report: Report) -> str:
    """The run as GitHub-flavoured Markdown, short enough for a job summary.

    Verdicts worst first, proofs, findings, and how to run it again.
    """
    counts: dict[str, int] = {**report.summary.verdicts}
    marks = " · ".join(f"{_verdict(word)} {counts[word]}" for word in SEVERITY if counts.get(word))
    lines = ["# Verification report", "", text(report.summary.line)]
    lines += ["", marks] if marks else []
    verdicts = [
        (
            _verdict(row["outcome"]["word"])
            + (f" ({row['expectation']})" if row["expectation"] else ""),
            *map(text, (row["scenario"], row["theorem"], row["reason"])),
        )
        for row in glance(report)
    ]
    lines += _table(("verdict", "scenario", "theorem", "why"), verdicts)
    proofs = [
        (
            _verdict(proof.verdict),
            text(proof.title or proof.theorem),
            steps_told((step.status, step.basis) for step in proof.steps),
        )
        for proof in sorted(report.proofs, key=lambda proof: proof.verdict == "proved")
    ]
    lines += _table(("proof", "theorem", "steps"), proofs) if proofs else []
    every = (*report.scenarios, *report.studies, *report.sweeps)
    findings = [f"- **{text(s.name)}**: {text(f)}" for s in every for f in s.findings]
    lines += ["", "## Findings", "", *findings] if findings else []
    tables = [(study.title or study.name, *study_table(study)) for study in report.studies]
    tables += [(sweep.name, *sweep_table(sweep)) for sweep in report.sweeps]
    for title, header, rows in tables:
        lines += [
            "",
            f"## {text(title)}",
            *_table([*map(text, header)], (map(text, r) for r in rows)),
        ]
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
    lines += ["", fence, printable(environment.command), fence]
    lines += ["", text(", ".join(part for part in told if part))]
    return "\n".join(lines) + "\n"


def _table(header: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table of cells that are Markdown already, after an empty line."""
    names, *cells = ("| " + " | ".join(row) + " |" for row in (header, *rows))
    return ["", names, "|---" * len(header) + "|", *cells]


def _verdict(word: str) -> str:
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
    cases = [(s.name, study_case(s, strict), "", s.as_expected) for s in report.studies]
    for one in report.scenarios:
        # One that could not be run has a case more than theorems.
        about = [(checked.id, checked.as_expected) for checked in one.theorems]
        known = zip(scenario_cases(one, strict), [*about, ("", False)], strict=False)
        cases += [(one.name, case, *told) for case, told in known]
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
