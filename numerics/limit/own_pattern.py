"""Own pairs and groups: on which neurons a sample acts alike.

A pair of neuron j and sample n is *own* when a_j y_n > 0, else *cross*. Only own pairs make
training non-convex: while none of them changes its sign, gradient flow is that of a convex loss.
Neurons of one half whose own pairs have equal signs form a group; at the limit they are equal up to
abs(a_j).
Source: this project (docs/limit-certificate.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...theory.exact.interval import Interval, Number
from ..enclose.ball_array import BallArray
from ..enclose.real_array import BoolArray, RealArray
from ..network import OutputWeights, weights_or_papers


@dataclass(frozen=True, eq=False)
class OwnPattern:
    """The signs of all own pairs, neurons taken together in groups.

    Attributes
    ----------
    halves : int8 (G,), the sign of a_j in each group.
    active : bool (N, G), whether the group's neurons are active at the sample; it means something
        for own pairs only.
    members : int64 (m,), the group of each neuron.
    shares : the mass A_g of each group, the sum of its a_j².
    own : bool (N, G), whether the sample is the group's own.
    dead : bool (G,), whether its neurons are ReLUs that are inactive at every sample: they never
        move and add nothing. No pair of theirs counts as own.
    output : the a_j.
    """

    halves: NDArray[np.int8]
    active: BoolArray
    members: NDArray[np.intp]
    shares: tuple[Fraction, ...]
    own: BoolArray
    dead: BoolArray
    output: OutputWeights

    @property
    def all_active(self) -> bool:
        """Whether every own pair is active: the boundary of the limit is then linear."""
        return bool(self.active[self.own].all())

    @property
    def key(self) -> bytes:
        """What tells two patterns apart, and who is in which group of them."""
        return self.active.tobytes() + self.dead.tobytes() + self.members.tobytes()

    @property
    def program(self) -> bytes:
        """What the convex program depends on: everything but who is in which group."""
        parts = (self.active.tobytes(), self.halves.tobytes(), self.dead.tobytes(), self.shares)
        return repr(parts).encode()

    @property
    def masses(self) -> BallArray:
        """A_g, (G,)."""
        exact = [Interval.exact(share) for share in self.shares]
        return BallArray.between([e.lower for e in exact], [e.upper for e in exact])

    @property
    def lipschitz(self) -> Interval:
        """‖a‖, by which f at points of norm 1 is Lipschitz in the weights."""
        return Interval.exact(sum(self.shares, Fraction(0))).sqrt()

    @property
    def signs(self) -> NDArray[np.float64]:
        """+1 where a pair is active, else -1, (N, G)."""
        return np.where(self.active, 1.0, -1.0)

    def kappa(self, slope: Number) -> BallArray:
        """The derivative of phi at own pairs, (N, G)."""
        gamma = Interval.exact(slope)
        return BallArray.between(
            np.where(self.active, 1.0, gamma.lower), np.where(self.active, 1.0, gamma.upper)
        )


def all_active(y: NDArray[np.int8], output: OutputWeights | None = None) -> OwnPattern:
    """Two groups, every own pair active, for labels y (N,), of neurons with these a_j.

    By default those of two neurons with the paper's.
    """
    output = weights_or_papers(2, None) if output is None else output
    halves = np.array([-1, 1], dtype=np.int8)  # as in the pattern of a network
    own, members = np.equal.outer(y, halves), (output.signs > 0).astype(np.intp)
    shares = _shares(output, members, 2)
    return OwnPattern(halves, own, members, shares, own, np.zeros(2, dtype=bool), output)


def own_pattern(
    preactivations: RealArray,
    y: NDArray[np.int8],
    slope: Number,
    output: OutputWeights | None = None,
) -> OwnPattern | None:
    """The pattern of a network of pre-activations (N, m), for labels y (N,).

    output: the a_j, by default the paper's. None where the sign of an own pair is not certain.
    """
    output = weights_or_papers(preactivations.shape[1], output)
    dead: BoolArray = np.all(preactivations.negative, axis=0) & np.array(slope == 0)
    own = output.own(y) & ~dead
    positive = preactivations.positive
    if not (positive | preactivations.negative | ~own).all():
        return None
    rows, first, members = np.unique(
        np.vstack([output.signs[None] > 0, dead[None], positive & own]),
        axis=1,
        return_index=True,
        return_inverse=True,
    )
    members = members.reshape(-1)
    return OwnPattern(
        output.signs[first],
        rows[2:],
        members,
        _shares(output, members, len(first)),
        own[:, first],
        dead[first],
        output,
    )


def _shares(output: OutputWeights, members: NDArray[np.intp], groups: int) -> tuple[Fraction, ...]:
    shares = [Fraction(0)] * groups
    for group, square in zip(members.tolist(), output.squares, strict=True):
        shares[group] += square
    return tuple(shares)
