"""The limit of a small sample in fractions, from its definition: the network neuron by neuron.

Shares no formula and no code with the measurements that are held against it.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

import numpy as np
from perturbproof.verify.measure.experiment import Experiment

Matrix = list[list[Fraction]]
Vector = list[Fraction]


def solved(matrix: Matrix, right: Vector) -> Vector | None:
    """Gauss in fractions; None when singular."""
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = next((k for k in range(i, size) if rows[k][i]), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i and rows[k][i]:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def positive_definite(matrix: Matrix) -> bool:
    """By the signs of the pivots."""
    rows = [list(row) for row in matrix]
    for i, row in enumerate(rows):
        if row[i] <= 0:
            return False
        for other in rows[i + 1 :]:
            share = other[i] / row[i]
            for k in range(i, len(row)):
                other[k] -= share * row[k]
    return True


@dataclass(frozen=True)
class Exact:
    """The quantities of a sample in fractions."""

    experiment: Experiment

    @cached_property
    def y(self) -> list[int]:
        return [int(label) for label in self.experiment.sample.y]

    @cached_property
    def gamma(self) -> Fraction:
        return Fraction(self.experiment.slope)

    @cached_property
    def gram(self) -> Matrix:
        x = [[Fraction(value) for value in row] for row in self.experiment.sample.x.tolist()]
        return [[sum(a * b for a, b in zip(p, q, strict=True)) for q in x] for p in x]

    @cached_property
    def size(self) -> range:
        return range(len(self.y))

    def slopes(self, half: int) -> Vector:
        """Slope of phi at each sample for a neuron of a half, when samples activate their own."""
        return [Fraction(1) if half == label else self.gamma for label in self.y]

    @cached_property
    def margin_matrix(self) -> Matrix:
        """y_n f(x_n) = sum over two neurons w_a = a sum_k lambda_k y_k s_k x_k, a = ±1/sqrt(2)."""
        y, g = self.y, self.gram
        return [
            [
                sum(
                    Fraction(1, 2) * y[n] * s[n] * y[k] * s[k] * g[n][k]
                    for s in (self.slopes(1), self.slopes(-1))
                )
                for k in self.size
            ]
            for n in self.size
        ]

    @cached_property
    def multipliers(self) -> Vector | None:
        """Of the network of least norm with all margins at least 1 and the linear pattern.

        By trying every set of positive multipliers; None when no such network exists.
        """
        a = self.margin_matrix
        for chosen in sorted(product((True, False), repeat=len(a)), key=sum, reverse=True):
            support = [n for n in self.size if chosen[n]]
            values = solved(
                [[a[n][k] for k in support] for n in support], [Fraction(1)] * len(support)
            )
            if not support or values is None or min(values) <= 0:
                continue
            lam = [Fraction(0)] * len(a)
            for n, value in zip(support, values, strict=True):
                lam[n] = value
            margins = [sum(a[n][k] * lam[k] for k in self.size) for n in self.size]
            if min(margins) >= 1:
                return lam
        return None

    @cached_property
    def activations(self) -> Vector:
        """m y_n a_j <w_j, x_n> for every sample and half."""
        assert self.multipliers is not None
        return [
            self.y[n]
            * sum(
                self.multipliers[k] * self.y[k] * s[k] * self.gram[n][k]
                for s in [self.slopes(half)]
                for k in self.size
            )
            for n in self.size
            for half in (1, -1)
        ]

    @property
    def consistent(self) -> bool:
        return self.multipliers is not None and min(self.activations) > 0

    @cached_property
    def normal(self) -> np.ndarray:
        """q in float64, from exact sums."""
        return self.part(1) + self.part(-1)

    def part(self, label: int) -> np.ndarray:
        """A_s: the part of q from the samples of one label, in float64 from exact sums."""
        assert self.multipliers is not None
        columns = self.experiment.sample.x.T.tolist()
        return np.array(
            [
                float(
                    sum(
                        lam * label * Fraction(value)
                        for lam, value, y in zip(self.multipliers, column, self.y, strict=True)
                        if y == label
                    )
                )
                for column in columns
            ]
        )

    def input_gradient(self, n: int) -> np.ndarray:
        """Gradient of the limit network at sample n, neuron by neuron."""
        assert self.multipliers is not None
        lam = np.array([float(v) for v in self.multipliers]) * self.y
        x, total = self.experiment.sample.x, np.zeros(self.experiment.sample.d)
        for half in (1, -1):
            slopes = np.array([float(v) for v in self.slopes(half)])
            # w = a sum_k lambda_k y_k s_k x_k, and f has gradient sum of a phi'(<w, x_n>) w.
            total += 0.5 * slopes[n] * ((slopes * lam) @ x)
        return total

    def row_system(self, prefix: str) -> tuple[Vector, Vector, Vector] | None:
        """t, L and the gaps of a row-wise certificate; None when its system is not definite."""
        gamma, g, y = self.gamma, self.gram, self.y
        off = [
            [(y[n] * y[k] * g[n][k] if n != k else Fraction(0)) for k in self.size]
            for n in self.size
        ]
        if prefix == "signed_":
            plus = [[max(e, Fraction(0)) for e in row] for row in off]
            minus = [[max(-e, Fraction(0)) for e in row] for row in off]
        else:
            plus = minus = [[abs(e) for e in row] for row in off]
        a, b, c = 1 + gamma**2, 1 + gamma, Fraction(2)
        if prefix == "":
            a, b, c = gamma, Fraction(1), 2 * gamma / (1 + gamma**2)
        system = [
            [a * g[n][n] if n == k else -b * minus[n][k] for k in self.size] for n in self.size
        ]
        if not positive_definite(system):
            return None
        t = solved(system, [c] * len(y))
        assert t is not None
        pull = [sum(m * v for m, v in zip(row, t, strict=True)) for row in minus]
        push = [sum(p * v for p, v in zip(row, t, strict=True)) for row in plus]
        low = [(2 - (1 + gamma) * push[n]) / ((1 + gamma**2) * g[n][n]) for n in self.size]
        if prefix != "signed_":
            return t, low, [gamma * g[n][n] * low[n] - pull[n] for n in self.size]
        # Where some L is not positive the third term decides, whatever the first is.
        gaps = []
        for n in self.size:
            lifted = sum(plus[n][k] * max(low[k], Fraction(0)) for k in self.size)
            gaps.append(
                min(
                    gamma * (g[n][n] * low[n] + lifted) - pull[n],
                    gamma * g[n][n] * t[n] - pull[n],
                    gamma * g[n][n] * low[n],
                )
            )
        return t, low, gaps
