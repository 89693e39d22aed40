"""The limit that training tends to while no own pair changes its sign: a convex program.

While the own pairs keep their signs the margin y_n f(x_n) is, with b_g = w_j/abs(a_j) for the
neurons j of group g, the concave function

    z_n(W) = sum_own A_g kappa_gn <b_g, x_n> - sum_cross A_g phi(<b_g, x_n>),

and the limit W* minimises ½‖W‖² = ½ sum_g A_g ‖b_g‖² subject to z_n(W) >= 1. Any lambda_n >= 0 and
slopes s_gn in [gamma, 1] of the cross pairs give W_l with

    b_g = sum_own kappa_gn lambda_n x_n - sum_cross s_gn lambda_n x_n

and the dual value sum lambda_n - ½‖W_l‖² <= ½‖W*‖². With W_p = W_l/min_n z_n(W_l), which meets the
constraints, strong convexity encloses the solution:

    ‖W_p - W*‖² <= ‖W_p‖² - 2 sum lambda_n + ‖W_l‖².

So a solution in floating point only proposes lambda and s, and nothing about it has to be exact.
It is found by cutting planes: z_n is the least of linear pieces, one for every choice of slopes in
{gamma, 1}; those that the current W violates are added until none is, and the multipliers of the
pieces follow from those before (`minimiser`). In Gram space, so that the input dimension counts
only in products. Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb
from numpy.typing import NDArray

from ...theory.exact.interval import Interval, Number
from ...theory.exact.scalars import working_precision
from ..boundary.margin_program import vanishing_combination
from ..data.sample import Sample, row_list
from ..enclose.ball_array import BallArray
from ..enclose.real_array import BoolArray, FloatArray
from .own_pattern import OwnPattern
from .piece_program import minimiser

# A margin below 1 by more than this is a violated constraint; the enclosure pays for what is left.
_TOLERANCE = 1e-10
_ROUNDS = 200
_FIRST_PIECES = 50
_PIECES_A_ROUND = 200
# Beyond so many pieces, those without a multiplier are dropped before more are added.
_MOST_PIECES = 600
_MOST_FAILED = 2
_TINY = np.finfo(np.float64).tiny
_LARGEST_EXPONENT = 400
_SAME_SLOPE = 1e-9


@dataclass(frozen=True, eq=False)
class ConvexLimit:
    """The limit W* under an own pattern, enclosed.

    Attributes
    ----------
    sample, slope : the data and gamma, exact; a float its binary value.
    pattern : the signs of the own pairs that the program presumes.
    multipliers : float64 (N,), lambda >= 0.
    slopes : float64 (N, G), those of the cross pairs, in [gamma, 1].
    """

    sample: Sample
    slope: Number
    pattern: OwnPattern
    multipliers: FloatArray
    slopes: FloatArray

    @cached_property
    def directions(self) -> BallArray:
        """b_g of W_l, (G, d)."""
        signed = self.pattern.kappa(self.slope) * self.pattern.own - self.slopes * ~self.pattern.own
        return (signed * self.multipliers[:, None]).T @ self.sample.x

    @cached_property
    def scaled(self) -> BallArray:
        """<b_g, x_n> of W_l, (N, G)."""
        return BallArray.exact(self.sample.x) @ self.directions.T

    @cached_property
    def norms(self) -> BallArray:
        """‖x_n‖, (N,)."""
        x = BallArray.exact(self.sample.x)
        return (x * x).sum(axis=1).sqrt()

    @cached_property
    def total(self) -> Interval:
        """sum lambda_n."""
        return BallArray.exact(self.multipliers).sum().interval()

    @cached_property
    def entropy(self) -> Interval:
        """H = -sum p log p of p = lambda/sum lambda."""
        with working_precision():
            values = [arb(v) for v in self.multipliers.tolist() if v > 0]
            total = sum(values, arb(0))
            # -sum p log p = log total - (sum lambda log lambda)/total.
            return Interval.around(total.log() - sum((v * v.log() for v in values), arb(0)) / total)

    @cached_property
    def square(self) -> Interval:
        """‖W_l‖²."""
        b = self.directions
        return ((b * b).sum(axis=1) * self.pattern.masses).sum().interval().nonnegative()

    @cached_property
    def least_margin(self) -> Interval:
        """min_n z_n(W_l)."""
        return program_margins(self.scaled, self.pattern, self.slope).min_enclosure()

    @property
    def feasible(self) -> bool:
        """Whether the program certainly can be met, so that W* exists."""
        return self.least_margin.lower > 0

    @cached_property
    def impossible(self) -> str:
        """Why certainly no weights meet the program; empty where none is known."""
        if _out_of_range(self.sample.x):
            return ""
        terms = vanishing_combination(self.sample.x * self.sample.y[:, None])
        if terms is None:
            return ""
        named = row_list(self.sample.rows[terms])
        return f"no hyperplane separates the classes: a positive combination of {named} vanishes"

    @cached_property
    def ratio(self) -> Interval:
        """M = ‖W_l‖/min_n z_n(W_l), for a feasible program."""
        return self.square.sqrt() / self.least_margin

    @cached_property
    def error(self) -> Interval:
        """Between 0 and an upper bound of ‖W_l - W*‖, for a feasible program."""
        gap = self.ratio**2 - 2 * self.total + self.square
        shift = abs(1 / self.least_margin - 1) * self.square.sqrt()
        return Interval.between(0, (shift + gap.max(0).sqrt()).upper)

    @cached_property
    def activations(self) -> BallArray:
        """sigma_gn <b*_g, x_n> of W* at own pairs, (N, G); cross pairs hold what is of no use."""
        reach = self.norms[:, None] * self.error / self.pattern.masses.sqrt()
        return self.scaled * self.pattern.signs + BallArray(np.zeros(reach.shape), reach.upper)

    @cached_property
    def own_activation(self) -> Interval:
        """The least scaled own activation A_g sigma_gn <b*_g, x_n> of W*."""
        scaled = self.activations * self.pattern.masses
        return least(scaled, self.pattern.own)

    @cached_property
    def normal(self) -> BallArray:
        """sum_j a_j w_j of W_l, (d,): the boundary of the limit where every own pair is active."""
        signed = self.pattern.masses * self.pattern.halves.astype(np.float64)
        return (self.directions * signed[:, None]).sum(axis=0)

    def answers(self, z: FloatArray) -> tuple[BallArray, BallArray]:
        """f*(z) and <sum_j a_j w*_j, z> of W*, (B,) each, for points z (B, d)."""
        inner = BallArray.exact(z) @ self.directions.T
        hidden = inner.maximum(inner * Interval.exact(self.slope))
        signed = self.pattern.masses * self.pattern.halves.astype(np.float64)
        length = BallArray.exact(z)
        reach = (length * length).sum(axis=1).sqrt() * (self.error * self.pattern.lipschitz)
        apart = BallArray(np.zeros(len(z)), reach.upper)
        return (hidden * signed).sum(axis=1) + apart, (inner * signed).sum(axis=1) + apart

    def seed(self, factor: float) -> FloatArray:
        """The limit scaled to a least margin near `factor`, as the pattern's neurons, (m, d)."""
        sizes = abs(self.pattern.output.values)[:, None] * (factor / self.least_margin.upper)
        return self.directions.mid[self.pattern.members] * sizes

    @property
    def supports(self) -> int:
        """Samples with a positive multiplier, as floating point tells."""
        return int((self.multipliers > 0).sum())

    @property
    def at_kink(self) -> BoolArray:
        """Supports at which a cross pair has a slope strictly inside, as floating point tells."""
        # A mean of equal slopes is not quite equal to them.
        low, high = float(self.slope) + _SAME_SLOPE, 1 - _SAME_SLOPE
        inside = (self.slopes > low) & (self.slopes < high) & ~self.pattern.own
        return inside.any(axis=1) & (self.multipliers > 0)

    @property
    def kinks(self) -> int:
        """How many there are."""
        return int(self.at_kink.sum())


