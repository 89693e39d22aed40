"""Theorems on where two boundaries match, held against sets built from raw vectors."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from perturbproof.theory import theorem

Measured = dict[str, float]


def at_point(
    data: Any,
    values: Measured,
    base: np.ndarray,
    labels: np.ndarray,
    along: np.ndarray,
    z: np.ndarray,
) -> Measured:
    b = base @ z
    return {
        **values,
        "dir_z": float(along @ z),
        "q_z": float(data.q @ z),
        "adv_q_z": float(data.q_adv @ z),
        "T1_z": float((data.adv_lam * labels) @ b),
        "base_l1_z": np.abs(b).sum(),
        "base_l2_z": float(np.linalg.norm(b)),
        "base_z_max": np.abs(b).max(),
    }


def test_matching_for_certain(sets: SimpleNamespace) -> None:
    entry, rng, met = theorem("matching-deterministic"), np.random.default_rng(4), 0
    while met < sets.INSTANCES:
        data = sets.Natural(rng)
        base = sets.vectors(rng, 3, data.x.shape[1], 0.2)
        labels, along = rng.choice([-1.0, 1.0], 3), sets.direction(rng, data.q)
        values = data.measure(base, labels, along, rng.uniform(0, 3))
        z = rng.standard_normal(data.x.shape[1]) * 0.2 + data.q * rng.choice([-1, 1])
        values = at_point(data, values, base, labels, along, z)
        if values["adv_lambda_min"] < 0 or not sets.assumed(entry, values):
            continue
        met += 1
        sets.check(entry, values)


def bounds(sets: SimpleNamespace, values: Measured) -> Measured:
    """The label-free multiplier bounds, which the theorem takes from perturbed-boundary."""
    claims = {c.id: c.relation for c in theorem("perturbed-boundary").claims}
    found = {}
    for name, id, outward in (
        ("upper", "multipliers-upper", 1),
        ("lower", "multipliers-lower", -1),
    ):
        names, (_, bound) = sets.compiled(claims[id])
        found[f"label_free_{name}"] = float(bound(*(values[n] for n in names)))
        found[f"label_free_{name}"] *= 1 + outward * 1e-12
    return found


def label_chances(
    data: Any, values: Measured, base: np.ndarray, along: np.ndarray, z: np.ndarray
) -> Measured:
    """Both probabilities over the labels, exactly: all labels are tried."""
    U, L, delta = values["label_free_upper"], values["label_free_lower"], values["delta"]
    b = base @ z
    limit = (U + L) / 2 * np.sqrt(2 * np.log(2 / delta)) * np.linalg.norm(b)
    limit += (U - L) / 2 * np.abs(b).sum()
    wrong, excess = [], []
    for signs in product([-1.0, 1.0], repeat=len(base)):
        labels = np.array(signs)
        data.measure(base, labels, along, values["eps"])
        assert data.adv_lam.max() <= U
        assert data.adv_lam.min() >= L
        wrong.append((data.q_adv @ z) * (data.q @ z) <= 0)
        excess.append(abs((data.adv_lam * labels) @ b) > limit)
    return {"mismatch_chance": np.mean(wrong), "excess_chance": np.mean(excess)}


@pytest.mark.parametrize("id", ["matching-random-labels", "growth"])
def test_random_labels(id: str, sets: SimpleNamespace) -> None:
    entry, rng, met = theorem(id), np.random.default_rng([5, len(id)]), 0
    while met < sets.INSTANCES:
        data = sets.Natural(rng, size=4)
        dimension = data.x.shape[1]
        base = sets.vectors(rng, 3, dimension, 0.1)
        labels, along = np.ones(3), data.q / np.linalg.norm(data.q)
        z = (data.y * rng.uniform(0.8, 1.2, 4)) @ data.x
        # Base samples that correlate with z little, or not at all.
        base -= (base @ z)[:, None] * z / (z @ z) * rng.choice([1, rng.uniform(0.8, 1)])
        values = data.measure(base, labels, along, rng.uniform(0.01, 0.15))
        values = at_point(data, values, base, labels, along, z)
        values |= {"delta": rng.uniform(0.05, 0.99), "side_min": (data.y * (data.x @ z)).min()}
        values |= bounds(sets, values)
        if not sets.assumed(entry, values):
            continue
        met += 1
        if met % 20 == 0:  # all labels of every twentieth instance
            values |= label_chances(data, values, base, along, z)
        sets.check(entry, values)


def test_flipped_labels(sets: SimpleNamespace) -> None:
    entry, rng, met = theorem("matching-flipped-labels"), np.random.default_rng(6), 0
    while met < sets.INSTANCES:
        data = sets.Natural(rng)
        along = data.q / np.linalg.norm(data.q)
        values = data.measure(data.x, -data.y, along, rng.uniform(0, 3))
        weights = values["eps"] * data.adv_lam.sum() * data.lam / values["norm_q"] - data.adv_lam
        z = rng.uniform(0, 1, len(data.x)) * data.y @ np.linalg.pinv(data.x).T
        sides = data.y * (data.x @ z)
        values |= {
            "flip_min": weights.min(),
            "flip_max": weights.max(),
            "flip_abs": np.abs(weights).max(),
            "side_min": sides.min(),
            "side_sum": sides.sum(),
            "q_z": float(data.q @ z),
            "adv_q_z": float(data.q_adv @ z),
        }
        if data.lam.min() < 0 or not sets.assumed(entry, values):
            continue
        met += 1
        sets.check(entry, values)
        if weights.min() > 1e-9:
            assert values["adv_q_z"] * values["q_z"] > 0
        if weights.max() < -1e-9:
            assert values["adv_q_z"] * values["q_z"] < 0


def test_flipped_labels_with_positive_weights_can_still_disagree(sets: SimpleNamespace) -> None:
    """An example by hand: all c_n > 0, opposite signs at one z."""
    data = sets.Natural(np.random.default_rng(0), size=2)
    data.slope, data.x, data.y = 0.8, np.diag([1.0, 1.29624]), np.array([1.0, -1.0])
    data.lam, data.w, _ = sets.solve(data.x, data.y, data.slope)
    data.q = (data.lam * data.y) @ data.x
    along = data.q / np.linalg.norm(data.q)
    data.measure(data.x, -data.y, along, 1.61714)
    weights = 1.61714 * data.adv_lam.sum() * data.lam / np.linalg.norm(data.q) - data.adv_lam
    assert weights == pytest.approx([1.171, 0.697], abs=1e-3)
    z = np.array([0.61081252, 0.79177526])
    assert (data.q @ z) * (data.q_adv @ z) < 0


def test_switch_on_orthogonal_data(sets: SimpleNamespace) -> None:
    entry, rng, met = theorem("matching-flipped-orthogonal"), np.random.default_rng(8), 0
    for _ in range(2 * sets.INSTANCES):
        data = sets.Natural(rng, size=2 * int(rng.integers(1, 4)))
        radius = rng.uniform(0.5, 2)
        data.x = radius * np.linalg.qr(data.x.T)[0].T
        data.lam, data.w, _ = sets.solve(data.x, data.y, data.slope)
        data.q = (data.lam * data.y) @ data.x
        strength = rng.uniform(0.01, 3)
        eps = strength * radius / np.sqrt(len(data.x))
        values = data.measure(data.x, -data.y, data.q / np.linalg.norm(data.q), eps)
        values |= {"R_max": radius, "R_min": radius, "p_max": 0.0}
        pattern = values["adv_activation_margin"] > 0
        assert pattern == sets.assumed(entry, values) or abs(values["adv_activation_margin"]) < 1e-9
        if not pattern:
            continue
        met += 1
        sets.check(entry, values)
        z = rng.standard_normal((5, data.x.shape[1]))
        expected = np.sign(strength - 1) * np.sign(z @ data.q)
        assert (np.sign(z @ data.q_adv) == expected).all()
    assert met >= sets.INSTANCES


def test_matching_wherever_covered(sets: SimpleNamespace) -> None:
    """The load of every point from raw vectors: those above 1 agree, the largest other is held."""
    entry, rng = theorem("matching-covered"), np.random.default_rng(11)
    covered = disagreeing = 0
    for _ in range(sets.INSTANCES):
        data = sets.Natural(rng)
        base = sets.vectors(rng, 3, data.x.shape[1], 0.2)
        labels, along = rng.choice([-1.0, 1.0], 3), sets.direction(rng, data.q)
        values = data.measure(base, labels, along, rng.uniform(0.01, 3))
        if values["adv_lambda_min"] < 0:
            continue
        loads = [0.0]
        for _ in range(20):
            z = rng.standard_normal(data.x.shape[1]) * 0.3 + data.q * rng.choice([-1, 0, 1])
            load = values["eps"] * 3 * data.adv_lam.min() * abs(along @ z)
            load /= data.adv_lam.max() * sum(abs(x @ z) for x in base)
            if (along @ z) * (data.q @ z) <= 0:
                continue
            agree = (data.q @ z) * (data.q_adv @ z) > 0
            assert agree or load <= 1 + 1e-9
            covered += load > 1
            disagreeing += not agree
            loads += [] if agree else [load]
        sets.check(entry, {**values, "disagreement_load": max(loads)})
    assert min(covered, disagreeing) > sets.INSTANCES
