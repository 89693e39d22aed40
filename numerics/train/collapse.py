"""Training without the width: neurons with equal activation patterns share their update.

The gradient of neuron j is a_j sum_n w_n s_nj x_n, so neurons of one half whose patterns (s_nj)_n
agree move alike, up to abs(a_j). Once few patterns are left, a step needs one column a group
instead of one a neuron. Nothing is approximated: what distinguishes the neurons of a group is
carried along in closed form. With V_j = a_j V + rho_j for the velocities when the group is formed,
momentum mu and learning rate eta, k steps later

    V_j = a_j V^(k) + mu^k rho_j,      C_j = C_j^(0) + a_j D^(k) - eta s_k rho_j,
    Z_j = Z_j^(0) + a_j K D^(k) + s_k E_j,   E_j = -eta K rho_j,  s_k = mu + ... + mu^k,

with V, D shared by the group. Since 0 <= s_k < mu/(1 - mu), the least distance to a change of
pattern over the whole group is bounded by two precomputed columns, and a step that might change a
pattern is noticed before its pattern is used. Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_HASH_BITS = 20


@dataclass(frozen=True, eq=False)
class Groups:
    """Neurons sorted into groups of equal sign of a_j and equal pattern.

    index : int64 (m,), the group of each neuron. active : bool (N, g), the pattern of each group.
    """

    index: Tensor
    active: Tensor

    @property
    def count(self) -> int:
        """Number of groups g."""
        return self.active.shape[1]


def group_neurons(preactivations: Tensor, output: Tensor, most: int) -> Groups | None:
    """Groups of the columns of ``preactivations`` (N, m); None when there are more than ``most``.

    Neurons of different signs of ``output`` (m,) are apart. Exact: a hash proposes the groups, a
    comparison with one representative of each confirms them.
    """
    active = preactivations > 0
    n, width = active.shape
    # Sums of integers below 2^53 are exact in any order, so equal patterns hash equal.
    generator = torch.Generator().manual_seed(n)
    key = torch.randint(1, 2**_HASH_BITS, (n,), generator=generator).to(active.device).double()
    hashes = 2 * (key @ active.double())
    hashes[output < 0] += 1
    distinct, index = torch.unique(hashes, return_inverse=True)
    if len(distinct) > most:
        return None
    representative = torch.empty_like(distinct, dtype=torch.int64)
    representative[index] = torch.arange(width, device=active.device)
    patterns = active[:, representative]
    if not torch.equal(active, patterns[:, index]):
        return None
    return Groups(index, patterns)


class CollapsedWidth:
    """The state of gradient descent with momentum while no activation pattern changes.

    Built from coefficients, velocities and pre-activations, each (N, m), which it keeps and does
    not modify. After ``step`` returned False the state is still exact, but a pattern may change:
    ``expand`` and go on with the full width.
    """

    def __init__(
        self,
        groups: Groups,
        gram: Tensor,
        output: Tensor,
        slope: float,
        learning_rate: float,
        momentum: float,
        coefficients: Tensor,
        velocities: Tensor,
        preactivations: Tensor,
    ) -> None:
        self._gram, self._output, self._index = gram, output, groups.index
        self._learning_rate, self._momentum = learning_rate, momentum
        self._coefficients = coefficients
        member = torch.nn.functional.one_hot(groups.index, groups.count).to(gram.dtype)
        half_signs = torch.zeros_like(member[0]).index_put_((groups.index,), output.sign())

        self._share_output = output.square() @ member
        self._velocity = (velocities * output) @ member / self._share_output
        self._shared = torch.zeros_like(self._velocity)
        self._residual = velocities - self._spread(self._velocity)
        self._age_sum, self._age_power = 0.0, 1.0
        drift = (gram @ self._residual).mul_(-learning_rate)

        # Not torch.where(active, 1.0, slope): that rounds the slope to float32.
        self._derivative = torch.ones_like(self._velocity).masked_fill_(~groups.active, slope)
        self._offset_output = (preactivations * output) @ member
        self._drift_output = (drift * output) @ member
        orientation = groups.active.to(gram.dtype).mul_(2).sub_(1)
        self._signs = orientation * half_signs
        spread_orientation = orientation[:, groups.index]
        farthest = momentum / (1.0 - momentum)
        nearest = torch.minimum(
            spread_orientation * preactivations,
            spread_orientation * preactivations.add(drift, alpha=farthest),
        )
        self._room = torch.full_like(orientation, torch.inf).scatter_reduce_(
            1, groups.index.expand_as(nearest), nearest.div_(output.abs()), "amin"
        )
        self._shift = torch.zeros_like(self._shared)

    def _spread(self, columns: Tensor) -> Tensor:
        """a_j times the column of j's group: (N, g) -> (N, m)."""
        return columns[:, self._index] * self._output

    @property
    def settled(self) -> bool:
        """Whether every pattern certainly is the one the groups were formed with."""
        return bool((self._room + self._signs * self._shift).amin() > 0)

    def outputs(self) -> Tensor:
        """f(x_n), shape (N,)."""
        inner = torch.addcmul(self._offset_output, self._shift, self._share_output)
        inner.add_(self._drift_output, alpha=self._age_sum)
        return inner.mul_(self._derivative).sum(1)

    def step(self, weights: Tensor) -> bool:
        """One step down the gradient sum_n weights_n df(x_n); whether the patterns still hold."""
        torch.addcmul(
            self._velocity.mul_(self._momentum),
            self._derivative,
            weights[:, None],
            out=self._velocity,
        )
        self._shared.add_(self._velocity, alpha=-self._learning_rate)
        self._age_power *= self._momentum
        self._age_sum += self._age_power
        torch.mm(self._gram, self._shared, out=self._shift)
        return self.settled

    def coefficients(self) -> Tensor:
        """C (N, m), a new tensor."""
        spread = self._spread(self._shared).add_(self._coefficients)
        return spread.add_(self._residual, alpha=-self._learning_rate * self._age_sum)

    def velocities(self) -> Tensor:
        """V (N, m), a new tensor."""
        return self._spread(self._velocity).add_(self._residual, alpha=self._age_power)