def least(values: BallArray, among: NDArray[np.bool_]) -> Interval:
    """The smallest of the entries where `among` holds."""
    return Interval.between(
        float(values.lower[among].min(initial=np.inf)),
        float(values.upper[among].min(initial=np.inf)),
    )


def program_margins(scaled: BallArray, pattern: OwnPattern, slope: Number) -> BallArray:
    """z_n (N,) from <b_g, x_n> (N, G)."""
    hidden = scaled.maximum(scaled * Interval.exact(slope))
    own = pattern.kappa(slope) * scaled
    return ((own * pattern.own - hidden * ~pattern.own) * pattern.masses).sum(axis=1)


def convex_limit(sample: Sample, slope: Number, pattern: OwnPattern) -> ConvexLimit:
    """Propose multipliers and slopes of the program; `ConvexLimit` then encloses its solution.

    Where the samples cannot be separated, or the search does not end, the result is not `feasible`.
    """
    x, own, gamma = sample.x, pattern.own, float(slope)
    masses = np.array([float(share) for share in pattern.shares])
    kappa = np.where(pattern.active, 1.0, gamma)
    if _out_of_range(x):
        return ConvexLimit(sample, slope, pattern, np.zeros(len(x)), np.ones(own.shape))
    # One power of two for all keeps the search within the range of float64.
    unit = 2.0 ** -_exponent(x)
    x = x * unit
    inner = np.outer(x @ (x * sample.y[:, None]).mean(axis=0), pattern.halves)
    rows, pieces = np.zeros(0, dtype=np.intp), np.zeros((0, len(masses)))
    weights, products = np.zeros(0), _Products(x)
    lengths, failed = np.linalg.norm(x, axis=1), 0
    for turn in range(_ROUNDS):
        now = np.where(own, kappa, -np.where((inner > 0) & ~pattern.dead, 1.0, gamma))
        margins = (now * inner * masses).sum(axis=1)
        if turn:
            chosen = np.flatnonzero(margins < 1 - _TOLERANCE)
            chosen = chosen[np.argsort(margins[chosen], kind="stable")][:_PIECES_A_ROUND]
        else:
            chosen = np.argsort(margins / lengths, kind="stable")[:_FIRST_PIECES]
        known = {(row, piece.tobytes()) for row, piece in zip(rows, pieces, strict=True)}
        chosen = [row for row in chosen if (row, now[row].tobytes()) not in known]
        if not chosen:
            break
        if len(rows) > _MOST_PIECES:
            held = weights > 0
            rows, pieces, weights = rows[held], pieces[held], weights[held]
        guess = np.append(weights > 0, np.ones(len(chosen), dtype=bool))
        rows, pieces = np.append(rows, chosen), np.vstack([pieces, now[chosen]])
        matrix = products.of(rows) * ((pieces * masses) @ pieces.T)
        weights = minimiser(matrix, guess)
        # ‖W‖² and the sum of the weights are equal at a minimiser, and there is none where pieces
        # exclude each other. Few find one later.
        apart = not 0.5 < weights @ matrix @ weights / max(weights.sum(), _TINY) < 2
        failed += apart
        if failed == _MOST_FAILED or not weights.any():
            break
        inner = x @ (x[rows].T @ (pieces * weights[:, None]))
    return _collected(sample, slope, pattern, rows, pieces, weights * unit**2)


