"""What captured networks learn from each other, held against raw vectors and real captures."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.limit.capture import capture
from perturbproof.numerics.limit.convex_limit import ConvexLimit, convex_limit
from perturbproof.numerics.limit.own_pattern import all_active
from perturbproof.theory import prove
from perturbproof.theory.steps.motion import CLOSED
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems.limit.captured_learning import THEOREM

from .formulas import ROOM, true


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """Every symbol of the two normals from vectors, for one sample n and one point z."""
    d, n = int(rng.integers(2, 6)), int(rng.integers(1, 6))
    q, z, base = rng.normal(size=d), rng.normal(size=d), rng.normal(size=(n, d))
    labels, weight = rng.choice([-1.0, 1.0], n), rng.uniform(0, 2, n)
    eps, e = 10 ** rng.uniform(-1, 1.5), q / np.linalg.norm(q)
    if rng.random() < 0.3:  # the point near the normal, so that both angles are left
        z = q + 0.1 * z
    x = base + eps * labels[:, None] * e
    normal = (weight * labels) @ x
    other = normal / np.linalg.norm(normal) - cosine(normal, q) * e
    across = other / np.linalg.norm(other)
    lost = (weight * labels) @ base
    values = {
        "adv_label_n": labels[0],
        "two_weight_n": weight[0],
        "base_z_n": base[0] @ z,
        "eps": eps,
        "limit_lean_z": q @ z,
        "norm_Q": float(np.linalg.norm(q)),
        "norm_z": float(np.linalg.norm(z)),
        "adv_limit_lean_z": normal @ z,
        "adv_norm_Q": float(np.linalg.norm(normal)),
        "two_weight_sum": weight.sum(),
        "two_base_z": lost @ z,
        "two_base_along": lost @ e,
        "two_normal_along": normal @ e,
        "limits_base": float(np.linalg.norm(lost)),
        "limits_step": eps * weight.sum(),
        "limits_cos": cosine(q, normal),
        "two_sine": float(normal @ across / np.linalg.norm(normal)),
        "two_along_z": z @ e,
        "two_across_z": z @ across,
        "adv_tau_ever": rng.uniform(0, 0.3),
    }
    return {name: float(value) for name, value in values.items()}


def test_every_step_on_the_normals_holds_of_vectors(share) -> None:
    """Definitions too, which no solver checks; what rests on the assumption, where that holds."""
    rng, held = np.random.default_rng(5), set()
    entries = [s for s in prove(THEOREM).steps if s.formula not in (sp.true, sp.false)]
    (outweighs,) = (a.relation for a in THEOREM.assumptions if a.id == "outweighs")
    freely = {"label", "term", "sum", "step", "decomposition", "covered", "square", "along"}
    freely |= {"base", "cosine", "square-part", "split", "bessel", "sine"}
    for _ in range(share(400)):
        at = drawn(rng)
        for entry in entries:
            known = all(s.name in at for s in symbols_of(entry.formula))
            if known and (entry.id in freely or true(outweighs, at, -ROOM)):
                assert true(entry.formula, at), (entry.id, at)
                held.add(entry.id)
    assert freely | {"forward", "cone", "claim-cone", "aside", "rest", "turned"} <= held


def test_the_cone_is_sharp() -> None:
    """B at the worst angle meets the bound, so that no larger cosine can be certified."""
    step, base = 2.0, 1.2
    for turn in np.linspace(0, 2 * math.pi, 721):
        normal = np.array([step + base * math.cos(turn), base * math.sin(turn)])
        assert cosine(normal, np.array([1.0, 0.0])) >= math.sqrt(1 - (base / step) ** 2) - 1e-12
    worst = math.acos(-base / step)
    normal = np.array([step + base * math.cos(worst), base * math.sin(worst)])
    assert cosine(normal, np.array([1.0, 0.0])) == pytest.approx(
        math.sqrt(1 - (base / step) ** 2), abs=1e-12
    )


def test_limits_keep_a_floor() -> None:
    """A-CLOSED on functions that tend to their limit from above, below and around."""
    rng, times = np.random.default_rng(2), np.geomspace(1, 1e9, 200)
    for _ in range(200):
        limit, size, rate = rng.normal(), rng.normal(), rng.uniform(0.1, 2)
        values = limit + size * np.cos(rng.uniform(0, 9) * times) / times**rate
        for value in values[:: len(values) // 3]:
            at = dict(
                zip((s.name for s in CLOSED.symbols), (limit, value, values.min()), strict=True)
            )
            assert all(true(premise, at) for premise in CLOSED.premises)
            assert all(true(conclusion, at, 1e-6) for conclusion in CLOSED.conclusions)


# Networks that certainly are captured.


def output(w: np.ndarray, x: np.ndarray, gamma: float) -> np.ndarray:
    a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
    h = x @ w.T
    return np.where(h > 0, h, gamma * h) @ a


def followed(w: np.ndarray, sample: Sample, gamma: float, steps: int) -> np.ndarray:
    """Normalised descent, moving no margin by more than 0.05 a step."""
    a = np.repeat([1.0, -1.0], len(w) // 2) / math.sqrt(len(w))
    for _ in range(steps):
        h, margin = sample.x @ w.T, sample.y * output(w, sample.x, gamma)
        pull = np.exp(margin.min() - margin) * sample.y
        step = (pull[:, None] * np.where(h > 0, 1.0, gamma) * a).T @ sample.x
        w = w + 0.05 / (np.abs(sample.x @ step.T) @ abs(a)).max() * step
    return w


def captured(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, gamma: float):
    """Samples, their limit, a network captured by it, the sine of its angle for ever; or None."""
    sample = Sample(x, y.astype("i1"), "drawn", np.arange(len(x)))
    limit = convex_limit(sample, gamma, all_active(sample.y))
    if not limit.feasible or not limit.own_activation.lower > 0:
        return None
    seed = np.repeat(limit.seed(1024), 2, axis=0) / math.sqrt(2)
    w = seed * (1 + 0.02 * rng.normal(size=seed.shape))
    found = capture(w, sample, gamma)
    if not found.captured or found.certified is None or found.certified.angle is None:
        return None
    assert found.limit is not None
    return sample, found.limit, w, found.certified.angle.upper


def normal(limit: ConvexLimit) -> np.ndarray:
    """sum of lambda_n (1 + s_n)/2 y_n x_n, s_n the slope of the other half, from the weights."""
    y = limit.sample.y.astype(float)
    own = limit.pattern.own
    slope = np.where(own, 0.0, limit.slopes).sum(axis=1)
    return (limit.multipliers * (1 + slope) / 2 * y) @ limit.sample.x


def test_a_captured_network_learns_what_perturbations_carry(share) -> None:
    rng, seen, covered, promised, apart = np.random.default_rng(11), 0, 0, 0, []
    for _ in range(share(120)):
        gamma, d = rng.choice([0.1, 0.5, 0.9]), 12
        n, k, truth = 5, 6, rng.normal(size=d)
        x = rng.normal(size=(n, d))
        y = np.array([1, -1, *rng.choice([-1, 1], n - 2)])
        first = captured(rng, x + 0.3 * y[:, None] * truth, y, gamma)
        if first is None:
            continue
        sample, limit, w, tau = first
        q = normal(limit)
        e = q / np.linalg.norm(q)
        labels = np.array([1, -1, *rng.choice([-1, 1], k - 2)])
        eps, base = rng.uniform(1, 6), rng.normal(size=(k, d))
        second = captured(rng, base + eps * labels[:, None] * e, labels, gamma)
        if second is None:
            continue
        taught, other, v, tau_adv = second
        assert limit.own_activation.lower > 0 < other.own_activation.lower
        seen += 1
        q_adv = normal(other)
        slope = np.where(other.pattern.own, 0.0, other.slopes).sum(axis=1)
        weight = other.multipliers * (1 + slope) / 2
        part, step = (weight * labels) @ base, eps * weight.sum()
        assert q_adv == pytest.approx(part + step * e, abs=1e-9 * np.abs(q_adv).max())
        cos = cosine(q, q_adv)
        if np.linalg.norm(part) < step:
            assert cos >= math.sqrt(1 - (np.linalg.norm(part) / step) ** 2) - 1e-9
        z = rng.normal(size=(200, d)) + rng.choice([0.0, 4.0]) * rng.normal(size=(200, 1)) * e
        z /= np.linalg.norm(z, axis=1, keepdims=True)
        lean, lean_adv = z @ e, z @ q_adv / np.linalg.norm(q_adv)
        sure = step * np.abs(lean) > np.abs(z @ part) * (1 + 1e-9) + 1e-9
        assert (np.sign(lean) == np.sign(lean_adv))[sure].all()
        outside = (abs(lean) > tau) & (abs(lean_adv) > tau_adv) & (lean * lean_adv > 0)
        sine = math.sqrt(max(1 - cos**2, 0))
        far = np.abs(lean) > max(tau, tau_adv + sine)
        if cos > 0:
            assert outside[far].all()
        for later in (0, 100):
            f = output(followed(w, sample, gamma, later), z, gamma)
            g = output(followed(v, taught, gamma, later), z, gamma)
            assert (np.sign(f) == np.sign(lean))[abs(lean) > tau].all()
            assert (np.sign(f) == np.sign(g))[outside].all()
        covered += int(sure.sum())
        promised += int(outside.sum())
        apart.append(cos)
    assert seen >= share(15)
    assert covered >= share(1000)
    assert promised >= share(1000)
    assert min(apart) < 0.9 < max(apart)
