"""JUnit XML from the verdicts, for continuous integration."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from .schema import Bounds, CheckedTheorem, Proof, Report, Scenario, Study, Sweep
from .studies import compared, study_table
from .words import joined, printable, share

Result = Literal["passed", "failure", "error", "skipped"]
_UNDECIDED = ("VACUOUS", "INCONCLUSIVE")


@dataclass(frozen=True)
class Case:
    """A test case: its result, the type shown with it, one line, and details."""

    name: str
    group: str
    result: Result
    kind: str
    message: str
    details: str
    seconds: float


def junit(report: Report, strict: bool = False) -> str:
    """A ``testsuites`` document: one suite for the proofs, one per scenario with one case
    per theorem, one for the studies, and one per sweep.

    An ERROR is an error. A FAIL, a proof gap and any other verdict fail where they were not
    expected. VACUOUS and INCONCLUSIVE are skipped, with the reason, where they were expected or
    PASS was. With ``strict`` nothing is skipped: they pass where they were expected, else fail, so
    that the document is red exactly when the run is. The counts are those of the cases.
    """
    root = ElementTree.Element("testsuites", name="perturbproof")
    suites = [("proofs", [_proof_case(p, strict) for p in report.proofs], None)]
    suites += [(s.name, scenario_cases(s, strict), s) for s in report.scenarios]
    suites += [("studies", [study_case(s, strict) for s in report.studies], None)]
    suites += [(s.name, sweep_cases(s, strict), None) for s in report.sweeps]
    for name, cases, scenario in suites:
        if not cases:
            continue
        suite = ElementTree.SubElement(root, "testsuite", name=printable(name))
        _count(suite, cases)
        if report.started:
            # Without the zone, which is UTC: strict readers allow none.
            suite.set("timestamp", printable(report.started[:19]))
        if scenario is not None:
            seed, data = report.environment.seed, scenario.data
            values = {
                "verdict": scenario.verdict,
                "command": report.environment.command,
                "seed": "" if seed is None else str(seed),
                "data-hash": data.hash if data else "",
            }
            properties = ElementTree.SubElement(suite, "properties")
            for key, value in values.items():
                ElementTree.SubElement(properties, "property", name=key, value=printable(value))
        for case in cases:
            _add(suite, case)
    _count(root, [case for _, cases, _ in suites for case in cases])
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def scenario_cases(scenario: Scenario, strict: bool = False) -> list[Case]:
    """The cases of one scenario; one that could not be run has a case of its own for that."""
    group = f"perturbproof.{scenario.name}"
    each = (scenario.seconds or 0.0) / max(1, len(scenario.theorems))
    cases = [theorem_case(checked, group, each, strict) for checked in scenario.theorems]
    if scenario.error is not None or not cases:
        message = scenario.error or "no theorem was checked"
        result: Result = "passed" if scenario.as_expected else "failure"
        if scenario.error is not None:
            result = "error"
        seconds = 0.0 if cases else scenario.seconds or 0.0
        cases.append(Case("run", group, result, scenario.verdict, message, "", seconds))
    return cases


def theorem_case(checked: CheckedTheorem, group: str, seconds: float, strict: bool) -> Case:
    """The case of one theorem on one scenario."""
    result, message = _result(checked.verdict, checked.expected, checked.reason, strict)
    name = f"{checked.title} [{checked.id}]"
    return Case(name, group, result, checked.verdict, message, details(checked), seconds)


def study_case(study: Study, strict: bool = False) -> Case:
    """The case of a study, with its points in the details."""
    result, message = _result(study.verdict, study.expected, study.reason, strict)
    lines = [": ".join(row) for row in study_table(study)[1]] if study.learners else []
    lines += [
        f"claim {claim.id}: {claim.verdict}: {joined(claim.says, claim.settle, by=' ')}"
        for claim in study.claims
    ]
    lines += [
        f"{study.axis} {point.value:g}: published {share(point.published)}, exact "
        f"{share(point.exact_mean)} ({point.level}), trained "
        f"{share(point.trained.accuracy if point.trained else None)}: {compared(point)}"
        for point in study.points
    ]
    lines += [", ".join(map(": ".join, zip(study.columns, row, strict=True))) for row in study.rows]
    group, seconds = "perturbproof.studies", study.seconds or 0.0
    name = f"{study.title or study.name} [{study.name}]"
    return Case(name, group, result, study.verdict, message, "\n".join(lines), seconds)


def sweep_cases(sweep: Sweep, strict: bool = False) -> list[Case]:
    """The cases of a sweep: one per point and theorem, and one for a point that failed."""
    cases = []
    for point in sweep.points:
        group = f"perturbproof.{sweep.name}"
        at = ", ".join(f"{field} = {value}" for field, value in point.at.items())
        each = (point.seconds or 0.0) / max(1, len(point.theorems))
        if point.error is not None:
            name = f"run ({at}) [{point.name}]"
            cases.append(Case(name, group, "error", "ERROR", point.error, "", each))
        for theorem in point.theorems:
            result, message = _result(theorem.verdict, theorem.expected, theorem.reason, strict)
            name = f"{theorem.id} ({at}) [{point.name}]"
            details = f"witness: {theorem.witness}" if theorem.witness else ""
            cases.append(Case(name, group, result, theorem.verdict, message, details, each))
    return cases


def _result(verdict: str, expected: str | None, reason: str, strict: bool) -> tuple[Result, str]:
    """What a verdict is for continuous integration, and the line that is shown with it."""
    message = f"{verdict}: {reason}"
    result: Result = "passed"
    if verdict == "ERROR":
        result = "error"
    elif verdict in _UNDECIDED and not strict and expected in (verdict, "PASS", None):
        result = "skipped"
        message = f"{verdict}{', as expected' if verdict == expected else ''}: {reason}"
    elif expected is None and verdict == "FAIL":
        result = "failure"
    elif expected is not None and verdict != expected:
        result = "failure"
        message = f"{verdict} where {expected} was expected: {reason}"
    return result, message


def _proof_case(proof: Proof, strict: bool) -> Case:
    open_steps = [step for step in proof.steps if step.status != "discharged"]
    lines = []
    for step in open_steps:
        values = ", ".join(f"{k} = {v}" for k, v in (step.countermodel or {}).items())
        about = f"step {step.id} ({step.status}): {step.says} {step.formula_text}"
        lines.append(f"{about}\n  countermodel: {values}" if values else about)
    lines += [f"witness: {proof.witness}"] if proof.witness else []
    if proof.verdict == "proved":
        result: Result = "passed"
    else:
        result = "failure" if proof.verdict == "gap" or strict else "skipped"
    named = ", ".join(step.id for step in open_steps)
    message = f"proof {proof.verdict}" + (f" at step {named}" if named else "")
    name = f"proof of {proof.title or proof.theorem} [{proof.theorem}]"
    group, seconds = "perturbproof.proofs", proof.seconds or 0.0
    return Case(name, group, result, proof.verdict, message, "\n".join(lines), seconds)


def details(checked: CheckedTheorem) -> str:
    """Both sides of every assumption and claim, the witness and what would settle it, in lines."""
    lines = []
    for row in checked.assumptions:
        load = "" if row.load is None else f"load {row.load!r}"
        sides = f"holds {row.holds}", _within("measured", row.lhs), _within("bound", row.rhs), load
        lines.append(f"assumption {row.id}: {joined(*sides, by=', ')}: {row.formula_text}")
    for claim in checked.claims:
        sides = _within("measured", claim.measured), _within("bound", claim.bound)
        told = joined(*sides, f"rigor {claim.rigor}", by=", ")
        lines.append(f"claim {claim.id}: {claim.verdict}: {told}: {claim.formula_text}")
        lines += [f"  to settle it: {claim.settle}"] if claim.settle else []
        lines += [f"  witness: {claim.witness}"] if claim.witness else []
    return "\n".join(lines)


def _within(what: str, bounds: Bounds | None) -> str:
    return f"{what} [{bounds.lower}, {bounds.upper}]" if bounds else ""


def _add(suite: ElementTree.Element, case: Case) -> None:
    about = {"name": printable(case.name), "classname": printable(case.group)}
    node = ElementTree.SubElement(suite, "testcase", about, time=f"{case.seconds:.3f}")
    if case.result == "passed":
        told = f"{case.message}\n{case.details}"
        ElementTree.SubElement(node, "system-out").text = printable(told)
        return
    # Readers show the message on one line and the text as it is.
    message = printable(" ".join(case.message.split()))
    outcome = ElementTree.SubElement(node, case.result, message=message)
    if case.result != "skipped":
        outcome.set("type", case.kind)
    outcome.text = printable(case.details)


def _count(node: ElementTree.Element, cases: list[Case]) -> None:
    results = Counter(case.result for case in cases)
    node.set("tests", str(len(cases)))
    for name, result in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        node.set(name, str(results[result]))
    node.set("time", f"{sum(case.seconds for case in cases):.3f}")
