"""Running and judging studies: resumed, deterministic, never a FAIL."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from perturbproof.numerics.paper_scale.exact import NoiseLearning
from perturbproof.numerics.perturb.base import PerturbationFault
from perturbproof.verify.api import verify
from perturbproof.verify.run import folder as report_folder_module
from perturbproof.verify.run import store as store_module
from perturbproof.verify.run.store import Store
from perturbproof.verify.run.studies import StudyRun, run_studies
from perturbproof.verify.run.study_record import study_entry
from perturbproof.verify.run.study_verdicts import StudyOutcome, judge_study
from perturbproof.verify.scenarios.inputs import load_run_file
from perturbproof.verify.scenarios.study import Study
from perturbproof.verify.values import ExitCode, Verdict

from .study_files import STUDY, without_times, write_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    (done,) = run_studies([load_run_file(write_study(tmp_path_factory.mktemp("study")))])
    return done


def judged(run: StudyRun, folder: Path, published: dict[float, float], extra: str = ""):
    loaded = load_run_file(write_study(folder, published, extra=extra))
    return judge_study(StudyRun(loaded, run.points))


def measured(run: StudyRun) -> dict[float, float]:
    """What would be compared: the exact mean of the first point, the networks of the second."""
    first, second = judge_study(run).points
    assert first.exact_mean is not None
    assert second.trained is not None
    return {20: first.exact_mean, 60: second.trained.accuracy}


def test_points_met_are_a_pass(run: StudyRun, tmp_path: Path) -> None:
    outcome = judged(run, tmp_path, measured(run))
    assert outcome.verdict is Verdict.PASS
    assert [point.compared for point in outcome.points] == ["exact", "trained"]
    assert "1 by exact solutions, 1 by trained networks" in outcome.reason
    assert "numeric" in outcome.reason


def test_the_tolerance_decides(run: StudyRun, tmp_path: Path) -> None:
    values = measured(run)
    near = {20: values[20] - 0.03, 60: values[60]}
    assert judged(run, tmp_path, near).verdict is Verdict.PASS
    far = {20: values[20] - 0.0301, 60: values[60]}
    outcome = judged(run, tmp_path, far)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "noise_samples = 20 (exact 0.030 above)" in outcome.reason
    assert judged(run, tmp_path, far, "tolerance = 0.031\n").verdict is Verdict.PASS


def test_fewer_seeds_than_meant_are_met_less_closely(run: StudyRun, tmp_path: Path) -> None:
    first, second = run.points
    record = first.exact[0]
    assert record.exact is not None
    assert record.exact.accuracy is not None
    # Of 20 samples, at a half: twice the standard error of one seed, less that of two, is 0.065.
    one, about = record.exact.accuracy, 0.5
    assert (first.point.meant, second.point.meant) == (2, 1)
    extra = 2 * (about * (1 - about) / 20) ** 0.5 * (1 - 2**-0.5)
    for far, verdict in ((0.99, Verdict.PASS), (1.01, Verdict.INCONCLUSIVE)):
        tolerance = abs(one - about) - far * extra
        values = {20: about, 60: measured(run)[60]}
        study = load_run_file(
            write_study(tmp_path, values, extra=f"tolerance = {tolerance + 1e-6}\n")
        ).seeded(0)
        points = study.expanded
        alone = replace(first, point=points[0], exact=(record,))
        outcome = judge_study(StudyRun(study, (alone, replace(second, point=points[1]))))
        assert outcome.verdict is verdict
        assert "with fewer seeds than the study has up to 0.065 more" in outcome.reason


def test_what_was_not_trained_is_said(run: StudyRun, tmp_path: Path) -> None:
    loaded = load_run_file(write_study(tmp_path, measured(run)))
    first, second = run.points
    untrained = StudyRun(loaded, (first, replace(second, trained=None)))
    outcome = judge_study(untrained)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "noise_samples = 60: beyond d/4 and not trained" in outcome.reason
    assert any("Not trained" in finding for finding in study_entry(outcome).findings)
    exact_there = judge_study(run).points[1].exact_mean
    assert exact_there is not None
    values = {20: measured(run)[20], 60: exact_there}
    everywhere = judged(run, tmp_path, values, 'beyond = "exact"\n')
    assert everywhere.points[1].compared == "exact"
    assert everywhere.verdict is Verdict.PASS


def test_nothing_published_is_inconclusive(run: StudyRun) -> None:
    outcome = judge_study(run)
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "nothing is published" in outcome.reason


def test_an_unsolved_program_is_an_error(run: StudyRun, tmp_path: Path) -> None:
    loaded = load_run_file(write_study(tmp_path, measured(run)))
    first, second = run.points
    record = first.exact[1]
    assert record.exact is not None
    assert record.exact.perturbed is not None
    bad = replace(record.exact, perturbed=replace(record.exact.perturbed, violation=0.2))
    points = (replace(first, exact=(first.exact[0], replace(record, exact=bad))), second)
    outcome = judge_study(StudyRun(loaded, points))
    assert outcome.verdict is Verdict.ERROR
    assert "seed 1: the perturbed set was not solved" in outcome.reason


def test_training_cut_short_is_an_error(run: StudyRun, tmp_path: Path) -> None:
    loaded = load_run_file(write_study(tmp_path, measured(run)))
    first, second = run.points
    assert second.trained is not None
    assert second.trained.trained is not None
    short = replace(second.trained, trained=replace(second.trained.trained, time=25.0))
    outcome = judge_study(StudyRun(loaded, (first, replace(second, trained=short))))
    assert outcome.verdict is Verdict.ERROR
    assert "ran out of steps" in outcome.reason


def test_broken_data_are_an_error_and_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise PerturbationFault("too large")

    loaded, store = load_run_file(write_study(tmp_path)), Store(tmp_path / "points")
    with monkeypatch.context() as patch:
        patch.setattr(NoiseLearning, "exact", broken)
        (run,) = run_studies([loaded], store)
    outcome = judge_study(run)
    assert outcome.verdict is Verdict.ERROR
    assert "too large" in outcome.reason
    (again,) = run_studies([loaded], store)
    assert judge_study(again).verdict is not Verdict.ERROR


def entry(outcome: StudyOutcome) -> object:
    return without_times(study_entry(outcome).model_dump(mode="json"))


def computed(loaded: Study, store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[object, int]:
    """The study's entry, and how many points were put into the store for it."""
    puts: list[str] = []
    put = Store.put
    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", lambda s, k, r: (puts.append(k), put(s, k, r))[1])
        (run,) = run_studies([loaded], store)
    return entry(judge_study(run)), len(puts)


