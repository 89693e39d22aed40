"""The flow against small plain steps, and what does not depend on the size of its own steps."""

import math

import pytest
import torch
from perturbproof.numerics.network import output_weights
from perturbproof.numerics.paper_scale.perturbed_noise import SampleGram
from perturbproof.numerics.paper_scale.trained import PUBLISHED_TIME, follow_flow

SLOPE = 0.01


@pytest.fixture
def drawn() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(12, 40, generator=generator, dtype=torch.float64) * 2 - 1
    labels = torch.tensor([1.0, -1.0] * 6, dtype=torch.float64)
    weights = (torch.rand(8, 40, generator=generator, dtype=torch.float64) * 2 - 1) / 7
    return x, labels, weights


def follow(drawn, time: float, **options):
    x, labels, weights = drawn
    return follow_flow(SampleGram(x).product, labels, x @ weights.T, SLOPE, time, **options)


def plain(drawn, time: float, steps: int) -> torch.Tensor:
    """Weights after plain gradient descent on the mean exponential loss, by autograd."""
    x, labels, weights = drawn
    moved, output = weights.clone().requires_grad_(), torch.tensor(output_weights(8))
    for _ in range(steps):
        values = torch.nn.functional.leaky_relu(x @ moved.T, SLOPE) @ output
        (gradient,) = torch.autograd.grad(torch.exp(-labels * values).mean(), moved)
        moved = (moved - time / steps * gradient).detach().requires_grad_()
    return moved.detach()


def test_short_steps_lead_where_plain_descent_does(drawn) -> None:
    x, _, weights = drawn
    flow = follow(drawn, 20.0, step=0.02)
    reached = weights + flow.coefficients.T @ x
    expected = plain(drawn, 20.0, 4000)
    assert float((reached - expected).norm()) <= 0.01 * float((expected - weights).norm())
    assert flow.time == pytest.approx(20.0)


@pytest.mark.parametrize("time", [1000.0, pytest.param(1e4, marks=pytest.mark.slow)])
def test_long_steps_lead_to_nearly_the_same_network(drawn, time: float) -> None:
    short, long = (follow(drawn, time, step=step) for step in (0.05, 1.0))
    assert long.steps < short.steps / 10
    assert long.log_loss == pytest.approx(short.log_loss, abs=0.05)
    cosine = torch.nn.functional.cosine_similarity(
        short.coefficients.flatten(), long.coefficients.flatten(), dim=0
    )
    assert float(cosine) > 0.99


def test_the_state_is_consistent_and_deterministic(drawn) -> None:
    x, labels, weights = drawn
    one, two = follow(drawn, 50.0), follow(drawn, 50.0)
    assert torch.equal(one.coefficients, two.coefficients)
    reached = x @ (weights + one.coefficients.T @ x).T
    torch.testing.assert_close(one.preactivations, reached)
    output = torch.tensor(output_weights(8))
    margins = labels * (torch.nn.functional.leaky_relu(reached, SLOPE) @ output)
    assert one.log_loss == pytest.approx(math.log(float(torch.exp(-margins).mean())))


def test_running_out_of_steps_shows_in_the_time(drawn) -> None:
    seen: list[float] = []
    flow = follow(drawn, 1e6, most=3, progress=seen.append)
    assert flow.steps == len(seen) == 3
    assert 0 < seen[0] < seen[1] < seen[2] == flow.time / 1e6
    assert flow.time < 1e6


def test_the_published_time() -> None:
    assert PUBLISHED_TIME == pytest.approx(1e4)
