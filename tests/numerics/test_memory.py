"""What is said beforehand to be needed is what is taken, and nothing that does not fit is begun."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from perturbproof.numerics import device
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.generated import Orthogonal, Uniform
from perturbproof.numerics.network import LeakyNetwork, initial_weights, output_weights
from perturbproof.numerics.paper_scale.exact import NoiseLearning, pixel_bytes
from perturbproof.numerics.paper_scale.perturbed_noise import AlongDirections, SampleGram, gram_of
from perturbproof.numerics.paper_scale.pixels import attacked_pixels, pixel_attack_bytes
from perturbproof.numerics.paper_scale.pool import NoisePool
from perturbproof.numerics.paper_scale.setting import LearningSetting
from perturbproof.numerics.paper_scale.trained import (
    TrainedNetworks,
    flow_bytes,
    follow_flow,
    learning_bytes,
)
from perturbproof.numerics.perturb.attacks import (
    Attack,
    AttackedNetwork,
    Gradient,
    ProjectedGradient,
    attack_bytes,
)
from perturbproof.numerics.perturb.pixel_attack import PixelAttack
from perturbproof.numerics.train import training
from perturbproof.numerics.train.descent import GramDescent, batch_bytes, descent_bytes
from perturbproof.numerics.train.recipes import Recipe, normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import train_batch

from .pretend_device import NAME, Pretended, pretended

Free = Callable[[float], None]
RECIPES = {"paper": paper_recipe(40), "normalised": normalised_recipe(40)}
recipes = pytest.mark.parametrize(
    "recipe",
    [RECIPES["paper"], pytest.param(RECIPES["normalised"], marks=pytest.mark.slow)],
    ids=RECIPES,
)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Free:
    """Sets how many bytes can be counted on."""

    def set_to(usable: float) -> None:
        monkeypatch.setattr(device, "free_memory", lambda _: round(usable / device._USABLE) + 1)

    return set_to


@pytest.fixture(scope="module")
def pretend() -> Iterator[Pretended]:
    # What was there before need not be looked through each time.
    gc.collect()
    gc.freeze()
    with pretended() as there:
        yield there
    gc.unfreeze()


def taken(there: Pretended, work: Callable[[], Any]) -> int:
    """The most bytes that the work holds on the device at one time, beyond what was there."""
    gc.collect()
    before = there.peak = there.held
    result = work()
    del result
    return there.peak - before


def sample(samples: int, seed: int = 0):
    return Uniform(samples=samples, dimension=30).draw(np.random.default_rng(seed))


def start(width: int, seed: int = 0) -> np.ndarray:
    return initial_weights(width, 30, np.random.default_rng(seed))


@recipes
@pytest.mark.parametrize(("samples", "width"), [(10, 600), (120, 4)])
def test_descent_takes_no_more_than_it_says(
    samples: int, width: int, recipe: Recipe, pretend: Pretended
) -> None:
    def work() -> None:
        state = GramDescent(drawn, weights, 0.5, recipe, dtype="float32", device=NAME)
        for _ in range(recipe.steps):
            state.step()
        # The width dropping out is what takes most.
        assert state.collapsed or width == 4

    rng = np.random.default_rng(0)
    drawn = Orthogonal(samples=samples, dimension=2 * samples).draw(rng)
    weights = initial_weights(width, 2 * samples, rng, scale=1e-3 if samples == 10 else 1.0)
    said = descent_bytes(samples, width, recipe, "float32")
    assert 0.5 * said < taken(pretend, work) <= said


@recipes
@pytest.mark.parametrize("one_gram", [False, True])
@pytest.mark.parametrize(("samples", "width"), [(5, 200), (60, 2)])
def test_a_batch_takes_no_more_than_it_says(
    samples: int, width: int, one_gram: bool, recipe: Recipe, pretend: Pretended
) -> None:
    drawn = [sample(samples, 0 if one_gram else k) for k in range(3)]

    def work() -> object:
        weights = [start(width, k) for k in range(3)]
        return train_batch(drawn, weights, 0.3, recipe, device=NAME)

    said = batch_bytes(3, samples, width, recipe, "float64", one_gram=one_gram)
    assert 0.8 * said < taken(pretend, work) <= said


def test_flow_takes_no_more_than_it_says(pretend: Pretended) -> None:
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.uniform(-1, 1, (50, 30)), device=NAME)
    scores = torch.tensor(rng.uniform(-1, 1, (50, 200)), device=NAME)
    labels = torch.tensor([1.0, -1.0] * 25, dtype=torch.float64, device=NAME)

    def work() -> object:
        return follow_flow(SampleGram(x).product, labels, scores, 0.3, 5.0)

    assert 0.8 * flow_bytes(50, 200, 8) < taken(pretend, work) <= flow_bytes(50, 200, 8)


@pytest.mark.parametrize(
    "attack",
    [
        Gradient(eps=0.5),
        ProjectedGradient(eps=0.5, steps=9, clamp=(-1.0, 1.0)),
        PixelAttack(fraction=1.0, clamp=(-1.0, 1.0)),
    ],
    ids=lambda one: one.kind,
)
@pytest.mark.parametrize(("width", "dimension"), [(4, 60), (300, 10)])
def test_an_attack_takes_no_more_than_it_says(
    attack: Attack, width: int, dimension: int, pretend: Pretended
) -> None:
    rng = np.random.default_rng(0)
    network = LeakyNetwork(rng.standard_normal((width, dimension)), 0.3)
    x, y = rng.uniform(-1, 1, (20, dimension)), np.array([1, -1] * 10)
    said = attack_bytes(20, width, dimension)
    found = taken(pretend, lambda: attack.perturbed(x, y, network, NAME))
    assert 0.2 * said < found <= said


@pytest.mark.parametrize(
    ("width", "dimension"), [(60, 100), pytest.param(4, 120, marks=pytest.mark.slow), (60, 20)]
)
def test_learning_takes_no_more_than_it_says(
    width: int, dimension: int, pretend: Pretended
) -> None:
    point = LearningSetting(
        perturbation="l2", dimension=dimension, samples=4, noise_samples=60, eps=0.5
    )
    pool = NoisePool("uniform", 20, 60, 120, 0, NAME)
    learning = NoiseLearning(pool, 0.01)
    learning.exact(point)  # draws, Gram and margin matrix
    networks = TrainedNetworks(learning, width, time=1.0)
    networks.learn(point)  # and f
    said = learning_bytes(60, width, dimension)
    if dimension == 20:
        said += 4 * 60 * dimension  # the samples stand for their Gram matrix
    assert 0.3 * said < taken(pretend, lambda: networks.learn(point)) <= said


def test_pixels_take_no_more_than_they_say(pretend: Pretended) -> None:
    point = LearningSetting(
        perturbation="l0-greedy", dimension=120, samples=4, noise_samples=40, eps=0.8
    )
    learning = NoiseLearning(NoisePool("uniform", 20, 40, 120, 0, NAME), 0.01)
    learning.exact(point)  # draws, Gram and margin matrix
    said = pixel_bytes(40, 96) + 4 * 4 * 40 * 120  # and the samples that are checked
    assert 0.5 * said < taken(pretend, lambda: learning.exact(point)) <= said


def test_attacked_pixels_take_no_more_than_they_say(pretend: Pretended) -> None:
    pool = NoisePool("uniform", 20, 60, 120, 0, NAME)
    base, labels = pool.drawn("noise", 60, 120)
    weights = pool.initial_weights("f", 8, 120)
    network = AttackedNetwork(weights, torch.tensor(output_weights(8)).float().to(NAME), 0.01)

    def attack() -> None:
        attacked_pixels(network, base, labels, 24, (-1.0, 1.0), half=True)

    said = pixel_attack_bytes(60, 120, 24) + 4 * 60 * 120
    assert 0.3 * said < taken(pretend, attack) <= said


def test_what_fits_and_what_is_said_when_it_does_not(free: Free) -> None:
    free(100)
    found = [device.fitting(lambda n: 10 * n, most, "cpu") for most in (0, 9, 10, 11)]
    assert found == [0, 9, 10, 10]
    device.check_memory("work", lambda n: n**2, 10, "samples", "cpu")
    with pytest.raises(
        InputError, match=r"^work: 11 samples take .* on cpu, .* at most 10 samples"
    ):
        device.check_memory("work", lambda n: n**2, 11, "samples", "cpu")
    with pytest.raises(InputError, match=r"no number of samples would fit$"):
        device.check_memory("work", lambda n: 101 * n, 11, "samples", "cpu")
    free(0.9 * 2**30)
    with pytest.raises(InputError, match=r"take 8 GiB of memory on cpu, 1 GiB are free"):
        device.check_memory("work", lambda n: n * 2**30, 8, "samples", "cpu")


def test_a_batch_that_does_not_fit_is_trained_in_parts(
    free: Free, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = paper_recipe(20)
    samples, starts = [sample(6, k) for k in range(5)], [start(4, k) for k in range(5)]
    whole = train_batch(samples, starts, 0.3, recipe)
    sizes: list[int] = []

    class Watched(training.BatchDescent):
        def __init__(self, samples: Any, *others: Any, **named: Any) -> None:
            sizes.append(len(samples))
            super().__init__(samples, *others, **named)

    monkeypatch.setattr(training, "BatchDescent", Watched)
    free(batch_bytes(2, 6, 4, recipe, "float64"))
    parts = train_batch(samples, starts, 0.3, recipe)
    assert sizes == [2, 2, 1]
    for one, other in zip(parts, whole, strict=True):
        assert np.allclose(one.coefficients, other.coefficients, rtol=1e-12, atol=0)
        assert one.sample is other.sample
    free(batch_bytes(1, 6, 4, recipe, "float64") - 10)
    with pytest.raises(InputError, match=r"1 networks take .*; no number of networks would fit"):
        train_batch(samples, starts, 0.3, recipe)


def test_attacks_choose_their_blocks_by_what_is_free(
    free: Free, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks: list[int] = []

    class Watched(Gradient, frozen=True, extra="forbid"):
        def attack(self, x: Any, y: Any, network: Any) -> Any:
            blocks.append(len(x))
            return super().attack(x, y, network)

    rng = np.random.default_rng(0)
    network = LeakyNetwork(rng.standard_normal((4, 10)), 0.3)
    x, y = rng.uniform(-1, 1, (8, 10)), np.array([1, -1] * 4)
    whole = Watched(eps=0.5).perturbed(x, y, network)
    free(attack_bytes(3, 4, 10))
    parts = Watched(eps=0.5).perturbed(x, y, network)
    assert blocks == [8, 3, 3, 2]
    assert np.allclose(whole, parts, rtol=1e-12)


def test_what_cannot_be_divided_is_refused_with_what_would_fit(free: Free) -> None:
    recipe, few = paper_recipe(1), descent_bytes(9, 4, paper_recipe(1), "float64")
    free(few)
    GramDescent(sample(9), start(4), 0.3, recipe)
    with pytest.raises(InputError, match=r"width of 4: 10 samples .* at most 9 samples would fit"):
        GramDescent(sample(10), start(4), 0.3, recipe)
    free(flow_bytes(8, 4, 8))
    scores, labels = torch.ones(8, 6, dtype=torch.float64), torch.ones(8, dtype=torch.float64)
    with pytest.raises(InputError, match=r"8 samples: 6 neurons .* at most 4 neurons would fit"):
        follow_flow(SampleGram(torch.eye(8).double()).product, labels, scores, 0.3, 1.0)


def test_studies_are_refused_with_what_would_fit(free: Free) -> None:
    pool = NoisePool("uniform", 20, 40, 30, 0)
    free(4 * 30 * 19)
    with pytest.raises(InputError, match=r"natural samples in dimension 30: 20 samples .* most 19"):
        pool.drawn("natural", 20, 30)[0]
    free(4 * 30 * 40)
    pool.drawn("noise", 40, 30)[0]
    with pytest.raises(InputError, match=r"Gram matrix of the noise: 40 samples .* at most 24 "):
        pool.noise_gram(40, 30)
    free(8 * 40**2)
    gram = pool.noise_gram(40, 30)
    point = LearningSetting(perturbation="l2", dimension=30, samples=4, noise_samples=40, eps=0.5)
    free(4 * 30 * 20 + 8 * 4**2)
    with pytest.raises(InputError, match="margin matrix of the noise: 40 samples"):
        NoiseLearning(pool, 0.01).control(point)
    free(pixel_bytes(15, 15))
    pixels = point.model_copy(update={"perturbation": "l0-greedy"})
    with pytest.raises(InputError, match=r"in 15 pixels: 40 samples .* at most 15 samples"):
        NoiseLearning(pool, 0.01).perturbed(pixels, torch.ones(30))
    with pytest.raises(InputError, match="networks for 40 samples in dimension 30: 50 neurons"):
        TrainedNetworks(NoiseLearning(pool, 0.01), 50).learn(point)
    free(4 * 30 * 39)
    still = AlongDirections(pool.drawn("noise", 40, 30)[0], torch.zeros(40, 0), torch.zeros(0, 30))
    gram_of(still, gram)
    with pytest.raises(InputError, match=r"perturbed noise in dimension 30: 40 samples .* most 39"):
        gram_of(still, None)


def test_free_memory_is_what_the_owner_says(monkeypatch: pytest.MonkeyPatch) -> None:
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 2**20 < device.free_memory("cpu") <= physical
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 5000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 100)
    assert device.free_memory("cuda:0") == 1200
