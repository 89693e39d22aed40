"""Scenario files: what is accepted, what is refused and how, and where random numbers come from."""

import math
from pathlib import Path

import numpy as np
import pydantic
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.scenarios.scenario import Scenario, load_scenario
from perturbproof.verify.values import Verdict

from .perturbed_scenarios import NOISE
from .small_scenarios import BASE, FAR_OUTSIDE, ORTHOGONAL, scenario, toml


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_a_file_is_read_with_every_field(tmp_path: Path) -> None:
    loaded = load_scenario(written(tmp_path, toml(seed=7, expect="VACUOUS")))
    assert (loaded.name, loaded.seed, loaded.theorems) == ("small", 7, ("standard-boundary",))
    assert (loaded.network.slope, loaded.network.width) == (0.5, 4)
    assert loaded.training.resolve().steps == 600
    assert loaded.expected("anything") is Verdict.VACUOUS


def test_defaults_are_those_of_the_documentation(tmp_path: Path) -> None:
    text = 'name = "x"\n[data]\nkind = "uniform"\nsamples = 4\ndimension = 9\n'
    loaded = load_scenario(written(tmp_path, text))
    assert (loaded.seed, loaded.theorems, loaded.expect) == (0, None, Verdict.PASS)
    assert (loaded.network.slope, loaded.network.width) == (0.5, 100)
    recipe = loaded.training.resolve()
    assert recipe.normalised
    assert (recipe.loss, recipe.momentum) == ("exponential", 0.9)


def test_the_paper_recipe_is_the_papers() -> None:
    recipe = scenario(training={"recipe": "paper", "steps": 5}).training.resolve()
    assert (recipe.learning_rate, recipe.momentum, recipe.normalised) == (0.01, 0.9, False)
    changed = scenario(training={"recipe": "paper", "momentum": 0.0, "learning_rate": 0.5})
    assert (changed.training.resolve().learning_rate, changed.training.resolve().momentum) == (
        0.5,
        0.0,
    )


def test_verdicts_can_be_expected_by_theorem() -> None:
    one = scenario(expect={"standard-boundary": "VACUOUS"})
    assert one.expected("standard-boundary") is Verdict.VACUOUS
    assert one.expected("row-wise") is Verdict.PASS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"network": {"slop": 0.5}}, "unknown key 'network.slop'"),
        ({"training": {"epochs": 3}}, "unknown key 'training.epochs'"),
        ({"tolerance": {"tau": 0.1}}, "unknown key 'tolerance.tau'"),
        ({"subset": {"form": "row-wise"}}, "unknown key 'subset.form'"),
        ({"data": {**ORTHOGONAL, "radiu": 2}}, "radiu"),
        ({"name": None}, "'name' is missing"),
        ({"data": None}, "'data' is missing"),
        ({"name": "two words"}, "'name'"),
        ({"name": "../escape"}, "'name'"),
        ({"name": ""}, "'name'"),
        ({"seed": -1}, "'seed'"),
        ({"seed": 0.5}, "'seed'"),
        ({"expect": "FINE"}, "'expect"),
        ({"expect": {"standard-boundary": "FINE"}}, "'expect"),
        ({"network": {"slope": 0.0}, "subset": {}}, "subset: needs a linear boundary"),
        ({"network": {"slope": -0.5}}, "[0, 1], found -0.5"),
        ({"network": {"slope": 1.0000001}}, "[0, 1], found 1.0000001"),
        ({"network": {"slope": math.nan}}, "[0, 1], found nan"),
        ({"network": {"slope": math.inf}}, "[0, 1], found inf"),
        ({"network": {"slope": "steep"}}, "'network.slope'"),
        ({"network": {"width": 5}}, "even and at least 2 (two equal halves), found 5"),
        ({"network": {"width": 0}}, "found 0"),
        ({"network": {"width": -2}}, "found -2"),
        ({"network": {"width": 4.5}}, "'network.width'"),
        (
            {"network": {"output_weights": [1.0, 2.0]}},
            "'network': output_weights: must hold at least one",
        ),
        ({"network": {"output_weights": [1.0, 0.0]}}, "output_weights: each must be finite, not 0"),
        ({"network": {"output_weights": [1.0, -math.inf]}}, "found -inf"),
        ({"network": {"output_weights": [1.0, "one"]}}, "'network.output_weights"),
        (
            {"network": {"output_weights": [1.0, -2.0], "width": 4}},
            "4 neurons need as many, found 2",
        ),
        (
            {"network": {"output_weights": [1, -2]}, "perturbed": NOISE},
            "perturbed: is about output",
        ),
        ({"network": {"output_weights": [1, -2]}, "subset": {}}, "subset: is about output weights"),
        ({"network": {"initial_distribution": "cauchy"}}, "'network.initial_distribution'"),
        ({"training": {"steps": 0}}, "'training.steps'"),
        ({"training": {"recipe": "adam"}}, "'training.recipe'"),
        ({"training": {"loss": "hinge"}}, "'training.loss'"),
        ({"training": {"dtype": "float16"}}, "'training.dtype'"),
        ({"tolerance": {"angle": 0.0}}, "'tolerance.angle'"),
        ({"tolerance": {"angle": 1.0}}, "'tolerance.angle'"),
        ({"tolerance": {"angle": math.nan}}, "'tolerance.angle'"),
        ({"data": {**ORTHOGONAL, "samples": 1}}, "samples"),
        ({"data": {**ORTHOGONAL, "samples": 61}}, "do not fit in dimension 60"),
        ({"data": {**FAR_OUTSIDE, "dimension": 0}}, "dimension"),
        ({"data": {"kind": "moons", "samples": 4}}, "kind"),
        ({"data": {"samples": 4}}, "kind"),
        ({"data": "uniform"}, "data"),
        ({"data": {**FAR_OUTSIDE, "labels": "all-positive"}}, "labels"),
        ({"data": {"kind": "digits", "bias": 2}}, "bias"),
        ({"data": {"kind": "digits", "bias": True}, "perturbed": NOISE}, "data.bias"),
        ({"held_out": 0.0}, "'held_out'"),
        ({"held_out": 1.0}, "'held_out'"),
        ({"held_out": "a quarter"}, "'held_out'"),
        ({"subset": {"certificate": "best"}}, "'subset.certificate'"),
    ],
)
def test_refusals_are_one_line_that_names_the_field(tmp_path: Path, changes, words: str) -> None:
    assert words in refusal(tmp_path, toml(**changes))


