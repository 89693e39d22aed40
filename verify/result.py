"""What `verify` returns: typed verdicts to filter, compare and show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .judge import JudgedAssumption, JudgedClaim, Judgement
from .reporting import html_table
from .run.folder import report_text
from .run.proof_witness import ProofWitness
from .run.record import AnyOutcome
from .run.run import Run, ScenarioOutcome
from .run.witness import Witness
from .values import ExitCode, Standing, Verdict, exit_code, softest, standing


@dataclass(frozen=True)
class TheoremResult:
    """The verdict on one theorem in one scenario.

    Attributes:
        scenario: its name.
        theorem: its id; empty for a study, and where a scenario could not be run, which is one
            ERROR for all.
        verdict: what the run says.
        expected: what the scenario expects.
        reason: what a PASS rests on, or why it is none, in words.
        judgement: both sides of every assumption and claim; None where nothing could be judged.
    """

    scenario: str
    theorem: str
    verdict: Verdict
    expected: Verdict
    reason: str
    judgement: Judgement | None = field(repr=False, default=None)

    @property
    def as_expected(self) -> bool:
        return self.standing() == "as expected"

    def standing(self, strict: bool = False) -> Standing:
        """As expected, undecided or failed; see `values.standing`."""
        return standing(self.verdict, self.expected, strict)

    @property
    def assumptions(self) -> tuple[JudgedAssumption, ...]:
        return self.judgement.assumptions if self.judgement else ()

    @property
    def claims(self) -> tuple[JudgedClaim, ...]:
        return self.judgement.claims if self.judgement else ()


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A finished run. Iterating gives its verdicts in order.

    Attributes:
        run: outcomes, theorems and proofs as they were computed.
        report: the content of report.json.
        strict: whether VACUOUS and INCONCLUSIVE count as failures where PASS was expected.
        out: the folder with the report, if one was written.
        witnesses: what refutes a theorem, by names of scenario and theorem, or shows that its proof
            fails, where the scenario's name is empty; if a report was written. Each has the command
            that replays it.
        studies: outcomes of the studies among the scenarios.
    """

    run: Run
    report: Mapping[str, Any]
    strict: bool = False
    out: Path | None = None
    witnesses: Mapping[tuple[str, str], Witness | ProofWitness] = field(default_factory=dict)
    studies: tuple[AnyOutcome, ...] = ()

    @property
    def results(self) -> tuple[TheoremResult, ...]:
        """One per theorem and scenario, then one per study, in order of the run."""
        lines = [line for outcome in self.run.outcomes for line in theorem_results(outcome)]
        return (*lines, *(study_result(study) for study in self.studies))

    @property
    def failures(self) -> tuple[TheoremResult, ...]:
        """Those that make the exit code 1: FAIL, ERROR or not expected (see `values.standing`)."""
        return tuple(line for line in self if line.standing(self.strict) == "failed")

    @property
    def unexpected(self) -> tuple[TheoremResult, ...]:
        """Those whose verdict is not the one expected, and every ERROR."""
        return tuple(line for line in self if not line.as_expected)

    @property
    def not_passed(self) -> tuple[TheoremResult, ...]:
        """Every verdict other than PASS, expected or not."""
        return tuple(line for line in self if line.verdict is not Verdict.PASS)

    @property
    def by_theorem(self) -> dict[str, tuple[TheoremResult, ...]]:
        """Grouped by theorem id; scenarios that could not be run stand under the empty id."""
        return _grouped(self, "theorem")

    @property
    def by_scenario(self) -> dict[str, tuple[TheoremResult, ...]]:
        """Grouped by the name of the scenario."""
        return _grouped(self, "scenario")

    @property
    def exit_code(self) -> int:
        """What `perturbproof verify` returns for this run: 0, 1 or 4 (see the README)."""
        return exit_code(((line.verdict, line.expected) for line in self.results), self.strict)

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is the one expected."""
        return self.exit_code == ExitCode.AS_EXPECTED

    @property
    def summary(self) -> str:
        """The run in one line."""
        return self.report["summary"]["line"]

    def to_json(self) -> str:
        """The text of report.json."""
        return report_text(self.report)

    def __iter__(self) -> Iterator[TheoremResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __bool__(self) -> bool:
        raise TypeError("a result has no truth value: ask for `as_expected` or `failures`")

    def __repr__(self) -> str:
        return f"<Result: {self.summary}>"

    def __str__(self) -> str:
        lines = [
            f"{line.verdict.value:12}  {line.scenario}  {line.theorem}  {line.reason}".rstrip()
            for line in self.results
        ]
        return "\n".join([*lines, self.summary])

    def _repr_html_(self) -> str:
        rows = [
            (line.verdict.value, line.expected.value, line.scenario, line.theorem, line.reason)
            for line in self.results
        ]
        headings = ("verdict", "expected", "scenario", "theorem", "why")
        return html_table(headings, rows, self.summary)


def theorem_results(outcome: ScenarioOutcome) -> tuple[TheoremResult, ...]:
    """The verdicts of one scenario; a single ERROR when it could not be run."""
    name = outcome.scenario.name
    if outcome.error is not None:
        return (TheoremResult(name, "", Verdict.ERROR, Verdict.PASS, outcome.error),)
    return tuple(
        TheoremResult(
            name,
            judged.theorem.id,
            judged.verdict,
            outcome.scenario.expected(judged.theorem.id),
            _why(judged),
            judged,
        )
        for judged in outcome.judgements
    )


def study_result(study: AnyOutcome) -> TheoremResult:
    """The verdict of a study, which is about no single theorem."""
    name, expected = study.run.study.name, study.run.study.expect
    return TheoremResult(name, "", study.verdict, expected, study.reason)


def _why(judgement: Judgement) -> str:
    """What a PASS rests on; of any other verdict, the reason."""
    if judgement.verdict is Verdict.PASS:
        rigor = softest(claim.rigor for claim in judgement.claims).value
        kind = judgement.theorem.kind
        told = rigor if kind == "theorem" else f"{rigor} ({kind}, not a theorem)"
    else:
        told = judgement.reason
    return f"{told}; {judgement.beside}" if judgement.beside else told


def _grouped(lines: Iterable[TheoremResult], by: str) -> dict[str, tuple[TheoremResult, ...]]:
    groups: dict[str, tuple[TheoremResult, ...]] = {}
    for line in lines:
        groups[getattr(line, by)] = (*groups.get(getattr(line, by), ()), line)
    return groups
