"""Unequal output weights: the limit, capture and training against plain computations."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.limit.anchor import anchored
from perturbproof.numerics.limit.capture import capture
from perturbproof.numerics.limit.convex_limit import convex_limit
from perturbproof.numerics.limit.follow import follow, follow_line
from perturbproof.numerics.limit.linear_outside import linear_form
from perturbproof.numerics.limit.own_pattern import all_active, own_pattern
from perturbproof.numerics.network import LeakyNetwork, OutputWeights, margins, preactivations
from perturbproof.numerics.train import descent
from perturbproof.numerics.train.convergence import kkt_residuals
from perturbproof.numerics.train.recipes import normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import train, train_batch
from scipy.optimize import minimize

from .test_limit import sample_of

SEEDS = st.integers(0, 2**32 - 1)
SLOPES = st.sampled_from((0.0, 0.01, 0.3, 0.9))


def drawn(rng, most=7):
    """Of both signs, any number of each, sizes over two orders of magnitude."""
    m = int(rng.integers(2, most))
    a = rng.choice([-1.0, 1.0], m) * 10 ** rng.uniform(-1, 1, m)
    a[:2] = abs(a[0]), -abs(a[1])
    return OutputWeights.given(rng.permutation(a))


def output(a, w, x, gamma):
    h = x @ w.T
    return np.where(h > 0, h, gamma * h) @ a.values


def flow(a, w, sample, gamma, steps, eta):
    """Normalised subgradient descent on the exponential loss, moving no margin by over eta."""
    x, y = sample.x, sample.y.astype(float)
    for _ in range(steps):
        h, losses = x @ w.T, np.exp(-y * output(a, w, x, gamma))
        step = ((losses * y)[:, None] * np.where(h > 0, 1.0, gamma) * a.values).T @ x
        w = w + eta / (abs(x @ step.T) @ abs(a.values)).max() * step
        yield w


def trained(seed, gamma, steps=100):
    rng = np.random.default_rng(seed)
    sample, a = sample_of(rng), drawn(rng)
    start = 10.0 ** rng.uniform(-4, -1) * rng.normal(size=(len(a), sample.d))
    *_, w = flow(a, start, sample, gamma, steps, eta=0.3)
    return rng, sample, a, w


@settings(deadline=None, max_examples=15)
@given(SEEDS, SLOPES)
def test_no_captured_network_leaves_its_pattern_or_its_cone(seed, gamma):
    rng, sample, a, w = trained(seed, gamma)
    found = capture(w, sample, gamma, output=a)
    if not found.captured:
        return
    assert found.certified is not None
    assert found.limit is not None
    pattern, limit = found.limit.pattern, found.limit
    own, signs = pattern.own[:, pattern.members], np.sign(sample.x @ w.T)
    target = limit.directions.mid[pattern.members] * abs(a.values)[:, None]
    z = rng.normal(size=(300, sample.d))
    lean = z @ (a.values @ target)
    size = np.linalg.norm(z, axis=1) * np.linalg.norm(a.values @ target)
    angle = found.certified.angle
    certain = abs(lean) > (math.inf if angle is None else angle.upper) * size
    start = math.log(np.exp(-sample.y * output(a, w, sample.x, gamma)).sum())
    for later in (w, *list(flow(a, w, sample, gamma, 50, eta=0.05))[::8]):
        reached = (sample.x @ later.T * signs / abs(a.values))[own]
        now = math.log(np.exp(-sample.y * output(a, later, sample.x, gamma)).sum())
        rho = found.certified.rho.lower + start - now
        # The steps are short, not infinitely so.
        assert reached.min() / rho >= found.certified.slack.lower * (1 - 1e-3) - 1e-3
        assert np.linalg.norm(later / rho - target) <= found.certified.distance.upper * (1 + 1e-2)
        assert (np.sign(output(a, later, z, gamma)) == np.sign(lean))[certain].all()
    seen = follow(w, found, "exponential", steps=40)
    assert seen.activation >= found.certified.slack.lower
    assert seen.distance <= found.certified.distance.upper
    assert seen.growth <= 0
    by_anchor = anchored(w, limit)
    if by_anchor.captured:
        line = follow_line(w, by_anchor, "exponential", z[:20], steps=40)
        assert line.departure <= 1
        assert line.activation >= by_anchor.slack.lower
        assert line.contrary == 0


def test_many_are_captured_by_both_certificates():
    """So that the law above speaks of something; networks of an odd width are among them."""
    captured, widths = [0, 0], set()
    for seed in range(10):
        _, sample, a, w = trained(seed, 0.3)
        found = capture(w, sample, 0.3, output=a)
        captured[0] += found.captured
        if found.captured and found.limit is not None:
            widths.add(len(a) % 2)
            captured[1] += anchored(w, found.limit).captured
    assert min(captured) >= 3
    assert widths == {0, 1}


@settings(deadline=None, max_examples=20)
@given(SEEDS, SLOPES, st.booleans())
def test_the_limit_is_that_of_another_solver_neuron_by_neuron(seed, gamma, active):
    """In all weights of all neurons: that those of a group share b_g is not put in."""
    rng = np.random.default_rng(seed)
    sample, a = sample_of(rng, most=4), drawn(rng, most=5)
    x, y, d, m = sample.x, sample.y, sample.d, len(a)
    signs = np.where(a.own(y) if active else rng.random((sample.n, m)) < 0.8, 1.0, -1.0)
    pattern = own_pattern(BallArray.exact(signs), y, gamma, a)
    assert pattern is not None
    limit = convex_limit(sample, gamma, pattern)
    if not limit.feasible or pattern.dead.any():
        return
    own = a.own(y)
    rows = []
    for n in range(sample.n):
        kappa = np.where(signs[n] > 0, 1.0, gamma)
        for slopes in product((gamma, 1.0), repeat=int((~own[n]).sum())):
            signed = kappa.copy()
            signed[~own[n]] = -np.array(slopes)
            rows.append(np.outer(signed * abs(a.values), x[n]).ravel())
    matrix = np.array(rows)
    first = limit.directions.mid[pattern.members] * abs(a.values)[:, None]
    found = minimize(
        lambda w: w @ w / 2,
        1.2 * first.ravel(),
        jac=lambda w: w,
        constraints={"type": "ineq", "fun": lambda w: matrix @ w - 1, "jac": lambda w: matrix},
        options={"maxiter": 500, "ftol": 1e-13},
    )
    if not found.success or (matrix @ found.x).min() < 1 - 1e-8:
        return  # the other solver gave up
    apart = np.linalg.norm(found.x.reshape(m, d) - first)
    assert apart <= limit.error.upper + 1e-3 * np.linalg.norm(first)
    if active:
        both = convex_limit(sample, gamma, all_active(y, a))
        values = both.normal.mid, limit.normal.mid, a.values @ found.x.reshape(m, d)
        for q in values[:2]:
            assert np.allclose(q, values[2], rtol=1e-2, atol=1e-2 * np.linalg.norm(values[2]))


def test_a_far_multiple_of_the_limit_is_captured():
    rng = np.random.default_rng(7)
    sample, a = sample_of(rng), drawn(rng)
    limit = convex_limit(sample, 0.3, all_active(sample.y, a))
    assert capture(limit.seed(1024), sample, 0.3, output=a).captured


@pytest.mark.parametrize("recipe", [paper_recipe(60), normalised_recipe(60)])
def test_training_is_the_plain_loop_with_and_without_the_width(recipe, monkeypatch):
    rng = np.random.default_rng(1)
    sample, a = sample_of(rng), drawn(rng)
    a = OutputWeights.given(np.tile(a.values, 6))
    start = 0.1 * rng.normal(size=(len(a), sample.d))
    ends = []
    for every in (4, 10**9):
        monkeypatch.setattr(descent, "_COLLAPSE_EVERY", every)
        monkeypatch.setattr(descent, "_COLLAPSE_SHARE", 1)
        ends.append(train(sample, start, 0.3, recipe, output=a))
    together = train_batch([sample] * 2, [start] * 2, 0.3, recipe, output=a)
    if not recipe.normalised:
        w, velocity = start, np.zeros_like(start)
        for _ in range(recipe.steps):
            pull = np.exp(-sample.y * output(a, w, sample.x, 0.3)) * sample.y / sample.n
            slopes = np.where(sample.x @ w.T > 0, 1.0, 0.3) * a.values
            velocity = recipe.momentum * velocity - (pull[:, None] * slopes).T @ sample.x
            w = w - recipe.learning_rate * velocity
        assert np.allclose(ends[0].weights(), w, rtol=1e-9, atol=1e-12)
    else:
        assert ends[0].log_loss < math.log(0.5)
    for other in (ends[1], *together):
        assert np.allclose(ends[0].weights(), other.weights(), rtol=1e-9, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.sampled_from((0.1, 0.9)))
def test_enclosures_hold_what_floating_point_says(seed, gamma):
    rng = np.random.default_rng(seed)
    sample, a = sample_of(rng), drawn(rng)
    w = rng.normal(size=(len(a), sample.d))
    network = LeakyNetwork(w, gamma, a)
    assert np.allclose(network.output(sample.x), output(a, w, sample.x, gamma), rtol=1e-12)
    margin = margins(preactivations(w, sample.x), sample.y, gamma, a)
    assert np.allclose(margin.mid, sample.y * network.output(sample.x), rtol=1e-9, atol=1e-12)
    z = rng.normal(size=(50, sample.d))
    form = linear_form(w, z, gamma, a)
    assert np.allclose(form.lean.mid, z @ (a.values @ w), rtol=1e-9, atol=1e-12)
    assert (np.sign(network.output(z)) == np.sign(form.lean.mid))[form.outside].all()
    residuals = kkt_residuals(5 * w, sample, gamma, a)
    if not math.isnan(residuals.factor):
        h = sample.x @ w.T
        pull = (residuals.multipliers * sample.y)[:, None] * np.where(h > 0, 1.0, gamma) * a.values
        scaled = 5 * w * residuals.factor
        stationarity = np.linalg.norm(scaled - pull.T @ sample.x) / np.linalg.norm(scaled)
        assert residuals.relative_stationarity.lower <= stationarity * (1 + 1e-9)
        assert residuals.relative_stationarity.upper >= stationarity * (1 - 1e-9)


def test_a_limit_only_changes_its_unit_where_all_output_weights_do():
    """W* of 4 a is W*/4: an exact change of unit, bit for bit."""
    rng = np.random.default_rng(2)
    sample, a = sample_of(rng), drawn(rng)
    one, other = (
        convex_limit(sample, 0.3, all_active(sample.y, OutputWeights.given(s * a.values)))
        for s in (1, 4)
    )
    assert np.array_equal(one.directions.mid, 16 * other.directions.mid)
    assert one.own_activation.lower == other.own_activation.lower


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, 2.0], "one of each sign"),
        ([1.0, 0.0, -1.0], "not 0"),
        ([1.0, -math.inf], "finite"),
        ([1.0, math.nan], "finite"),
        ([1.0, -1e-40], "in size"),
    ],
)
def test_refuses(values, words):
    with pytest.raises(InputError, match=words):
        OutputWeights.given(values)


def test_as_many_as_neurons():
    a = OutputWeights.given([1.0, -2.0, 3.0])
    sample = Sample(np.eye(2), np.array([1, -1], dtype="i1"), "drawn", np.arange(2))
    for call in (
        lambda: LeakyNetwork(np.ones((2, 2)), 0.5, a),
        lambda: capture(np.ones((4, 2)), sample, 0.5, output=a),
        lambda: train(sample, np.ones((2, 2)), 0.5, paper_recipe(1), output=a),
    ):
        with pytest.raises(InputError, match="neurons need as many, found 3"):
            call()


def test_a_step_moves_no_answer_by_more_than_its_rate_and_the_width_drops_out(
    monkeypatch,
):
    monkeypatch.setattr(descent, "_COLLAPSE_SHARE", 1)
    rng = np.random.default_rng(1)
    x = np.repeat(np.eye(2), 6, axis=0) @ rng.normal(size=(2, 20)) + 0.2 * rng.normal(size=(12, 20))
    sample = Sample(x, np.repeat(np.int8([1, -1]), 6), "drawn", np.arange(12))
    a = OutputWeights.given(np.tile(drawn(rng).values, 8))
    recipe, start = normalised_recipe(400), 1e-6 * rng.normal(size=(len(a), 20))
    rate = recipe.learning_rate / (1 - recipe.momentum)
    state = descent.GramDescent(sample, start, 0.3, recipe, output=a)
    before, dropped = state.outputs().clone(), False
    for _ in range(recipe.steps):
        state.step()
        dropped |= state.collapsed
        now = state.outputs().clone()
        assert abs(now - before).max() <= rate * (1 + 1e-9)
        before = now
    assert dropped
    w = start + state.coefficients().T @ x
    assert np.allclose(before.numpy(), output(a, w, x, 0.3), rtol=1e-9, atol=1e-12)
