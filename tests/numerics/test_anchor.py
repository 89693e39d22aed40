"""The exact limit and the anchor certificate, against other solvers, grids and simulated flows."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.limit import anchor
from perturbproof.numerics.limit.anchor import Anchored, Line, anchored
from perturbproof.numerics.limit.convex_limit import ConvexLimit, convex_limit
from perturbproof.numerics.limit.exact_limit import ExactLimit, Short, exact_limit
from perturbproof.numerics.limit.follow import follow_line
from perturbproof.numerics.limit.own_pattern import own_pattern
from perturbproof.numerics.network import OutputWeights, preactivations
from scipy.optimize import nnls
from scipy.special import expit

SLOPES = (0.0, 0.05, 0.3, 1.0)
LOSSES = ("exponential", "logistic")
NETWORKS = 50
"""Random networks at each slope, all told."""


@pytest.fixture
def few(share) -> int:
    """Of these as many as are followed for long: all with --run-slow, else a tenth."""
    return NETWORKS if share(NETWORKS) == NETWORKS else NETWORKS // 10


def drawn(rng: np.random.Generator) -> tuple[Sample, np.ndarray]:
    """Separable samples, and weights of a network with some inactive own pairs now and then."""
    n, d, m = int(rng.integers(2, 6)), int(rng.integers(2, 5)), 2 * int(rng.integers(1, 4))
    x, truth = rng.normal(size=(n, d)), rng.normal(size=d)
    y = np.where(x @ truth > 0, 1, -1)
    y[0], y[1] = 1, -1
    x[:2] *= np.sign(y[:2] * (x[:2] @ truth))[:, None]
    x += rng.choice([0.0, 0.3]) * y[:, None] * truth
    sample = Sample(x, y.astype("i1"), "drawn", np.arange(n))
    return sample, 10.0 ** rng.uniform(-2, 1) * rng.normal(size=(m, d))


def velocity(w, sample, gamma, loss="exponential"):
    """The velocity of the flow, and the margins."""
    a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
    h, y = sample.x @ w.T, sample.y.astype(float)
    margin = y * (np.where(h > 0, h, gamma * h) @ a)
    pull = np.exp(-margin) if loss == "exponential" else expit(-margin)
    return ((pull * y)[:, None] * np.where(h > 0, 1.0, gamma) * a).T @ sample.x, margin


def trained(rng: np.random.Generator, gamma: float, steps: int = 250):
    """Data, weights after so many normalised steps, and the limit of their own pattern."""
    sample, w = drawn(rng)
    for _ in range(steps):
        v, margin = velocity(w, sample, gamma)
        w = w + 0.3 / np.exp(-margin).sum() / (sample.x**2).sum(axis=1).max() * v
    pattern = own_pattern(preactivations(w, sample.x), sample.y, gamma)
    return sample, w, None if pattern is None else convex_limit(sample, gamma, pattern)


def scaled_up(rng: np.random.Generator, gamma: float):
    """Data, weights near a multiple of the limit of a random pattern, and that limit."""
    for _ in range(20):
        n, m = int(rng.integers(3, 6)), 2 * int(rng.integers(1, 4))
        y = np.append([1, -1], rng.choice([1, -1], n - 2)).astype("i1")
        sample = Sample(rng.normal(size=(n, n)), y, "drawn", np.arange(n))
        signs = np.where(np.arange(m * n).reshape(n, m) == rng.integers(m * n), -1.0, 1.0)
        pattern = own_pattern(BallArray.exact(signs), y, gamma)
        assert pattern is not None
        if pattern.all_active != (m == 2):
            continue
        limit = convex_limit(sample, gamma, pattern)
        w = limit.directions.mid[pattern.members] / math.sqrt(m)
        w = 10 ** rng.uniform(0.7, 2) * w + 10 ** rng.uniform(-3, -1) * rng.normal(size=w.shape)
        now = own_pattern(preactivations(w, sample.x), y, gamma)
        if now is not None and now.key == pattern.key:
            return sample, w, limit
    return trained(rng, gamma)


@cache
def drawn_network(seed: int, gamma: float):
    """Data, weights, and the limit of their own pattern where that is certain."""
    rng = np.random.default_rng(seed)
    return trained(rng, gamma) if seed % 3 == 0 else scaled_up(rng, gamma)


@cache
def captured(seed: int, gamma: float, loss: str) -> tuple[Sample, np.ndarray, Anchored] | None:
    sample, w, limit = drawn_network(seed, gamma)
    if limit is None or not limit.feasible:
        return None
    found = anchored(w, limit, loss)
    return (sample, w, found) if found.captured else None


def networks(
    count: int, loss: str = "exponential"
) -> Iterator[tuple[int, float, Sample, np.ndarray, Anchored, Line]]:
    """Captured ones."""
    for seed, gamma in product(range(count), SLOPES):
        found = captured(seed, gamma, loss)
        if found is not None and (line := found[2].line) is not None:
            yield seed, gamma, *found, line


def limits(count: int) -> Iterator[tuple[float, ConvexLimit, ExactLimit]]:
    """Proposals that certainly are limits."""
    for seed, gamma in product(range(count), SLOPES):
        _, _, limit = drawn_network(seed, gamma)
        if limit is not None and limit.feasible and (found := exact(limit)) is not None:
            yield gamma, limit, found


def exact(limit: ConvexLimit) -> ExactLimit | None:
    try:
        return exact_limit(limit)
    except Short:
        return None


def on_the_line(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """W^0 and W*, (m, d)."""
    root, groups = math.sqrt(len(line.start)), line.limit.proposal.pattern.members
    return line.start.mid / root, line.limit.directions.mid[groups] / root


def own_pairs(line: Line) -> np.ndarray:
    """Which pairs are own, (N, m); none of a dead ReLU."""
    pattern = line.limit.proposal.pattern
    return pattern.own[:, pattern.members]


def test_enough_networks_are_captured():
    """So that the laws below speak of something, inactive own pairs and kinks included."""
    lines = [line for *_, line in networks(10)]
    assert len(lines) >= 13
    assert sum(not line.limit.proposal.pattern.all_active for line in lines) >= 2
    assert sum(len(line.limit.kinks[0]) > 0 for line in lines) >= 3
    assert sum(bool((line.leaks.upper > 0).any()) for line in lines) >= 3


def test_what_the_certificate_is_not_about_is_told():
    _, w, found = next((s, w, f) for _, _, s, w, f, _ in networks(10))
    assert found.line is not None
    limit = found.line.limit.proposal
    with pytest.raises(ValueError, match="width"):
        anchored(w[:1], limit)
    unsure = replace(limit, multipliers=limit.multipliers * 0)
    assert "supports" in anchored(w, unsure).reason
    assert not anchored(w, unsure).captured


def test_the_limit_is_the_shortest_point_that_another_solver_finds(share):
    """All pieces of all margins at once, by least distance programming."""
    for gamma, proposal, limit in limits(share(NETWORKS)):
        pattern, x = proposal.pattern, proposal.sample.x
        roots = np.sqrt([float(share) for share in pattern.shares])
        rows = []
        for n in range(len(x)):
            choices = [
                ((1.0,) if active else (gamma,)) if own else (-1.0, -gamma)
                for own, active in zip(pattern.own[n], pattern.active[n], strict=True)
            ]
            rows += [np.outer(np.array(one) * roots, x[n]).ravel() for one in product(*choices)]
        matrix = np.vstack([np.array(rows).T, np.ones(len(rows))])
        bottom = np.append(np.zeros(len(matrix) - 1), 1.0)
        rest = matrix @ nnls(matrix, bottom)[0] - bottom
        other = (-rest[:-1] / rest[-1]).reshape(len(roots), -1) / roots[:, None]
        size = np.linalg.norm(other)
        assert np.linalg.norm(limit.directions.mid - other) <= 1e-5 * size
        assert limit.directions.rad.max() <= 1e-6 * size
        assert limit.multipliers.sum().interval().lower == pytest.approx(
            float((roots[:, None] ** 2 * limit.directions.mid**2).sum()), rel=1e-9
        )


def test_a_limit_that_is_wrong_somewhere_is_refused(share):
    """A support left out, a sample too many, a kink taken for active or inactive."""
    refused = 0
    for gamma, proposal, limit in limits(share(NETWORKS) // 3):
        others = np.setdiff1d(np.arange(len(proposal.multipliers)), limit.supports)
        changed = [(n, 0.0) for n in limit.supports]
        changed += [(n, float(proposal.multipliers.max())) for n in others]
        for n, multiplier in changed:
            multipliers = proposal.multipliers.copy()
            multipliers[n] = multiplier
            with pytest.raises(Short):
                exact_limit(replace(proposal, multipliers=multipliers))
            refused += 1
        for place in zip(*limit.kinks, strict=True):
            for end in (gamma, 1.0):
                slopes = proposal.slopes.copy()
                slopes[place] = end
                with pytest.raises(Short):
                    exact_limit(replace(proposal, slopes=slopes))
                refused += 1
    assert refused > 40


def test_the_anchor_is_what_it_promises_to_be(share):
    for _, gamma, sample, w, _, line in networks(share(NETWORKS)):
        limit, (start, goal) = line.limit, on_the_line(line)
        _, margin = velocity(start, sample, gamma)
        own = own_pairs(line)
        assert (np.sign(sample.x @ start.T) == np.sign(sample.x @ w.T))[own].all()
        expected = line.time - np.log(limit.multipliers.mid)
        assert np.allclose(margin[limit.supports], expected, atol=1e-8 * (1 + abs(expected).max()))
        for n, group in zip(*limit.kinks, strict=True):
            mine = limit.proposal.pattern.members == group
            assert abs(start[mine] @ sample.x[n]).max() <= 1e-9 * np.linalg.norm(start)
        # No other member of the line nearer to the checkpoint.
        assert abs(((w - start) * goal).sum()) <= 1e-7 * np.linalg.norm(goal) * np.linalg.norm(w)
        assert line.offset.lower <= np.linalg.norm(w - start) * (1 + 1e-9)
        assert line.offset.upper >= np.linalg.norm(w - start) * (1 - 1e-9)


def test_an_anchor_has_the_signs_of_its_limit_or_there_is_none(share):
    told = 0
    for seed, gamma in product(range(share(NETWORKS)), SLOPES):
        _, w, limit = trained(np.random.default_rng(seed), gamma, 60)
        if limit is None or not limit.feasible:
            continue
        found = anchored(w, limit)
        if (line := found.line) is None:
            told += "cross pairs" in found.reason
            continue
        start, goal = on_the_line(line)
        signs = [np.sign(limit.sample.x @ v.T) for v in (start, goal)]
        asked = line.limit.settled[:, limit.pattern.members]
        assert (signs[0] == signs[1])[asked].all()
    assert told >= 2


def simulated(w, sample, gamma, time, loss, until=2.5):
    """The flow in tau = log t - T by short steps; yields tau and the weights."""
    tau = 0.0
    while tau < until:
        v, _ = velocity(w, sample, gamma, loss)
        v = v * math.exp(time + tau)
        step = min(0.02, 0.02 / float((abs(sample.x @ v.T).sum(axis=1) / math.sqrt(len(w))).max()))
        w, tau = w + step * v, tau + step
        yield tau, w


@pytest.mark.parametrize("loss", LOSSES)
def test_the_flow_keeps_to_what_was_certified(few, loss):
    """No own pair leaves, the line stays as near as said, settled answers do not change."""
    count = few // (1 + LOSSES.index(loss))
    for seed, gamma, sample, w, found, line in networks(count, loss):
        start, goal = on_the_line(line)
        a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
        own = own_pairs(line)
        signs = np.sign(sample.x @ w.T)[own]
        z = np.random.default_rng(seed).normal(size=(40, sample.d))
        settled = found.settled(z)
        # Short steps chatter about a kink on which the flow slides.
        room = (2e-2 if len(line.limit.kinks[0]) else 1e-3) * np.linalg.norm(goal)
        for tau, later in simulated(w, sample, gamma, line.time, loss):
            reach = math.sqrt(float((found.reaches @ (1.0, tau)).min()))
            assert np.linalg.norm(later - start - tau * goal) <= reach * 1.01 + room
            least = ((sample.x @ later.T)[own] * signs).min() * math.sqrt(len(w))
            assert least >= found.slack.lower - room * math.sqrt(len(w))
            assert least > 0
            if int(tau * 50) % 10 == 0:
                h = z @ later.T
                answer = np.where(h > 0, h, gamma * h) @ a
                assert (np.sign(answer) == settled)[settled != 0].all()


def test_bounds_are_below_the_least_over_all_times(share):
    """And the best of them not far below what the best of the reaches could give."""
    for _, _, sample, w, found, line in networks(share(NETWORKS)):
        start, goal = on_the_line(line)
        tau = np.concatenate([[0], np.geomspace(1e-4, 1e6, 4000)])[:, None]
        own = own_pairs(line)
        sigma, root = np.sign(sample.x @ w.T), math.sqrt(len(w))
        ways = []
        for base, growth in found.reaches:
            reach = np.sqrt(base + growth * tau)
            now = (sigma * (sample.x @ start.T))[own] * root
            ahead = (sigma * (sample.x @ goal.T))[own] * root
            lever = (np.linalg.norm(sample.x, axis=1)[:, None] * np.ones(len(w)))[own] * root
            ways.append((now + ahead * tau - lever * reach).min(axis=0))
        first = ((sigma * (sample.x @ w.T))[own] * root).min()
        alone = min(np.max(ways, axis=0).min(), first)
        # A group of more than one neuron may do better than each by itself.
        assert found.slack.upper >= alone - 1e-3 * (1 + abs(alone))
        if (np.bincount(line.limit.proposal.pattern.members) == 1).all():
            assert found.slack.lower <= alone + 1e-6 * (1 + abs(alone))


def test_settled_points_are_those_that_a_grid_of_times_finds(share):
    for seed, gamma, sample, w, found, line in networks(share(NETWORKS)):
        start, goal = on_the_line(line)
        a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
        z = np.random.default_rng(seed).normal(size=(60, sample.d))
        tau = np.concatenate([[0], np.geomspace(1e-3, 1e5, 600)])
        h = (z @ start.T)[:, None, :] + tau[:, None] * (z @ goal.T)[:, None, :]
        answer = np.where(h > 0, h, gamma * h) @ a
        reach = np.sqrt((found.reaches @ np.stack([np.ones_like(tau), tau])).min(axis=0))
        ratio = answer / np.linalg.norm(z, axis=1)[:, None] / reach
        one = (ratio > 0).all(axis=1) | (ratio < 0).all(axis=1)
        kept = np.where(one, abs(ratio).min(axis=1), 0.0)
        settled = found.settled(z)
        assert (kept[settled != 0] > 1 - 1e-6).all()
        assert (np.sign(answer[:, 0]) == settled)[settled != 0].all()
        assert (settled[kept > 1.1] != 0).all()


def test_a_wide_network_that_turns_sign_in_between_is_not_settled(share, monkeypatch):
    """With few times to look at, what bends between two of them is allowed for."""
    monkeypatch.setattr(anchor, "_TURNS", 1)
    monkeypatch.setattr(anchor, "_TIMES", (0.0,))
    dips = 0
    for seed, gamma, _, _, found, line in networks(share(NETWORKS) // 2):
        rng, limit = np.random.default_rng(seed), line.limit
        pattern, d = limit.proposal.pattern, line.start.shape[1]
        members = rng.permutation(np.repeat(np.arange(len(pattern.shares)), 12))
        output = OutputWeights.given(pattern.halves[members])
        pattern = replace(pattern, members=members, output=output)
        proposal = replace(limit.proposal, pattern=pattern)
        start = 10 * rng.standard_cauchy((len(members), d))
        wide = replace(line, limit=replace(limit, proposal=proposal), start=BallArray.exact(start))
        goal, side = limit.directions.mid[members], pattern.halves[members].astype(float)
        z = rng.normal(size=(2000, d))
        tau = np.concatenate([[0], np.geomspace(1e-1, 1e5, 60)])
        h = (z @ start.T)[:, None, :] + tau[:, None] * (z @ goal.T)[:, None, :]
        signs = np.sign(np.where(h > 0, h, gamma * h) @ side)
        dipping = (signs[:, 0] == signs[:, -1]) & (signs != signs[:, -1:]).any(axis=1)
        settled = replace(found, line=wide, reaches=np.array([[1e-12, 0.0]])).settled(z[dipping])
        assert (settled == 0).all()
        dips += int(dipping.sum())
    assert dips > 20


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_followed_stays_within_what_was_certified(few, loss):
    for seed, _, sample, w, found, _ in networks(few, loss):
        z = np.random.default_rng(seed).normal(size=(20, sample.d))
        seen = follow_line(w, found, loss, z, steps=60)
        assert seen.departure <= 1
        assert seen.activation >= found.slack.lower
        assert seen.contrary == 0
        with pytest.raises(ValueError, match="captured"):
            follow_line(w, replace(found, line=None), loss, z)


def test_supports_drive_the_logistic_flow_off_its_line(share):
    """From the line itself: without their share in the bound the flow would exceed it."""
    early, exceeded = 0, 0
    for _, gamma, sample, _, _, line in networks(share(NETWORKS) // 3):
        start, goal = on_the_line(line)
        for time in (-1.0, 1.0, 3.0):
            w, limit = start + (time - line.time) * goal, line.limit.proposal
            found, plain = anchored(w, limit, "logistic"), anchored(w, limit)
            early += "logistic loss" in found.reason
            if found.line is None or not found.captured:
                continue
            for tau, later in simulated(w, sample, gamma, found.line.time, "logistic", 1.0):
                off = np.linalg.norm(later - on_the_line(found.line)[0] - tau * goal)
                ends = [(reaches @ (1.0, tau)).min() for reaches in (plain.reaches, found.reaches)]
                assert off**2 <= ends[1]
            exceeded += bool(off**2 > 1.1 * ends[0])
    assert early >= 1
    assert exceeded >= 3


@pytest.mark.parametrize("edge", [1e-9, 1e-6])
def test_a_pair_about_to_turn_is_not_certified(edge, few):
    """Own pairs put within 1e-9 of their kink by hand, some of them on their way through it."""
    captured_all_the_same = 0
    for seed, gamma in product(range(few), SLOPES):
        sample, w, _ = drawn_network(seed, gamma)
        rng, w = np.random.default_rng(seed), w.copy()
        j = int(rng.integers(len(w)))
        own = np.flatnonzero((sample.y > 0) == (j < len(w) // 2))
        x = sample.x[int(rng.choice(own))]
        w[j] += (edge - w[j] @ x) / (x @ x) * x
        pattern = own_pattern(preactivations(w, sample.x), sample.y, gamma)
        limit = None if pattern is None else convex_limit(sample, gamma, pattern)
        if limit is None or not limit.feasible or not (found := anchored(w, limit)).captured:
            continue
        assert found.line is not None
        active = np.sign(sample.x[own] @ w[j])
        for _, later in simulated(w, sample, gamma, found.line.time, "exponential", 1.0):
            assert (np.sign(sample.x[own] @ later[j]) == active).all()
        captured_all_the_same += 1
    assert captured_all_the_same < few
