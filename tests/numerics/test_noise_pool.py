"""Nested draws, and the Gram matrices of their parts."""

import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.paper_scale import pool as noise_pool
from perturbproof.numerics.paper_scale.pool import NoisePool
from perturbproof.numerics.paper_scale.setting import Noise


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise_pool, "_BLOCK", 8)


def pool(kind: Noise = "uniform", seed: int = 0, noise: int = 40) -> NoisePool:
    return NoisePool(kind, 30, noise, 50, seed)


@pytest.mark.parametrize("kind", ["uniform", "gaussian"])
def test_draws_are_nested_and_do_not_depend_on_what_was_asked_for(kind) -> None:
    whole, part = pool(kind), pool(kind)
    small = part.drawn("noise", 11, 20)[0].clone()
    assert torch.equal(small, whole.drawn("noise", 40, 50)[0][:11, :20])
    assert torch.equal(part.drawn("noise", 40, 50)[0], whole.drawn("noise", 40, 50)[0])
    assert torch.equal(
        pool(kind, noise=13).drawn("noise", 13, 50)[0], part.drawn("noise", 13, 50)[0]
    )
    assert torch.equal(part.drawn("noise", 7, 1)[1], whole.drawn("noise", 40, 1)[1][:7])
    assert not torch.equal(whole.drawn("natural", 11, 20)[0], small)
    assert not torch.equal(pool(kind, 1).drawn("noise", 11, 20)[0], small)


@pytest.mark.parametrize(("kind", "variance"), noise_pool.VARIANCE.items())
def test_coordinates_have_the_variance_that_is_told(kind, variance: float) -> None:
    drawn = NoisePool(kind, 2, 200, 500, 3).drawn("noise", 200, 500)[0]
    assert float(drawn.double().var()) == pytest.approx(variance, rel=0.02)
    assert float(drawn.double().mean()) == pytest.approx(0.0, abs=0.01)
    if kind == "uniform":
        assert float(drawn.abs().max()) <= 1


def test_labels_are_fair_coins_of_their_own() -> None:
    labels = NoisePool("uniform", 4000, 4000, 1, 0)
    for drawn in (labels.drawn("natural", 4000, 1)[1], labels.drawn("noise", 4000, 1)[1]):
        assert set(drawn.tolist()) == {-1.0, 1.0}
        assert abs(float(drawn.mean())) < 0.06
    assert not torch.equal(labels.drawn("natural", 4000, 1)[1], labels.drawn("noise", 4000, 1)[1])


def test_grams_are_those_of_the_samples_in_any_order() -> None:
    one, other = pool(), pool()
    asked = [(40, 50), (5, 3), (40, 8), (40, 16), (20, 19), (6, 50), (40, 50)]
    for count, dimension in asked:
        x = one.drawn("noise", count, dimension)[0]
        torch.testing.assert_close(one.noise_gram(count, dimension), x @ x.T)
    last = one.noise_gram(40, 50).clone()
    for count, dimension in sorted(asked):
        other.noise_gram(count, dimension)
    assert torch.equal(other.noise_gram(40, 50), last)


def test_initial_weights_follow_the_published_recipe() -> None:
    weights = pool().initial_weights("f", 10, 25)
    assert weights.shape == (10, 25)
    assert float(weights.abs().max()) <= 1 / 5
    assert torch.equal(weights, pool().initial_weights("f", 10, 25))
    assert not torch.equal(weights, pool().initial_weights("g", 10, 25))


def test_too_much_is_refused() -> None:
    with pytest.raises(InputError, match="41 noise samples were asked for, it has 40"):
        pool().drawn("noise", 41, 50)[0]
    with pytest.raises(InputError, match="dimension 51"):
        pool().drawn("noise", 2, 51)[0]
    with pytest.raises(InputError, match="width"):
        pool().initial_weights("f", 3, 5)
