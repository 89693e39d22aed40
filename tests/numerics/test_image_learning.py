"""Learning images from perturbations: attack, training, features, arms, networks of users."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.images import ImageChoice, Images
from perturbproof.numerics.images import experiment as experiment_module
from perturbproof.numerics.images.attack import perturbed
from perturbproof.numerics.images.experiment import ImageExperiment, check_needs
from perturbproof.numerics.images.features import features
from perturbproof.numerics.images.networks import (
    NETWORKS,
    Standardised,
    built,
    bytes_per_image,
    operations,
)
from perturbproof.numerics.images.setting import ImageSetting, Recipe
from perturbproof.numerics.images.training import answers, repeatable, train
from torch import nn
from torch.nn.functional import cross_entropy

TINY = ImageSetting(
    data=ImageChoice(name="digits", train=300, test=60),
    base="natural",
    labels="R",
    norm="L2",
    eps=1.5,
    steps=5,
    samples=0,
    network="small-conv",
    recipe=Recipe(epochs=6, batch=16),
)


@pytest.fixture(scope="module")
def tiny() -> ImageExperiment:
    return ImageExperiment(TINY, 0, "cpu")


def images() -> Images:
    return TINY.data.load()


@pytest.mark.parametrize(("norm", "eps", "steps"), [("L2", 0.7, 6), ("Linf", 0.2, 6), ("L0", 5, 5)])
def test_the_attack_stays_within_its_size_and_lowers_every_loss(tiny, norm, eps, steps) -> None:
    network, x, t = tiny.classifier, tiny.base, tiny.targets
    moved = perturbed(network, x, t, norm, eps, steps)
    change = (moved - x).flatten(1)
    sizes = {
        "L2": change.norm(dim=1),
        "Linf": change.abs().amax(1),
        "L0": (change != 0).sum(1).float(),
    }
    assert sizes[norm].max() <= eps * (1 + 1e-6)
    assert sizes[norm].mean() > 0.9 * eps or norm == "L0"
    assert moved.min() >= 0
    assert moved.max() <= 1
    before, after = (cross_entropy(network(z), t, reduction="none") for z in (x, moved))
    assert (after <= before + 1e-5).all()
    assert after.mean() < before.mean() - 1
    assert all(p.requires_grad for p in network.parameters())


def test_training_depends_on_its_seed_alone_and_leaves_global_streams_alone(tiny) -> None:
    x, y = tiny.base, torch.from_numpy(images().train_y)
    state = torch.get_rng_state()

    def weights(seed: int) -> torch.Tensor:
        network = built("small-conv", images(), seed, "f", "cpu")
        with repeatable():
            train(network, x, y, Recipe(epochs=1), seed, "f")
        return nn.utils.parameters_to_vector(network.parameters()).detach()

    first = weights(3)
    torch.rand(5)
    assert torch.equal(weights(3), first)
    assert not torch.equal(weights(4), first)
    torch.set_rng_state(state)
    weights(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_presets_train(tiny) -> None:
    network = built("small-conv", images(), 0, "f", "cpu")
    x, y = tiny.base, torch.from_numpy(images().train_y)
    rates: list[int] = []
    train(
        network,
        x,
        y,
        Recipe(preset="paper", epochs=6, batch=16, learning_rate=0.05),
        0,
        "f",
        lambda k, _: rates.append(k),
    )
    assert rates == [1, 2, 3, 4, 5, 6]
    assert (answers(network, x) == y).float().mean() > 0.5
    assert Recipe(preset="paper") == Recipe(
        preset="paper", epochs=100, batch=128, learning_rate=0.1
    )
    assert (answers(tiny.classifier, x) == y).float().mean() > 0.5


def test_what_diverges_says_so() -> None:
    network = built("small-conv", images(), 0, "f", "cpu")
    x = torch.from_numpy(images().train_x[:64]) * 1e20
    with pytest.raises(ArithmeticError, match=r"training of f diverged in epoch 2; a smaller"):
        train(network, x, torch.zeros(64, dtype=torch.int64), Recipe(epochs=2), 0, "f")


def independent_alignment(change, targets, x, y) -> float:
    cosines = []
    for k in range(10):
        ours = change[targets == k].mean(axis=0) - change.mean(axis=0)
        theirs = x[y == k].mean(axis=0) - x.mean(axis=0)
        cosines.append(ours @ theirs / math.sqrt((ours @ ours) * (theirs @ theirs)))
    return float(np.mean(cosines))


def test_features_are_found_where_they_were_put_and_nowhere_else() -> None:
    rng = np.random.default_rng(0)
    given = images()
    x, y = given.train_x.reshape(300, -1), given.train_y
    targets = rng.permutation(y)
    means = np.stack([x[y == k].mean(axis=0) for k in range(10)])
    noise = rng.normal(size=x.shape).astype(np.float32)
    planted, empty = (0.5 * noise + means[targets]).astype(np.float32), noise
    test = torch.from_numpy(given.test_x).flatten(1), torch.from_numpy(given.test_y)

    def found(change):
        natural = torch.from_numpy(x), torch.from_numpy(y)
        parts = torch.from_numpy(change), torch.from_numpy(targets)
        return features(*parts, natural, test, 10, 99, np.random.default_rng(1))

    one = found(planted)
    assert one.alignment == pytest.approx(
        independent_alignment(planted.astype(float), targets, x.astype(float), y), abs=1e-5
    )
    assert (one.p, one.matched) == (0.01, 1.0)
    assert one.alignment > 0.8 > 0.5 > one.largest
    assert one.probe > 0.7
    assert found(empty).p > 0.05
    assert found(planted) == one


def test_arms_differ_by_their_perturbations_alone(tiny) -> None:
    x, moved = tiny.base, tiny._given("perturbed")
    assert torch.equal(tiny._given("none"), x)
    free = replace(TINY, norm="L2", eps=0.05)  # so small that hardly a pixel is clamped
    small = ImageExperiment(free, 0, "cpu")
    inside = torch.from_numpy(np.random.default_rng(0).uniform(0.4, 0.6, x.shape)).float()
    small.__dict__["base"] = inside
    change = (small._given("perturbed") - inside).flatten(1)
    shuffled = (small._given("shuffle") - inside).flatten(1)
    random = (small._given("random") - inside).flatten(1)
    assert torch.allclose(shuffled.norm(dim=1).sort()[0], change.norm(dim=1).sort()[0], atol=1e-6)
    assert not torch.allclose(shuffled, change)
    assert torch.allclose(shuffled.sum(0), change.sum(0), atol=1e-4)
    assert torch.allclose(random.norm(dim=1), change.norm(dim=1), atol=1e-5)
    assert not torch.equal(tiny._given("untrained"), moved)


def test_targets_are_those_of_the_labels(tiny) -> None:
    own = torch.from_numpy(images().train_y)
    assert not (tiny.targets == own).any()
    assert set(tiny.targets.tolist()) == set(range(10))
    following = ImageExperiment(replace(TINY, labels="D"), 0, "cpu").targets
    assert torch.equal(following, (own + 1) % 10)
    noise = ImageExperiment(replace(TINY, base="noise", samples=500), 0, "cpu")
    assert noise.base.shape == (500, 1, 8, 8)
    assert noise.targets.bincount(minlength=10).min() > 20


def test_learners_are_counted_on_test_images_and_the_best_epoch_is_extra(tiny) -> None:
    epochs: list[int] = []
    watched = replace(tiny, watch=lambda what, epoch, total: epochs.append(epoch))
    learned = watched.learned("none", every_epoch=True)
    assert learned.total == 60 == sum(map(sum, learned.confusion))
    assert learned.right == sum(learned.confusion[k][k] for k in range(10))
    assert learned.highest >= learned.right
    assert epochs[-6:] == [1, 2, 3, 4, 5, 6]
    assert tiny.learned("none") == replace(learned, highest=None)


def test_perturbations_are_told_as_plain_data(tiny) -> None:
    told = tiny.perturbations(19)
    assert told["fooled"] > 0.3
    assert told["sizes"][0] <= 1.5
    assert len({one["told"] for one in told["examples"]}) == len(told["examples"]) == 6
    assert np.array(told["means"]).shape == (2, 10, 1, 8, 8)
    assert np.array(told["examples"][0]["change"]).shape == (1, 8, 8)


def test_architectures_give_a_number_a_class() -> None:
    with torch.device("meta"):
        for name, shape, weights in (
            ("small-conv", (1, 8, 8), 15_338),
            ("small-conv", (1, 7, 9), 15_978),
            ("paper-conv", (1, 28, 28), 1_053_770),
            ("wide-resnet", (3, 32, 32), 36_489_290),
        ):
            network = NETWORKS[name](shape, 10).eval()
            assert network(torch.zeros(2, *shape)).shape == (2, 10)
            assert sum(p.numel() for p in network.parameters()) == pytest.approx(weights, rel=2e-3)


OWN = """
from torch import nn

