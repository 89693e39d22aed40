"""Studies of images: files, the rule of the verdict, one run that is resumed, its record."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.images import Images
from perturbproof.numerics.images.experiment import ImageExperiment, Learned
from perturbproof.verify.api import verify
from perturbproof.verify.run.image_record import beside_limit
from perturbproof.verify.run.image_studies import ImageRecord, ImageRun, run_image_studies
from perturbproof.verify.run.image_verdicts import judge_images
from perturbproof.verify.run.store import Store
from perturbproof.verify.scenarios.image_study import ImageStudy
from perturbproof.verify.scenarios.inputs import load_run_file, load_suite
from perturbproof.verify.statistics import FAMILY_ERROR, binomial_interval
from perturbproof.verify.values import Verdict

STUDY = """
kind = "images"
name = "tiny"
eps = 1.5
steps = 4
controls = ["shuffle", "none"]
seeds = [0, 1, 2]
recipe = { epochs = 1 }
permutations = 19
data = { name = "digits", train = 60, test = 40 }
"""


def written(folder: Path, text: str = STUDY) -> Path:
    path = folder / "tiny.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("eps = 1.5", "eps = 0", "'eps': must be greater than 0, found 0"),
        ("eps = 1.5", 'norm = "Linf"\neps = 1.5', "eps: pixels lie in [0, 1], found 1.5"),
        ("steps = 4", 'norm = "L0"', "eps: must be a number of pixels, 1 to 64, found 1.5"),
        ("eps = 1.5", 'norm = "L0"\neps = 3', "steps: L0 takes one pixel a step"),
        ("steps = 4", 'base = "noise"', 'give labels = "R", and samples'),
        ("steps = 4", "samples = 90", "samples: of noise images only"),
        ("[0, 1, 2]", "[0, 1, 1]", "seeds: one is named twice"),
        ("[0, 1, 2]", "[]", "'seeds'"),
        ("steps = 4", 'module = "own.txt:build"', "module: must be path.py:name"),
        ("steps = 4", 'module = "own.py:build"', "'module': no file"),
        ("steps = 4", "step = 4", "unknown key 'step'"),
        ('"digits"', '"letters"', "no images 'letters'; known: digits"),
        ("epochs = 1", "epochs = 0", "epochs: must be at least 1"),
        ("steps = 4", "limit = 0.5", "limit: needs two classes (data.classes), there are 10"),
    ],
)
def test_what_a_file_may_not_say_is_one_line(tmp_path, old, new, message) -> None:
    assert old in STUDY
    with pytest.raises(InputError) as error:
        load_run_file(written(tmp_path, STUDY.replace(old, new)))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_module_is_found_beside_its_file_and_a_seed_moves_all(tmp_path) -> None:
    (tmp_path / "own.py").touch()
    study = load_run_file(written(tmp_path, STUDY + 'module = "own.py:build"\n'))
    assert isinstance(study, ImageStudy)
    assert study.setting.network == f"{tmp_path}/own.py:build"
    assert study.seeded(7).seeds == (7, 8, 9)


def test_the_suite_is_named_once_described_and_covers_what_it_promises() -> None:
    studies = [one for one in load_suite("images") if isinstance(one, ImageStudy)]
    assert len({one.name for one in studies}) == len(studies) == 7
    assert all(one.description.endswith(".") for one in studies)
    assert all(len(one.seeds) == 3 and len(one.controls) == 4 for one in studies)
    assert {(one.base, one.labels, one.norm) for one in studies} == {
        *(("natural", "R", norm) for norm in ("L2", "Linf", "L0")),
        ("natural", "D", "L2"),
        ("noise", "R", "L2"),
    }


@pytest.mark.parametrize(("suite", "count"), [("images-28", 2), ("images-paper", 10)])
def test_suites_of_larger_images_say_what_was_published(suite: str, count: int) -> None:
    studies = [one for one in load_suite(suite) if isinstance(one, ImageStudy)]
    assert len({one.name for one in studies}) == len(studies) == count
    for one in studies:
        assert one.published is not None
        assert one.published.best >= (one.published.last or 0)
        assert one.setting.network == (
            "wide-resnet" if one.data.name == "cifar10" else "paper-conv"
        )


def test_what_would_train_for_years_is_refused_at_once(tmp_path) -> None:
    study = load_run_file(written(tmp_path, STUDY + 'network = "wide-resnet"\n'))
    with pytest.raises(InputError, match="study tiny: wide-resnet needs a GPU"):
        run_image_studies([study])


def run_of(right: dict[str, list[int]], p: float = 0.001, total: int = 600, **changes) -> ImageRun:
    """A run with these counts by arm, one a seed."""
    seeds = tuple(range(len(right["perturbed"])))
    controls = tuple(arm for arm in right if arm != "perturbed")
    study = ImageStudy.model_validate(
        {"kind": "images", "name": "made", "data": {"name": "digits"}, "eps": 1.0}
        | {"seeds": seeds, "controls": controls}
        | changes
    )
    points = {
        (seed, arm): ImageRecord(1.0, Learned(counts[seed], total, ()))
        for arm, counts in right.items()
        for seed in seeds
    }
    told = {(seed, None): ImageRecord(1.0, perturbations={"p": p}) for seed in seeds}
    empty = np.zeros((1, 1, 1, 1), dtype=np.float32), np.zeros(1, dtype=np.int64)
    return ImageRun(study, points | told, Images(*empty, *empty, ("0",) * 10, "", ""))


CLEAR = {"perturbed": [500, 480, 520], "shuffle": [5, 9, 2], "none": [0, 0, 0]}


@pytest.mark.parametrize(
    ("run", "verdict", "reason"),
    [
        (run_of(CLEAR), Verdict.PASS, "0.800 to 0.867 of test images, controls on at most 0.015"),
        (run_of(CLEAR | {"shuffle": [5, 470, 2]}), Verdict.INCONCLUSIVE, "intervals overlap"),
        (run_of({arm: counts[:2] for arm, counts in CLEAR.items()}), Verdict.INCONCLUSIVE, "seeds"),
        (run_of(CLEAR, p=0.02), Verdict.INCONCLUSIVE, "p = 0.02 is not small enough"),
        (run_of({"perturbed": [1] * 3, "none": [300] * 3}), Verdict.FAIL, "above a control"),
        # Certainly less than a hundredth above a control, but not certainly above it; and both.
        (
            run_of({"perturbed": [5_000] * 3, "none": [4_990] * 3}, total=1_000_000),
            Verdict.FAIL,
            "less than 0.01 above a control",
        ),
        (
            run_of({"perturbed": [6_000] * 3, "none": [4_990] * 3}, total=1_000_000),
            Verdict.PASS,
            "",
        ),
        # Above every control, but not above chance.
        (
            run_of({"perturbed": [70] * 3, "none": [1] * 3}, base="noise", samples=9),
            Verdict.INCONCLUSIVE,
            "overlap",
        ),
    ],
)
def test_the_rule(run: ImageRun, verdict: Verdict, reason: str) -> None:
    (outcome,) = judge_images([run])
    assert outcome.verdict is verdict
    assert reason in outcome.reason
    assert outcome.judged == ((verdict, Verdict.PASS),)


def test_a_fault_is_an_error_whatever_the_rest_says() -> None:
    run = run_of(CLEAR)
    points = dict(run.points) | {(1, "none"): ImageRecord(0.0, fault="training diverged")}
    (outcome,) = judge_images([replace(run, points=points)])
    assert outcome.verdict is Verdict.ERROR
    assert outcome.reason == "seed 1, none: training diverged"


def test_intervals_share_the_error_of_the_whole_run() -> None:
    """Two statements a study; of each the error is split over its seeds and arms."""
    runs = [run_of(CLEAR), run_of(CLEAR, p=0.9), run_of(CLEAR, p=0.9)]
    outcomes = judge_images(runs, beside=4)
    level = outcomes[0].claims[0].level
    assert level.statements == 10
    # Of 6 statements 4 are decided, so that Holm's last error is that of two among six and four.
    assert level.error == pytest.approx(FAMILY_ERROR * 6 / 10 / 2)
    assert outcomes[0].accuracies[0, "none"] == binomial_interval(0, 600, level.error / 9)
    # One study alone has an error that many others would take from it.
    close = {"perturbed": [80] * 3, "none": [31] * 3}
    assert judge_images([run_of(close)])[0].verdict is Verdict.PASS
    assert judge_images([run_of(close)], beside=500)[0].verdict is Verdict.INCONCLUSIVE


def test_a_permutation_test_with_too_few_permutations_says_so() -> None:
    (outcome,) = judge_images([run_of(CLEAR, p=0.05, permutations=19)])
    assert "more permutations would allow it" in outcome.reason


def test_a_run_is_resumed_where_it_was(tmp_path, monkeypatch) -> None:
    study = load_run_file(written(tmp_path, STUDY.replace("[0, 1, 2]", "[0, 1]")))
    assert isinstance(study, ImageStudy)
    done: list[str] = []
    real = ImageExperiment.learned

    def counted(self, arm, every_epoch=False):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(arm)
        return real(self, arm, every_epoch)

    monkeypatch.setattr(ImageExperiment, "learned", counted)
    store = Store(tmp_path / "points")
    with pytest.raises(KeyboardInterrupt):
        run_image_studies([study], store)
    monkeypatch.setattr(ImageExperiment, "learned", real)
    kept = len(list(store.folder.iterdir()))
    assert kept == 3  # two learners, and the perturbations of their seed
    fresh: list[str] = []
    monkeypatch.setattr(Store, "put", lambda self, key, record: fresh.append(key))
    (resumed,) = run_image_studies([study], store)
    assert len(fresh) == 8 - kept
    (undisturbed,) = run_image_studies([study])
    plain = [
        {at: replace(point, seconds=0.0) for at, point in run.points.items()}
        for run in (resumed, undisturbed)
    ]
    assert plain[0] == plain[1]


def test_a_study_in_every_form_of_a_report(tmp_path) -> None:
    result = verify(written(tmp_path), out=tmp_path / "out")
    (line,) = result.results
    (study,) = json.loads((tmp_path / "out" / "report.json").read_text())["studies"]
    assert (study["verdict"], study["rigor"]) == (line.verdict.value, "statistical")
    assert [claim["id"] for claim in study["claims"]] == ["accuracy", "features"]
    assert len(study["learners"]) == 9
    assert len(study["data"]["hash"]) == 64
    assert result.report["statistics"]["statements"] == 2
    assert {figure["kind"] for figure in study["figures"]} == {"pictures", "learners"}
    html = (tmp_path / "out" / "report.html").read_text()
    assert "data:image/png;base64" in html
    assert "probe, nothing trained" in html
    assert "claim accuracy" in (tmp_path / "out" / "junit.xml").read_text()


def test_what_stands_beside_a_certified_limit_is_an_observation() -> None:
    certified = {"captured": True, "reason": "", "steps": 58, "natural": 0.85, "right": 1.0}
    beside = [
        certified | {"cosine": 0.7, "as_classifier": 0.99},
        certified | {"cosine": 0.6, "as_classifier": 0.98},
        {"captured": False, "reason": "train on", "steps": 3000},
    ]
    run = run_of(CLEAR, limit=0.5, data={"name": "digits", "classes": (0, 1)})
    points = {
        (seed, arm): replace(point, learned=replace(point.learned, as_limit=570 - 30 * seed))
        if point.learned
        else replace(point, perturbations=(point.perturbations or {}) | {"limit": beside[seed]})
        for (seed, arm), point in run.points.items()
    }
    (outcome,) = judge_images([replace(run, points=points)])
    without, told = beside_limit(outcome)
    assert without.endswith("is not certified for seed 2: train on.")
    assert (
        "cosine 0.600 to 0.700 with its normal q (the difference of the class means 0.850)" in told
    )
    assert (
        "natural images on 0.980 to 0.990, as the learner of perturbed ones on 0.900 to 0.950"
        in told
    )
    assert told.endswith("no theorem here speaks of deep networks.")
    assert not list(beside_limit(judge_images([run_of(CLEAR)])[0]))