class _Products:
    """Inner products of some of the rows of x (N, d), each computed once."""

    def __init__(self, x: FloatArray) -> None:
        self._x = x
        self._place = np.full(len(x), -1)
        self._gram = np.zeros((0, 0))

    def of(self, rows: NDArray[np.intp]) -> FloatArray:
        """<x_n, x_k> for the n and k in rows (P,): (P, P)."""
        new = np.unique(rows[self._place[rows] < 0])
        if len(new):
            before = np.argsort(self._place)[len(self._x) - len(self._gram) :]
            across, among = self._x[before] @ self._x[new].T, self._x[new] @ self._x[new].T
            self._gram = np.block([[self._gram, across], [across.T, among]])
            self._place[new] = len(before) + np.arange(len(new))
        place = self._place[rows]
        return self._gram[np.ix_(place, place)]


def _exponent(x: FloatArray) -> int:
    return int(np.frexp(abs(x).max())[1])


def _out_of_range(x: FloatArray) -> bool:
    """Whether multipliers, which go with the inverse squares of the samples, leave float64."""
    return abs(_exponent(x)) > _LARGEST_EXPONENT


def _collected(
    sample: Sample,
    slope: Number,
    pattern: OwnPattern,
    rows: NDArray[np.intp],
    pieces: FloatArray,
    weights: FloatArray,
) -> ConvexLimit:
    """A sample's multiplier is the sum of its pieces', its slopes are their weighted means."""
    multipliers = np.bincount(rows, weights, sample.n).astype(np.float64)
    slopes = np.zeros(pattern.own.shape)
    np.add.at(slopes, rows, -pieces * weights[:, None])
    held = multipliers > 0
    slopes[held] /= multipliers[held, None]
    gamma = Interval.exact(slope).upper
    slopes = np.where(pattern.own | ~held[:, None], 1.0, np.clip(slopes, gamma, 1.0))
    return ConvexLimit(sample, slope, pattern, multipliers, slopes)
