"""Enclosures of what a perturbed set gives, against rational arithmetic from the definitions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.boundary.decomposition import (
    base_geometry,
    cosine,
    perturbed_gram,
    point_values,
    sample_alignments,
)
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.network import LeakyNetwork
from perturbproof.numerics.perturb.perturbed_set import PerturbedSetup, draw_perturbed
from perturbproof.theory.exact.interval import Interval

KINDS = [
    {"kind": "l2", "eps": 0.7},
    {"kind": "linf-sign", "eps": 0.1},
    {"kind": "linf-rescaled", "eps": 0.3},
    {"kind": "l0-value", "eps": 0.5, "k": 2},
    {"kind": "l0-sign", "eps": 0.2, "k": 2},
]
thorough = settings(max_examples=settings.default.max_examples // 4)


def example(seed, perturbation, scale=1.0, base="natural", samples=None, grid=False):
    """(perturbed set, q); on a grid the Gram matrix of the base is computed without rounding."""
    rng = np.random.default_rng(seed)
    x = (rng.integers(1, 5, (5, 6)) if grid else rng.standard_normal((5, 6))) * scale
    y = np.array([1, -1, 1, -1, -1])
    q = BallArray.exact(y * rng.uniform(1, 2, 5)) @ x
    data = Sample(x, y, "toy data", np.arange(5))
    labels = "flipped" if base == "natural" else "random"
    asked = PerturbedSetup(base=base, samples=samples, labels=labels, perturbation=perturbation)
    network = LeakyNetwork(np.stack([q.mid, -q.mid]), 0.5)
    return draw_perturbed(data, q, network, asked, np.random.default_rng(seed)), q


def rational(array):
    return [[Fraction(v) for v in row] for row in np.atleast_2d(array).tolist()]


def dot(left, right):
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def effective_base(result):
    """x_n - eps y_n dir, which makes the stored samples exact."""
    (direction,) = rational(result.direction)
    eps = Fraction(result.eps)
    return [
        [v - eps * int(y) * e for v, e in zip(row, direction, strict=True)]
        for row, y in zip(rational(result.perturbed.x), result.base.y, strict=True)
    ]


def holds_root(interval: Interval, square: Fraction) -> bool:
    return (interval**2).contains(square)


@pytest.mark.parametrize("perturbation", KINDS, ids=lambda p: p["kind"])
@given(st.integers(0, 10**6), st.sampled_from([2.0**-10, 1.0, 2.0**30]), st.booleans())
@thorough
def test_base_geometry_holds_the_base_as_drawn_and_as_stored(perturbation, seed, scale, grid):
    # Sizes go with the data, so that rounding is felt at every scale.
    sized = {**perturbation, "eps": perturbation["eps"] * scale}
    result, _ = example(seed, sized, scale, grid=grid)
    geometry = base_geometry(result)
    (direction,) = rational(result.direction)
    assert geometry.dir_sq.contains(dot(direction, direction))
    for base in (rational(result.base.x), effective_base(result)):
        gram = [[dot(a, b) for b in base] for a in base]
        along = [dot(row, direction) for row in base]
        off = [abs(gram[n][k]) for n in range(5) for k in range(5) if n != k]
        assert all(geometry.along.interval(n).contains(along[n]) for n in range(5))
        assert all(
            geometry.gram.interval(n, k).contains(gram[n][k]) for n in range(5) for k in range(5)
        )
        assert geometry.kappa.contains(max(map(abs, along)))
        assert geometry.base_p_max.contains(max(off))
        assert holds_root(geometry.base_R_max, max(gram[n][n] for n in range(5)))
        assert holds_root(geometry.base_R_min, min(gram[n][n] for n in range(5)))
    assert geometry.kappa.width <= 1e-12 * scale


@pytest.mark.parametrize("perturbation", KINDS, ids=lambda p: p["kind"])
@given(st.integers(0, 10**6))
@thorough
def test_gram_of_rank_two_holds_the_gram_of_the_stored_samples(perturbation, seed):
    result, _ = example(seed, perturbation)
    geometry = base_geometry(result)
    updated = perturbed_gram(
        geometry.gram, geometry.along, result.base.y, result.eps, geometry.dir_sq
    )
    direct = gram_statistics(result.perturbed.x).gram
    x = rational(result.perturbed.x)
    for n in range(5):
        for k in range(5):
            assert updated.interval(n, k).contains(dot(x[n], x[k]))
            assert updated.interval(n, k).intersects(direct.interval(n, k))
    assert (updated.rad < 1e-13).all()


def test_gram_of_rank_two_notices_a_wrong_sign():
    result, _ = example(0, KINDS[0])
    geometry = base_geometry(result)
    y = result.base.y.copy()
    y[0] = -y[0]
    wrong = perturbed_gram(geometry.gram, geometry.along, y, result.eps, geometry.dir_sq)
    direct = gram_statistics(result.perturbed.x).gram
    assert not wrong.interval(0, 1).intersects(direct.interval(0, 1))


@pytest.mark.parametrize("perturbation", KINDS, ids=lambda p: p["kind"])
@given(st.integers(0, 10**6))
@thorough
def test_point_values_hold_the_definitions(perturbation, seed):
    result, q = example(seed, perturbation)
    rng = np.random.default_rng(seed)
    z, lam = rng.standard_normal((3, 6)), rng.uniform(0.5, 2, 5)
    values = point_values(result, BallArray.exact(lam), q, z)
    multipliers, (direction,) = [Fraction(v) for v in lam.tolist()], rational(result.direction)
    signs = [int(v) for v in result.base.y]
    eps = Fraction(result.eps)
    x, midpoint = rational(result.perturbed.x), rational(q.mid)[0]
    for i, point in enumerate(rational(z)):
        t2 = eps * sum(multipliers) * dot(direction, point)
        assert values.dir_z.interval(i).contains(dot(direction, point))
        assert values.T2_z.interval(i).contains(t2)
        assert values.q_z.interval(i).contains(dot(midpoint, point))
        exact = sum(
            m * s * dot(row, point) for m, s, row in zip(multipliers, signs, x, strict=True)
        )
        assert values.adv_q_z.interval(i).contains(exact)
        for base in (rational(result.base.x), effective_base(result)):
            b = [dot(row, point) for row in base]
            first = sum(m * s * v for m, s, v in zip(multipliers, signs, b, strict=True))
            assert values.T1_z.interval(i).contains(first)
            assert values.base_l1_z.interval(i).contains(sum(map(abs, b)))
            assert holds_root(values.base_l2_z.interval(i), sum(v * v for v in b))
        # With the effective base, the last one, the decomposition is an identity.
        assert first + t2 == exact
        total = values.T1_z.interval(i) + values.T2_z.interval(i)
        assert total.intersects(values.adv_q_z.interval(i))
        assert total.width < 1e-12


def test_points_in_blocks_are_the_points_at_once(monkeypatch):
    result, q = example(3, KINDS[0])
    z = np.random.default_rng(3).standard_normal((7, 6))
    lam = BallArray.exact(np.ones(5))
    whole = point_values(result, lam, q, z)
    monkeypatch.setattr("perturbproof.numerics.boundary.decomposition._BLOCK_ENTRIES", 10)
    parts = point_values(result, lam, q, z)
    for name in ("T1_z", "base_l1_z", "base_l2_z"):
        assert getattr(parts, name).shape == (7,)
        assert np.allclose(getattr(whole, name).mid, getattr(parts, name).mid, atol=1e-13)


@given(st.integers(0, 10**6))
@thorough
def test_alignment_is_the_cosine(seed):
    rng = np.random.default_rng(seed)
    direction, q = rng.standard_normal((2, 6))
    (e,), (n,) = rational(direction), rational(q)
    found = cosine(direction, BallArray.exact(q))
    assert (found**2).contains(dot(e, n) ** 2 / (dot(e, e) * dot(n, n)))
    assert (found * dot(e, n)).lower > 0
    assert found.width < 1e-13
    assert cosine(q, BallArray.exact(q)).contains(1)


def test_alignments_meet_their_bounds():
    q = np.array([3.0, 0.0, -4.0, 0.5, 0.25, 1e-3])
    found = cosine(np.sign(q), BallArray.exact(q))
    exact = abs(q).sum() / (np.sqrt(5) * np.linalg.norm(q))
    assert abs(found.lower - exact) < 1e-14
    assert Interval.exact(Fraction(1, 5)).sqrt().certainly_less(found)


def test_alignment_with_an_unknown_normal_is_anything():
    unknown = cosine(np.ones(3), BallArray(np.zeros(3), np.full(3, np.inf)))
    assert (unknown.lower, unknown.upper) == (-1, 1)


@pytest.mark.parametrize(
    "perturbation",
    [*KINDS, {"kind": "pgd", "eps": 0.4, "norm": "linf-sign"}, {"kind": "pixel", "fraction": 0.5}],
    ids=lambda p: p["kind"],
)
def test_sample_alignments_are_the_cosines_of_what_was_done(perturbation, monkeypatch):
    monkeypatch.setattr("perturbproof.numerics.boundary.decomposition._BLOCK_ENTRIES", 12)
    result, q = example(1, perturbation)
    found = sample_alignments(result, q)
    moved = result.base.y[:, None] * (result.perturbed.x - result.base.x)
    expected = moved @ q.mid / np.linalg.norm(moved, axis=1) / np.linalg.norm(q.mid)
    assert found.shape == (5,)
    assert np.allclose(found.mid, expected, atol=1e-13)
    assert (found.rad < 1e-12).all()
    if result.shares_direction:
        assert np.allclose(found.mid, cosine(result.direction, q).lower, atol=1e-12)


@pytest.mark.parametrize(
    ("perturbation", "why"),
    [
        ({"kind": "pgd", "eps": 0.4}, "attacked one by one"),
        ({"kind": "linf-sign", "eps": 5, "clamp": [-1, 1]}, "the clamp cut some"),
    ],
)
def test_without_a_shared_direction_there_is_no_decomposition(perturbation, why):
    result, q = example(0, perturbation, base="uniform", samples=6)
    with pytest.raises(InputError, match=why):
        base_geometry(result)
    with pytest.raises(InputError, match=why):
        point_values(result, BallArray.exact(np.ones(6)), q, np.ones((1, 6)))


@pytest.mark.parametrize("shape", [(6,), (2, 5), (0, 6)])
def test_points_must_be_rows_of_the_dimension(shape):
    result, q = example(0, KINDS[0])
    with pytest.raises(InputError, match=r"points must have shape \(points, 6\)"):
        point_values(result, BallArray.exact(np.ones(5)), q, np.ones(shape))
