"""Exact values of the row-wise certificates' symbols: t, L and the gaps, from their definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from flint import fmpq, fmpq_mat

from .evaluation import Undefined
from .evaluators import ExactData, Setting, evaluator
from .exact import to_fmpq, to_fraction

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
    """The certificate of a form: "" (row-wise), "half_" or "signed_".

    Raises:
        Undefined: its system is singular, or a sample is zero.
    """
    n, gamma = range(data.n), to_fmpq(data.slope)
    signed = [
        [
            to_fmpq(data.labels[i] * data.labels[k] * data.gram[i][k]) if i != k else fmpq(0)
            for k in n
        ]
        for i in n
    ]
    square = 1 + gamma**2
    d = [to_fmpq(x) for x in data.squares]
    if min(d) == 0:
        raise Undefined("a sample is zero")
    size = [[abs(x) for x in row] for row in signed]
    plus, minus = size, size
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


def _witness_min(setting: Setting, form: str) -> Fraction:
    try:
        smallest = min(certificate(setting.data, form).t)
    except Undefined:
        return Fraction(0)
    return to_fraction(smallest) if smallest > 0 else Fraction(0)


def _row_gap(setting: Setting, form: str) -> Fraction:
    c = certificate(setting.data, form)
    n = range(setting.data.n)
    if form != "signed_":
        return to_fraction(min(c.slope * c.squares[i] * c.lower[i] - c.minus[i] for i in n))
    gaps = [c.slope * (c.squares[i] * c.lower[i] + c.plus_lower[i]) - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.t[i] - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.lower[i] for i in n]
    return to_fraction(min(gaps))


def _headroom(setting: Setting, form: str) -> Fraction:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    t = certificate(setting.data, form).t
    return min(to_fraction(x) - lam for x, lam in zip(t, setting.point.multipliers, strict=True))


def _footroom(setting: Setting, form: str) -> Fraction:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    lower = certificate(setting.data, form).lower
    return min(
        lam - to_fraction(x) for x, lam in zip(lower, setting.point.multipliers, strict=True)
    )


def _register(name: str, function: Callable[[Setting, str], Fraction], *, point: bool) -> None:
    for form in ("", "half_", "signed_"):
        # The form is bound now, not when the evaluator is called.
        evaluator(form + name, point=point)(lambda setting, form=form: function(setting, form))


_register("witness_min", _witness_min, point=False)
_register("row_gap", _row_gap, point=False)
_register("headroom", _headroom, point=True)
_register("footroom", _footroom, point=True)
