"""A sweep in every form of the report: the unexpected points first, each verdict counted once."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pymupdf
import pytest
from perturbproof.reports.figures import FIGURES
from perturbproof.reports.files import ReportError, parse_report
from perturbproof.reports.github import annotations, summary
from perturbproof.reports.render import figure_names, render
from perturbproof.reports.studies import MOST_ROWS

from .sample_figures import figures
from .sample_report import report

LOADS = next(figure for figure in figures(8) if figure["kind"] == "loads")


def sweep(count: int = 4, failed: int = 2) -> dict:
    """A sweep over the seed; point `failed` could not be run, point 1 is not as expected."""
    points = [
        {
            "name": f"grid-{k:04d}",
            "at": {"seed": k, "network.slope": 0.5},
            "error": "no such file" if k == failed else None,
            "seconds": 0.5,
            "theorems": []
            if k == failed
            else [
                {
                    "id": "half-aware",
                    "verdict": "FAIL" if k == 1 else "PASS",
                    "expected": "PASS",
                    "reason": "a claim does not hold" if k == 1 else "holds",
                    "load": 0.25,
                    "witness": "witnesses/w\nreplay: perturbproof verify w" if k == 1 else None,
                }
            ],
        }
        for k in range(count)
    ]
    return {
        "name": "grid",
        "says": "A grid of seeds.",
        "configuration": {"data": {"kind": "uniform"}},
        "axes": [{"field": "seed", "values": list(range(count))}],
        "verdict": "ERROR",
        "as_expected": False,
        "reason": f"{count} points",
        "seconds": 2.0,
        "points": points,
        "findings": ["Half-aware: 2 PASS, 1 FAIL."],
        "figures": [LOADS],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sweep")
    (made / "report.json").write_text(json.dumps(report([]) | {"sweeps": [sweep()]}))
    render(made)
    return made


def test_pdf_and_page_show_table_findings_and_figure(folder: Path) -> None:
    with pymupdf.open(folder / "report.pdf") as pages:
        text = " ".join("".join(page.get_text() for page in pages).split())
    html = (folder / "report.html").read_text()
    for told in ("Sweep over seed", "ERROR: no such file", "A grid of seeds", "2 PASS, 1 FAIL"):
        assert told in text
        assert told in html
    assert text.index("half-aware FAIL (expected PASS)") < text.index("half-aware PASS")
    assert (folder / "figures/grid-loads.svg").is_file()
    assert (folder / "figures/grid-loads.csv").read_text().startswith("theorem,data.dimension")


def test_junit_counts_every_verdict_of_every_point(folder: Path) -> None:
    root = ElementTree.parse(folder / "junit.xml").getroot()
    suite = root.find(".//testsuite[@name='grid']")
    assert suite is not None
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
    }
    names = [case.get("name") for case in suite]
    assert len(set(names)) == 4
    assert "half-aware (seed = 1, network.slope = 0.5) [grid-0001]" in names
    (bad,) = suite.findall("testcase/failure")
    assert "witnesses/w" in (bad.text or "")


def test_summary_and_annotations_name_what_is_wrong() -> None:
    read = parse_report(json.dumps(report([]) | {"sweeps": [sweep()]}))
    assert "ERROR: no such file" in summary(read)
    told = [line for line in annotations(read) if "grid" in line]
    assert sum(line.startswith("::error") for line in told) == 2


def test_a_long_sweep_is_cut_in_the_table_and_says_so(tmp_path: Path) -> None:
    raw = report([]) | {"sweeps": [sweep(count=MOST_ROWS + 15, failed=MOST_ROWS + 10)]}
    (tmp_path / "report.json").write_text(json.dumps(raw))
    render(tmp_path)
    html = (tmp_path / "report.html").read_text()
    assert "15 more points are not shown" in html
    assert "ERROR: no such file" in html
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert root.find(".//testsuite[@name='grid']").get("tests") == str(MOST_ROWS + 15)  # type: ignore[union-attr]


def test_figures_of_studies_and_sweeps_have_names_of_their_own() -> None:
    read = parse_report(json.dumps(report([]) | {"sweeps": [sweep(), sweep()]}))
    assert len(set(figure_names(read).values())) == 2
    assert "loads" in FIGURES


def test_a_malformed_sweep_names_the_path() -> None:
    bad = sweep() | {"points": [{"name": "p", "theorems": [{"id": "t", "verdict": "MAYBE"}]}]}
    with pytest.raises(ReportError, match=r"sweeps\[0\]\.points\[0\]\.theorems\[0\]\.verdict"):
        parse_report(json.dumps(report([]) | {"sweeps": [bad]}))
