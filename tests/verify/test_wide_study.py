"""Studies of wide networks: files, points by hand, verdicts, and a run that goes on."""

import json
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.reports.figures import draw
from perturbproof.verify.measure.wide.point import wide_point
from perturbproof.verify.run import wide_studies
from perturbproof.verify.run.store import Store
from perturbproof.verify.run.wide_studies import run_wide_studies, wide_entry
from perturbproof.verify.scenarios.inputs import load_run_file, run_inputs
from perturbproof.verify.scenarios.wide_study import WideStudy
from perturbproof.verify.values import Verdict

TEXT = """
kind = "wide"
name = "small"
vary = "eps"
values = [0.5, 4.0]
seeds = [0, 1]
certified = {certified}
{more}
[data]
kind = "shifted-gaussian"
samples = 30
dimension = 20
[network]
slope = 0.5
width = 100
[wide]
steps = 20
points = 60
"""
PUBLISHED = '[published]\nfile = "curve.csv"\nnorm = "n"\nsweep = "eps"\ntolerance = {tolerance}\n'


@pytest.fixture
def study(tmp_path):
    def made(certified=False, more="", tables="", curve="") -> WideStudy:
        text = TEXT.format(certified=str(certified).lower(), more=more) + tables
        (tmp_path / "study.toml").write_text(text)
        (tmp_path / "curve.csv").write_text("norm,sweep,value,accuracy\n" + curve)
        found = load_run_file(tmp_path / "study.toml")
        assert isinstance(found, WideStudy)
        return found

    return made


def test_a_point_is_what_two_networks_answer(study):
    scenario = study().at(4.0, 1)
    assert (scenario.wide.eps, scenario.seed, scenario.network.width) == (4.0, 1, 100)
    found = wide_point(scenario, True, "cpu")
    plain = wide_point(scenario, False, "cpu")
    assert plain == replace(found, certified=None, alignment=plain.alignment)
    assert plain.alignment == pytest.approx(found.alignment, abs=1e-4)
    assert found.contrary == 0
    assert found.points == 60
    assert found.certified[2] <= min(found.certified[:2])
    assert found.certified[2] <= found.agreement
    for share in (found.agreement, found.predicted, found.told, *found.certified):
        assert share * 60 == pytest.approx(round(share * 60))


@pytest.mark.parametrize(
    ("tolerance", "verdict"), [(0.2, Verdict.PASS), (0.01, Verdict.INCONCLUSIVE)]
)
def test_published_numbers_decide(study, tolerance, verdict):
    (seen,) = run_wide_studies([study()])
    means = [one.compared for one in seen.run.values]
    assert means == [fmean(p.agreement for p in one.seeds) for one in seen.run.values]
    curve = f"n,eps,0.5,{means[0] - 0.1:.6f}\nn,eps,4,{means[1]:.6f}\nn,eps,9,0.5\n"
    tables = PUBLISHED.format(tolerance=tolerance)
    (judged,) = run_wide_studies([study(tables=tables, curve=curve)])
    assert judged.verdict is verdict
    assert judged.run.values[0].agrees is (verdict is Verdict.PASS)
    assert judged.run.values[1].agrees is True
    if verdict is Verdict.INCONCLUSIVE:
        assert judged.reason == "not within 0.01 at eps = 0.5 (0.100 above)"
    entry = wide_entry(judged)
    assert len(entry.rows) == 2
    assert {len(row) for row in entry.rows} == {len(entry.columns)}
    assert any("does not have: 9" in finding for finding in entry.findings)
    assert draw(entry.figures[0]).csv.count("\n") == 3


def test_without_published_numbers_nothing_is_claimed_but_certificates(study, monkeypatch):
    (seen,) = run_wide_studies([study()])
    assert seen.judged == ((Verdict.INCONCLUSIVE, Verdict.PASS),)
    (certified,) = run_wide_studies([study(certified=True)])
    assert certified.verdict is Verdict.PASS
    assert "certified" in wide_entry(certified).columns
    wrong = replace(certified.run.values[0].seeds[0], contrary=1)
    monkeypatch.setattr(wide_studies, "wide_point", lambda *_: wrong)
    (faulty,) = run_wide_studies([study(certified=True)])
    assert faulty.verdict is Verdict.ERROR
    silent = replace(certified.run.values[0].seeds[0], certified=(0.0, 0.0, 0.0))
    monkeypatch.setattr(wide_studies, "wide_point", lambda *_: silent)
    (empty,) = run_wide_studies([study(certified=True)])
    assert empty.verdict is Verdict.VACUOUS


def test_alignment_is_a_claim_of_its_own(study):
    tables = PUBLISHED.format(tolerance=0.01) + "alignment = 1.0\n"
    (judged,) = run_wide_studies([study(tables=tables, curve="n,eps,77,0.5\n")])
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "the alignment" in judged.reason


def test_points_are_kept(study, tmp_path, monkeypatch):
    store = Store(tmp_path / "points")
    (first,) = run_wide_studies([study()], store)
    monkeypatch.setattr(wide_studies, "wide_point", None)
    (again,) = run_wide_studies([study()], store)
    assert again == first
    assert json.loads(next((tmp_path / "points").iterdir()).read_text())["record"]["point"]


def test_accuracy_is_on_what_is_held_out(study):
    given = study(more='compared = "accuracy"\nheld_out = 0.4')
    point = wide_point(given.at(4.0, 0), False, "cpu")
    assert point.points == 12
    assert point.accuracy is not None
    assert np.isclose(point.accuracy * 12, round(point.accuracy * 12))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('compared = "accuracy"', "accuracy needs labelled test points"),
        ("held_out = 1.5", "held_out"),
        ("colour = 1", "unknown key 'colour'"),
    ],
)
def test_bad_files(study, more, said):
    with pytest.raises(InputError, match=f"study.toml: .*{said}"):
        study(more=more)


@pytest.mark.parametrize(
    ("vary", "values", "said"),
    [
        ("width", "[101]", "width = 101: .*even"),
        ("width", "[100.5]", "must be a whole number"),
        ("eps", "[1.0, 1.0]", "one is named twice"),
        ("eps", "[-1.0]", "eps = -1"),
        ("dimension", "[0]", "dimension = 0"),
        ("colour", "[1]", "vary"),
    ],
)
def test_bad_values(tmp_path, vary, values, said):
    text = TEXT.format(certified="false", more="").replace("[0.5, 4.0]", values)
    (tmp_path / "study.toml").write_text(text.replace('"eps"', f'"{vary}"'))
    with pytest.raises(InputError, match=said):
        load_run_file(tmp_path / "study.toml")


def test_runs_take_it_and_its_seed(study, tmp_path):
    study()
    _, (found,) = run_inputs([tmp_path / "study.toml"], seed=7)
    assert isinstance(found, WideStudy)
    assert found.seeds == (7, 8)
