"""Outside which region a network is linear, trained or not.

With Q = sum_j a_j w_j, sgn f(z) = sgn <Q, z> whenever gamma abs(<Q, z>) > ((1 - gamma)/2) gap(z),
gap = sum abs(a_j h_j) - abs(sum a_j h_j) over the half with a_j < 0 where <Q, z> > 0, else over the
other. Source: this project (theorem "linear-outside").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...theory.exact.interval import Interval, Number
from ..enclose.ball_array import BallArray
from ..enclose.real_array import BoolArray, FloatArray
from ..network import OutputWeights, preactivations, weights_or_papers


@dataclass(frozen=True, eq=False)
class LinearForm:
    """f(z) and <Q, z>, (B,), and whether z certainly lies outside the region, bool (B,)."""

    answer: BallArray
    lean: BallArray
    outside: BoolArray

    @property
    def contrary(self) -> int:
        """Points certainly outside at which the two certainly have different signs: none."""
        apart = (self.answer * self.lean).negative
        return int((apart & self.outside).sum())


def linear_form(
    weights: FloatArray, z: FloatArray, slope: Number, output: OutputWeights | None = None
) -> LinearForm:
    """Decide points z (B, d) for float64 weights (m, d) and slope in (0, 1], all exact.

    output: the a_j, by default the paper's.
    """
    gamma, a = Interval.exact(slope), weights_or_papers(len(weights), output)
    hidden = BallArray.like(preactivations(weights, z)) * a.sizes
    bent = hidden.maximum(hidden * gamma)

    def sums(values: BallArray) -> tuple[BallArray, BallArray]:
        return values[:, a.signs > 0].sum(axis=1), values[:, a.signs < 0].sum(axis=1)

    (plus, minus), sizes = sums(hidden), sums(abs(hidden))
    lean = plus - minus
    gaps = [size - abs(total) for size, total in zip(sizes, (plus, minus), strict=True)]
    # Where the sign of <Q, z> is not certain neither is that the point is outside.
    room = [abs(lean) * gamma - gap * ((1 - gamma) / 2) for gap in gaps]
    outside = np.where(lean.positive, room[1].positive, lean.negative & room[0].positive)
    first, second = sums(bent)
    return LinearForm(first - second, lean, outside)
