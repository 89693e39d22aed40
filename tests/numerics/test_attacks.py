"""Attacks on a network against their definitions, written out again sample by sample."""

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.network import LeakyNetwork, output_weights
from perturbproof.numerics.perturb.attacks import Gradient, ProjectedGradient
from perturbproof.numerics.perturb.base import check_promise
from perturbproof.numerics.perturb.pixel_attack import PixelAttack

from .sample_perturbations import ATTACKS, length, setting

NORMS = ["l2", "linf-sign", "linf-rescaled"]
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
        ],
    ),
]


@pytest.fixture(autouse=True)
def _one_thread():
    """Handing these small products to other threads costs more than it saves."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def gradient_at(network, x):
    """The gradient of f at one sample, neuron by neuron."""
    a = output_weights(network.width)
    slopes = [1.0 if w @ x > 0 else network.slope for w in network.weights]
    return sum(a_j * s * w for a_j, s, w in zip(a, slopes, network.weights, strict=True))


@pytest.mark.parametrize("perturbation", ATTACKS.values(), ids=ATTACKS)
class TestEveryAttack:
    @pytest.mark.parametrize("device", DEVICES)
    def test_repeats_itself_and_moves_towards_the_target(self, perturbation, device):
        x, y, network = setting()
        first, second = (perturbation.perturbed(x, y, network, device) for _ in range(2))
        assert np.array_equal(first, second)
        assert (y * network.output(first) > y * network.output(x)).all()
        assert np.allclose(first, perturbation.perturbed(x, y, network), atol=1e-9)

    def test_does_not_depend_on_the_blocks(self, perturbation, monkeypatch):
        x, y, network = setting()
        whole = perturbation.perturbed(x, y, network)
        monkeypatch.setattr("perturbproof.numerics.perturb.attacks._BLOCK_ENTRIES", 5 * 40)
        assert np.allclose(whole, perturbation.perturbed(x, y, network), atol=1e-12)

    @pytest.mark.parametrize("clamp", [None, (-1.0, 1.0)])
    def test_keeps_its_promise(self, perturbation, clamp):
        x, y, network = setting()
        attack = perturbation.model_copy(update={"clamp": clamp})
        moved = attack.perturbed(x, y, network)
        check_promise(x, moved, attack.promise(x.shape[1]))
        assert clamp is None or (clamp[0] <= moved.min() and moved.max() <= clamp[1])

    def test_dimension_must_fit(self, perturbation):
        x, y, network = setting()
        with pytest.raises(InputError, match=r"inputs of dimension 40, the base samples have 39"):
            perturbation.perturbed(x[:, :-1], y, network)


@pytest.mark.parametrize("perturbation", [ATTACKS["gradient"], ATTACKS["pgd"]])
def test_an_attack_lost_in_rounding_is_refused(perturbation):
    x, y, network = setting()
    with pytest.raises(InputError, match="lost in rounding"):
        perturbation.model_copy(update={"eps": 1e-16}).perturbed(x, y, network)


@pytest.mark.parametrize("norm", NORMS)
def test_gradient_takes_one_steepest_step(norm):
    x, y, network = setting()
    moved = Gradient(eps=0.5, norm=norm).perturbed(x, y, network)
    for n in range(len(x)):
        g = gradient_at(network, x[n])
        step = np.sign(g) if norm == "linf-sign" else g / length(g, norm)
        assert np.allclose(moved[n] - x[n], 0.5 * y[n] * step, atol=1e-14)


def test_gradient_needs_one():
    x, y, _ = setting()
    dead = LeakyNetwork(np.ones((2, 40)), 1.0)
    with pytest.raises(InputError, match="gradient is zero"):
        Gradient(eps=0.5).perturbed(x, y, dead)


@pytest.mark.parametrize("clamp", [None, (-1.0, 1.0)])
@pytest.mark.parametrize("norm", NORMS)
def test_pgd_is_the_loop_of_the_definition(norm, clamp):
    x, y, network = setting(samples=6)
    low, high = clamp or (-np.inf, np.inf)
    eps, step = 0.8, 0.3
    attack = ProjectedGradient(eps=eps, norm=norm, steps=15, step_size=step, clamp=clamp)
    moved = attack.perturbed(x, y, network)
    for n in range(len(x)):
        current, best = x[n], x[n]
        for _ in range(15):
            g = y[n] * gradient_at(network, current)
            change = current - x[n]
            change = change + step * (np.sign(g) if norm == "linf-sign" else g / length(g, norm))
            if norm == "linf-sign":
                change = np.clip(change, -eps, eps)
            elif length(change, norm) > eps:
                change = change * eps / length(change, norm)
            current = np.clip(x[n] + change, low, high)
            if y[n] * network.output(current[None]) > y[n] * network.output(best[None]):
                best = current
        assert np.allclose(moved[n], best, atol=1e-7)


@pytest.mark.parametrize("norm", NORMS)
def test_pgd_reaches_the_sphere_when_unclamped(norm):
    x, y, network = setting(slope=0.9)
    moved = ProjectedGradient(eps=0.1, norm=norm).perturbed(x, y, network)
    assert np.allclose(length(moved - x, norm), 0.1, rtol=1e-9)


def test_pgd_on_a_linear_network_is_the_geometric_l2_perturbation():
    x, y, network = setting(slope=1.0)
    normal = output_weights(network.width) @ network.weights
    moved = ProjectedGradient(eps=0.4).perturbed(x, y, network)
    assert np.allclose(moved, x + 0.4 * np.outer(y, normal / np.linalg.norm(normal)), atol=1e-9)


class TestPixelAttack:
    @pytest.mark.parametrize(
        ("fraction", "dimension", "count"),
        [(0.05, 40, 2), (0.29, 100, 29), (0.07, 40, 2), (1.0, 40, 40), (0.004, 10000, 40)],
    )
    def test_counts_coordinates_downwards(self, fraction, dimension, count):
        assert PixelAttack(fraction=fraction).coordinates(dimension) == count

    def test_needs_one_coordinate_and_at_most_all(self):
        with pytest.raises(InputError, match=r"fraction: 0.01 of 40 coordinates is none"):
            PixelAttack(fraction=0.01).promise(40)
        for fraction in (0, 1.1, float("nan")):
            with pytest.raises(InputError, match="pixel perturbation: fraction"):
                PixelAttack(fraction=fraction)

    @pytest.mark.parametrize(("slope", "step"), [(0.1, 0.3), (1.0, 0.3), (0.1, 3.0)])
    @pytest.mark.parametrize("clamp", [None, (-1.0, 1.0)])
    def test_is_the_loop_of_the_definition(self, clamp, slope, step):
        x, y, network = setting(samples=8, slope=slope)
        x[0, :10] = 1.0
        low, high = clamp or (-np.inf, np.inf)
        moved = PixelAttack(fraction=0.3, step_size=step, clamp=clamp).perturbed(x, y, network)
        for n in range(len(x)):
            current, best, taken = x[n].copy(), x[n], []
            for _ in range(12):
                g = y[n] * gradient_at(network, current)
                stuck = ((g > 0) & (x[n] >= high)) | ((g < 0) & (x[n] <= low))
                free = [i for i in range(40) if i not in taken and not stuck[i]]
                taken.append(max(free, key=lambda i: abs(g[i])))
                current[taken] += step * g[taken] / abs(g[taken]).max()
                current = np.clip(current, low, high)
                if y[n] * network.output(current[None]) > y[n] * network.output(best[None]):
                    best = current.copy()
            assert np.allclose(moved[n], best, atol=1e-12)

    @pytest.mark.parametrize("clamp", [None, (-1.0, 1.0)])
    def test_changes_exactly_the_fraction_where_every_step_helps(self, clamp):
        x, y, network = setting(slope=1.0)
        x[:, ::3] = 1.0
        moved = PixelAttack(fraction=0.5, clamp=clamp).perturbed(x, y, network)
        assert ((moved != x).sum(axis=1) == 20).all()

    def test_keeps_the_best_iterate_not_the_last(self):
        # f is sqrt(1/2) times phi(x_1) - phi(4 x_1 - x_2): the step of 3 overshoots its kink.
        network = LeakyNetwork(np.array([[1.0, 0.0], [4.0, -1.0]]), 0.1)
        x, y = np.array([[0.1, 1.0]]), np.array([1])
        for step, reached in ((3.0, 0.1), (0.1, 0.2)):
            moved = PixelAttack(fraction=0.5, step_size=step).perturbed(x, y, network)
            assert moved.tolist() == [[reached, 1.0]]
