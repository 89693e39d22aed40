"""`perturbproof report`, and reports that an interrupted run must leave whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from perturbproof.reports import render as render_module
from perturbproof.reports import schema

from .commands import refused, scenario_text, tree


def test_report_renders_the_same_files_again(run, report_folder: Path) -> None:
    before = tree(report_folder)
    for name in before:
        if name != "report.json" and (report_folder / name).is_file():
            (report_folder / name).unlink()
    ended = run("report", report_folder)
    assert ended.code == 0
    assert tree(report_folder) == before
    assert {Path(line) for line in ended.out.splitlines()} == {
        path for path in report_folder.rglob("*") if path.is_file() and path.name != "report.json"
    }


@pytest.mark.parametrize(
    ("where", "fault"),
    [("pdf", KeyboardInterrupt), ("write_atomic", OSError(28, "No space left on device"))],
)
def test_an_interrupted_rendering_leaves_the_earlier_report_whole(
    run, report_folder: Path, monkeypatch, where: str, fault
) -> None:
    before = tree(report_folder)
    calls = 0
    right = getattr(render_module, where)

    def fails(*given):
        nonlocal calls
        calls += 1
        if where == "pdf" or calls == 4:
            raise fault
        return right(*given)

    monkeypatch.setattr(render_module, where, fails)
    ended = run("report", report_folder)
    assert ended.code == (130 if fault is KeyboardInterrupt else 2)
    assert len(ended.err.splitlines()) == 1
    assert tree(report_folder) == before


def test_a_run_interrupted_while_rendering_leaves_no_mixture(
    run, here: Path, report_folder: Path, monkeypatch
) -> None:
    """A new report.json beside the PDF of an older run would be a report of nothing.

    What was measured stays beside it, for the run that is started again.
    """

    def interrupted(*_):
        raise KeyboardInterrupt

    before = tree(report_folder)
    monkeypatch.setattr(render_module, "pdf", interrupted)
    ended = run("verify", "small.toml", "--seed", "9", "--out", report_folder)
    assert ended.code == 130
    left = tree(report_folder).items()
    assert {k: v for k, v in left if not k.startswith(".perturbproof-journal")} == before


def test_bad_data_leave_an_earlier_report_as_it_was(run, here: Path, report_folder: Path) -> None:
    (here / "bad.toml").write_text(scenario_text('kind = "file"\npath = "none.npz"'))
    before = tree(report_folder)
    refused(run("verify", "bad.toml", "--out", report_folder))
    assert tree(report_folder) == before


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (schema.SweptPoint(name="a", error="too large"), 1),
        (schema.SweptPoint(name="a", theorems=(schema.SweptTheorem(id="x", verdict="FAIL"),)), 1),
        (schema.SweptPoint(name="a", theorems=(schema.SweptTheorem(id="x", verdict="PASS"),)), 0),
    ],
)
def test_the_points_of_a_sweep_count_in_a_strict_report(
    run, here: Path, monkeypatch: pytest.MonkeyPatch, point: schema.SweptPoint, code: int
) -> None:
    monkeypatch.setattr("perturbproof.verify.reporting.render", lambda *_: ())
    report = schema.Report(
        schema_version=1,
        environment=schema.Environment(),
        sweeps=(schema.Sweep(name="s", verdict="PASS", as_expected=True, points=(point,)),),
        summary=schema.Summary(scenarios=0, theorems=1, as_expected=True, exit_code=0),
    )
    (here / "report.json").write_text(report.model_dump_json())
    assert run("report", here, "--strict").code == code
