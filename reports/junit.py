"""JUnit XML from the verdicts, for continuous integration."""

from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from .markup import printable
from .schema import CheckedTheorem, Proof, Report, Scenario

Result = Literal["passed", "failure", "skipped"]
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
    """A ``testsuites`` document: one suite for the proofs, one per scenario, one case per theorem.

    A case fails on ERROR, on a FAIL that was not expected, on a proof gap and on any other verdict
    that was not expected. VACUOUS and INCONCLUSIVE are skipped, with the reason, where they were
    expected or PASS was; with ``strict`` they fail. The counts are those of the cases.
    """
    root = ElementTree.Element("testsuites", name="perturbproof")
    suites = [("proofs", [_proof_case(p, strict) for p in report.proofs], None)]
    suites += [(s.name, scenario_cases(s, strict), s) for s in report.scenarios]
    for name, cases, scenario in suites:
        if cases:
            _suite(root, name, cases, report, scenario)
    _count(root, [case for _, cases, _ in suites for case in cases])
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def scenario_cases(scenario: Scenario, strict: bool = False) -> list[Case]:
    """The cases of one scenario; one that could not be run has a case of its own for that."""
    group = f"perturbproof.{scenario.name}"
    each = (scenario.seconds or 0.0) / max(1, len(scenario.theorems))
    cases = [_theorem_case(checked, group, each, strict) for checked in scenario.theorems]
    if scenario.error is not None or not cases:
        message = scenario.error or "no theorem was checked"
        failed = scenario.error is not None or not scenario.as_expected
        result: Result = "failure" if failed else "passed"
        seconds = 0.0 if cases else scenario.seconds or 0.0
        cases.append(Case("run", group, result, scenario.verdict, message, message, seconds))
    return cases


def _theorem_case(checked: CheckedTheorem, group: str, seconds: float, strict: bool) -> Case:
    verdict, expected = checked.verdict, checked.expected
    message = f"{verdict}: {checked.reason}"
    if verdict in _UNDECIDED and (checked.as_expected or expected == "PASS"):
        result: Result = "failure" if strict else "skipped"
    elif verdict == "ERROR" or not checked.as_expected:
        result = "failure"
        if verdict != expected:
            message = f"{verdict} where {expected} was expected: {checked.reason}"
    else:
        result = "passed"
    name = f"{checked.title} [{checked.id}]"
    return Case(name, group, result, verdict, message, _details(checked), seconds)


def _proof_case(proof: Proof, strict: bool) -> Case:
    open_steps = [step for step in proof.steps if step.status != "discharged"]
    lines = []
    for step in open_steps:
        values = ", ".join(f"{k} = {v}" for k, v in (step.countermodel or {}).items())
        about = f"step {step.id} ({step.status}): {step.says} {step.formula_text}"
        lines.append(f"{about}\n  countermodel: {values}" if values else about)
    if proof.verdict == "proved":
        result: Result = "passed"
    else:
        result = "failure" if proof.verdict == "gap" or strict else "skipped"
    named = ", ".join(step.id for step in open_steps)
    message = f"proof {proof.verdict}" + (f" at step {named}" if named else "")
    name = f"proof of {proof.title or proof.theorem} [{proof.theorem}]"
    details = "\n".join(lines) or message
    return Case(
        name, "perturbproof.proofs", result, proof.verdict, message, details, proof.seconds or 0.0
    )


def _details(checked: CheckedTheorem) -> str:
    lines = [checked.reason]
    for row in checked.assumptions:
        load = "" if row.load is None else f", load {row.load!r}"
        lines.append(f"assumption {row.id}: holds {row.holds}{load}: {row.formula_text}")
    for claim in checked.claims:
        measured, bound = claim.measured, claim.bound
        sides = [
            f"measured [{measured.lower}, {measured.upper}]" if measured else "",
            f"bound [{bound.lower}, {bound.upper}]" if bound else "",
            f"rigor {claim.rigor}",
        ]
        told = ", ".join(side for side in sides if side)
        lines.append(f"claim {claim.id}: {claim.verdict}: {told}: {claim.formula_text}")
        lines += [f"  to settle it: {claim.settle}"] if claim.settle else []
        lines += [f"  witness: {claim.witness}"] if claim.witness else []
    return "\n".join(lines)


def _suite(
    root: ElementTree.Element,
    name: str,
    cases: list[Case],
    report: Report,
    scenario: Scenario | None,
) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=printable(name))
    _count(suite, cases)
    if report.started:
        suite.set("timestamp", printable(report.started.removesuffix("Z")))
    if scenario is not None:
        properties = ElementTree.SubElement(suite, "properties")
        seed, data = report.environment.seed, scenario.data
        values = {
            "verdict": scenario.verdict,
            "command": report.environment.command,
            "seed": "" if seed is None else str(seed),
            "data-hash": data.hash if data else "",
        }
        for key, value in values.items():
            ElementTree.SubElement(properties, "property", name=key, value=printable(value))
    for case in cases:
        node = ElementTree.SubElement(
            suite,
            "testcase",
            name=printable(case.name),
            classname=printable(case.group),
            time=f"{case.seconds:.3f}",
        )
        if case.result == "passed":
            ElementTree.SubElement(node, "system-out").text = printable(case.details)
            continue
        # Readers show the message on one line and the text as it is.
        message = printable(" ".join(case.message.split()))
        outcome = ElementTree.SubElement(node, case.result, message=message)
        if case.result == "failure":
            outcome.set("type", case.kind)
        outcome.text = printable(case.details)


def _count(node: ElementTree.Element, cases: list[Case]) -> None:
    node.set("tests", str(len(cases)))
    node.set("failures", str(sum(case.result == "failure" for case in cases)))
    # Errors of the run are verdicts too (ERROR) and reported as failures of that type.
    node.set("errors", "0")
    node.set("skipped", str(sum(case.result == "skipped" for case in cases)))
    node.set("time", f"{sum(case.seconds for case in cases):.3f}")