@pytest.mark.parametrize("text", ["name = ", "[data", "a = 1\na = 2\n", 'name = "x\n'])
def test_broken_toml(tmp_path: Path, text: str) -> None:
    assert "not valid TOML" in refusal(tmp_path, text)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(InputError, match="is no text; a scenario file"):
        load_scenario(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such scenario file"):
        load_scenario(tmp_path / "none.toml")
    with pytest.raises(InputError, match="is a folder"):
        load_scenario(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(written(tmp_path, toml()) / "below-a-file.toml")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"theorems": []}, "theorem"),
        ({"theorems": ["standard-boundary", "standard-boundary"]}, "standard-boundary"),
        ({"theorems": ["standard-boundary"], "expect": {"row-wise": "VACUOUS"}}, "row-wise"),
    ],
    ids=["no theorem at all", "one theorem twice", "a verdict expected of a theorem not run"],
)
def test_a_scenario_that_would_check_less_than_it_says_is_refused(changes, words) -> None:
    """Each would be green without having judged what its author wrote down."""
    from perturbproof.theory import catalog
    from perturbproof.verify.run.run import select

    with pytest.raises((InputError, pydantic.ValidationError), match=words):
        select(scenario(**changes), catalog())


def test_other_output_weights_choose_the_theorems_that_speak_of_them() -> None:
    from perturbproof.theory import catalog
    from perturbproof.verify.run.run import select

    one = scenario(theorems=None, network={"slope": 0.5, "output_weights": [1.0, -2.0, 3.0]})
    assert one.network.width == 3
    chosen = select(one, catalog())
    assert {t.id for t in chosen} == {"linear-limit", "limit-candidate", "linear-outside"}
    named = scenario(theorems=["linear-limit", "row-wise"], network=one.network.model_dump())
    with pytest.raises(InputError, match=r"output_weights': theorem 'row-wise' is about"):
        select(named, catalog())


def test_the_papers_output_weights_may_be_written_out() -> None:
    """They are no others: nothing at all is computed in another way."""
    papers = {"slope": 0.5, "output_weights": [0.5, 0.5, -0.5, -0.5]}
    assert scenario(network=papers).network.output is None
    assert scenario(network=papers | {"output_weights": [0.5, -0.5, 0.5, -0.5]}).network.output


def test_an_error_cannot_be_expected() -> None:
    with pytest.raises(pydantic.ValidationError, match="expect"):
        scenario(expect="ERROR")


# ---------------------------------------------------------------- where data come from