def test_a_rerun_computes_only_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, store = load_run_file(write_study(tmp_path)), Store(tmp_path / "points")
    first, count = computed(loaded, store, monkeypatch)
    assert count == 4
    assert computed(loaded, store, monkeypatch) == (first, 0)
    files = sorted(store.folder.iterdir())
    assert len(files) == 4
    files[0].unlink()
    files[1].write_text(files[1].read_text()[:-40])
    files[2].write_text("not json")
    (store.folder / "stray.part").write_text("half")
    assert computed(loaded, store, monkeypatch) == (first, 3)


def test_every_single_point_can_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, store = load_run_file(write_study(tmp_path)), Store(tmp_path / "points")
    first, _ = computed(loaded, store, monkeypatch)
    for path in sorted(store.folder.iterdir()):
        path.unlink()
        assert computed(loaded, store, monkeypatch) == (first, 1)


def test_points_of_another_program_or_package_are_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, store = load_run_file(write_study(tmp_path)), Store(tmp_path / "points")
    first, count = computed(loaded, store, monkeypatch)
    for name, changed in (("source_digest", "edited"), ("_versions", {"torch": "0"})):
        with monkeypatch.context() as patch:
            patch.setattr(store_module, name, lambda changed=changed: changed)
            assert computed(loaded, store, monkeypatch) == (first, count)
    assert computed(loaded, store, monkeypatch) == (first, 0)


def test_a_record_of_another_form_is_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, store = load_run_file(write_study(tmp_path)), Store(tmp_path / "points")
    first, _ = computed(loaded, store, monkeypatch)
    for path in store.folder.iterdir():
        store.put(path.stem, {"seed": 0})
    assert computed(loaded, store, monkeypatch) == (first, 4)


def test_equal_points_of_two_studies_are_computed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = load_run_file(write_study(tmp_path))
    other = load_run_file(
        write_study(tmp_path, text=STUDY.replace('"small"', '"other"'), name="other.toml")
    )
    store = Store(tmp_path / "points")
    first, second = run_studies([one, other], store)
    assert len(list(store.folder.iterdir())) == 4
    assert first.points == second.points


def test_verify_runs_studies_and_leaves_a_report(
    tmp_path: Path, run: StudyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = measured(run)
    good = write_study(tmp_path, values)
    result = verify(good, out=tmp_path / "report", device="cpu")
    assert result.exit_code == ExitCode.AS_EXPECTED
    assert result.report["summary"]["studies"] == 1
    assert result.report["summary"]["verdicts"]["PASS"] == 1
    (line,) = result
    assert (line.scenario, line.verdict) == ("small", Verdict.PASS)
    report = json.loads((tmp_path / "report/report.json").read_text())
    assert report["studies"][0]["verdict"] == "PASS"
    for name in ("report.pdf", "appendix.pdf", "report.html", "junit.xml", "summary.md"):
        assert (tmp_path / "report" / name).stat().st_size > 0
    assert (tmp_path / "report/figures/small-sweep.svg").exists()
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    far = write_study(tmp_path, {20: 0.1, 60: values[60]})
    missed = verify(far, out=tmp_path / "report", device="cpu")
    assert missed.exit_code == ExitCode.UNDECIDED
    text = far.read_text().replace('title = "Small"', 'title = "Small"\nexpect = "INCONCLUSIVE"')
    far.write_text(text)
    assert verify(far, out=tmp_path / "report", device="cpu").exit_code == ExitCode.AS_EXPECTED


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_same_report(tmp_path: Path) -> None:
    many = ", ".join(f"{{ noise_samples = {n}, train = true }}" for n in range(100, 200, 10))
    path = write_study(tmp_path, text=STUDY.replace("points = [", f"points = [{many},"))
    out = tmp_path / "report"
    command = [
        sys.executable,
        "-c",
        "from perturbproof.verify.command_line.cli import main; main()",
    ]
    command += ["verify", str(path), "--out", str(out), "--device", "cpu", "--quiet"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while len(list((out / "points").glob("*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert not (out / "report.json").exists()
    kept = {each: each.stat().st_mtime_ns for each in (out / "points").glob("*.json")}
    assert 3 <= len(kept) < 23
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    resumed = without_times(json.loads((out / "report.json").read_text()))
    assert {each: each.stat().st_mtime_ns for each in kept} == kept
    for each in (out / "points").glob("*.json"):
        each.unlink()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    assert without_times(json.loads((out / "report.json").read_text())) == resumed
