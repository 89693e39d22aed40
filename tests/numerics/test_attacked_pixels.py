"""The published greedy pixel attack against PyTorch's own autograd and mixed precision."""

from typing import Literal

import pytest
import torch
from perturbproof.numerics.network import output_weights
from perturbproof.numerics.paper_scale.exact import NoiseLearning
from perturbproof.numerics.paper_scale.pixels import attacked_pixels
from perturbproof.numerics.paper_scale.pool import NoisePool
from perturbproof.numerics.paper_scale.setting import LearningSetting
from perturbproof.numerics.paper_scale.trained import TrainedNetworks
from perturbproof.numerics.perturb.attacks import AttackedNetwork
from torch import Tensor
from torch.nn.functional import leaky_relu, linear, normalize

SLOPE = 0.01


def network(dimension: int, width: int = 8, scale: float = 1.0) -> AttackedNetwork:
    """f grows by about ``scale`` when a sample moves by 1 in every coordinate."""
    rng = torch.Generator().manual_seed(0)
    weights = scale * (torch.rand(width, dimension, generator=rng) - 0.5) / dimension**0.5
    return AttackedNetwork(weights, torch.tensor(output_weights(width)).float(), SLOPE)


def noise(samples: int, dimension: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    base = 2 * torch.rand(samples, dimension, generator=rng) - 1
    return base, torch.where(torch.arange(samples) % 2 == 0, 1.0, -1.0)


def published(
    f: AttackedNetwork, base: Tensor, labels: Tensor, count: int, half: bool
) -> tuple[Tensor, Tensor]:
    """The attack by autograd, coordinate by coordinate; the samples and y f at each."""
    now, best, least = base.clone(), base.clone(), torch.full_like(labels, torch.inf)
    for step in range(count + 1):
        now.requires_grad_(True)
        with torch.autocast("cpu", torch.float16, enabled=half):
            hidden = leaky_relu(linear(now, f.weights), SLOPE)
            values = linear(hidden, f.output[None])[:, 0]
        loss = (-values.float() * labels).exp()
        better = loss.detach() < least
        best[better], least[better] = now.detach()[better], loss.detach()[better]
        if step == count:
            break
        (gradient,) = torch.autograd.grad(loss.sum(), now)
        now = now.detach()
        moved = now != base
        moved[torch.arange(len(base)), (gradient * ~moved).abs().argmax(1)] = True
        now = (now - 0.3 * normalize(gradient * moved, p=torch.inf)).clamp(-1, 1)
    return best, -least.log()


@pytest.mark.parametrize("half", [False, True])
def test_it_is_the_attack_of_autograd(half: bool) -> None:
    f, (base, labels) = network(60, scale=20), noise(40, 60)
    found = attacked_pixels(f, base, labels, 12, (-1, 1), half=half).samples
    expected, _ = published(f, base, labels, 12, half)
    same = (found - expected).abs().amax(1) < 1e-3
    # Sums of products in another order round to another float16 now and then.
    assert same.double().mean() >= (0.8 if half else 1.0)
    assert not torch.equal(found, base)


def reached(f: AttackedNetwork, samples: Tensor, labels: Tensor) -> Tensor:
    return labels * f.values(f.preactivations(samples))[:, 0]


def test_half_precision_ends_the_attack_where_its_gradients_vanish() -> None:
    f, (base, labels) = network(400, scale=60), noise(30, 400)
    single, half = (
        attacked_pixels(f, base, labels, 200, (-1, 1), half=each) for each in (False, True)
    )
    # exp(-y f) exceeds the largest float16 where f is as sure of the other label.
    stuck = reached(f, base, labels) < -11.1
    assert stuck.any()
    assert torch.equal(half.samples[stuck], base[stuck])
    # exp(-y f)/sqrt(8) falls below half of the smallest float16, 2^-25, at 16.3.
    ends = reached(f, half.samples, labels)
    assert ((ends > 14) & (ends < 18))[~stuck].all()
    assert (reached(f, single.samples, labels) > 20).all()
    assert half.changed < 0.8 * single.changed <= 0.8 * 200
    _, theirs = published(f, base, labels, 200, True)
    assert (ends - theirs).abs().max() < 1


@pytest.mark.parametrize("kind", ["uniform", "gaussian"])
def test_networks_learn_from_pixels(kind: Literal["uniform", "gaussian"]) -> None:
    pool = NoisePool(kind, 20, 60, 120, 0)
    networks = TrainedNetworks(NoiseLearning(pool, SLOPE), 8, time=100.0, half=True)
    point = LearningSetting(
        perturbation="l0-greedy", dimension=120, samples=20, noise_samples=60, eps=0.1
    )
    learnt = networks.learn(point)
    assert learnt.accuracy > 0.85
    assert learnt.changed is not None
    assert 3 < learnt.changed <= 12
    assert learnt.alignment is not None
    assert 0.2 < learnt.alignment < 1
