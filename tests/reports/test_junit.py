import io
import json
from pathlib import Path
from xml.etree import ElementTree

import junitparser
import pytest
import xmlschema
from perturbproof.reports.files import parse_report
from perturbproof.reports.junit import junit

from .sample_report import report
from .sample_scenarios import Json, failing, passing, vacuous


def read(raw: Json, strict: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(junit(parse_report(json.dumps(raw)), strict))


def results(root: ElementTree.Element) -> dict[tuple[str, str], str]:
    """The result of every case, read off its children."""
    return {
        (suite.attrib["name"], case.attrib["name"]): next(
            (child.tag for child in case if child.tag != "system-out"), "passed"
        )
        for suite in root.iter("testsuite")
        for case in suite.iter("testcase")
    }


@pytest.mark.parametrize("strict", [False, True])
def test_counts_are_those_of_the_cases(strict: bool) -> None:
    root = read(report(), strict)
    for node in (root, *root.iter("testsuite")):
        cases = list(node.iter("testcase"))
        assert int(node.attrib["tests"]) == len(cases)
        for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(node.attrib[count]) == sum(case.find(tag) is not None for case in cases)
        total = sum(float(case.attrib["time"]) for case in cases)
        assert float(node.attrib["time"]) == pytest.approx(total, abs=1e-3 * len(cases))


def test_each_outcome_has_its_result() -> None:
    found = list(results(read(report())).values())
    # The proofs (one with a gap), then PASS, FAIL, VACUOUS (expected), INCONCLUSIVE, ERROR.
    assert found == ["passed", "failure", "passed", "failure", "skipped", "skipped", "error"]
    strict = list(results(read(report(), strict=True)).values())
    assert strict == ["passed", "failure", "passed", "failure", "passed", "failure", "error"]


SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("scenarios", [None, []], ids=["five outcomes", "proofs only"])
def test_valid_for_the_schema_that_readers_share(strict: bool, scenarios) -> None:
    text = junit(parse_report(json.dumps(report(scenarios))), strict)
    SCHEMA.validate(io.StringIO(text))


def test_the_schema_refuses_what_is_no_junit() -> None:
    text = junit(parse_report(json.dumps(report())))
    for right, wrong in (
        ("<skipped", "<ignored"),
        (' tests="', ' trials="'),
        ('failures="', 'failures="x'),
    ):
        assert right in text
        with pytest.raises(xmlschema.XMLSchemaException):
            SCHEMA.validate(io.StringIO(text.replace(right, wrong)))


def test_another_reader_counts_the_same() -> None:
    read_again = junitparser.JUnitXml.fromstring(junit(parse_report(json.dumps(report()))).encode())
    found = [
        (len(case.result), case.is_passed, case.is_failure, case.is_error, case.is_skipped)
        for suite in read_again
        for case in suite
    ]
    read_again.update_statistics()
    assert (read_again.tests, read_again.failures, read_again.errors, read_again.skipped) == (
        len(found),
        sum(f for _, _, f, _, _ in found),
        sum(e for _, _, _, e, _ in found),
        sum(s for _, _, _, _, s in found),
    )
    assert (read_again.failures, read_again.errors, read_again.skipped) == (2, 1, 2)


def verdicts(verdict: str, expected: str) -> Json:
    item = passing()
    fine = verdict == expected
    item |= {"verdict": verdict, "expected": expected, "as_expected": fine}
    item["theorems"][0] |= {"verdict": verdict, "expected": expected, "as_expected": fine}
    return report([item]) | {"proofs": []}


@pytest.mark.parametrize(
    ("verdict", "expected", "result", "strict"),
    [
        ("PASS", "PASS", "passed", "passed"),
        ("FAIL", "PASS", "failure", "failure"),
        ("FAIL", "FAIL", "passed", "passed"),
        ("PASS", "VACUOUS", "failure", "failure"),
        ("PASS", "FAIL", "failure", "failure"),
        ("VACUOUS", "VACUOUS", "skipped", "passed"),
        ("VACUOUS", "PASS", "skipped", "failure"),
        ("VACUOUS", "FAIL", "failure", "failure"),
        ("INCONCLUSIVE", "PASS", "skipped", "failure"),
        ("INCONCLUSIVE", "INCONCLUSIVE", "skipped", "passed"),
        ("INCONCLUSIVE", "VACUOUS", "failure", "failure"),
        ("ERROR", "PASS", "error", "error"),
        ("ERROR", "ERROR", "error", "error"),
    ],
)
def test_verdict_against_expectation(verdict: str, expected: str, result: str, strict: str) -> None:
    assert list(results(read(verdicts(verdict, expected))).values()) == [result]
    assert list(results(read(verdicts(verdict, expected), strict=True)).values()) == [strict]


def test_a_failure_shows_both_sides_and_the_witness_and_a_skip_its_reason() -> None:
    root = read(report([failing(), vacuous()]) | {"proofs": []})
    failure, skipped = root.find(".//failure"), root.find(".//skipped")
    assert failure is not None
    assert skipped is not None
    assert failure.attrib["type"] == "FAIL"
    assert failure.attrib["message"].startswith("FAIL where PASS was expected: ")
    for told in ("measured [1.56", "bound [0.5, 1.5]", "witness: gamma = 1", "load 0.96"):
        assert told in (failure.text or "")
    assert "by a factor of" in skipped.attrib["message"]


def test_a_gap_shows_its_countermodel() -> None:
    failure = read(report([]) | {"scenarios": []}).find(".//failure")
    assert failure is not None
    assert failure.attrib == {"message": "proof gap at step 4", "type": "gap"}
    assert "gamma = 1/2" in (failure.text or "")


def test_an_error_beside_checked_theorems_is_a_case_of_its_own() -> None:
    item = passing() | {"error": "a later step failed", "verdict": "ERROR", "as_expected": False}
    found = results(read(report([item]) | {"proofs": []}))
    assert list(found.values()) == ["passed", "error"]


def test_control_characters_and_markup_do_not_break_the_xml() -> None:
    item = failing() | {"name": "a<b>\x00&\x1b[31m"}
    item["theorems"][0]["reason"] = "bell \x07 ]]> \ud800 end"
    root = read(report([item]))
    assert root.find(".//testsuite[2]").attrib["name"] == "a<b>\ufffd&\ufffd[31m"  # type: ignore[union-attr]
