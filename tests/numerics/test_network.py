"""The network against its definition, written out neuron by neuron."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.numerics import network
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.network import LeakyNetwork, initial_weights, output_weights


@given(st.integers(1, 4), st.integers(1, 5), st.floats(0.01, 1), st.integers(0, 2**32))
def test_output_is_the_sum_over_neurons(half, dimension, slope, seed):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((2 * half, dimension))
    x = rng.standard_normal((3, dimension))
    expected = []
    for point in x:
        total = 0.0
        for j, w in enumerate(weights):
            t = math.fsum(w * point)
            total += (1 if j < half else -1) / math.sqrt(2 * half) * max(t, slope * t)
        expected.append(total)
    assert LeakyNetwork(weights, slope).output(x) == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_output_agrees_with_torch_and_does_not_depend_on_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    weights, x = rng.standard_normal((6, 5)), rng.standard_normal((40, 5))
    hidden = torch.nn.functional.leaky_relu(torch.tensor(x @ weights.T), 0.1)
    expected = hidden[:, :3].sum(1) - hidden[:, 3:].sum(1)
    whole = LeakyNetwork(weights, 0.1).output(x)
    assert whole == pytest.approx(expected.numpy() / math.sqrt(6), rel=1e-12)
    monkeypatch.setattr(network, "_BLOCK_ENTRIES", 7 * 6)
    assert LeakyNetwork(weights, 0.1).output(x) == pytest.approx(whole, rel=1e-14)


def test_output_weights_have_unit_norm_and_two_halves():
    a = output_weights(10)
    assert np.linalg.norm(a) == pytest.approx(1)
    assert (a[:5] > 0).all()
    assert (a[5:] < 0).all()


def test_initial_weights_follow_the_published_recipe_and_the_scale():
    rng = np.random.default_rng(0)
    published = initial_weights(200, 400, rng)
    assert abs(published).max() <= 1 / 20
    assert published.std() == pytest.approx(1 / 20 / math.sqrt(3), rel=0.02)
    small = initial_weights(200, 400, rng, scale=1e-4, distribution="gaussian")
    assert small.std() == pytest.approx(1e-4, rel=0.02)
    again = initial_weights(200, 400, np.random.default_rng(0))
    assert np.array_equal(published, again)
    assert not initial_weights(2, 3, rng, scale=0).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: output_weights(7), "width: must be even .*, found 7"),
        (lambda: output_weights(0), "width: .*, found 0"),
        (lambda: LeakyNetwork(np.ones((3, 2)), 0.5), "width: .*, found 3"),
        (lambda: LeakyNetwork(np.ones(4), 0.5), r"weights: must be a matrix .*\(4,\)"),
        (lambda: LeakyNetwork(np.ones((2, 2)), -0.1), r"slope: must lie in \[0, 1\], found -0.1"),
        (lambda: LeakyNetwork(np.ones((2, 2)), 1.01), "slope: .*, found 1.01"),
        (lambda: LeakyNetwork(np.ones((2, 2)), math.nan), "slope: .*, found nan"),
        (lambda: initial_weights(2, 0, np.random.default_rng(0)), "dimension: .*, found 0"),
        (lambda: initial_weights(2, 1, np.random.default_rng(0), scale=-1.0), "scale: .*-1.0"),
        (
            lambda: initial_weights(2, 1, np.random.default_rng(0), distribution="cauchy"),  # type: ignore[arg-type]
            "distribution: must be 'uniform' or 'gaussian', found 'cauchy'",
        ),
    ],
)
def test_refuses(call, message):
    with pytest.raises(InputError, match=message):
        call()
