"""Exact values of the row-wise certificates' symbols: t, L and the gaps, from their definitions.

Each symbol has three forms: "" (row-wise), "half_" and "signed_".
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from flint import fmpq, fmpq_mat

from ..exact.scalars import Undefined, to_fmpq, to_fraction
from .setting import ExactData, Setting

FORMS = ("", "half_", "signed_")
Row = list[fmpq]


@dataclass(frozen=True)
class Certificate:
    """Per sample: norms D, certificate t, (E+ t), (E- t), L and (E+ L)."""

    slope: fmpq
    squares: Row
    t: Row
    plus: Row
    minus: Row
    lower: Row
    plus_lower: Row


@lru_cache(maxsize=50_000)
def certificate(data: ExactData, form: str) -> Certificate:
    """The certificate of a form.

    Raises:
        Undefined: its system is singular, or a sample is zero.
    """
    n, gamma, y = range(data.n), to_fmpq(data.slope), data.labels
    signed = [[to_fmpq(y[i] * y[k] * data.gram[i][k]) if i != k else fmpq(0) for k in n] for i in n]
    square = 1 + gamma**2
    d = [to_fmpq(x) for x in data.squares]
    if min(d) == 0:
        raise Undefined("a sample is zero")
    plus = minus = [[abs(x) for x in row] for row in signed]
    if form == "signed_":
        plus = [[max(x, fmpq(0)) for x in row] for row in signed]
        minus = [[max(-x, fmpq(0)) for x in row] for row in signed]
    # Row-wise: (gamma D - O) U = 2 gamma/(1+gamma²); else ((1+gamma²) D - (1+gamma) E-) t = 2.
    own, cross, right = (
        (square, 1 + gamma, fmpq(2)) if form else (gamma, fmpq(1), 2 * gamma / square)
    )
    entries = [own * d[i] if i == k else -cross * minus[i][k] for i in n for k in n]
    try:
        system = fmpq_mat(data.n, data.n, entries)
        t = system.solve(fmpq_mat(data.n, 1, [right] * data.n)).entries()
    except ZeroDivisionError as error:
        raise Undefined("the certificate's system is singular") from error
    plus_t, minus_t = _image(plus, t), _image(minus, t)
    lower = [(2 - (1 + gamma) * plus_t[i]) / (square * d[i]) for i in n]
    return Certificate(gamma, d, t, plus_t, minus_t, lower, _image(plus, lower))


def _image(matrix: list[Row], vector: Row) -> Row:
    return [sum((a * x for a, x in zip(row, vector, strict=True)), fmpq(0)) for row in matrix]


def witness_min(setting: Setting, form: str) -> Fraction:
    """The smallest entry of t; 0 where there is no positive t."""
    try:
        smallest = min(certificate(setting.data, form).t)
    except Undefined:
        return Fraction(0)
    return to_fraction(max(smallest, fmpq(0)))


def row_gap(setting: Setting, form: str) -> Fraction:
    """By how much the form's conditions hold, in the worst row."""
    c = certificate(setting.data, form)
    n = range(setting.data.n)
    if form != "signed_":
        return to_fraction(min(c.slope * c.squares[i] * c.lower[i] - c.minus[i] for i in n))
    gaps = [c.slope * (c.squares[i] * c.lower[i] + c.plus_lower[i]) - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.t[i] - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.lower[i] for i in n]
    return to_fraction(min(gaps))


def headroom(setting: Setting, form: str) -> Fraction:
    """The smallest t_n - lambda_n."""
    lam, t = setting.kkt.multipliers, certificate(setting.data, form).t
    return min(to_fraction(x) - a for x, a in zip(t, lam, strict=True))


def footroom(setting: Setting, form: str) -> Fraction:
    """The smallest lambda_n - L_n."""
    lam, lower = setting.kkt.multipliers, certificate(setting.data, form).lower
    return min(a - to_fraction(x) for x, a in zip(lower, lam, strict=True))
