"""Searches for large parts of a dataset that meet a condition: at random, and chosen greedily.

Real data rarely meet a certificate whole; a maximal certified subset shows how much of it the
theorem covers. Two kinds of condition are searched for:

* one on N, p_max, R_min and R_max, given by its load, lhs/rhs, below 1 where it holds. A sample
  more raises the load, as N and p_max and R_max can only grow and R_min only fall;
* a row-wise certificate. Candidates are rated all at once, by bordering the solved system with one
  row each.

Everything here is plain floating point; only what `greedy_subset` finds is certified. Whoever
states that a subset meets a condition checks it again with enclosures. Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..configuration import InputError
from ..enclose.ball_array import FloatArray
from ..enclose.real_array import RealArray
from ..network import check_slope
from .certificates import Form, interactions, lower_and_slack, row_wise
from .multipliers import check_labels

Load = Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]
"""Load from N, p_max, R_min and R_max, elementwise; infinite or NaN where it is not defined."""

_CHUNK = 64
_CACHED_NUMBERS = 2**25


@dataclass(frozen=True, slots=True)
class RandomSizes:
    """Largest sizes over random orders of the samples: lowest, median and highest.

    `capped`: the search ended at its limit, so that a size may be larger.
    """

    lowest: int
    median: int
    highest: int
    orders: int
    capped: bool


# Overflow and invalid operations end in a load that is no number, which is not below 1.
_quiet = partial(np.errstate, all="ignore")


class Samples:
    """Samples x (N, d) and labels y (N,); rows of |x xᵀ| are kept as long as there is room."""

    def __init__(self, x: FloatArray, y: NDArray[np.int8], gram: FloatArray | None = None) -> None:
        self.x, self.y = x, y
        self.size = abs(gram) if gram is not None else None
        with _quiet():
            self.norms = np.sqrt(np.einsum("nd,nd->n", x, x))
        self._rows: dict[int, FloatArray] = {}

    def row(self, n: int) -> FloatArray:
        """|<x_n, x_k>| for all k, shape (N,)."""
        if self.size is not None:
            return self.size[n]
        if n not in self._rows:
            if (len(self._rows) + 1) * len(self.x) > _CACHED_NUMBERS:
                self._rows.pop(next(iter(self._rows)))
            self._rows[n] = abs(self.x @ self.x[n])
        return self._rows[n]


def random_sizes(
    total: int,
    held: Callable[[NDArray[np.intp]], int],
    rng: np.random.Generator,
    *,
    orders: int = 20,
    most: int = 2000,
) -> RandomSizes:
    """How many of the first samples meet a condition together, over random orders of `total`.

    `held` says it of one order, of which it is given at most the first `most`.
    """
    count = min(most, total)
    sizes = sorted(held(rng.permutation(total)[:count]) for _ in range(orders))
    capped = count < total and sizes[-1] == count
    return RandomSizes(sizes[0], sizes[(orders - 1) // 2], sizes[-1], orders, capped)


@_quiet()
def held_in_order(samples: Samples, load: Load, order: NDArray[np.intp]) -> int:
    """How many samples, taken in an order, meet a condition; 0 where not even two do."""
    largest, held = 0.0, 0
    for start in range(0, len(order), _CHUNK):
        chunk, before = order[start : start + _CHUNK], order[: start + _CHUNK]
        if samples.size is not None:
            block = samples.size[np.ix_(chunk, before)].copy()
        else:
            block = abs(samples.x[chunk] @ samples.x[before].T)
        # Only pairs with an earlier sample: row i of the chunk sees start + i columns.
        block[np.arange(len(before)) >= start + np.arange(len(chunk))[:, None]] = 0
        products = np.maximum(np.maximum.accumulate(block.max(axis=1)), largest)
        norms = samples.norms[before]
        shortest, longest = np.minimum.accumulate(norms), np.maximum.accumulate(norms)
        counts = np.arange(start + 1, start + len(chunk) + 1, dtype=np.float64)
        holds = load(counts, products, shortest[start:], longest[start:]) < 1
        fits = holds | (counts < 2)
        if not fits.all():
            held = start + int(fits.argmin())
            return held if held >= 2 else 0
        held, largest = start + len(chunk), float(products[-1])
    return held


def chosen_subset(
    samples: Samples, load: Load, *, starts: int = 16, most: int = 2000
) -> NDArray[np.intp]:
    """A large subset that meets a condition: indices, ascending, both labels; empty if none does.

    From each of `starts` samples, spread evenly over the data, and from one of the pair of opposite
    labels of the smallest load (of all pairs, where their inner products are held), and its best
    partner of the other label, the sample that keeps the load smallest is added while it stays
    below 1. The largest result wins, the earlier start among equals. No single further sample can
    be added to a subset smaller than `most`.
    """
    count = len(samples.x)
    firsts = np.linspace(0, count - 1, min(starts, count)).astype(np.intp)
    with _quiet():
        firsts = np.unique([*firsts, *_best_pair(samples, load)])
        best = max((_grown_from(samples, load, int(n), most) for n in firsts), key=len)
    return np.sort(np.array(best, dtype=np.intp))


def _best_pair(samples: Samples, load: Load) -> list[int]:
    """One sample of the pair of opposite labels with the smallest load; none of more than N x N."""
    if samples.size is None:
        return []
    one, other = np.flatnonzero(samples.y > 0), np.flatnonzero(samples.y < 0)
    norms = samples.norms[one][:, None], samples.norms[other]
    products = samples.size[np.ix_(one, other)]
    loads = load(np.full_like(products, 2.0), products, np.minimum(*norms), np.maximum(*norms))
    loads = np.where(np.isnan(loads), np.inf, loads)
    return [int(one[loads.min(axis=1).argmin()])] if loads.size else []


def _grown_from(samples: Samples, load: Load, first: int, most: int) -> list[int]:
    norms = samples.norms
    members = [first]
    products = samples.row(first).copy()
    shortest = longest = norms[first]
    inside = 0.0
    free = samples.y != samples.y[first]
    while len(members) < most:
        size = np.full(len(norms), len(members) + 1.0)
        loads = load(
            size,
            np.maximum(products, inside),
            np.minimum(norms, shortest),
            np.maximum(norms, longest),
        )
        loads = np.where(free & ~np.isnan(loads), loads, np.inf)
        best = int(loads.argmin())
        if not loads[best] < 1:
            break
        if len(members) == 1:
            free = np.full(len(norms), True)
            free[first] = False
        free[best] = False
        inside = max(inside, float(products[best]))
        shortest, longest = min(shortest, norms[best]), max(longest, norms[best])
        members.append(best)
        np.maximum(products, samples.row(best), out=products)
    return members if len(members) > 1 else []


_MARGIN = 1e-9
"""Slack asked of a candidate, far above rounding in the rating, so that the certificate agrees."""


def greedy_subset(
    gram: RealArray,
    y: NDArray[np.int8],
    slope: Fraction,
    *,
    form: Form = "half-aware",
    starts: int = 32,
) -> NDArray[np.intp]:
    """A large maximal subset that meets the certificate `form`: indices, ascending, both classes.

    From each of the `starts` pairs of opposite labels with the largest least slack, the sample that
    keeps the least slack largest is added while it stays positive; the largest result wins, the
    earlier start among equals. Deterministic. Maximal: adding any one further sample leaves no
    slack above 1e-9.

    `gram` is (N, N), `y` in {-1, +1} of shape (N,), `slope` gamma in (0, 1], `starts` >= 1.

    Raises:
        InputError: slope, labels, form or starts out of range, or no pair meets the certificate.
    """
    check_slope(slope)
    signs = check_labels(y, len(gram))
    if starts < 1:
        raise InputError(f"starts is {starts}; at least one pair must be tried")
    negative, positive = interactions(gram, form, y)
    rating = _Rating(gram.mid.diagonal(), negative.mid, positive.mid, float(slope), form)
    pairs: list[tuple[float, int, int]] = []
    negatives = np.flatnonzero(signs < 0)
    for n in np.flatnonzero(signs > 0) if len(negatives) else ():
        slacks = rating.least_slack([int(n)], negatives)
        order = np.argsort(-slacks, kind="stable")[:starts]
        pairs += [(-float(slacks[k]), int(n), int(negatives[k])) for k in order]
    tried = [[n, k] for slack, n, k in sorted(pairs)[:starts] if slack < -_MARGIN]
    best = max((_grown(rating, pair) for pair in tried), key=len, default=[])
    if not best:
        raise InputError(
            f"no two samples of opposite labels meet the {form} certificate at slope {slope}"
        )
    indices = np.sort(np.array(best, dtype=np.intp))
    found = row_wise(gram[np.ix_(indices, indices)], slope, form=form, labels=y[indices])
    if found.certified is not True:
        raise InputError(f"the Gram matrix is too imprecise to certify a subset: {found.reason}")
    return indices


@dataclass(frozen=True, slots=True, eq=False)
class _Rating:
    """Float64 slack of subsets, in the notation of `certificates`."""

    diagonal: FloatArray
    negative: FloatArray
    positive: FloatArray
    gamma: float
    form: Form

    def least_slack(self, members: list[int], candidates: NDArray[np.intp]) -> FloatArray:
        """Least slack of `members` plus each candidate, shape (C,); -inf where there is no t."""
        gamma = self.gamma
        own, other, target = 1 + gamma**2, 1 + gamma, 2.0
        if self.form == "plain":
            own, other, target = gamma, 1.0, 2 * gamma / own
        inside = np.array(members)
        within, across = np.ix_(inside, inside), np.ix_(inside, candidates)
        system = np.diag(own * self.diagonal[inside]) - other * self.negative[within]
        border = -other * self.negative[across]
        solved = np.linalg.solve(system, np.column_stack([np.full(len(inside), target), border]))
        base, response = solved[:, 0], solved[:, 1:]
        with np.errstate(all="ignore"):
            complement = own * self.diagonal[candidates] - (border * response).sum(axis=0)
            last = (target - base @ border) / complement
            t = np.vstack([base[:, None] - response * last, last])
            diagonal = np.empty_like(t)
            diagonal[:-1] = self.diagonal[inside][:, None]
            diagonal[-1] = self.diagonal[candidates]

            def times(matrix: FloatArray) -> Callable[[FloatArray], FloatArray]:
                own, side = matrix[within], matrix[across]
                return lambda v: np.vstack(
                    [own @ v[:-1] + side * v[-1], (side * v[:-1]).sum(axis=0)]
                )

            factors = times(self.negative), times(self.positive)
            slack = lower_and_slack(self.form, gamma, diagonal, t, *factors)[1].min(axis=0)
        usable = (complement > 0) & (t > 0).all(axis=0)
        return np.where(usable, slack, -np.inf)


def _grown(rating: _Rating, pair: list[int]) -> list[int]:
    members = list(pair)
    rest = np.setdiff1d(np.arange(len(rating.diagonal)), members)
    while rest.size:
        slacks = rating.least_slack(members, rest)
        best = int(slacks.argmax())
        if not slacks[best] > _MARGIN:
            break
        members.append(int(rest[best]))
        rest = np.delete(rest, best)
    return members
