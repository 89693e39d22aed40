"""A run on a device says what one on the CPU says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from perturbproof.verify import Scenario, check, verify

from ..numerics.pretend_device import NAME, pretended
from .perturbed_scenarios import NOISE
from .small_scenarios import fields
from .study_files import STUDY, without_times, write_study

PERTURBED = fields(
    name="learning",
    theorems=["gradient-alignment", "perturbed-boundary"],
    data={"kind": "uniform", "samples": 6, "dimension": 80, "labels": "random"},
    training={"steps": 40, "starts": 2, "dtype": "float32"},
    perturbed={**NOISE, "perturbation": {"kind": "pgd", "eps": 1.5, "steps": 5}},
)


@pytest.fixture(
    params=[
        pytest.param(NAME, id="pretended"),
        pytest.param(
            "cuda:0",
            marks=[
                pytest.mark.gpu,
                pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
            ],
        ),
    ]
)
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    with pretended() if request.param == NAME else nullcontext():
        yield request.param


@pytest.mark.slow
def test_scenarios_and_studies_give_what_they_give_on_the_cpu(device: str, tmp_path: Path) -> None:
    # Few steps: the pretended device takes a hundred times as long for each.
    study = write_study(tmp_path, text=STUDY.replace("time = 50.0", "time = 10.0"))
    plain = fields(name="plain", training={"steps": 100})
    scenarios = [Scenario.model_validate(one) for one in (plain, PERTURBED)]
    ours = verify(*scenarios, study, device=device)
    theirs = verify(*scenarios, study, device="cpu")
    assert ours.report["environment"]["device"] == device
    assert [one.verdict for one in ours.results] == [one.verdict for one in theirs.results]
    assert ours.report["summary"]["verdicts"]["ERROR"] == 0
    if device == NAME:
        for part in ("scenarios", "studies"):
            assert without_times(ours.report[part]) == without_times(theirs.report[part])


def test_a_check_on_a_device_encloses_what_the_cpu_encloses(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perturbproof.verify.assumptions.ladder.FULL_MATRIX", 10)
    rng = np.random.default_rng(0)
    data = rng.standard_normal((40, 300)), np.resize([0, 1], 40)
    ours, theirs = (check(data, slopes=(0.5,), device=each) for each in (device, "cpu"))
    for name in ("p_max", "R_min", "R_max"):
        one, other = (getattr(each.gram, name) for each in (ours, theirs))
        assert max(one.lower, other.lower) <= min(one.upper, other.upper)
    assert [c.name for c in ours.holding[0.5]] == [c.name for c in theirs.holding[0.5]]
