"""Points of studies against what small, certain or direct computations give."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.margin_program import linear_kkt_point
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.network import LeakyNetwork
from perturbproof.numerics.paper_scale.exact import NoiseLearning, checked_size
from perturbproof.numerics.paper_scale.perturbed_noise import AlongDirections
from perturbproof.numerics.paper_scale.pool import NoisePool
from perturbproof.numerics.paper_scale.setting import (
    LearningSetting,
    Noise,
    greedy_pixels,
    pixel_count,
)
from perturbproof.numerics.paper_scale.trained import TrainedNetworks
from perturbproof.numerics.perturb.base import PerturbationFault
from perturbproof.numerics.perturb.pixel_attack import PixelAttack


def setting(kind: str = "l2", **changes) -> LearningSetting:
    sizes = {"dimension": 200, "samples": 30, "noise_samples": 40, "eps": 0.6}
    return LearningSetting(perturbation=kind, **{**sizes, **changes})  # type: ignore[arg-type]


def learning(kind: Noise = "uniform", slope: float = 0.01) -> NoiseLearning:
    return NoiseLearning(NoisePool(kind, 60, 200, 200, 7), slope)


def normal(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    found = linear_kkt_point(gram_statistics(x), y.astype(np.int8), Fraction(0.01))
    assert found.lam is not None
    return (found.lam.mid * y) @ x


@pytest.mark.parametrize("kind", ["l2", "linf-rescaled", "l0-greedy"])
@pytest.mark.parametrize("data", ["uniform", "gaussian"])
def test_exact_point_is_that_of_the_certain_solver(kind: str, data: Noise) -> None:
    point = setting(kind, eps=0.1)
    ours = learning(data)
    found = ours.exact(point)
    x = ours.pool.drawn("natural", 30, 200)[0].double().numpy()
    y = ours.pool.drawn("natural", 30, 1)[1].double().numpy()
    base = ours.pool.drawn("noise", 40, 200)[0].double().numpy()
    target = ours.pool.drawn("noise", 40, 1)[1].double().numpy()
    q = normal(x, y)
    if kind == "l0-greedy":
        order = np.argsort(-abs(q), kind="stable")[:20]
        step = 0.3 * q / abs(q).max()
        moved = base.copy()
        for taken in range(1, 21):
            moved[:, order[:taken]] += target[:, None] * step[order[:taken]]
            moved = moved.clip(-1, 1) if data == "uniform" else moved
    else:
        unit = np.linalg.norm(q) if kind == "l2" else abs(q).max()
        moved = base + 0.1 * target[:, None] * q / unit
    learnt = normal(moved, target)
    assert found.accuracy == pytest.approx(float((y * (x @ learnt) > 0).mean()))
    assert found.size == pytest.approx(np.linalg.norm(moved - base, axis=1).mean(), rel=1e-4)
    control = normal(base, target)
    accuracy, solved = ours.control(point)
    assert accuracy == pytest.approx(float((y * (x @ control) > 0).mean()))
    assert solved.violation <= 1e-3


def test_few_dimensions_give_what_the_gram_matrix_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    point = setting(noise_samples=100, samples=60)
    direct = learning().exact(point)
    monkeypatch.setattr("perturbproof.numerics.paper_scale.perturbed_noise._FEW_DIMENSIONS", 1e9)
    by_samples = learning().exact(point)
    assert by_samples.accuracy == direct.accuracy
    assert by_samples.size == direct.size


def test_closed_form_of_the_pixel_attack_is_the_attack_on_a_linear_network() -> None:
    rng = np.random.default_rng(0)
    q = rng.standard_normal(60)
    x, y = rng.uniform(-1, 1, (9, 60)), np.where(np.arange(9) % 2, 1, -1).astype(np.int8)
    # Slope 1: f is linear, with gradient proportional to q.
    network = LeakyNetwork(np.stack([q, -q]), 1.0)
    attacked = PixelAttack(fraction=0.2, clamp=(-1.0, 1.0)).perturbed(x, y, network)
    taken, moves = greedy_pixels(torch.tensor(q), 0.2)
    mine = x.copy()
    columns = mine[:, taken] + y[:, None] * moves.numpy()
    mine[:, taken] = columns.clip(-1, 1)
    np.testing.assert_allclose(attacked, mine, atol=1e-12)
    assert len(taken) == pixel_count(0.2, 60) == 12


def test_margins_that_cannot_be_met_leave_no_accuracy() -> None:
    found = learning().exact(setting(dimension=5, samples=60))
    assert found.accuracy is None
    assert not found.natural.bounded
    accuracy, solved = learning().control(setting(dimension=5))
    assert accuracy is None
    assert not solved.bounded


def test_a_trained_network_learns_from_noise_and_is_deterministic() -> None:
    point = setting(noise_samples=200, samples=20, eps=1.0)
    first, second = (TrainedNetworks(learning(), 16, 100.0).learn(point) for _ in range(2))
    assert first == second
    assert first.accuracy >= 0.75
    assert first.fitted == 1.0
    assert first.time == pytest.approx(100.0)
    assert first.size == pytest.approx(1.0, rel=1e-3)
    assert first.alignment is not None
    assert 0.5 < first.alignment <= 1.0


def test_rescaled_perturbations_of_a_trained_network_have_their_largest_entry() -> None:
    found = TrainedNetworks(learning(), 8, 10.0).learn(setting("linf-rescaled", eps=0.05))
    assert 0.05 < found.size < 0.05 * 200**0.5


def test_broken_promises_are_faults() -> None:
    ours = learning()
    base, q = ours.pool.drawn("noise", 40, 200)[0], torch.ones(200)
    labels = ours.pool.drawn("noise", 40, 1)[1][:, None]
    small = AlongDirections(base, 0.5 * labels, (q / q.norm())[None])
    with pytest.raises(PerturbationFault, match="sizes differ"):
        checked_size(small, setting(), None, q)
    aside = AlongDirections(base, 0.6 * labels, torch.eye(200)[:1])
    with pytest.raises(PerturbationFault, match="leave the normal"):
        checked_size(aside, setting(), None, q)
    with pytest.raises(PerturbationFault, match="coordinates were changed"):
        checked_size(small, setting("l0-greedy", eps=0.1), None)
    with pytest.raises(PerturbationFault, match="outside"):
        checked_size(small, setting("l0-greedy", eps=1.0), (-0.5, 0.5))


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("l2", {"eps": 0}, "eps: "),
        ("l2", {"samples": 1}, "samples: "),
        ("l2", {"slope": 0}, "slope: "),
        ("l3", {}, "perturbation: "),
        ("l0-greedy", {"eps": 0.001}, "at least one coordinate"),
        ("l0-greedy", {"eps": 1.1}, "fraction in"),
    ],
)
def test_bad_settings_name_the_field(kind: str, changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        setting(kind, **changes)