def build(shape, classes):
    channels, rows, columns = shape
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.BatchNorm1d(64), nn.Linear(64, classes))

def wide(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes + 1))

def broken(shape, classes):
    raise RuntimeError("no such layer\\nmore")

CONSTANT = 3
"""


def test_a_users_network_trains_the_same_again(tmp_path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    chosen = replace(TINY, recipe=Recipe(epochs=2), network=f"{tmp_path}/own.py:build")
    first, second = (ImageExperiment(chosen, 0, "cpu").learned("none") for _ in range(2))
    assert first == second
    # A file that is changed makes another network, in the same process too.
    (tmp_path / "own.py").write_text(OWN.replace("nn.Dropout(0.5)", "nn.ReLU()"))
    assert ImageExperiment(chosen, 0, "cpu").learned("none") != first


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wide", r"2 images must give outputs of shape \(2, 10\), gave \(2, 11\)"),
        ("broken", r"fails on images of shape \(1, 8, 8\): RuntimeError: no such layer$"),
        ("CONSTANT", "has no function 'CONSTANT'"),
        ("absent", "has no function 'absent'"),
    ],
)
def test_a_users_network_that_cannot_be_used_is_one_line(tmp_path, name, message) -> None:
    (tmp_path / "own.py").write_text(OWN)
    with pytest.raises(InputError, match=message) as error:
        built(f"{tmp_path}/own.py:{name}", images(), 0, "f", "cpu")
    assert "\n" not in str(error.value)


def test_operations_are_those_of_products_and_convolutions() -> None:
    macs = 16 * 9 * 64 + 32 * 16 * 9 * 16 + 32 * 32 * 9 * 4 + 128 * 10
    assert operations("small-conv", images()) == 2 * macs


def test_what_autograd_keeps_of_an_image_is_counted() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))  # its gradient needs the image itself
    assert bytes_per_image(linear, (1, 8, 8), "cpu") == 64 * 4
    assert bytes_per_image(Standardised(linear, images()), (1, 8, 8), "cpu") >= 64 * 4


def test_too_little_memory_is_said_beforehand(monkeypatch) -> None:
    check_needs(TINY, "cpu", 2, None)
    monkeypatch.setattr("perturbproof.numerics.device.free_memory", lambda device: 2**20)
    with pytest.raises(InputError, match="2 processes with small-conv: 300 images take"):
        check_needs(TINY, "cpu", 2, None)


def test_experiments_of_one_seed_share_their_classifier() -> None:
    quick = replace(TINY, recipe=Recipe(epochs=1))
    first = ImageExperiment(quick, 5, "cpu").classifier
    other = replace(quick, norm="Linf", eps=0.1)
    assert ImageExperiment(other, 5, "cpu").classifier is first
    assert ImageExperiment(other, 6, "cpu").classifier is not first
    assert len(experiment_module._last_classifier) == 1
