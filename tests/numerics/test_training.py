"""The Gram-space trainer against a plain PyTorch loop on explicit weights with autograd."""

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.generated import Gaussian, Orthogonal, Uniform
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.network import LeakyNetwork, initial_weights, output_weights
from perturbproof.numerics.train import descent
from perturbproof.numerics.train.collapse import group_neurons
from perturbproof.numerics.train.descent import GramDescent
from perturbproof.numerics.train.recipes import Recipe, normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import DivergenceError, checkpoint_steps, train


@pytest.fixture(autouse=True)
def _one_thread():
    """The problems here are small: on a busy machine waiting for threads would take longest."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


TOLERANCE = {"float32": 1e-4, "float64": 1e-10}


def plain_loop(sample, initial, slope, recipe, dtype):
    """W after recipe.steps of torch.optim.SGD on the mean loss."""
    kind = getattr(torch, dtype)
    x, y = torch.tensor(sample.x, dtype=kind), torch.tensor(sample.y, dtype=kind)
    a = torch.tensor(output_weights(len(initial)), dtype=kind)
    weights = torch.nn.Parameter(torch.tensor(initial, dtype=kind))
    optimiser = torch.optim.SGD([weights], lr=recipe.learning_rate, momentum=recipe.momentum)
    for _ in range(recipe.steps):
        optimiser.zero_grad()
        hidden = torch.nn.functional.leaky_relu(x @ weights.T, slope)
        margins = y * (hidden @ a)
        if recipe.loss == "exponential":
            loss = torch.exp(-margins).mean()
        else:
            loss = torch.nn.functional.softplus(-margins).mean()
        loss.backward()
        optimiser.step()
    return weights.detach().double().numpy()


def relative_difference(trained, weights):
    change = weights - trained.initial
    return np.linalg.norm(trained.weights() - weights) / np.linalg.norm(change)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("slope", [0.01, 0.5])
def test_same_iterates_as_the_plain_loop(loss, dtype, slope):
    rng = np.random.default_rng(0)
    sample = Uniform(samples=60, dimension=600).draw(rng)
    initial = initial_weights(80, 600, rng)
    recipe = paper_recipe(200, loss)
    trained = train(sample, initial, slope, recipe, dtype=dtype)
    weights = plain_loop(sample, initial, slope, recipe, dtype)
    assert np.linalg.norm(weights - initial) > 0.1 * np.linalg.norm(initial)
    assert relative_difference(trained, weights) < TOLERANCE[dtype]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_same_iterates_with_the_width_collapsed(momentum):
    rng = np.random.default_rng(0)
    sample = Orthogonal(samples=16, dimension=60, radius=3.0).draw(rng)
    initial = initial_weights(40, 60, rng, scale=1e-3)
    recipe = Recipe("exponential", 0.05, momentum, normalised=False, steps=200)
    # A slope that float32 cannot hold: every constant of the collapsed step must be float64.
    state = GramDescent(sample, initial, 0.3, recipe)
    collapsed = 0
    for _ in range(recipe.steps):
        state.step()
        collapsed += state.collapsed
    assert collapsed > 100
    weights = plain_loop(sample, initial, 0.3, recipe, "float64")
    ours = initial + state.coefficients().T @ sample.x
    assert np.linalg.norm(ours - weights) < 1e-10 * np.linalg.norm(weights - initial)
    expected = sample.y * LeakyNetwork(weights, 0.3).output(sample.x)
    assert state.margins().numpy() == pytest.approx(expected, rel=1e-10)


def test_collapse_gives_way_when_a_pattern_changes_and_changes_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    sample = Gaussian(samples=12, dimension=20).draw(rng)
    # Few distinct neurons with distinct offsets: groups form at once and split again later.
    initial = np.repeat(initial_weights(4, 20, rng, scale=0.3), 16, axis=0)
    initial += 1e-3 * rng.standard_normal(initial.shape)
    recipe = Recipe("logistic", 0.02, 0.9, normalised=False, steps=300)
    state = GramDescent(sample, initial, 0.3, recipe)
    changes, before = 0, False
    for _ in range(recipe.steps):
        state.step()
        changes += state.collapsed != before
        before = state.collapsed
    assert changes >= 3
    monkeypatch.setattr(descent, "_COLLAPSE_EVERY", 10**9)
    full = train(sample, initial, 0.3, recipe)
    assert np.allclose(state.coefficients(), full.coefficients, rtol=1e-9, atol=1e-12)


def test_groups_are_exactly_the_equal_patterns_of_one_half():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((3, 40))
    output = torch.tensor(output_weights(40))
    groups = group_neurons(torch.tensor(z), output, most=40)
    assert groups is not None
    patterns = [(j < 20, *(z[:, j] > 0)) for j in range(40)]
    assert groups.count == len(set(patterns))
    for i in range(40):
        for j in range(40):
            assert (groups.index[i] == groups.index[j]) == (patterns[i] == patterns[j])
    assert torch.equal(groups.active[:, groups.index], torch.tensor(z > 0))
    assert group_neurons(torch.tensor(z), output, most=groups.count - 1) is None


def test_a_tie_takes_the_slope_like_torch():
    sample = Sample(np.eye(2), np.array([1, -1]), "here", np.arange(2))
    recipe = Recipe("exponential", 0.5, 0.0, normalised=False, steps=1)
    initial = np.zeros((2, 2))
    trained = train(sample, initial, 0.25, recipe)
    assert np.allclose(trained.weights(), plain_loop(sample, initial, 0.25, recipe, "float64"))
    assert trained.coefficients[0, 0] == pytest.approx(0.5 * 0.5 * 0.25 / np.sqrt(2))


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
def test_normalised_steps_move_no_margin_by_more_than_the_learning_rate(loss):
    rng = np.random.default_rng(0)
    sample = Uniform(samples=20, dimension=50).draw(rng)
    recipe = Recipe(loss, 0.8, 0.0, normalised=True, steps=120)
    state = GramDescent(sample, initial_weights(30, 50, rng), 0.2, recipe)
    before = state.margins()
    largest = 0.0
    for _ in range(recipe.steps):
        state.step()
        after = state.margins()
        largest = max(largest, float((after - before).abs().amax()))
        before = after
    assert 0.05 < largest <= 0.8 * (1 + 1e-12)


def test_normalised_training_goes_on_where_the_loss_has_underflowed():
    rng = np.random.default_rng(0)
    sample = Orthogonal(samples=8, dimension=30, radius=50.0).draw(rng)
    trained = train(sample, initial_weights(10, 30, rng, scale=1e-3), 0.5, normalised_recipe(400))
    margins = sample.y * LeakyNetwork(trained.weights(), 0.5).output(sample.x)
    assert margins.min() > 2000
    assert trained.log_loss == pytest.approx(-margins.mean(), rel=1e-3)


def test_zero_start_moves():
    sample = Orthogonal(samples=4, dimension=9).draw(np.random.default_rng(0))
    trained = train(sample, np.zeros((6, 9)), 0.5, normalised_recipe(200))
    assert (sample.y * LeakyNetwork(trained.weights(), 0.5).output(sample.x) > 1).all()


def test_checkpoints_progress_and_early_end():
    rng = np.random.default_rng(0)
    sample = Gaussian(samples=6, dimension=10).draw(rng)
    initial = initial_weights(8, 10, rng)
    seen, bar = [], []

    def keep(checkpoint):
        seen.append(checkpoint)
        return checkpoint.step == 20

    trained = train(
        sample,
        initial,
        0.1,
        paper_recipe(50),
        checkpoints=(1, 7, 20, 50),
        on_checkpoint=keep,
        progress=lambda done, total: bar.append((done, total)),
    )
    assert [checkpoint.step for checkpoint in seen] == [1, 7, 20]
    assert trained.steps == 20
    assert bar == [(step, 50) for step in range(1, 21)]
    short = train(sample, initial, 0.1, paper_recipe(7))
    assert np.array_equal(seen[1].coefficients, short.coefficients)
    weights = initial + seen[1].coefficients.T @ sample.x
    margins = sample.y * LeakyNetwork(weights, 0.1).output(sample.x)
    assert seen[1].margins == pytest.approx(margins, rel=1e-12)
    assert seen[1].log_loss == pytest.approx(np.log(np.exp(-margins).mean()), rel=1e-12)


def test_checkpoint_steps_end_at_the_last():
    assert checkpoint_steps(1) == (1,)
    steps = checkpoint_steps(3000, 12)
    assert steps[0] == 1
    assert steps[-1] == 3000
    assert 8 <= len(steps) <= 12


def test_same_input_same_result_and_no_global_random_state():
    rng = np.random.default_rng(0)
    sample = Gaussian(samples=10, dimension=30).draw(rng)
    initial = initial_weights(20, 30, rng, scale=1e-3)
    state = torch.get_rng_state()
    first, second = (train(sample, initial, 0.5, normalised_recipe(100)) for _ in range(2))
    assert np.array_equal(first.coefficients, second.coefficients)
    assert torch.equal(state, torch.get_rng_state())


def test_small_problems_run_on_one_thread_and_the_setting_comes_back():
    sample = Gaussian(samples=4, dimension=5).draw(np.random.default_rng(0))
    torch.set_num_threads(2)
    seen = []

    def look(checkpoint):
        seen.append(torch.get_num_threads())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(sample, np.ones((4, 5)), 0.5, paper_recipe(2), checkpoints=(1,), on_checkpoint=look)
    assert seen == [1]
    assert torch.get_num_threads() == 2


def test_divergence_is_an_error_with_a_mend():
    rng = np.random.default_rng(0)
    sample = Uniform(samples=10, dimension=50).draw(rng)
    recipe = Recipe("exponential", 1e9, 0.9, normalised=False, steps=400)
    with pytest.raises(DivergenceError, match="smaller learning_rate"):
        train(sample, initial_weights(10, 50, rng, scale=10.0), 0.5, recipe)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate: must be positive, found 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate: must be positive, found nan"),
        ({"momentum": 1.0}, r"momentum: must lie in \[0, 1\), found 1.0"),
        ({"steps": 0}, "steps: must be at least 1, found 0"),
        ({"loss": "hinge"}, "loss: must be exponential or logistic"),
    ],
)
def test_bad_recipes(change, message):
    fields = {
        "loss": "exponential",
        "learning_rate": 0.1,
        "momentum": 0.9,
        "normalised": True,
        "steps": 3,
    }
    with pytest.raises(InputError, match=message):
        Recipe(**(fields | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"initial": np.ones((3, 5))}, "width: must be even and at least 2"),
        ({"initial": np.ones((4, 6))}, r"initial weights: must be a matrix \(m, 5\)"),
        ({"slope": -0.1}, "slope: must lie in"),
        ({"slope": 1.5}, "slope: must lie in"),
        ({"dtype": "float16"}, "dtype: must be float32 or float64, found 'float16'"),
        ({"device": "gpu"}, "device: must be auto, cpu, cuda or cuda:INDEX, found 'gpu'"),
        ({"device": "meta"}, "device: must be auto, cpu, cuda or cuda:INDEX, found 'meta'"),
        ({"device": "cuda:99"}, "device: cuda:99 is not available"),
    ],
)
def test_bad_input(change, message):
    arguments = {
        "sample": Gaussian(samples=4, dimension=5).draw(np.random.default_rng(0)),
        "initial": np.ones((4, 5)),
        "slope": 0.5,
        "recipe": paper_recipe(1),
    }
    with pytest.raises(InputError, match=message):
        train(**(arguments | change))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("recipe", [paper_recipe(200), normalised_recipe(200)])
def test_cuda_gives_the_iterates_of_the_cpu(dtype, recipe):
    rng = np.random.default_rng(0)
    sample = Orthogonal(samples=32, dimension=100).draw(rng)
    initial = initial_weights(40, 100, rng, scale=1e-3)
    ours = train(sample, initial, 0.5, recipe, dtype=dtype, device="cuda")
    theirs = train(sample, initial, 0.5, recipe, dtype=dtype)
    assert relative_difference(ours, theirs.weights()) < TOLERANCE[dtype]
