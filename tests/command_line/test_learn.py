"""`perturbproof learn`: what is learnt from perturbations of the user's own data, in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.data import FromFile
from perturbproof.verify.scenarios.inputs import load_suite
from perturbproof.verify.scenarios.learning import learning_scenario
from perturbproof.verify.scenarios.scenario import Scenario

from .commands import refused


@pytest.fixture
def mine(here: Path) -> Path:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 12)
    x = rng.normal(size=(24, 40)) / 40 + np.where(y, 1, -1)[:, None] * np.eye(40)[0]
    np.savez(here / "mine.npz", x=x, y=y)
    return here


def test_it_is_the_scenario_of_the_suite_on_other_data(mine: Path) -> None:
    of_suite, *_ = load_suite("certified-learning")
    own = learning_scenario(FromFile(path="mine.npz"), eps=2.0, noise=100, slope=0.5)
    assert isinstance(of_suite, Scenario)
    changed = {name: getattr(own, name) for name in ("name", "description", "data")}
    assert of_suite.model_copy(update=changed) == own


@pytest.mark.slow
def test_the_answer_is_in_words_with_the_control_beside_it(quick, mine: Path) -> None:
    ended = quick("learn", "mine.npz", "--eps", "6", "--noise", "20", "--out", "report", "-q")
    told = " ".join(ended.out.split())
    assert ended.code == 0, ended.out + ended.err
    # A quarter of 24 is held out; f and g are captured, so that their limits are compared for ever.
    assert "g classifies 18 of 18 natural samples as labelled (100.0%)" in told
    assert "the control, trained on the same base and labels without perturbations" in told
    assert "certainly agree in sign about 18 of 18 natural samples and 6 of 6 held-out" in told
    assert [line.split()[:2] for line in ended.out.splitlines() if line.startswith("PASS")] == [
        ["PASS", id] for id in ("linear-limit", "capture", "captured-limit", "captured-learning")
    ]
    (scenario,) = json.loads((mine / "report/report.json").read_text())["scenarios"]
    assert scenario["name"] == "mine-eps-6"
    assert scenario["configuration"]["perturbed"]["samples"] == 20


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["none.npz", "--eps", "1"], "none.npz: no such file"),
        (["mine.npz", "--eps", "0"], "eps: must be above 0"),
        (["mine.npz", "--eps", "1", "--slope", "0"], "slope: must lie in (0, 1]"),
        (["mine.npz", "--eps", "1", "--held-out", "1"], "held_out: must lie in (0, 1)"),
        (["mine.npz", "--eps", "1", "--out", "mine.npz"], "cannot be written"),
        (["mine.npz"], "eps"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_one_line(run, mine: Path, words: list[str], named: str) -> None:
    assert named in refused(run("learn", *words))
