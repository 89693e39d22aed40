"""Study files: what is read, and what is refused."""

from importlib.resources import files
from pathlib import Path

import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.verify import suites
from perturbproof.verify.scenarios.inputs import load_run_file, load_suite
from perturbproof.verify.scenarios.scenario import Scenario
from perturbproof.verify.scenarios.study import Study, published_curve
from perturbproof.verify.values import Verdict

from .study_files import STUDY, write_study


def test_points_take_what_they_do_not_say_from_the_sizes(tmp_path: Path) -> None:
    loaded = load_run_file(write_study(tmp_path, {20: 0.7}))
    first, second = loaded.expanded
    assert (first.value, first.seeds, first.train, first.linear) == (20.0, (0, 1), False, True)
    assert (second.value, second.seeds, second.train, second.linear) == (60.0, (0,), True, False)
    assert first.setting.eps == 0.9
    assert first.setting.slope == 0.01
    assert loaded.draws.noise_samples == 60
    assert loaded.curve == {20.0: 0.7}
    assert loaded.expect is Verdict.PASS


def test_a_seed_replaces_all_seeds(tmp_path: Path) -> None:
    loaded = load_run_file(write_study(tmp_path)).seeded(9)
    assert {point.seeds for point in loaded.expanded} == {(9,)}


def test_files_are_told_apart_by_their_kind(tmp_path: Path) -> None:
    assert isinstance(load_run_file(write_study(tmp_path)), Study)
    other = tmp_path / "scenario.toml"
    other.write_text('name = "a"\n[data]\nkind = "uniform"\nsamples = 4\ndimension = 9\n')
    assert isinstance(load_run_file(other), Scenario)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("width = 4", "width = 5", "training.width"),
        ("width = 4", "depth = 2", "unknown key 'training.depth'"),
        ('name = "small"', "", "'name' is missing"),
        ('"l2"', '"l7"', "perturbation"),
        ('vary = "noise_samples"', 'vary = "slope"', "vary"),
        ("eps = 0.9", "eps = -1", "sizes.eps"),
        ("noise_samples = 60, train", "noise_samples = 20, train", "two points have noise_samples"),
        ("seeds = [0, 1]", "seeds = [1, 1]", "point 1: a seed is named twice"),
        ("seeds = [0, 1]", "seeds = []", "seeds"),
        ("seeds = [0, 1]", "seeds = [-1]", "seeds"),
        ("[training]", "[pool]\nsamples = 9\nnoise_samples = 60\ndimension = 120\n[training]",
         "samples = 20, the pool has 9"),
        ("seeds = [0, 1]", "width = 8", "point 1: 'width' needs train"),
        ('title = "Small"', 'title = "Small"\nexpect = "ERROR"', "expect"),
    ],
)  # fmt: skip
def test_bad_studies_are_one_line_with_the_field(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in STUDY
    path = write_study(tmp_path, text=STUDY.replace(old, new))
    with pytest.raises(InputError, match=message) as error:
        load_run_file(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must name the columns"),
        ("a,b\n", "must name the columns"),
        ("norm,sweep,value,accuracy\nL2,N_adv,1\n", "line 2: 3 cells"),
        ("norm,sweep,value,accuracy\nL2,N_adv,x,.5\n", "line 2: 'x' is not a number"),
        ("norm,sweep,value,accuracy\nL2,N_adv,1,nan\n", "line 2: 'nan' is not a number"),
        ("norm,sweep,value,accuracy\nL2,N_adv,1,1.5\n", r"must lie in \[0, 1\]"),
        ("norm,sweep,value,accuracy\nL2,d,1,.5\n", "no row with norm 'L2' and sweep 'N_adv'"),
        ("norm,sweep,value,accuracy\n#\nL2,N_adv,1,.5\nL2,N_adv,1,.6\n", "line 4: a second row"),
    ],
)
def test_bad_published_numbers_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        published_curve(path, "L2", "N_adv")


def test_missing_published_numbers_name_the_file(tmp_path: Path) -> None:
    path = write_study(tmp_path, {20: 0.7})
    (tmp_path / "curve.csv").unlink()
    with pytest.raises(InputError, match=r"curve\.csv: published numbers cannot be read"):
        load_run_file(path)


def test_the_paper_suite_has_every_published_point() -> None:
    studies = [one for one in load_suite("paper") if isinstance(one, Study)]
    assert len(studies) == len(load_suite("paper")) == 24
    uniform = [one for one in studies if one.data == "uniform"]
    lines = (files(suites) / "paper" / "paper-curves.csv").read_text().splitlines()
    rows = [line for line in lines[lines.index("norm,sweep,value,accuracy") + 1 :] if line]
    assert sum(len(one.curve) for one in uniform) == len(rows)
    pools = {one.draws for one in studies}
    assert len(pools) == 1
    for one in uniform:
        assert set(one.curve) == {point.value for point in one.expanded}
        asked = one.published
        assert asked is not None
        assert asked.tolerance == (0.05 if one.perturbation == "l0-greedy" else 0.03)
        for point in one.expanded:
            if point.linear:
                assert len(point.seeds) >= 3
    assert not any(one.curve for one in studies if one.data == "gaussian")


@pytest.mark.parametrize("eps", ["1e-300", "1e10", "1e300"])
def test_sizes_beyond_float32_are_bad_input(tmp_path: Path, eps: str) -> None:
    text = STUDY.replace("eps = 0.9", f"eps = {eps}")
    with pytest.raises(InputError, match=r"must lie in \[1e-9, 1e6\]"):
        load_run_file(write_study(tmp_path, text=text))
