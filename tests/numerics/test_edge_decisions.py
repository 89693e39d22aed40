"""Instances just inside, just outside and exactly on a condition, built from exact rationals.

Two samples with entries +-1 put a condition exactly on its edge; one entry moved by 2^-k puts it a
relative distance of about 2^-k to one side. Rational arithmetic on the entries says which side.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import pytest
from perturbproof.numerics.boundary.certificates import Form, row_wise
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.compiler import evaluate_relation
from perturbproof.theory.exact.interval import Interval
from perturbproof.theory.exact.scalars import precision
from perturbproof.theory.theorems.boundary.uniform_data import CONDITIONS, Condition

GAMMA = Fraction(1, 2)
NUDGES = [0, *(sign * 2.0**-k for k in (10, 20, 30, 40, 45, 48, 50, 52) for sign in (1, -1))]
UNDECIDED_BELOW = 1e-13
"""Relative distance from which float64 balls must decide; what is closer may be left open."""


@dataclass(frozen=True)
class Instance:
    """Two samples; the squared norms and the inner product as fractions."""

    x: np.ndarray

    @cached_property
    def exact(self) -> tuple[Fraction, Fraction, Fraction]:
        a, b = ([Fraction(value) for value in row] for row in self.x.tolist())
        squares = sorted(sum(v * v for v in row) for row in (a, b))
        return squares[0], squares[1], abs(sum(v * w for v, w in zip(a, b, strict=True)))


def edge(norm: int, product: int, nudge: float) -> Instance:
    """Entries +-1 with that squared norm and inner product, before the nudge."""
    x = np.ones((2, norm))
    x[1, : (norm - product) // 2] = -1
    x[0, -1] += nudge
    return Instance(x)


def paper(r: Fraction, big: Fraction, p: Fraction) -> Fraction:
    return GAMMA**3 * r**2 - 6 * big * p


def exact_chain(r: Fraction, big: Fraction, p: Fraction) -> Fraction:
    return GAMMA**3 * r**2 - p * (big + GAMMA * (1 + GAMMA) * r)


def half_aware(r: Fraction, big: Fraction, p: Fraction) -> Fraction:
    square = 1 + GAMMA**2
    return GAMMA * square * r**2 - p * (square * big + 2 * GAMMA * (1 + GAMMA) * r)


SCALAR: dict[Condition, tuple] = {
    "paper": (96, 2, paper),
    "exact chain": (28, 2, exact_chain),
    "half-aware": (44, 10, half_aware),
}


def measured(instance: Instance, precise: bool) -> dict[str, Interval]:
    found = gram_statistics(instance.x, precise=precise)
    return {
        "gamma": Interval.exact(GAMMA),
        "N": Interval.exact(2),
        "R_min": found.R_min,
        "R_max": found.R_max,
        "p_max": found.p_max,
    }


@pytest.mark.parametrize("nudge", NUDGES)
@pytest.mark.parametrize("name", SCALAR)
def test_conditions_at_the_edge(name: Condition, nudge: float) -> None:
    norm, product, excess = SCALAR[name]
    instance = edge(norm, product, nudge)
    truth = excess(*instance.exact)
    assert (truth == 0) == (nudge == 0)
    relation = CONDITIONS[name]
    plain = evaluate_relation(relation, measured(instance, precise=False)).holds
    assert plain in (None, truth > 0)
    if abs(truth) > UNDECIDED_BELOW * instance.exact[0] ** 2 or nudge == 0:
        assert plain is not None
    for bits in (54, 128, 1000):
        with precision(bits):
            assert evaluate_relation(relation, measured(instance, precise=True)).holds is (
                truth > 0
            )


def rows(form: Form, r: Fraction, big: Fraction, p: Fraction) -> Fraction:
    """The least slack of the row-wise form, by Cramer's rule.

    For two samples of opposite labels and a positive inner product, so that E+ = 0 where signed.
    """
    square = 1 + GAMMA**2
    if form == "plain":
        a, b, c, e = GAMMA * r, GAMMA * big, p, 2 * GAMMA / square
    else:
        a, b, c, e = square * r, square * big, (1 + GAMMA) * p, Fraction(2)
    t = [e * (b + c) / (a * b - c * c), e * (a + c) / (a * b - c * c)]
    lost = 0 if form == "signed" else (1 + GAMMA) * p
    lower = [(2 - lost * t[1 - n]) / (square * d) for n, d in enumerate((r, big))]
    return min(GAMMA * d * lower[n] - p * t[1 - n] for n, d in enumerate((r, big)))


@pytest.mark.parametrize("nudge", NUDGES)
@pytest.mark.parametrize(("form", "norm"), [("plain", 52), ("half-aware", 44), ("signed", 32)])
def test_row_wise_forms_at_the_edge(form: Form, norm: int, nudge: float) -> None:
    instance = edge(norm, 10, nudge)
    labels = np.array([1, -1], dtype=np.int8)
    truth = rows(form, *instance.exact)
    assert (truth == 0) == (nudge == 0)
    plain = row_wise(gram_statistics(instance.x).gram, GAMMA, form=form, labels=labels)
    assert plain.certified in (None, truth > 0)
    if abs(truth) > 10 * UNDECIDED_BELOW:
        assert plain.certified is not None
    precise = gram_statistics(instance.x, precise=True).gram
    found = row_wise(precise, GAMMA, form=form, labels=labels)
    assert found.certified is (truth > 0)
    least = found.slack.min_enclosure().exact_value
    assert least is not None
    assert least.rational == truth


@pytest.mark.parametrize("precise", [True, False])
def test_singular_row_system_is_no_certificate(precise: bool) -> None:
    """gamma D = O exactly: the system is singular, which float64 cannot tell."""
    x = np.ones((2, 4))
    x[1, 0] = -1
    found = row_wise(gram_statistics(x, precise=precise).gram, GAMMA, form="plain")
    assert found.certified is (False if precise else None)
