"""Losses against mpmath at 60 digits, over the whole range of margins met in training."""

import mpmath
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.train.recipes import LOSSES, loss_named

MARGINS = [-800.0, -50.0, -3.0, -1e-9, 0.0, 1e-9, 0.7, 20.0, 39.9, 40.0, 40.1, 90.0, 800.0, 2e4]
EXACT = {
    "exponential": (lambda t: mpmath.exp(-t), lambda t: mpmath.exp(-t)),
    "logistic": (lambda t: mpmath.log1p(mpmath.exp(-t)), lambda t: 1 / (1 + mpmath.exp(t))),
}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
class TestEveryLoss:
    @pytest.mark.parametrize("kind", [torch.float32, torch.float64])
    def test_logarithms_of_value_and_slope(self, loss, kind):
        value, slope = EXACT[loss.name]
        margins = torch.tensor(MARGINS, dtype=kind)
        tolerance = 4 * torch.finfo(kind).eps
        with mpmath.workdps(60):
            exact = [mpmath.mpf(t) for t in margins.tolist()]
            values = [float(mpmath.log(value(t))) for t in exact]
            slopes = [float(mpmath.log(slope(t))) for t in exact]
        assert loss.log_value(margins).tolist() == pytest.approx(
            values, rel=tolerance, abs=tolerance
        )
        assert loss.log_slope(margins).tolist() == pytest.approx(
            slopes, rel=tolerance, abs=tolerance
        )

    def test_mean_weights_are_minus_the_gradient_of_the_mean_loss(self, loss):
        margins = torch.tensor([-2.0, 0.3, 5.0, 30.0], dtype=torch.float64, requires_grad=True)
        values = {
            "exponential": lambda: torch.exp(-margins),
            "logistic": lambda: torch.nn.functional.softplus(-margins, threshold=50),
        }[loss.name]()
        values.mean().backward()
        assert margins.grad is not None
        detached = margins.detach()
        assert torch.allclose(loss.mean_weights(detached), -margins.grad, rtol=1e-13, atol=0)
        assert loss.log_mean(detached) == pytest.approx(
            float(values.detach().mean().log()), rel=1e-13
        )

    def test_normalised_weights_are_the_mean_weights_over_the_mean_loss(self, loss):
        margins = torch.linspace(-5, 30, 17, dtype=torch.float64)
        expected = loss.mean_weights(margins) / loss.log_mean(margins).exp()
        assert torch.allclose(loss.normalised_weights(margins), expected, rtol=1e-12, atol=0)

    @pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
    @pytest.mark.parametrize("kind", [torch.float32, torch.float64])
    def test_normalised_weights_never_underflow_together(self, loss, offset, kind):
        margins = torch.tensor([0.0, 1.0, 2.0], dtype=kind) + 50 + offset
        weights = loss.normalised_weights(margins)
        shares = torch.softmax(-torch.arange(3, dtype=kind), 0)
        assert torch.allclose(weights, shares, rtol=1e-5)

    def test_is_found_by_name(self, loss):
        assert loss_named(loss.name) is loss


def test_unknown_name_lists_the_known():
    with pytest.raises(InputError, match="loss: must be exponential or logistic, found 'hinge'"):
        loss_named("hinge")
