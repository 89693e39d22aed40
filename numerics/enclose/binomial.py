"""The exact (Clopper-Pearson) interval of a probability, with its tails verified.

Of n independent trials with success probability p, k succeeded. The lower end solves
Pr[X >= k | p] = error/2 and the upper one Pr[X <= k | p] = error/2, so that each misses p with a
probability of at most error/2, whatever p is (Clopper & Pearson, Biometrika 1934). SciPy's inverse
of the incomplete beta function proposes an end, and the tail, summed term by term in ball
arithmetic, confirms it.
"""

from __future__ import annotations

from functools import lru_cache

from flint import arb, fmpz
from scipy.special import betaincinv

from ...theory.exact.interval import Interval
from ...theory.exact.scalars import working_precision

_BITS = 128
_NEGLIGIBLE = 2.0**-80
# An end is moved outward by this much at first, relative to itself, when rounding put it inside.
_FIRST_STEP = 2.0**-51
# Two right computations of a tail differ by far less than this.
_LARGEST_STEP = 2.0**-20
# Far below this SciPy's inverse gives up.
_LEAST_ERROR = 1e-100


class TailFault(ArithmeticError):
    """Two computations of a binomial tail exclude each other: an error of the code."""


@lru_cache(maxsize=65536)
def binomial_interval(successes: int, trials: int, error: float) -> Interval:
    """Encloses the success probability except with a chance of at most `error` in [1e-100, 1].

    Intervals of the same counts are nested: a smaller error gives a wider one.

    Raises:
        ValueError: not 0 <= successes <= trials, trials >= 1, or an error out of range.
        TailFault: the tails found contradict each other.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no count of successes among trials")
    if not _LEAST_ERROR <= error <= 1:
        raise ValueError(f"error: must lie in [{_LEAST_ERROR}, 1], found {error}")
    low = _lower_end(successes, trials, error / 2)
    # Failures are successes of probability 1 - p; taken exactly, as one minus a float may round.
    high = 1 - Interval.exact(_lower_end(trials - successes, trials, error / 2))
    return Interval.exact(low).hull(high)


def _lower_end(successes: int, trials: int, tail: float) -> float:
    """The largest p, up to rounding, with Pr[X >= successes | p] <= tail."""
    if successes == 0:
        return 0.0
    end, step = float(betaincinv(successes, trials - successes + 1, tail)), _FIRST_STEP
    while not upper_tail(successes, trials, end).certainly_at_most(tail):
        if step > _LARGEST_STEP:
            raise TailFault(
                f"the lower end {end:.9g} for {successes} of {trials} leaves a tail of "
                f"{upper_tail(successes, trials, end)}, not of {tail:.9g}"
            )
        end, step = end * (1 - step), 2 * step
    return end


def upper_tail(successes: int, trials: int, probability: float) -> Interval:
    """Encloses Pr[X >= successes], 1 <= successes <= trials, for the success probability given."""
    if not 0 < probability < 1:
        return Interval.exact(min(max(probability, 0.0), 1.0))
    with working_precision(_BITS):
        odds = arb(probability) / (1 - arb(probability))
        term = arb(fmpz.bin_uiui(trials, successes)) * arb(probability) ** successes
        term *= (1 - arb(probability)) ** (trials - successes)
        total = arb(0)
        for count in range(successes, trials + 1):
            total += term
            ratio = odds * (trials - count) / (count + 1)
            term *= ratio
            # Ratios decrease, so that what is left is less than a geometric series.
            if ratio < 1 and (rest := term / (1 - ratio)) < total * _NEGLIGIBLE:
                return Interval.around(total.union(total + rest))
    return Interval.around(total)
