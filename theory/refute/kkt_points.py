"""KKT points of the margin problem on small data, in exact rationals.

The problem: minimise ‖W‖²/2 subject to y_n f(x_n) >= 1, for f(x) = sum_j a_j phi(<w_j, x>) with
a_j = ±1/sqrt(m) in two equal halves and phi(t) = max(t, gamma t). With t_nj = m y_n a_j <w_j, x_n>,
at a KKT point w_j = a_j sum_k lambda_k y_k s_kj x_k, s_kj in the subdifferential of phi, so that

    t_nj = sum_k s_kj lambda_k y_k y_n <x_k, x_n>,    y_n f(x_n) = mean over j of s_nj t_nj.

Found here: points at which the neurons of a half are equal. For each half and sample a *state* says
whether the half's neurons are active (1, slope 1), inactive (-1, slope gamma) or at the kink (0:
the preactivation is zero, the slope anywhere between). Given the states and which samples have a
positive multiplier, lambda (and lambda times slope at kinks) solves a linear system. Points with
unequal neurons inside a half or with a singular system are not looked for: the list need not be
complete, but everything in it is a KKT point. The *linear pattern* is the one of the linear
boundary: every sample activates exactly the neurons of its own label's half.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations, product

from flint import fmpq, fmpq_mat

from ..exact.scalars import to_fmpq, to_fraction

Matrix = tuple[tuple[Fraction, ...], ...]
Vector = tuple[Fraction, ...]
#: The states of the half with a_j > 0 and of the half with a_j < 0, one per sample.
Pattern = tuple[tuple[int, ...], tuple[int, ...]]

ACTIVE, INACTIVE, KINK = 1, -1, 0
_HALVES = (1, -1)


@dataclass(frozen=True)
class KktPoint:
    """One KKT point: multipliers and margins per sample; states, slopes and t_n per half and
    sample (half a_j > 0 first)."""

    multipliers: Vector
    margins: Vector
    states: Pattern
    slopes: tuple[Vector, Vector]
    preactivations: tuple[Vector, Vector]

    @property
    def activation_margin(self) -> Fraction:
        """Smallest t_n over samples and halves: positive exactly for the linear pattern."""
        return min(min(half) for half in self.preactivations)


def dot(a: Sequence[Fraction | int], b: Sequence[Fraction | int]) -> Fraction:
    """The inner product of two vectors of one length."""
    return sum((Fraction(x) * z for x, z in zip(a, b, strict=True)), Fraction(0))


def gram_matrix(rows: Sequence[Sequence[Fraction | int]]) -> Matrix:
    """Inner products of vectors given by coordinates."""
    return tuple(tuple(dot(x, z) for z in rows) for x in rows)


def is_positive_semidefinite(gram: Matrix) -> bool:
    """Whether a symmetric rational matrix is a Gram matrix, from its characteristic polynomial.

    Raises:
        ValueError: the matrix is not square and symmetric.
    """
    if any(len(row) != len(gram) for row in gram) or list(map(tuple, gram)) != list(
        zip(*gram, strict=True)
    ):
        raise ValueError("a Gram matrix is square and symmetric")
    entries = [to_fmpq(x) for row in gram for x in row]
    # All roots of it are real. By Descartes' rule none is negative just where signs alternate.
    found = fmpq_mat(len(gram), len(gram), entries).charpoly().coeffs()[::-1]
    return all((-1) ** k * c >= 0 for k, c in enumerate(found))


def linear_pattern(labels: Sequence[int]) -> Pattern:
    """Every sample activates exactly the neurons of its own label's half."""
    return tuple(labels), tuple(-y for y in labels)


def coefficients(gram: Matrix, labels: Sequence[int], slope: Fraction) -> Matrix:
    """A_nk = ½ c_nk y_n y_k <x_n, x_k> with c = 1+gamma² for equal labels, 2 gamma for different:
    with the linear pattern the margins are A lambda."""
    same, different = 1 + slope**2, 2 * slope
    return tuple(
        tuple(
            (same if y == z else different) * y * z * inner / 2
            for z, inner in zip(labels, row, strict=True)
        )
        for y, row in zip(labels, gram, strict=True)
    )


def patterns(
    labels: Sequence[int], slope: Fraction, *, changes: int | None = None
) -> Iterator[Pattern]:
    """Patterns, by the number of states (at most `changes`) that differ from the linear one.

    Only the linear one when slope = 1: there all states have the same slope.
    """
    n = len(labels)
    first = (*linear_pattern(labels)[0], *linear_pattern(labels)[1])
    most = 2 * n if changes is None else min(changes, 2 * n)
    for count in range(1 if slope == 1 else most + 1):
        for places in combinations(range(2 * n), count):
            for kinks in product((True, False), repeat=count):
                states = list(first)
                for place, kink in zip(places, kinks, strict=True):
                    states[place] = KINK if kink else -first[place]
                yield tuple(states[:n]), tuple(states[n:])


@cache
def supports(n: int) -> tuple[tuple[int, ...], ...]:
    """Which samples may have a positive multiplier: all, then all but one, and so on."""
    return tuple(s for size in range(n, 0, -1) for s in combinations(range(n), size))


