"""The margin program against every active set, an independent solver and explicit networks."""

import itertools
import time
from fractions import Fraction

import numpy as np
import pytest
from perturbproof.numerics.boundary import margin_program
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.margin_program import linear_kkt_point, minimiser_support
from perturbproof.numerics.boundary.multipliers import Multipliers, exact_multipliers, limit_weights
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.digits import Digits
from scipy.optimize import nnls

SLOPES = [Fraction(1, 100), Fraction(1, 2), Fraction(9, 10), Fraction(1)]
Rationals = list[list[Fraction]]


def solved(x: np.ndarray, y: np.ndarray, slope: Fraction) -> Multipliers:
    return linear_kkt_point(gram_statistics(x), y, slope)


def separable(seed: int, size: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(size) % 2, 1, -1).astype(np.int8)
    x = rng.standard_normal((size, dimension))
    x[:, 0] = y * (abs(x[:, 0]) + 0.5)
    return x, y


def rational_inverse_sums(matrix: Rationals) -> list[Fraction] | None:
    """A^-1 1 by Gauss-Jordan elimination; None when A is singular."""
    rows = [[*row, Fraction(1)] for row in matrix]
    for i in range(len(rows)):
        pivot = next((r for r in range(i, len(rows)) if rows[r][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(len(rows)):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]


def brute_force(x: np.ndarray, y: np.ndarray, slope: Fraction) -> list[Fraction] | None:
    """Exact activation margins of W by trying all active sets; None when there is no solution."""
    size = range(len(x))
    inner = [[Fraction(int(np.dot(x[n], x[k]))) for k in size] for n in size]
    signed = [
        [inner[n][k] * ((1 + slope**2) / 2 if y[n] == y[k] else -slope) for k in size] for n in size
    ]
    for count in range(1, len(x) + 1):
        for chosen in itertools.combinations(size, count):
            lam = rational_inverse_sums([[signed[n][k] for k in chosen] for n in chosen])
            if lam is None or min(lam) < 0:
                continue
            if (
                min(sum(signed[n][k] * v for k, v in zip(chosen, lam, strict=True)) for n in size)
                < 1
            ):
                continue
            margins = []
            for n in size:
                pairs = list(zip(chosen, lam, strict=True))
                same = sum(inner[n][k] * v for k, v in pairs if y[k] == y[n])
                other = sum(inner[n][k] * v for k, v in pairs if y[k] != y[n])
                margins.append(Fraction(min(same - slope * other, slope * same - other)))
            return margins
    return None


@pytest.mark.parametrize("slope", SLOPES)
def test_small_integer_samples_against_every_active_set(slope: Fraction) -> None:
    seen = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        size, dimension = int(rng.integers(2, 7)), int(rng.integers(1, 5))
        x = rng.integers(-3, 4, (size, dimension)).astype(np.float64)
        x[~x.any(axis=1)] = 1.0
        y = rng.choice(np.array([-1, 1], dtype=np.int8), size)
        if seed % 2:
            x[:, 0] = y * (abs(x[:, 0]) + 1)
        result = solved(x, y, slope)
        expected = brute_force(x, y, slope)
        seen.add((expected is None, result.consistent))
        if expected is None:
            assert result.consistent is False
            assert "no linear pattern is possible" in result.reason
            continue
        least = min(expected)
        assert result.consistent is (None if least == 0 and result.solved else least > 0)
        if result.activation_margins is not None:
            for n, value in enumerate(expected):
                assert result.activation_margins.interval(n).contains(value)
    assert {(True, False), (False, True)} <= seen
    assert slope == 1 or (False, False) in seen


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize(("size", "dimension"), [(12, 9), (40, 4), (90, 12)])
def test_weights_agree_with_lawson_hanson(size: int, dimension: int, slope: Fraction) -> None:
    """The least W with F W >= 1 as a least-distance problem, with explicit features F."""
    x, y = separable(size, size, dimension)
    gamma = float(slope)
    own, other = np.where(y == 1, 1, gamma), np.where(y == -1, 1, gamma)
    features = np.hstack([(y * own)[:, None] * x, -(y * other)[:, None] * x]) / np.sqrt(2)
    target = np.append(np.zeros(2 * dimension), 1.0)
    dual, _ = nnls(np.vstack([features.T, np.ones(size)]), target)
    expected = features.T @ (dual / (1 - dual.sum()))
    result = solved(x, y, slope)
    assert result.lam is not None
    assert result.support is not None
    assert len(result.support) < size
    np.testing.assert_allclose(features.T @ result.lam.mid, expected, atol=1e-7)
    off = np.delete(np.arange(size), result.support)
    assert (result.lam.mid[off] == 0).all()
    assert (result.lam.rad[off] == 0).all()
    assert result.lam.lower[result.support].min() > 0


def test_explicit_network_is_a_kkt_point_with_the_linear_pattern() -> None:
    """Feasible, stationary with the slopes it itself has, slack only where lambda vanishes."""
    x, y = separable(3, 80, 5)
    result = solved(x, y, Fraction(9, 10))
    assert result.consistent is True
    assert result.lam is not None
    assert result.support is not None
    assert result.activation_margins is not None
    rows = limit_weights(x, result.lam, y, Fraction(9, 10), 2).mid
    outer = np.array([1, -1]) / np.sqrt(2)
    inner = x @ rows.T
    output = y * (np.maximum(inner, 0.9 * inner) @ outer)
    assert output.min() > 1 - 1e-9
    np.testing.assert_allclose(output[result.support], 1, rtol=1e-9)
    assert output.max() > 1.5
    assert np.array_equal(inner > 0, np.stack([y > 0, y < 0], axis=1))
    for row, a, z in zip(rows, outer, inner.T, strict=True):
        slopes = np.where(z > 0, 1.0, 0.9)
        np.testing.assert_allclose(row, a * (result.lam.mid * y * slopes) @ x, atol=1e-10)
    explicit = (2 * y[:, None] * outer * inner).min(axis=1)
    np.testing.assert_allclose(result.activation_margins.mid, explicit, atol=1e-9)


def test_a_sample_behind_another_has_no_multiplier() -> None:
    """Orthogonal but for sample 2 = 3 times sample 0: lambda_0 = 2/(1 + gamma²), margin 3."""
    x = np.eye(4)[[0, 1, 0, 2]] * np.array([[1.0], [1.0], [3.0], [1.0]])
    y = np.array([1, -1, 1, -1], dtype=np.int8)
    result = solved(x, y, Fraction(1, 2))
    assert result.consistent is True
    assert result.lam is not None
    assert result.support is not None
    assert result.support.tolist() == [0, 1, 3]
    assert [result.lam.interval(n).contains(Fraction(8, 5)) for n in range(4)] == [
        True,
        True,
        False,
        True,
    ]
    assert result.lam.interval(2).contains(0)
    assert result.reason == "3 of 4 multipliers are positive; the pattern is certainly linear"


def test_when_all_margins_are_tight_the_exact_multipliers_stand() -> None:
    x = np.eye(6) + 0.01
    y = np.array([1, -1] * 3, dtype=np.int8)
    plain = exact_multipliers(gram_statistics(x), y, Fraction(1, 2))
    result = solved(x, y, Fraction(1, 2))
    assert plain.support is None
    assert plain.lam is not None
    assert result.lam is not None
    assert result.support is not None
    assert result.consistent is True
    assert np.array_equal(plain.lam.mid, result.lam.mid)
    assert result.support.tolist() == list(range(6))
    assert result.reason == "all margins are tight; the pattern is certainly linear"


def test_equal_samples_stand_for_each_other() -> None:
    x, y = separable(5, 20, 4)
    once = solved(x, y, Fraction(1, 2))
    twice = solved(np.vstack([x, x]), np.append(y, y), Fraction(1, 2))
    assert once.support is not None
    assert twice.support is not None
    assert once.activation_margins is not None
    assert twice.activation_margins is not None
    assert twice.consistent is once.consistent
    assert np.array_equal(once.support, twice.support)
    np.testing.assert_allclose(twice.activation_margins.mid[:20], once.activation_margins.mid)
    np.testing.assert_allclose(twice.activation_margins.mid[20:], once.activation_margins.mid)


def test_a_margin_of_exactly_one_off_the_support_is_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sample 4 is the mean of samples 0 and 2: lambda is not unique, all margins are 1."""
    x = np.vstack([np.eye(4) * 3, [[1.5, 0.0, 1.5, 0.0]]])
    y = np.array([1, -1, 1, -1, 1], dtype=np.int8)
    result = solved(x, y, Fraction(1, 3))
    assert result.consistent is True
    assert result.support is not None
    assert len(result.support) < 5
    assert result.linear_margins is not None
    np.testing.assert_allclose(result.linear_margins.mid, 1.8)
    monkeypatch.setattr(margin_program, "_RATIONAL_SUPPORT", 0)
    assert solved(x, y, Fraction(1, 3)).consistent is None


@pytest.mark.parametrize("slope", SLOPES)
def test_inseparable_samples_are_refuted_with_a_certificate(slope: Fraction) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((60, 7))
    y = rng.choice(np.array([-1, 1], dtype=np.int8), 60)
    result = solved(x, y, slope)
    assert result.consistent is False
    assert not result.solved
    assert "signed by label, is exactly zero" in result.reason


def test_contradicting_samples_are_named() -> None:
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([1, 1, -1, 1], dtype=np.int8)
    result = solved(x, y, Fraction(1, 2))
    assert result.consistent is False
    assert "samples 0 and 2 are equal with different labels" in result.reason
    zero = solved(np.array([[1.0, 0.0], [0.0, 0.0]]), y[:2], Fraction(1, 2))
    assert zero.consistent is False
    assert "sample 1 is zero" in zero.reason


def test_what_cannot_be_certified_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    # gamma same = other: the neurons of the other half are exactly orthogonal to the sample
    touching = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    y = np.array([1, -1], dtype=np.int8)
    result = solved(touching, y, Fraction(1, 2))
    assert result.consistent is None
    assert "within rounding" in result.reason
    line = np.array([[1.0], [2.0], [-1.0]])
    tiny = solved(line * 1e-170, np.ones(3, dtype=np.int8), Fraction(1))
    assert tiny.consistent is None
    assert "outside the range" in tiny.reason
    monkeypatch.setattr(margin_program, "_RATIONAL_SUPPORT", 0)
    uncertified = solved(line, np.ones(3, dtype=np.int8), Fraction(1))
    assert uncertified.consistent is None
    assert "certified" in uncertified.reason


DIGITS = [
    ((0, 1), "0.01", False, 26, -0.91938),
    ((0, 1), "0.1", False, 27, -0.63612),
    ((0, 1), "0.5", True, 18, 0.40640),
    ((3, 8), "0.01", False, 44, -1.45092),
    ((3, 8), "0.1", False, 42, -1.39265),
    ((3, 8), "0.5", False, 31, -2.28284),
]


@pytest.mark.parametrize(("classes", "slope", "consistent", "count", "least"), DIGITS)
def test_handwritten_digits(
    classes: tuple[int, int], slope: str, consistent: bool, count: int, least: float
) -> None:
    """More samples than dimensions: the margin matrix is singular, the program is not."""
    sample = Digits(classes=classes).draw(np.random.default_rng(0))
    statistics = gram_statistics(sample.x)
    began = time.process_time()
    result = linear_kkt_point(statistics, sample.y, Fraction(slope))
    assert time.process_time() - began < 3
    assert result.consistent is consistent
    assert result.support is not None
    assert len(result.support) == count
    assert result.activation_margins is not None
    smallest = result.activation_margins.min_enclosure()
    assert smallest.upper == pytest.approx(least, abs=1e-5)
    assert smallest.width < 1e-6


@pytest.mark.parametrize("rank", [3, 10, 30])
def test_support_of_singular_and_regular_matrices(rank: int) -> None:
    factor = abs(np.random.default_rng(rank).standard_normal((30, rank)))
    factor[:, 1:] -= 0.6
    support = minimiser_support(factor @ factor.T)
    dual, _ = nnls(np.vstack([factor.T, np.ones(30)]), np.append(np.zeros(rank), 1.0))
    assert support.tolist() == np.flatnonzero(dual).tolist()


def test_bad_arguments_are_refused() -> None:
    statistics = gram_statistics(np.eye(2))
    with pytest.raises(InputError, match="slope"):
        linear_kkt_point(statistics, np.array([1, -1], dtype=np.int8), Fraction(2))
    with pytest.raises(InputError, match="labels"):
        linear_kkt_point(statistics, np.array([1, 0], dtype=np.int8), Fraction(1))
