"""A scenario whose perturbed set is in a file: what the theorems say of it, and its witness."""

import numpy as np
from perturbproof.verify.measure import measure
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
    from perturbproof.verify.measure.experiment import Experiment

    np.savez(tmp_path / "natural.npz", x=NATURAL.x, y=NATURAL.y)
    np.savez(tmp_path / "own.npz", base_x=X, x=MOVED, y=Y)
    (tmp_path / "own.toml").write_text(TEXT)
    scenario = load_scenario(tmp_path / "own.toml")
    experiment = Experiment(scenario)
    assert np.array_equal(experiment.perturbed.sample.x, MOVED)
    found = measure(experiment, ["N_adv", "norm_q", "eps"])
    assert found["N_adv"].value.lower == 6
    assert "share no direction" in found["eps"].how
    assert len(_data_digests(scenario)) == 2
    content = next(_contents(scenario, "perturbed-boundary"))["perturbed"]
    arrays = _arrays(experiment)
    assert [content[name] for name in ("path", "base_x", "x", "y")] == [
        *("witness.npz", "base_x", "perturbed_x", "base_y")
    ]
    assert np.array_equal(arrays[content["x"]], MOVED)
