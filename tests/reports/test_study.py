"""A study in every form a report takes."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pymupdf
import pytest
from perturbproof.reports.files import ReportError, parse_report
from perturbproof.reports.github import summary
from perturbproof.reports.junit import junit
from perturbproof.reports.render import render

from .sample_report import report
from .sample_scenarios import passing
from .sample_study import study

REASON = "not within 0.03 at noise_samples = 100 (exact +0.050)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("study")
    raw = report([passing()]) | {"studies": [study(), study("PASS")]}
    (made / "report.json").write_text(json.dumps(raw), encoding="utf-8")
    render(made)
    return made


def test_pdf_shows_the_table_the_figure_and_the_findings(folder: Path) -> None:
    with pymupdf.open(folder / "report.pdf") as document:
        text = " ".join("".join(page.get_text() for page in document).split())
    for part in (
        "0.610 (0.590 to 0.630, 2 seeds)",
        "exact +0.050, too far",
        "nothing, not trained",
    ):
        assert part in text
    assert "linear solve" in text
    assert "Findings" in text
    assert "rigor numeric" in text


def test_html_shows_the_same_and_is_well_formed(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    section = next(node for node in root.iter("section") if node.get("id") == "study-1")
    words = " ".join("".join(section.itertext()).split())
    assert "quadratic program, pattern not linear" in words
    assert "exact +0.050, too far" in words
    assert REASON in words
    # The figure of the first study is the one at the top of the page.
    assert root.find(".//figure") is not None


def test_figures_have_names_of_their_own(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "figures").glob("uniform-l2-N_adv-*.csv"))
    assert len(names) == 2
    assert names[-1] == "uniform-l2-N_adv-sweep.csv"


@pytest.mark.parametrize(
    ("verdict", "expected", "strict", "result"),
    [
        ("PASS", "PASS", False, "passed"),
        ("INCONCLUSIVE", "PASS", False, "skipped"),
        ("INCONCLUSIVE", "PASS", True, "failure"),
        ("INCONCLUSIVE", "INCONCLUSIVE", False, "skipped"),
        ("PASS", "INCONCLUSIVE", False, "failure"),
        ("ERROR", "PASS", False, "error"),
    ],
)
def test_junit_has_a_case_for_each(verdict: str, expected: str, strict: bool, result: str) -> None:
    raw = report([passing()]) | {"studies": [study(verdict, expected)]}
    root = ElementTree.fromstring(junit(parse_report(json.dumps(raw)), strict))
    (case,) = root.findall(".//testsuite[@name='studies']/testcase")
    found = next((child.tag for child in case if child.tag != "system-out"), "passed")
    assert found == result
    assert "published 0.700, exact 0.750" in "".join(case.itertext())


def test_summary_has_verdict_and_findings() -> None:
    text = summary(parse_report(json.dumps(report([]) | {"studies": [study()]})))
    assert "INCONCLUSIVE" in text
    assert "Not trained, though" in text
    assert "| 100 | 0.700 | 0.750 | quadratic program, pattern not linear | – | – | 0.500 |" in text


def test_reports_without_studies_still_work() -> None:
    assert parse_report(json.dumps(report([passing()]))).studies == ()


def test_malformed_studies_name_the_path() -> None:
    bad = study() | {"verdict": "MAYBE"}
    with pytest.raises(ReportError, match=r"studies\[0\]\.verdict"):
        parse_report(json.dumps(report([]) | {"studies": [bad]}))
