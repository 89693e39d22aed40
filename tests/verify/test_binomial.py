"""The exact binomial interval against its own definition, in rational arithmetic."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.verify import statistics
from perturbproof.verify.statistics import TailFault, binomial_interval, upper_tail
from scipy.stats import binomtest


def tail(successes: int, trials: int, p: Fraction) -> Fraction:
    """Pr[X >= successes], exactly."""
    return sum(
        (comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(successes, trials + 1)),
        Fraction(0),
    )


counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
errors = st.sampled_from([1.0, 0.5, 0.05, 0.01, 0.01 / 7, 1e-6, 1e-30, 1e-100])


@given(counts=counts, error=errors)
def test_each_end_leaves_half_the_error_and_wastes_nothing(counts, error: float) -> None:
    k, n = counts
    found = binomial_interval(k, n, error)
    low, high = Fraction(found.lower), Fraction(found.upper)
    half, room = Fraction(error) / 2, Fraction(1, 10**9)
    # The ends as floats lie outside the exact ones: the tails are at most half the error.
    assert tail(k, n, low) <= half if k else low == 0
    assert tail(n - k, n, 1 - high) <= half if k < n else high == 1
    if k and low > 0:
        assert tail(k, n, low) >= half * (1 - room)
    if k < n and error > 1e-10:
        assert tail(n - k, n, 1 - high) >= half * (1 - Fraction(1, 10**4))


@given(counts=counts, error=st.sampled_from([0.5, 0.1, 0.01, 1e-4]))
def test_it_is_what_scipy_calls_exact(counts, error: float) -> None:
    found = binomial_interval(*counts, error)
    other = binomtest(*counts).proportion_ci(1 - error, "exact")
    assert found.lower == pytest.approx(float(other.low), abs=1e-12)
    assert found.upper == pytest.approx(float(other.high), abs=1e-12)


def test_intervals_are_nested_and_hold_the_share() -> None:
    ladder = [1e-100, 1e-20, 1e-6, 1e-3, 0.01, 0.1, 0.5, 1.0]
    for k, n in ((0, 300), (5, 300), (299, 300), (300, 300), (12_345, 20_000)):
        wide = binomial_interval(k, n, ladder[0])
        for error in ladder[1:]:
            narrow = binomial_interval(k, n, error)
            assert wide.lower <= narrow.lower <= k / n <= narrow.upper <= wide.upper
            wide = narrow


@pytest.mark.parametrize("counts", [(-1, 5), (6, 5), (0, 0)])
def test_counts_out_of_range_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no count"):
        binomial_interval(*counts, 0.01)


@pytest.mark.parametrize("error", [0.0, 1e-200, -0.1, 1.5])
def test_an_error_out_of_range_is_refused(error: float) -> None:
    with pytest.raises(ValueError, match="error: must lie"):
        binomial_interval(1, 5, error)


def test_a_wrong_quantile_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = statistics.betaincinv
    monkeypatch.setattr(statistics, "betaincinv", lambda a, b, t: right(10 * a, 10 * b, t))
    with pytest.raises(TailFault, match="lower end"):
        binomial_interval.__wrapped__(150, 300, 0.01)


def test_the_tail_is_enclosed() -> None:
    exact = tail(7, 20, Fraction(0.3))
    assert upper_tail(7, 20, 0.3).contains(exact)
