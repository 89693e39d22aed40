"""Gram and margin matrices of perturbed samples against those formed directly."""

import pytest
import torch
from perturbproof.numerics.paper_scale.perturbed_noise import (
    AlongDirections,
    InCoordinates,
    MarginProduct,
    SampleGram,
    gram_of,
    margin_matrix,
    unchanged,
)

N, D = 30, 20


@pytest.fixture
def drawn() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    base = normal(N, D)
    return {
        "base": base,
        "gram": base @ base.T,
        "labels": normal(N).sign(),
        "direction": normal(D),
        "coefficients": normal(N, 3),
        "directions": normal(3, D),
        "columns": normal(N, 4),
    }


def test_a_shared_direction_is_a_rank_two_change(drawn) -> None:
    y, direction, eps = drawn["labels"], drawn["direction"], 0.7
    changed = AlongDirections(drawn["base"], eps * y[:, None], direction[None]).gram(drawn["gram"])
    b = drawn["base"] @ direction
    formula = drawn["gram"] + eps * (torch.outer(b, y) + torch.outer(y, b))
    formula += eps**2 * (direction @ direction) * torch.outer(y, y)
    eye = torch.eye(N, dtype=torch.float64)
    torch.testing.assert_close(changed.product(eye), formula)
    x = drawn["base"] + eps * torch.outer(y, direction)
    torch.testing.assert_close(formula, x @ x.T)
    assert torch.linalg.matrix_rank(changed.product(eye) - drawn["gram"]) == 2


def noises(drawn) -> list:
    return [
        AlongDirections(drawn["base"], drawn["coefficients"], drawn["directions"]),
        InCoordinates(drawn["base"], torch.tensor([3, 0, 17, 9]), drawn["columns"]),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_perturbed_noise_is_what_its_samples_are(drawn, which: int) -> None:
    noise = noises(drawn)[which]
    x = noise.rows(slice(None))
    eye = torch.eye(N, dtype=torch.float64)
    torch.testing.assert_close(noise.gram(drawn["gram"]).product(eye), x @ x.T)
    torch.testing.assert_close(gram_of(noise, None).product(eye), x @ x.T)
    torch.testing.assert_close(noise.combined(drawn["coefficients"]), x.T @ drawn["coefficients"])
    weights = drawn["directions"] + 1
    if isinstance(noise, AlongDirections):
        torch.testing.assert_close(noise.scores(weights), x @ weights.T)
    torch.testing.assert_close(noise.rows(slice(2, 5)), x[2:5])
    torch.testing.assert_close(noise.base, drawn["base"])


def test_replaced_columns_leave_the_others(drawn) -> None:
    taken = torch.tensor([3, 0, 17, 9])
    changed = InCoordinates(drawn["base"], taken, drawn["columns"]).gram(drawn["gram"])
    x = drawn["base"].clone()
    x[:, taken] = drawn["columns"]
    torch.testing.assert_close(changed.product(drawn["columns"]), x @ (x.T @ drawn["columns"]))


@pytest.mark.parametrize("slope", [0.01, 0.5, 1.0])
def test_margin_products_with_and_without_the_matrix_of_the_base(drawn, slope: float) -> None:
    y = drawn["labels"]
    noise = noises(drawn)[0]
    x, vector = noise.rows(slice(None)), drawn["coefficients"][:, 0]
    c = torch.where(torch.outer(y, y) > 0, 1 + slope**2, 2 * slope)
    direct = 0.5 * c * torch.outer(y, y) * (x @ x.T)
    torch.testing.assert_close(margin_matrix(x @ x.T, y, slope), direct)
    base = margin_matrix(drawn["gram"], y, slope)
    for gram, matrix in (
        (noise.gram(drawn["gram"]), base),
        (noise.gram(drawn["gram"]), None),
        (SampleGram(x), None),
    ):
        product = MarginProduct(gram, y, slope, matrix)
        torch.testing.assert_close(product(vector), direct @ vector)


def test_activation_margins_are_those_of_the_two_neurons(drawn) -> None:
    y, x, slope = drawn["labels"], drawn["base"], 0.3
    multipliers = drawn["coefficients"][:, 0].abs()
    product = MarginProduct(unchanged(drawn["gram"]), y, slope)
    own, other = torch.ones_like(y), torch.ones_like(y)
    own[y < 0], other[y > 0] = slope, slope
    v, u = (multipliers * y * own) @ x, -(multipliers * y * other) @ x
    # y_n a_j <w_j, x_n>: positive where label +1 has v on and u off, label -1 the reverse.
    expected = torch.minimum(y * (x @ v), -y * (x @ u))
    torch.testing.assert_close(product.activation_margins(multipliers), expected)
