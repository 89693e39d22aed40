"""Greedy search for a large part of a dataset that meets a row-wise certificate.

Real data rarely meet a certificate whole; a maximal certified subset shows how much of it the
theorem covers. Candidates are rated in float64, all at once, by bordering the solved system with
one row; the certificate of the result is rigorous.

Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .certificates import Form, RowWise, interactions, row_wise
from .input_error import InputError
from .multipliers import check_labels
from .network import check_slope
from .real_array import RealArray
from .roundoff import FloatArray

_MARGIN = 1e-9
"""Slack asked of a candidate, far above rounding in the rating, so that the certificate agrees."""


@dataclass(frozen=True, slots=True, eq=False)
class CertifiedSubset:
    """A certified part of a dataset.

    Attributes:
        indices: rows of the dataset, ascending; both classes are among them.
        certificate: its row-wise certificate, `certified` True; arrays in the order of `indices`.
    """

    indices: NDArray[np.intp]
    certificate: RowWise


def greedy_subset(
    gram: RealArray,
    y: NDArray[np.int8],
    slope: Fraction,
    *,
    form: Form = "half-aware",
    starts: int = 32,
) -> CertifiedSubset:
    """A large maximal subset that meets the certificate `form`.

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
    rating = _Rating.of(gram, y, slope, form)
    best: list[int] = []
    for pair in _pairs(rating, signs, starts):
        members = _grown(rating, pair)
        if len(members) > len(best):
            best = members
    if not best:
        raise InputError(
            f"no two samples of opposite labels meet the {form} certificate at slope {slope}"
        )
    indices = np.sort(np.array(best, dtype=np.intp))
    part = gram[np.ix_(indices, indices)]
    certificate = row_wise(part, slope, form=form, labels=y[indices])
    if certificate.certified is not True:
        raise InputError(
            f"the Gram matrix is too imprecise to certify a subset: {certificate.reason}"
        )
    return CertifiedSubset(indices, certificate)


@dataclass(frozen=True, slots=True, eq=False)
class _Rating:
    """Float64 slack of subsets, in the notation of `certificates`."""

    diagonal: FloatArray
    negative: FloatArray
    positive: FloatArray
    gamma: float
    form: Form

    @classmethod
    def of(cls, gram: RealArray, y: NDArray[np.int8], slope: Fraction, form: Form) -> _Rating:
        negative, positive = interactions(gram, form, y)
        diagonal = gram.mid.diagonal()
        return cls(diagonal, negative.mid, positive.mid, float(slope), form)

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
            slack = self._slack(t, within, across, np.append(inside, -1), candidates)
        usable = (complement > 0) & (t > 0).all(axis=0)
        return np.where(usable, slack, -np.inf)

    def _slack(
        self,
        t: FloatArray,
        within: tuple[np.ndarray, ...],
        across: tuple[np.ndarray, ...],
        rows: NDArray[np.intp],
        candidates: NDArray[np.intp],
    ) -> FloatArray:
        gamma = self.gamma
        diagonal = np.repeat(self.diagonal[rows][:, None], len(candidates), axis=1)
        diagonal[-1] = self.diagonal[candidates]

        def applied(matrix: FloatArray, vector: FloatArray) -> FloatArray:
            top = matrix[within] @ vector[:-1] + matrix[across] * vector[-1]
            return np.vstack([top, (matrix[across] * vector[:-1]).sum(axis=0)])

        pull = applied(self.negative, t)
        lower = (2 - (1 + gamma) * applied(self.positive, t)) / ((1 + gamma**2) * diagonal)
        if self.form != "signed":
            return (gamma * diagonal * lower - pull).min(axis=0)
        slack = gamma * (diagonal * lower + applied(self.positive, np.maximum(lower, 0))) - pull
        limits = (gamma * diagonal * t - pull, gamma * diagonal * lower)
        return np.minimum.reduce([slack, *limits]).min(axis=0)


def _pairs(rating: _Rating, signs: FloatArray, starts: int) -> list[list[int]]:
    """The `starts` best pairs of opposite labels, best first."""
    found: list[tuple[float, int, int]] = []
    negatives = np.flatnonzero(signs < 0)
    for n in np.flatnonzero(signs > 0) if len(negatives) else ():
        slacks = rating.least_slack([int(n)], negatives)
        order = np.argsort(-slacks, kind="stable")[:starts]
        found += [(-float(slacks[k]), int(n), int(negatives[k])) for k in order]
    return [[n, k] for slack, n, k in sorted(found)[:starts] if slack < -_MARGIN]


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