def test_data_paths_are_relative_to_the_scenario_file(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((4, 3)), np.array([0, 1, 0, 1])
    np.savez(folder / "points.npz", x=x, y=y)
    path = written(folder, toml(data={"kind": "file", "path": "points.npz"}))
    for working_folder in (tmp_path, folder):
        monkeypatch.chdir(working_folder)
        loaded = load_scenario(Path("study/scenario.toml") if working_folder == tmp_path else path)
        np.testing.assert_array_equal(Experiment(loaded).sample.x, x)
    absolute = {"kind": "file", "path": str(folder / "points.npz")}
    (tmp_path / "other").mkdir()
    elsewhere = load_scenario(written(tmp_path / "other", toml(data=absolute)))
    np.testing.assert_array_equal(Experiment(elsewhere).sample.x, x)


def test_a_seed_on_the_command_line_replaces_the_files(tmp_path: Path) -> None:
    path = written(tmp_path, toml(seed=7))
    assert (load_scenario(path).seed, load_scenario(path, 0).seed) == (7, 0)
    assert load_scenario(written(tmp_path, toml()), 5).seed == 5


def test_one_seed_one_draw_and_another_seed_another() -> None:
    def draw(seed: int) -> str:
        return Experiment(scenario(data=FAR_OUTSIDE, seed=seed)).sample.fingerprint()

    assert draw(3) == draw(3)
    assert len({draw(seed) for seed in range(5)}) == 5


PURPOSES = ("data", "weights", "points", "perturbation", "perturbation labels", "permutation")


def test_every_purpose_has_its_own_stream() -> None:
    """Streams that coincided would make the start of training a function of the data."""
    first = {
        (seed, purpose): tuple(scenario(seed=seed).generator(purpose).integers(0, 2**63, 4))
        for seed in range(3)
        for purpose in PURPOSES
    }
    assert len(set(first.values())) == len(first)


def test_streams_are_uncorrelated_and_do_not_depend_on_what_was_drawn_before() -> None:
    one = scenario(seed=11)
    streams = np.stack([one.generator(p).standard_normal(4000) for p in ("data", "weights")])
    # Five standard deviations of a correlation of independent normal numbers.
    assert abs(np.corrcoef(streams)[0, 1]) < 5 / math.sqrt(4000)
    again = scenario(seed=11)
    again.generator("points").standard_normal(99)
    np.testing.assert_array_equal(again.generator("weights").standard_normal(4000), streams[1])


def test_global_random_state_is_neither_read_nor_changed() -> None:
    np.random.seed(0)  # noqa: NPY002 - what must not matter
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one = Experiment(scenario(data=FAR_OUTSIDE)).sample.fingerprint()
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert Experiment(scenario(data=FAR_OUTSIDE)).sample.fingerprint() == one


def test_scenarios_are_immutable() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        scenario().seed = 3  # type: ignore[misc]
    assert Scenario.model_validate(scenario().model_dump()) == scenario()
    assert BASE["name"] == "small"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[network]\nslope = true", "network.slope"),
        ('[network]\nwidth = "100"', "network.width"),
        ('[network]\ninitial_scale = "1e-4"', "network.initial_scale"),
        ("[chance]\ndraws = true", "chance.draws"),
        ('[tolerance]\nangle = "0.01"', "tolerance.angle"),
        ('seed = "1"', "seed"),
        ("precision = true", "precision"),
        ('[training]\nsteps = "10"', "training.steps"),
    ],
)
def test_texts_and_truth_values_are_no_numbers(tmp_path: Path, text: str, field: str) -> None:
    head = 'name = "x"\n'
    data = '[data]\nkind = "uniform"\nsamples = 4\ndimension = 9\n'
    whole = head + data + text if text.startswith("[") else head + text + "\n" + data
    assert refusal(tmp_path, whole).startswith(
        f"'{field}': must be a number, without quotes, found"
    )


@pytest.mark.parametrize(
    "data",
    [
        'kind = "uniform"\nsamples = "4"\ndimension = 9',
        'kind = "uniform"\nsamples = true\ndimension = 9',
        'kind = "near-orthogonal"\nsamples = 4\ndimension = 9\ncoherence = "0.1"',
    ],
)
def test_nor_are_they_in_the_data_section(tmp_path: Path, data: str) -> None:
    assert "must be a number, without quotes" in refusal(tmp_path, f'name = "x"\n[data]\n{data}\n')


def test_whole_numbers_serve_where_any_number_does(tmp_path: Path) -> None:
    text = (
        'name = "x"\n[data]\nkind = "uniform"\nsamples = 4\ndimension = 9\n[network]\nslope = 1\n'
    )
    assert load_scenario(written(tmp_path, text)).network.slope == 1.0


def test_a_sweep_is_sent_to_its_command(tmp_path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        'name = "s"\n[data]\nkind = "uniform"\nsamples = 2\ndimension = 3\n[sweep]\nseed = [0]'
    )
    with pytest.raises(InputError, match="run it by perturbproof sweep"):
        load_scenario(path)
