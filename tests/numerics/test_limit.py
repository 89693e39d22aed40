"""The convex limit and capture, against an independent solver and an independent flow."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.limit.capture import capture, log_loss
from perturbproof.numerics.limit.convex_limit import convex_limit
from perturbproof.numerics.limit.follow import follow
from perturbproof.numerics.limit.own_pattern import all_active, own_pattern
from perturbproof.numerics.limit.piece_program import minimiser
from scipy.optimize import minimize

SLOPES = (0.01, 0.1, 0.5, 0.9, 1.0)
WITH_RELU = (0.0, *SLOPES)
LOSSES = ("exponential", "logistic")
SEEDS = st.integers(0, 2**32 - 1)


def sample_of(rng, most=6, spread=1.0):
    """Separable samples: label by a random direction, moved away from it a little."""
    n, d = int(rng.integers(2, most + 1)), int(rng.integers(2, 5))
    x, w = spread * rng.normal(size=(n, d)), rng.normal(size=d)
    y = np.where(x @ w > 0, 1, -1)
    y[0], y[1] = 1, -1
    x[:2] *= np.sign(y[:2] * (x[:2] @ w))[:, None]
    x += 0.3 * y[:, None] * w
    return Sample(x, y.astype("i1"), "drawn", np.arange(n))


def output(w, x, gamma):
    a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
    h = x @ w.T
    return np.where(h > 0, h, gamma * h) @ a


def losses(margin, loss):
    """Losses and their slopes, plainly."""
    if loss == "exponential":
        return np.exp(-margin), -np.exp(-margin)
    return np.log1p(np.exp(-margin)), -1 / (1 + np.exp(margin))


def flow(w, sample, gamma, loss, until, eta=0.02):
    """Normalised subgradient descent, moving no margin by more than eta; yields the weights."""
    a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
    x, y = sample.x, sample.y.astype(float)
    for _ in range(until):
        h = x @ w.T
        _, slope = losses(y * output(w, x, gamma), loss)
        step = ((-slope * y)[:, None] * np.where(h > 0, 1.0, gamma) * a).T @ x
        move = np.abs(x @ step.T) @ abs(a)
        # A network that is dead on every sample stays where it is.
        w = w + (eta / move.max() if move.max() > 0 else 0.0) * step
        yield w


@given(SEEDS, st.sampled_from(WITH_RELU))
def test_the_limit_is_the_minimiser_that_another_solver_finds(seed, gamma):
    rng = np.random.default_rng(seed)
    sample = sample_of(rng)
    limit = convex_limit(sample, gamma, all_active(sample.y))
    if not limit.feasible:
        pytest.fail("separable samples must have a limit")
    x, y, d = sample.x, sample.y, sample.d

    def pieces(b):
        u, v = b[:d], b[d:]  # the half with a_j < 0 comes first
        own = np.where(y > 0, x @ v, x @ u) / 2
        cross = np.where(y > 0, x @ u, x @ v) / 2
        return np.concatenate([own - cross, own - gamma * cross]) - 1

    found = minimize(
        lambda b: b @ b / 4,
        limit.directions.mid.ravel() * 1.3 + 0.1,
        jac=lambda b: b / 2,
        constraints={"type": "ineq", "fun": pieces},
        options={"maxiter": 2000, "ftol": 1e-14},
    )
    if not found.success or pieces(found.x).min() < -1e-9:
        return  # the other solver gave up; nothing to compare with
    apart = math.sqrt(((limit.directions.mid.ravel() - found.x) ** 2).sum() / 2)
    assert apart <= limit.error.upper + 1e-4 * math.sqrt(limit.square.upper)
    # A strongly convex objective cannot be lower than the dual value.
    assert found.x @ found.x / 4 >= (limit.total - limit.square / 2).lower * (1 - 1e-6)


@given(SEEDS, st.booleans())
def test_multipliers_do_not_depend_on_the_guess(seed, dependent):
    """Against the conditions of the program, also where the matrix is singular."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 12))
    root = rng.normal(size=(size, max(1, size // 2) if dependent else size + 1))
    root = root if not dependent else abs(root)  # so that a minimiser exists
    matrix = root @ root.T
    found = minimiser(matrix, rng.random(size) < 0.5)
    margins = matrix @ found
    assert (found >= 0).all()
    assert found.any()
    assert margins.min() >= 1 - 1e-7
    assert abs(margins[found > 0] - 1).max() <= 1e-7


@given(SEEDS)
def test_two_slopes_of_one_limit_agree_where_the_network_is_linear(seed):
    """At slope 1 the limit is the maximum-margin direction whatever the groups."""
    rng = np.random.default_rng(seed)
    sample = sample_of(rng)
    limit = convex_limit(sample, 1, all_active(sample.y))
    v, u = limit.directions.mid
    assert np.allclose(v, -u, atol=1e-9 * abs(v).max())
    assert limit.own_activation.lower == pytest.approx(0.5, abs=1e-4)


def test_supports_at_a_kink_are_those_where_the_other_half_is_neither_active_nor_not():
    kinks = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((20, 40)), np.repeat(np.int8([1, -1]), 10)
        sample = Sample(x, y, "drawn", np.arange(20))
        found = convex_limit(sample, 0.3, all_active(y))
        cross = np.where(found.pattern.own, np.inf, abs(found.scaled.mid)).min(axis=1)
        at_kink = (cross < 1e-9) & (found.multipliers > 0)
        assert (found.at_kink == at_kink).all()
        assert found.kinks == at_kink.sum() < found.supports
        kinks += found.kinks
    assert kinks > 12


def test_samples_that_no_hyperplane_separates_have_no_limit():
    x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    sample = Sample(x, np.array([1, 1, -1, -1]), "crossed", np.arange(4))
    assert not convex_limit(sample, 0.5, all_active(sample.y)).feasible


def test_samples_that_no_weights_separate_are_given_up(monkeypatch):
    """However many pieces could still be added."""
    solved = []

    def counted(matrix, guess):
        solved.append(len(matrix))
        return minimiser(matrix, guess)

    monkeypatch.setattr("perturbproof.numerics.limit.convex_limit.minimiser", counted)
    x = np.random.default_rng(0).standard_normal((2000, 20))
    y = np.where(np.arange(2000) % 2, 1, -1)
    sample = Sample(x, y.astype(np.int8), "noise", np.arange(2000))
    assert not convex_limit(sample, 0.5, all_active(sample.y)).feasible
    assert len(solved) <= 5


def trained(rng, gamma, loss, steps=150):
    sample = sample_of(rng)
    start = 10.0 ** rng.uniform(-4, -1) * rng.normal(size=(2 * int(rng.integers(1, 4)), sample.d))
    w = start
    for w in flow(start, sample, gamma, loss, steps, eta=0.25):  # noqa: B007
        pass
    return sample, w


def test_most_small_networks_are_captured():
    """So that the laws below speak of something."""
    captured = 0
    for seed in range(24):
        sample, w = trained(np.random.default_rng(seed), 0.5, "exponential")
        captured += capture(w, sample, 0.5).captured
    assert captured >= 12


@pytest.mark.parametrize("loss", LOSSES)
@given(SEEDS, st.sampled_from(WITH_RELU), st.integers(10, 150))
def test_no_captured_network_leaves_its_pattern(loss, seed, gamma, steps):
    sample, w = trained(np.random.default_rng(seed), gamma, loss, steps)
    found = capture(w, sample, gamma, loss)
    if not found.captured:
        return
    assert found.certified is not None
    assert found.limit is not None
    pattern = found.limit.pattern
    own = pattern.own[:, pattern.members]  # not those of dead ReLUs
    signs = np.sign(sample.x @ w.T)[own]
    bound, a = found.certified.slack.lower, 1 / math.sqrt(len(w))
    start = log_loss(BallArray.exact(sample.y * output(w, sample.x, gamma)), loss).lower
    for later in flow(w, sample, gamma, loss, 150, eta=0.04):
        reached = (sample.x @ later.T)[own] * signs
        log = math.log(losses(sample.y * output(later, sample.x, gamma), loss)[0].sum())
        rho = found.certified.rho.lower + start - log
        # The steps are short, not infinitely so.
        assert reached.min() / (a * rho) >= bound * (1 - 1e-3) - 1e-3


@given(SEEDS, st.sampled_from(WITH_RELU), st.sampled_from(LOSSES))
def test_what_is_followed_stays_within_what_was_certified(seed, gamma, loss):
    sample, w = trained(np.random.default_rng(seed), gamma, loss)
    found = capture(w, sample, gamma, loss)
    if not found.captured:
        with pytest.raises(ValueError, match="captured"):
            follow(w, found, loss)
        return
    assert found.certified is not None
    seen = follow(w, found, loss, steps=100)
    assert seen.activation >= found.certified.slack.lower
    assert seen.distance <= found.certified.distance.upper
    assert seen.growth <= 0


@given(SEEDS, st.sampled_from((0.0, 0.01, 0.1, 0.5)), st.sampled_from((1e-9, 1e-6)))
def test_a_pair_about_to_turn_is_not_certified(seed, gamma, edge):
    """Own pairs put within 1e-9 of their kink by hand, some of them on their way through it."""
    rng = np.random.default_rng(seed)
    sample, w = trained(rng, gamma, "exponential")
    j = int(rng.integers(len(w)))
    own = np.flatnonzero((sample.y > 0) == (j < len(w) // 2))
    n = int(rng.choice(own))
    x = sample.x[n]
    w[j] += (edge - w[j] @ x) / (x @ x) * x
    found = capture(w, sample, gamma)
    if not found.captured:
        return
    active = np.sign(sample.x[own] @ w[j])
    for later in flow(w, sample, gamma, "exponential", 100, eta=0.04):
        assert (np.sign(sample.x[own] @ later[j]) == active).all()


@given(SEEDS, st.sampled_from((0.01, 0.5)))
def test_the_cone_of_a_captured_network_is_kept(seed, gamma):
    """Outside the certified angle the sign is that of <q, z>, now and later."""
    rng = np.random.default_rng(seed)
    sample, w = trained(rng, gamma, "exponential")
    found = capture(w, sample, gamma)
    if not found.captured or found.certified is None or found.certified.angle is None:
        return
    assert found.limit is not None
    q = found.limit.pattern.halves @ found.limit.directions.mid
    z = rng.normal(size=(500, sample.d))
    cosine = z @ q / np.linalg.norm(z, axis=1) / np.linalg.norm(q)
    certain = abs(cosine) > found.certified.angle.upper
    for later in (w, *list(flow(w, sample, gamma, "exponential", 80, eta=0.05))[::20]):
        assert (np.sign(output(later, z, gamma)) == np.sign(cosine))[certain].all()


SPLIT = [[1.0, -2.0, 1.0, 5.0], [3.0, -1.0, 2.0, 4.0]]
SWAPPED = [[-1.0, 2.0, 1.0, 5.0], [3.0, -1.0, 2.0, 4.0]]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_far_multiple_of_the_limit_is_captured_however_small_its_loss(loss):
    """Losses below the least float included: none is rounded away."""
    sample = sample_of(np.random.default_rng(7))
    limit = convex_limit(sample, 0.5, all_active(sample.y))
    radii = []
    for scale in (64, 512, 4096):
        found = capture(limit.seed(scale), sample, 0.5, loss).certified
        assert found is not None
        radii.append(found.distance)
    assert radii[0].lower > radii[1].upper
    assert radii[1].lower > radii[2].upper > 0


def test_equal_neurons_share_a_group_and_an_uncertain_sign_gives_none():
    y = np.array([1, -1], dtype="i1")
    hidden = BallArray.exact(np.array([[1.0, 2.0, -1.0, 5.0], [3.0, -1.0, 2.0, 4.0]]))
    pattern = own_pattern(hidden, y, 0.5)
    assert pattern is not None
    assert pattern.all_active
    assert pattern.shares == (Fraction(1, 2), Fraction(1, 2))
    # The same groups with other neurons in them are another pattern: a limit knows its neurons.
    one, other = (own_pattern(BallArray.exact(np.array(h)), y, 0.5) for h in (SPLIT, SWAPPED))
    assert one is not None
    assert other is not None
    assert np.array_equal(one.active, other.active)
    assert one.key != other.key
    uncertain = BallArray(hidden.mid, np.full((2, 4), 2.0))
    assert own_pattern(uncertain, y, 0.5) is None


def test_a_dead_relu_has_no_own_pairs_and_does_not_move():
    """It is a group of its own, and nothing is asked of it."""
    y = np.array([1, -1], dtype="i1")
    hidden = BallArray.exact(np.array([[1.0, -2.0, -1.0, -1.0], [-1.0, -1.0, 2.0, 4.0]]))
    leaky, relu = (own_pattern(hidden, y, slope) for slope in (0.1, 0))
    assert leaky is not None
    assert relu is not None
    assert leaky.own[:, leaky.members[1]].any()
    assert not relu.own[:, relu.members[1]].any()
    assert np.flatnonzero(relu.dead[relu.members]).tolist() == [1]
    x = np.array([[1.0, 0.2], [-1.0, 0.3]])
    limit = convex_limit(Sample(x, y, "drawn", np.arange(2)), 0, relu)
    assert limit.feasible
    assert not limit.directions.mid[relu.members[1]].any()


@given(st.lists(st.floats(-5, 900), min_size=1, max_size=8), st.sampled_from(LOSSES))
def test_the_log_of_the_summed_loss_is_enclosed(margins, loss):
    import mpmath

    with mpmath.workdps(900):
        each = (
            mpmath.exp(-mpmath.mpf(t))
            if loss == "exponential"
            else mpmath.log(1 + mpmath.exp(-mpmath.mpf(t)))
            for t in margins
        )
        exact = mpmath.log(mpmath.fsum(each))
        found = log_loss(BallArray.exact(np.array(margins)), loss)
        room = mpmath.mpf(10) ** -800  # of mpmath's own rounding
        assert found.lower <= exact + room
        assert exact - room <= found.upper
        assert found.upper - found.lower <= 1e-12 * max(1, abs(exact))
