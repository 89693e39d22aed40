"""Enclosures about perturbed sets and networks, against rational arithmetic on nasty inputs."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from perturbproof.numerics.boundary.decomposition import (
    base_geometry,
    perturbed_gram,
    point_values,
    sample_alignments,
)
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.multipliers import exact_multipliers, limit_weights
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.enclose.precise_array import PreciseArray
from perturbproof.numerics.network import margins, preactivations
from perturbproof.numerics.perturb.perturbed_set import PerturbedSet
from perturbproof.numerics.train.convergence import (
    angle_estimator,
    certified_angle,
    difference_to_halves,
    kkt_residuals,
)

from .nasty import (
    D,
    N,
    dot,
    fractions,
    holds,
    inside,
    inside_root,
    labels,
    multipliers_of,
    sample_of,
    samples,
    slopes,
    thorough,
)


def perturbed_set(x: np.ndarray, y: np.ndarray, direction: np.ndarray, eps: float) -> PerturbedSet:
    moved = x + np.multiply.outer(y.astype(float), eps * direction)
    return PerturbedSet(sample_of(x, y), sample_of(moved, y), None, direction, eps, False)


@thorough
@given(samples(), labels, samples(rows=1), st.sampled_from([0.5, 1e-3, 3.0]), samples(rows=2))
def test_perturbed_sets(x, y, direction, eps: float, z) -> None:
    """For the base that makes the stored samples exact, and for the base as drawn."""
    made = perturbed_set(x, y, direction[0], eps)
    assume(np.isfinite(made.perturbed.x).all())
    (way,), points = fractions(direction), fractions(z)
    signs, step = [int(v) for v in y], Fraction(eps)
    implied = [
        [v - step * signs[n] * w for v, w in zip(row, way, strict=True)]
        for n, row in enumerate(fractions(made.perturbed.x))
    ]
    with np.errstate(over="ignore"):
        geometry = base_geometry(made)
        lam = BallArray.exact(np.array([1.0, 0.25, 3.0]))
        q = BallArray.exact(direction[0])
        values = point_values(made, lam, q, z)
    inside(geometry.dir_sq, dot(way, way))
    exactly = base_geometry(made, precise=True)
    holds(exactly.gram, [[dot(a, b) for b in implied] for a in implied])
    holds(exactly.along, [dot(row, way) for row in implied])
    inside(exactly.kappa, max(abs(dot(row, way)) for row in implied))
    inside_root(exactly.base_R_max, max(dot(row, row) for row in implied))
    fine = point_values(made, PreciseArray.exact(lam.mid), q, z)
    for point, value in zip(points, range(len(points)), strict=True):
        sides = [dot(row, point) for row in implied]
        inside(fine.base_l1_z.interval(value), sum(map(abs, sides), Fraction(0)))
        total = (fine.T1_z + fine.T2_z).interval(value).exact_value
        assert total is not None
        assert total.rational == fine.adv_q_z.interval(value).exact_value.rational
    for base in (implied, fractions(x)):
        gram = [[dot(a, b) for b in base] for a in base]
        holds(geometry.gram, gram)
        holds(geometry.along, [dot(row, way) for row in base])
        inside(geometry.kappa, max(abs(dot(row, way)) for row in base))
        inside(geometry.base_p_max, max(abs(gram[n][k]) for n in range(N) for k in range(n)))
        inside_root(geometry.base_R_min, min(gram[n][n] for n in range(N)))
        inside_root(geometry.base_R_max, max(gram[n][n] for n in range(N)))
        weights = [Fraction(v) for v in (1.0, 0.25, 3.0)]
        b = [[dot(row, point) for row in base] for point in points]
        first = [sum((weights[n] * signs[n] * v[n] for n in range(N)), Fraction(0)) for v in b]
        holds(values.T1_z, first)
        holds(values.base_l1_z, [sum(map(abs, v), Fraction(0)) for v in b])
        for one, v in enumerate(b):
            inside_root(values.base_l2_z.interval(one), dot(v, v))
    holds(values.dir_z, [dot(way, point) for point in points])
    holds(values.T2_z, [step * sum(weights) * dot(way, point) for point in points])
    stored = fractions(made.perturbed.x)
    changed = perturbed_gram(geometry.gram, geometry.along, y, eps, geometry.dir_sq)
    holds(changed, [[dot(a, b) for b in stored] for a in stored])
    moved = [
        [a - b for a, b in zip(one, other, strict=True)]
        for one, other in zip(stored, fractions(x), strict=True)
    ]
    for n, cosine in enumerate(moved):
        if any(cosine) and any(way):
            found = sample_alignments(made, q).interval(n)
            value = signs[n] * dot(cosine, way)
            square = value * abs(value) / (dot(cosine, cosine) * dot(way, way))
            assert (found * abs(found)).hull(found * abs(found)).contains(square) or (
                found.lower <= 0 <= found.upper
            )


@thorough
@given(samples(), labels, slopes, samples(rows=2))
def test_networks(x, y, slope: Fraction, w) -> None:
    weights = np.repeat(w, 2, axis=0)
    rows, neurons, signs = fractions(x), fractions(weights), [int(v) for v in y]
    inner = [[dot(row, neuron) for neuron in neurons] for row in rows]
    z = preactivations(weights, x)
    holds(z, inner)
    # Width 4: a is 1/2 on the first half and -1/2 on the second.
    exact = [
        signs[n]
        * sum(
            (s * max(v, slope * v) for v, s in zip(inner[n], (1, 1, -1, -1), strict=True)),
            Fraction(0),
        )
        / 2
        for n in range(N)
    ]
    holds(margins(z, y, slope), exact)
    sample = sample_of(x, y)
    with np.errstate(all="ignore"):
        residuals = kkt_residuals(weights, sample, slope)
    if residuals.stationarity.is_finite:
        assert residuals.stationarity.upper >= 0


@thorough
@given(samples(rows=2), st.booleans())
def test_distance_to_the_limit(x: np.ndarray, precise: bool) -> None:
    """‖factor W - W*‖_F for weights near W*, from fractions."""
    y, slope = np.array([1, -1], dtype=np.int8), Fraction(1, 2)
    found = exact_multipliers(gram_statistics(x, precise=precise), y, slope)
    _, exact = multipliers_of(x, y, slope)
    assume(found.lam is not None and exact is not None)
    assert found.lam is not None
    assert exact is not None
    neurons = limit_weights(x, found.lam, y, slope, 4)
    weights = neurons.mid[[0, 0, 1, 1]]
    limit = [
        [
            sum(
                (
                    label * exact[n] * int(y[n]) * (1 if y[n] == label else slope) * row[i]
                    for n, row in enumerate(fractions(x))
                ),
                Fraction(0),
            )
            / 2
            for i in range(D)
        ]
        for label in (1, -1)
    ]
    for factor in (1.0, 1.25):
        difference = difference_to_halves(weights, factor, neurons)
        expected = [
            [Fraction(factor) * w - v for w, v in zip(row, near, strict=True)]
            for row, near in zip(fractions(weights), [limit[0]] * 2 + [limit[1]] * 2, strict=True)
        ]
        holds(difference, expected)
        inside_root(difference.norm(), sum((v * v for row in expected for v in row), Fraction(0)))
    angle = certified_angle(weights, sample_of(x, y), slope, found.lam)
    assert angle.tau.upper >= 0


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e150, 1e200, 1e300])
def test_huge_and_tiny_starts_give_an_estimate(scale: float) -> None:
    sample = sample_of(np.eye(2, 3), np.array([1, -1], dtype=np.int8))
    start = scale * np.random.default_rng(0).standard_normal((4, 3))
    estimate = angle_estimator(sample, start, 0.5, np.ones(2))
    towards = 9 * np.array([[1.0, 1, -1, -1], [-1, -1, 1, 1]])
    for coefficients in (np.zeros((2, 4)), towards, scale * towards):
        found = estimate(coefficients)
        assert found.tau >= 0
        assert math.isinf(found.tau) == (found.least_margin <= 0)
