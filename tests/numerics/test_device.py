"""TF32 and bf16 stand for float32 nowhere in this package, and outside it as the user set them."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.device import full_float32
from perturbproof.numerics.train import training
from perturbproof.numerics.train.recipes import normalised_recipe


@pytest.fixture
def lowered():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    yield
    torch.set_float32_matmul_precision(before)


def test_the_users_setting_comes_back(lowered) -> None:
    with full_float32():
        assert torch.get_float32_matmul_precision() == "highest"
        assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.get_float32_matmul_precision() == "medium"
    with pytest.raises(ZeroDivisionError), full_float32():
        raise ZeroDivisionError
    assert torch.get_float32_matmul_precision() == "medium"


def test_settings_of_single_backends_come_back() -> None:
    backend = torch.backends.cuda.matmul
    if not hasattr(backend, "fp32_precision"):
        pytest.skip(f"torch {torch.__version__} has one setting for all")
    before = backend.fp32_precision
    backend.fp32_precision = "tf32"
    try:
        with full_float32():
            assert backend.fp32_precision == "ieee"
            assert not backend.allow_tf32
        assert backend.fp32_precision == "tf32"
    finally:
        backend.fp32_precision = before
    assert torch.get_float32_matmul_precision() == "highest"


def test_convolutions_are_as_precise_and_their_setting_comes_back() -> None:
    backend = getattr(torch.backends.cudnn, "conv", None)
    if backend is None:
        assert torch.backends.cudnn.allow_tf32
        with full_float32():
            assert not torch.backends.cudnn.allow_tf32
        assert torch.backends.cudnn.allow_tf32
        return
    before = backend.fp32_precision
    assert before != "ieee"
    with full_float32():
        assert backend.fp32_precision == "ieee"
    assert backend.fp32_precision == before


def test_the_benchmark_of_a_device_runs(monkeypatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    bench = importlib.import_module("bench_cuda")
    sizes = bench.Sizes(64, 20, 4, 3, 4, 2, noise=40, dimension=60, study_width=2)
    rate, *found = bench.lines("cpu", sizes, repeats=1)
    assert "TFLOP/s at 64" in rate
    assert len(found) == 5
    assert all(line.endswith("of the rate") for line in found)


def test_training_allows_neither(lowered, monkeypatch) -> None:
    seen = []

    class Watched(training.GramDescent):
        def step(self) -> None:
            seen.append(torch.get_float32_matmul_precision())
            super().step()

    monkeypatch.setattr(training, "GramDescent", Watched)
    sample = Sample(np.eye(2, 3), np.array([1, -1]), "axes", np.arange(2))
    training.train(
        sample, np.full((2, 3), 1e-3), 0.5, normalised_recipe(3, "exponential"), dtype="float32"
    )
    assert seen == ["highest"] * 3
    assert torch.get_float32_matmul_precision() == "medium"
