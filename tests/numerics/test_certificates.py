"""Row-wise certificates against every KKT point of small problems, found by enumeration."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.boundary.certificates import Form, RowWise, row_wise
from perturbproof.numerics.boundary.gram import GramStatistics, gram_statistics
from perturbproof.numerics.boundary.multipliers import exact_multipliers
from perturbproof.numerics.compiler import evaluate_relation
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.theory.exact.interval import Interval

FORMS: tuple[Form, ...] = ("plain", "half-aware", "signed")
HALF = Fraction(1, 2)


def labels(size: int) -> np.ndarray:
    return np.where(np.arange(size) % 2, 1, -1).astype(np.int8)


def kkt_points(x: np.ndarray, y: np.ndarray, gamma: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """(lambda, activations (2, N)) of every KKT point of the network with one neuron per half.

    For each activation pattern and each support the multipliers solve a linear system; the point
    counts if the pattern, the margins and the signs come out as assumed.
    """
    size, found = len(x), []
    outer = np.array([1.0, -1.0]) / np.sqrt(2)
    for bits in itertools.product((1.0, gamma), repeat=2 * size):
        s = np.reshape(bits, (2, size))
        features = np.concatenate(
            [(a * y * row)[:, None] * x for a, row in zip(outer, s, strict=True)], axis=1
        )
        matrix = features @ features.T
        for support in itertools.product((False, True), repeat=size):
            on = np.array(support)
            lam = np.zeros(size)
            if on.any():
                block = matrix[np.ix_(on, on)]
                if np.linalg.cond(block) > 1e10:
                    continue
                lam[on] = np.linalg.solve(block, np.ones(on.sum()))
            weights = (lam @ features).reshape(2, -1)
            inner = weights @ x.T
            active = np.where(inner > 0, 1.0, gamma)
            if (lam >= 0).all() and (matrix @ lam > 1 - 1e-9).all() and (active == s).all():
                found.append((lam, inner > 0))
    return found


def certify(statistics: GramStatistics, y: np.ndarray, slope: Fraction, form: Form) -> RowWise:
    return row_wise(statistics.gram, slope, form=form, labels=y)


@pytest.mark.parametrize("slope", [Fraction(1, 10), HALF, Fraction(9, 10)])
def test_every_kkt_point_obeys_every_certificate(slope: Fraction) -> None:
    rng = np.random.default_rng(11)
    y, gamma = labels(3), float(slope)
    points, certified = 0, dict.fromkeys(FORMS, 0)
    for trial in range(0, 25, 2):
        # Coherence grows with the trial, so that both sides of each certificate occur.
        x = np.eye(3, 5) * rng.uniform(0.8, 1.3, (3, 1))
        x = x + rng.uniform(-1, 1, (3, 5)) * 0.02 * (trial + 1)
        statistics = gram_statistics(x)
        found = kkt_points(x, y, gamma)
        points += len(found)
        diagonal, off = np.diag(x @ x.T), abs(x @ x.T) - np.diag(np.diag(x @ x.T))
        for lam, _ in found:
            # The row inequality of the plain form holds at every KKT point, certified or not.
            assert (gamma * diagonal * lam - off @ lam <= 2 * gamma / (1 + gamma**2) + 1e-9).all()
        for form in FORMS:
            result = certify(statistics, y, slope, form)
            if result.certified:
                certified[form] += 1
                assert len(found) == 1
                lam, active = found[0]
                assert (lam <= result.upper.upper * (1 + 1e-9)).all()
                assert (lam >= result.lower.lower * (1 - 1e-9)).all()
                assert (active == np.stack([y > 0, y < 0])).all()
    assert points >= 5
    assert 0 < certified["plain"] <= certified["half-aware"] <= certified["signed"] < 13


@pytest.mark.parametrize("slope", [Fraction(1, 100), HALF, Fraction(9, 10), Fraction(1)])
@pytest.mark.parametrize("form", FORMS)
def test_certified_data_have_a_consistent_candidate_within_the_bounds(form, slope) -> None:
    rng = np.random.default_rng(3)
    basis = np.linalg.qr(rng.standard_normal((200, 12)))[0].T
    x = basis * rng.uniform(1, 1.5, (12, 1)) + 1e-5 * rng.standard_normal((12, 200))
    statistics, y = gram_statistics(x), labels(12)
    result = certify(statistics, y, slope, form)
    assert result.certified is True
    assert result.reason == ""
    exact = exact_multipliers(statistics, y, slope)
    assert exact.consistent is True
    assert exact.lam is not None
    assert (exact.lam.upper <= result.upper.upper).all()
    assert (exact.lam.lower >= result.lower.lower).all()
    assert (result.lower.lower > 0).all()


def test_the_upper_bound_is_the_solution_of_the_row_system() -> None:
    x = np.array([[1.0, 0.125, 0], [0.125, 1.5, 0.0625], [0, 0.0625, 1.25]])
    gram = gram_statistics(x).gram
    assert not gram.rad.any()
    off = abs(gram.mid - np.diag(np.diag(gram.mid)))
    system = 0.5 * np.diag(np.diag(gram.mid)) - off
    expected = np.linalg.solve(system, np.full(3, 0.8))
    result = row_wise(gram, HALF, form="plain")
    np.testing.assert_allclose(result.upper.mid, expected, rtol=1e-12)
    assert (result.upper.rad <= 1e-12 * expected).all()
    lower = (2 - 1.5 * off @ expected) / (1.25 * np.diag(gram.mid))
    np.testing.assert_allclose(result.lower.mid, lower, rtol=1e-12)
    slack = 0.5 * np.diag(gram.mid) * lower - off @ expected
    np.testing.assert_allclose(result.slack.mid, slack, rtol=1e-12)


def test_forms_include_each_other_and_the_scalar_condition() -> None:
    """scalar half-aware => half-aware => signed, and plain => half-aware, on random data."""
    gamma, r, big, p = sp.symbols("gamma r R P")
    bound = gamma * (1 + gamma**2) * r**2 / ((1 + gamma**2) * big + 2 * gamma * (1 + gamma) * r)
    rng = np.random.default_rng(0)
    met = 0
    for trial in range(0, 150, 3):
        size = int(rng.integers(2, 7))
        slope = Fraction(int(rng.integers(1, 101)), 100)
        basis = np.eye(size, size + 2)
        x = basis + rng.uniform(-1, 1, basis.shape) * 0.2 * trial / 150 * float(slope)
        statistics, y = gram_statistics(x), labels(size)
        values = {
            "gamma": Interval.exact(slope),
            "r": statistics.R_min**2,
            "R": statistics.R_max**2,
            "P": statistics.p_max * (size - 1),
        }
        plain, half, signed = (certify(statistics, y, slope, form).certified for form in FORMS)
        holds = evaluate_relation(p < bound, values).holds
        met += holds is True
        assert not (holds is True and half is not True)
        assert not (plain is True and half is not True)
        assert not (half is True and signed is not True)
    assert 7 < met < 47


def test_plain_does_not_include_the_scalar_half_aware_condition() -> None:
    """Equal norms, equal inner products p: at gamma = 1/2 half-aware holds for 2p < 5/22."""
    p = 0.11
    gram = BallArray.exact(np.full((3, 3), p) + (1 - p) * np.eye(3))
    gamma, total = 0.5, 2 * p
    assert total < gamma * (1 + gamma**2) / (1 + gamma**2 + 2 * gamma * (1 + gamma))
    assert row_wise(gram, HALF, form="half-aware").certified is True
    assert row_wise(gram, HALF, form="plain").certified is False


def test_failures_say_why() -> None:
    crowded = BallArray.exact(np.full((3, 3), 0.9) + 0.1 * np.eye(3))
    result = row_wise(crowded, HALF)
    assert result.certified is False
    assert "not positive definite" in result.reason
    assert (result.upper.rad == np.inf).all()
    vague = BallArray(np.eye(2), np.full((2, 2), 0.5))
    assert row_wise(vague, HALF).certified is None
    unknown = BallArray(np.eye(2), np.full((2, 2), np.inf))
    assert row_wise(unknown, HALF).certified is None
    near = gram_statistics(np.array([[1.0, 0.3], [0.0, 1.0]])).gram
    failed = row_wise(near, Fraction(3, 10))
    assert failed.certified is False
    assert "slack of row" in failed.reason


def test_undecided_within_rounding() -> None:
    """For N = 2 and unit norms the half-aware slack vanishes at one p: around it, None."""
    gamma = 0.5
    p = gamma * (1 + gamma**2) / (1 + gamma**2 + 2 * gamma * (1 + gamma))
    mid = np.array([[1.0, p], [p, 1.0]])
    ball = BallArray(mid, np.full((2, 2), 1e-9))
    assert row_wise(ball, HALF).certified is None
    for shift, expected in ((-1e-6, True), (1e-6, False)):
        moved = mid + shift * (1 - np.eye(2))
        assert row_wise(BallArray(moved, ball.rad), HALF).certified is expected


@pytest.mark.parametrize("scale", [1e-140, 1.0, 1e140])
def test_scale_does_not_matter(scale: float) -> None:
    x = np.array([[1.0, 0.02, 0.0], [0.0, 1.2, 0.01]]) * scale
    for form in FORMS:
        assert certify(gram_statistics(x), labels(2), HALF, form).certified is True


def test_bad_arguments_are_refused() -> None:
    gram = BallArray.exact(np.eye(2))
    with pytest.raises(InputError, match="slope"):
        row_wise(gram, Fraction(0))
    with pytest.raises(InputError, match="needs the labels"):
        row_wise(gram, HALF, form="signed")
    with pytest.raises(InputError, match="labels must be"):
        row_wise(gram, HALF, form="signed", labels=np.zeros(2, dtype=np.int8))
    with pytest.raises(InputError, match="no row-wise form"):
        row_wise(gram, HALF, form="best")  # type: ignore[arg-type]
