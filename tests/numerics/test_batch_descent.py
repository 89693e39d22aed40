"""Batches against the trainer of single networks, network by network."""

from __future__ import annotations

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.generated import Orthogonal, Uniform
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.network import initial_weights
from perturbproof.numerics.train.descent import BatchDescent, batch_bytes
from perturbproof.numerics.train.recipes import Recipe, normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import DivergenceError, train, train_batch


def batch(count: int, scales: tuple[float | None, ...] = (None,)):
    """Samples and starts that differ in data, dimension and scale."""
    samples, starts = [], []
    for k in range(count):
        rng = np.random.default_rng(k)
        kind = Orthogonal if k % 2 else Uniform
        sample = kind(samples=6, dimension=20 + 3 * k).draw(rng)
        samples.append(sample)
        starts.append(initial_weights(8, sample.d, rng, scale=scales[k % len(scales)]))
    return samples, starts


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("recipe", [normalised_recipe, paper_recipe])
def test_iterates_are_those_of_single_networks(recipe, loss: str) -> None:
    # Starts of different sizes leave the short first steps at different times.
    samples, starts = batch(4, scales=(None, 1e-4, 0.0, 3.0))
    made = recipe(60, loss)
    together = train_batch(samples, starts, 0.3, made)
    for sample, start, one in zip(samples, starts, together, strict=True):
        alone = train(sample, start, 0.3, made)
        scale = abs(alone.weights()).max()
        assert one.weights() == pytest.approx(alone.weights(), abs=1e-10 * scale)
        assert one.log_loss == pytest.approx(alone.log_loss, rel=1e-10, abs=1e-10)
        assert one.steps == alone.steps


def test_a_network_does_not_depend_on_its_company() -> None:
    samples, starts = batch(3, scales=(None, 1e-3))
    recipe = normalised_recipe(40)
    together = train_batch(samples, starts, 0.5, recipe)
    (alone,) = train_batch(samples[1:2], starts[1:2], 0.5, recipe)
    assert together[1].coefficients == pytest.approx(alone.coefficients, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("recipe", [normalised_recipe(25), paper_recipe(25)])
def test_networks_on_the_same_data_share_one_gram_matrix(recipe: Recipe) -> None:
    (sample,), _ = batch(1)
    flipped = Sample(sample.x, -sample.y, "the same inputs", sample.rows)
    starts = [initial_weights(8, sample.d, np.random.default_rng(k)) for k in range(4)]

    def gram_numbers(samples: list[Sample]) -> int:
        state = BatchDescent(samples, starts, 0.3, recipe)
        state.step()
        assert state._gram.shape == (4, 6, 6)
        held = {
            g.untyped_storage().data_ptr(): g.untyped_storage().nbytes()
            for g in (state._gram, state._abs_gram)
        }
        return sum(held.values()) // (8 * (2 if recipe.normalised else 1))

    assert gram_numbers([sample] * 4) == gram_numbers([sample, flipped] * 2) == 36
    other = Sample(sample.x * 2, sample.y, "other inputs", sample.rows)
    assert gram_numbers([sample, sample, sample, other]) == 4 * 36
    told = [batch_bytes(b, 6, 8, recipe, "float64", one_gram=True) for b in (1, 2, 3)]
    assert told[2] - told[1] == told[1] - told[0] == 8 * 6 * (5 * 8 + 10)

    samples = [sample, flipped, sample, flipped]
    for one, start, together in zip(
        samples, starts, train_batch(samples, starts, 0.3, recipe), strict=True
    ):
        alone = train(one, start, 0.3, recipe)
        assert together.coefficients == pytest.approx(alone.coefficients, rel=1e-10, abs=1e-12)


def test_float32_follows_float64() -> None:
    samples, starts = batch(2)
    recipe = normalised_recipe(30)
    for low, high in zip(
        train_batch(samples, starts, 0.5, recipe, dtype="float32"),
        train_batch(samples, starts, 0.5, recipe),
        strict=True,
    ):
        assert low.weights() == pytest.approx(high.weights(), abs=1e-4 * abs(high.weights()).max())


def test_divergence_names_the_network() -> None:
    samples, starts = batch(2)
    huge = Sample(samples[1].x * 1e150, samples[1].y, "huge", samples[1].rows)
    recipe = Recipe("exponential", 1e10, 0.9, False, 50)
    with pytest.raises(DivergenceError, match="network 1 of the batch"):
        train_batch([samples[0], huge], [starts[0] * 0, starts[1]], 0.5, recipe)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s, w: ([], []), "at least one; found 0 and 0"),
        (lambda s, w: (s, w[:1]), "found 2 and 1"),
        (lambda s, w: (s, [w[0], w[1][:, 1:]]), "initial weights 1 must be a matrix"),
        (lambda s, w: (s, [w[0], w[1][:4]]), "network 1 has 6 samples and 4 neurons"),
        (lambda s, w: ([s[0], s[1].take([0, 1, 2])], w), "network 1 has 3 samples"),
        (lambda s, w: (s, [v[:3] for v in w]), "width: must be even"),
    ],
)
def test_what_does_not_fit_is_named(spoil, says: str) -> None:
    samples, starts = spoil(*batch(2))
    with pytest.raises(InputError, match=says):
        train_batch(samples, starts, 0.5, normalised_recipe(1))
