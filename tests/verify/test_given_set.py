"""A scenario whose perturbed set is in a file: what the theorems say of it, and its witness."""

import numpy as np
import pytest
from perturbproof.numerics.perturb.geometric import L2
from perturbproof.verify.measure import measure
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.measuring import notes
from perturbproof.verify.run.store import _data_digests
from perturbproof.verify.run.witness import _arrays, _contents
from perturbproof.verify.scenarios.scenario import load_scenario

from ..numerics.test_given_set import MOVED, NATURAL, X, Y

TEXT = """
name = "own"
theorems = ["perturbed-boundary"]
[data]
kind = "file"
path = "natural.npz"
[perturbed]
base = "file"
path = "own.npz"
[network]
width = 4
[training]
steps = 50
"""


def test_scenario(tmp_path):
    np.savez(tmp_path / "natural.npz", x=NATURAL.x, y=NATURAL.y)
    np.savez(tmp_path / "own.npz", base_x=X, x=MOVED, y=Y)
    (tmp_path / "own.toml").write_text(TEXT)
    scenario = load_scenario(tmp_path / "own.toml")
    experiment = Experiment(scenario)
    assert np.array_equal(experiment.perturbed.sample.x, MOVED)
    found = measure(experiment, ["N_adv", "norm_q", "eps", "dir_z", "base_z_max"])
    assert found["N_adv"].value.lower == 6
    for name in ("eps", "dir_z", "base_z_max"):
        assert "share no direction: times their labels" in found[name].how
    assert any("share no direction" in one for one in notes(experiment))
    assert len(_data_digests(scenario)) == 2
    content = next(_contents(scenario, "perturbed-boundary"))["perturbed"]
    arrays = _arrays(experiment)
    assert [content[name] for name in ("path", "base_x", "x", "y")] == [
        *("witness.npz", "base_x", "perturbed_x", "base_y")
    ]
    assert np.array_equal(arrays[content["x"]], MOVED)


OF_ONE_STEP = (
    *("eps", "dir_sq", "kappa", "base_R_min", "base_R_max", "base_p_max", "disagreement_load"),
    *("dir_z", "T1_z", "T2_z", "adv_q_z", "base_z_max", "base_part", "perturbation_part"),
)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("precision", [None, 100])
def test_a_step_along_q_says_what_the_same_set_made_here_says(tmp_path, dtype, precision):
    """The numbers stored move what is measured by their rounding, and each enclosure has that."""
    drawn = np.random.default_rng(1).normal(size=(10, 300)).astype(dtype)
    base = drawn[4:]
    np.savez(tmp_path / "natural.npz", x=drawn[:4], y=NATURAL.y)
    (tmp_path / "own.toml").write_text(TEXT)
    brought = load_scenario(tmp_path / "own.toml").model_copy(update={"precision": precision})
    np.savez(tmp_path / "own.npz", base_x=base, y=Y)
    along = brought.perturbed.model_copy(update={"perturbation": L2(eps=2.0)})
    here = Experiment(brought.model_copy(update={"perturbed": along}))
    moved = here.perturbed.made.perturbed.x.astype(dtype)
    ours = measure(here, OF_ONE_STEP)
    np.savez(tmp_path / "own.npz", base_x=base, x=moved, y=Y)
    there = Experiment(brought)
    tolerance = 1e-12 if dtype == "f8" else 1e-5
    for name, theirs in measure(there, OF_ONE_STEP).items():
        assert theirs.value is not None, theirs.how
        ends = (ours[name].value.lower, ours[name].value.upper)
        assert (theirs.value.lower, theirs.value.upper) == pytest.approx(
            ends, rel=tolerance, abs=tolerance
        )
    assert any("one step of length 2 times" in said for said in notes(there))


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_what_the_base_gives_is_that_of_the_base_that_makes_one_step(tmp_path, dtype):
    """It differs from the base in the file by rounding, which the enclosures in float64 have."""
    drawn = np.random.default_rng(2).normal(size=(10, 300)).astype(dtype)
    base, direction = drawn[4:], np.full(300, 300**-0.5)
    moved = (base + 2 * Y[:, None] * direction).astype(dtype)
    np.savez(tmp_path / "natural.npz", x=drawn[:4], y=NATURAL.y)
    np.savez(tmp_path / "own.npz", base_x=base, x=moved, y=Y)
    (tmp_path / "own.toml").write_text(TEXT)
    scenario = load_scenario(tmp_path / "own.toml")
    exactly = scenario.model_copy(update={"precision": 200})
    names = ("base_part", "base_z_max")
    theirs, exact = (measure(Experiment(one), names) for one in (scenario, exactly))
    for name in names:
        assert theirs[name].value.lower <= exact[name].value.lower
        assert exact[name].value.upper <= theirs[name].value.upper