def kkt_points(
    gram: Matrix,
    labels: Sequence[int],
    slope: Fraction,
    *,
    only: Iterable[Pattern] | None = None,
    changes: int | None = None,
    all_positive: bool = False,
) -> Iterator[KktPoint]:
    """KKT points with equal neurons inside each half, found by exact enumeration.

    `gram` is (N, N), `labels` are ±1, `slope` lies in (0, 1]. `only` restricts the patterns, and
    `changes` how far they are from the linear one (all of them are 9^N). Samples outside the
    support have multiplier zero, and their margin is checked to be at least 1; `all_positive`
    leaves such points out.
    """
    signed = [
        [to_fmpq(y * z * inner) for z, inner in zip(labels, row, strict=True)]
        for y, row in zip(labels, gram, strict=True)
    ]
    gamma = to_fmpq(slope)
    for states in patterns(labels, slope, changes=changes) if only is None else only:
        if any(a == b == KINK for a, b in zip(*states, strict=True)):
            continue  # margin 0
        for support in supports(len(labels))[: 1 if all_positive else None]:
            point = _candidate(signed, labels, gamma, states, support)
            if point is not None:
                yield point


def _candidate(
    signed: list[list[fmpq]],
    labels: Sequence[int],
    gamma: fmpq,
    states: Pattern,
    support: tuple[int, ...],
) -> KktPoint | None:
    """The KKT point with these states and this support, if there is exactly one."""
    n = range(len(labels))
    slope_of = {ACTIVE: fmpq(1), INACTIVE: gamma, KINK: fmpq(0)}
    kinks = [(h, k) for h in (0, 1) for k in n if states[h][k] == KINK]
    if any(k not in support for _, k in kinks):
        return None
    # Unknowns: lambda on the support, then lambda times slope at every kink.
    s = [[slope_of[state] for state in half] for half in states]
    t_rows = [
        [
            [s[h][k] * signed[i][k] for k in support]
            + [signed[i][k] if half == h else fmpq(0) for half, k in kinks]
            for i in n
        ]
        for h in (0, 1)
    ]
    size = len(support) + len(kinks)
    entries: list[fmpq] = []
    for i in support:
        plus, minus = t_rows[0][i], t_rows[1][i]
        entries += [(s[0][i] * a + s[1][i] * b) / 2 for a, b in zip(plus, minus, strict=True)]
    for h, k in kinks:
        entries += t_rows[h][k]
    right = [fmpq(1)] * len(support) + [fmpq(0)] * len(kinks)
    try:
        solution = fmpq_mat(size, size, entries).solve(fmpq_mat(size, 1, right)).entries()
    except ZeroDivisionError:
        return None
    if min(solution) <= 0:
        return None
    lam = [fmpq(0)] * len(labels)
    for k, value in zip(support, solution, strict=False):
        lam[k] = value
    for (h, k), product_ in zip(kinks, solution[len(support) :], strict=True):
        s[h][k] = product_ / lam[k]
        if not gamma <= s[h][k] <= 1:
            return None
    t = [
        [sum((a * x for a, x in zip(row, solution, strict=True)), fmpq(0)) for row in half]
        for half in t_rows
    ]
    margins = [(s[0][i] * t[0][i] + s[1][i] * t[1][i]) / 2 for i in n]
    if min(margins) < 1 or (gamma < 1 and not _consistent(states, t, labels)):
        return None
    return KktPoint(
        _fractions(lam),
        _fractions(margins),
        states,
        (_fractions(s[0]), _fractions(s[1])),
        (_fractions(t[0]), _fractions(t[1])),
    )


def _fractions(values: Iterable[fmpq]) -> Vector:
    return tuple(map(to_fraction, values))


def _consistent(states: Pattern, t: list[list[fmpq]], labels: Sequence[int]) -> bool:
    """Whether the preactivations have exactly the signs that the states presume."""
    # <w_j, x_n> has the sign of y_n t_nj for a_j > 0, and the opposite one for a_j < 0.
    return all(
        value == 0 if state == KINK else value * (y * a * state) > 0
        for a, half, values in zip(_HALVES, states, t, strict=True)
        for state, value, y in zip(half, values, labels, strict=True)
    )


def recheck(point: KktPoint, gram: Matrix, labels: Sequence[int], slope: Fraction) -> bool:
    """Whether a point is a KKT point, from its multipliers and slopes alone.

    Written in Fraction throughout and from the definition: preactivations, then slopes, margins,
    feasibility and slackness.
    """
    n = range(len(labels))
    lam, y = point.multipliers, labels
    if any(value < 0 for value in lam):
        return False
    halves: list[Vector] = []
    for a, s in zip(_HALVES, point.slopes, strict=True):
        # sqrt(m) times <w_j, x_n>, with w_j = a_j sum_k lambda_k y_k s_kj x_k.
        inner = tuple(
            a * sum((lam[k] * y[k] * s[k] * gram[k][i] for k in n), Fraction(0)) for i in n
        )
        for value, chosen in zip(inner, s, strict=True):
            allowed = chosen == (1 if value > 0 else slope) if value else slope <= chosen <= 1
            if not allowed:
                return False
        halves.append(tuple(a * y[i] * inner[i] for i in n))
    margins = tuple(
        sum((s[i] * t[i] for s, t in zip(point.slopes, halves, strict=True)), Fraction(0)) / 2
        for i in n
    )
    return (
        all(value >= 1 for value in margins)
        and all(lam[i] * (margins[i] - 1) == 0 for i in n)
        and margins == point.margins
        and tuple(halves) == point.preactivations
    )
