"""Theorems on what perturbed sets teach, held against sets built from raw vectors."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from perturbproof.theory import theorem


def test_perturbed_boundary_on_random_sets(sets: SimpleNamespace) -> None:
    entry, rng, met = theorem("perturbed-boundary"), np.random.default_rng(1), 0
    while met < sets.INSTANCES:
        data = sets.Natural(rng)
        base = data.x if rng.integers(2) else sets.vectors(rng, 4, data.x.shape[1], 0.2)
        labels, along = rng.choice([-1.0, 1.0], len(base)), sets.direction(rng, data.q)
        values = data.measure(base, labels, along, rng.uniform(0, 0.35) ** 2)
        if not sets.assumed(entry, values):
            continue
        met += 1
        sets.check(entry, values)
        z = rng.standard_normal(data.x.shape[1])
        T1 = (data.adv_lam * labels) @ base @ z
        T2 = values["eps"] * data.adv_lam.sum() * (along @ z)
        assert data.q_adv @ z == pytest.approx(T1 + T2, abs=1e-9)
        assert np.sign(sets.network(data.adv_w, z, data.slope)) == np.sign(T1 + T2)


def test_learning_from_natural_samples(sets: SimpleNamespace) -> None:
    entry, rng, met = theorem("learning-natural"), np.random.default_rng(2), 0
    while met < sets.INSTANCES:
        data = sets.Natural(rng)
        chosen = rng.permutation(len(data.x))[: rng.integers(2, len(data.x) + 1)]
        along = data.q / np.linalg.norm(data.q)
        labels = rng.choice([-1.0, 1.0], len(chosen))
        values = data.measure(data.x[chosen], labels, along, rng.uniform(0, 0.25))
        if not sets.assumed(entry, values):
            continue
        met += 1
        sets.check(entry, values)
        z = rng.standard_normal(data.x.shape[1])
        assert np.sign(along @ z) == np.sign(sets.network(data.w, z, data.slope))


def test_features(sets: SimpleNamespace) -> None:
    entry, rng, met = theorem("perturbation-features"), np.random.default_rng(3), 0
    while met < sets.INSTANCES:
        data = sets.Natural(rng)
        if not sets.assumed(entry, data.values):
            continue
        met += 1
        sets.check(entry, data.values)
        assert np.allclose(data.y * sets.network(data.w, data.x, data.slope), 1)
        moved = data.x - 2.001 / (data.slope * (1 + data.slope) * data.values["norm_q"] ** 2) * (
            data.y[:, None] * data.q
        )
        assert (data.y * (moved @ data.q) < 0).all()


def test_uniform_noise_meets_the_assumptions_as_often_as_promised(sets: SimpleNamespace) -> None:
    entry, rng = theorem("learning-noise"), np.random.default_rng(9)
    boundary = theorem("perturbed-boundary")
    for slope, size, dimension, delta in ((1.0, 2, 2200, 0.5), (0.9, 3, 8000, 0.3)):
        eps, along = 0.5, rng.standard_normal(dimension)
        along /= np.linalg.norm(along)
        values = {
            "gamma": slope,
            "N_adv": size,
            "d": dimension,
            "delta": delta,
            "eps": eps,
            "dir_sq": 1.0,
        }
        assert sets.assumed(entry, values)
        assert not sets.assumed(entry, values | {"d": dimension / 20})
        met = 0
        for _ in range(100):
            base = rng.uniform(-1, 1, (size, dimension))
            drawn = values | sets.extremes(base, "base_") | {"kappa": np.abs(base @ along).max()}
            met += sets.assumed(boundary, drawn)
        assert sets.holds(entry.claims[0].relation, values | {"noise_chance": met / 100})
