"""Concentration of uniform data, held against draws; the smallest dimension, against its proof."""

from __future__ import annotations

from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import Theorem, prove
from perturbproof.theory.smt import decide
from perturbproof.theory.statement import Citation, Identity
from perturbproof.theory.symbols import N, R_max, R_min, d, declare, gamma, p_max
from perturbproof.theory.theorems.boundary import concentration, concentration_half_aware
from perturbproof.theory.theorems.boundary.uniform_data import (
    CONDITIONS,
    Condition,
    certified,
    delta,
    radii,
    smallest_dimension,
)

THEOREMS = (concentration.THEOREM, concentration_half_aware.THEOREM)


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.id)
def test_is_proved(theorem: Theorem) -> None:
    assert prove(theorem).verdict == "proved"


def hoeffding_by_hand(samples: int, slope: float, failure: float, dimension: int) -> bool:
    """The leading-order formula in plain floating point, written out again."""
    t1 = sqrt(dimension * log(4 * samples / failure) / 2)
    t2 = sqrt(2 * dimension * log(2 * samples * (samples - 1) / failure))
    low, high = dimension / 3 - t1, dimension / 3 + t1
    return low > 0 and samples * t2 < slope**3 * low**2 / (3 * high)


@pytest.mark.parametrize(("samples", "slope", "failure"), [(2, "1", "0.01"), (7, "0.5", "0.1")])
def test_smallest_dimension_is_where_the_inequality_starts(
    samples: int, slope: str, failure: str
) -> None:
    found = smallest_dimension(samples, slope, failure, bound="hoeffding")
    plain = samples, float(slope), float(failure)
    assert hoeffding_by_hand(*plain, found)
    assert not hoeffding_by_hand(*plain, found - 1)


def test_reproduces_the_values_of_the_notes() -> None:
    assert smallest_dimension(2, 1, "0.01", bound="hoeffding") == 5977
    leading = 162 * 2**2 * log(2 * 2 * 1 / 0.01)
    assert leading == pytest.approx(3882, abs=1)


def test_bernstein_and_the_weaker_conditions_need_less() -> None:
    paper, chain, half = (
        smallest_dimension(10, "0.5", "0.01", condition) for condition in CONDITIONS
    )
    assert paper > chain > half
    for condition in CONDITIONS:
        better = smallest_dimension(10, "0.5", "0.01", condition)
        either = [
            smallest_dimension(10, "0.5", "0.01", condition, b) for b in ("hoeffding", "bernstein")
        ]
        assert better <= min(either)


@pytest.mark.parametrize(
    ("samples", "slope", "failure"),
    [(1, "1", "0.1"), (2, "0", "0.1"), (2, "2", "0.1"), (2, "1", "0")],
)
def test_arguments_out_of_range_are_refused(samples: int, slope: str, failure: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        smallest_dimension(samples, slope, failure)


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="binary float"):
        smallest_dimension(2, 0.1, "0.01")  # type: ignore[arg-type]


def test_what_holds_at_one_dimension_holds_at_every_larger_one() -> None:
    """Why bisection finds the smallest: t/d falls with d, and the conditions ask for no more."""
    wide, a, c = (declare(f"grow_{n}", "a number", low=0) for n in ("wide", "a", "c"))
    for radius in (lambda x: sp.sqrt(a * x), lambda x: c + sp.sqrt(c**2 + a * x)):
        falls = radius(wide) * d <= radius(d) * wide
        assert decide([wide >= d], falls).status == "implied"
    u1, u2, v1, v2 = (declare(f"grow_{n}", "a radius over d", low=0) for n in ("u", "v", "s", "t"))
    for condition in CONDITIONS:
        # Homogeneous: at u = t/d the condition does not depend on d.
        scaled = certified(condition, d * u1, d * u2)
        unit = certified(condition, u1, u2).subs(d, 1)
        base = [N >= 2, u1 < sp.Rational(1, 3)]
        assert decide([*base, scaled], unit).status == "implied"
        assert decide([*base, unit], scaled).status == "implied"
        smaller = certified(condition, v1, v2).subs(d, 1)
        assert decide([*base, v1 <= u1, v2 <= u2, unit], smaller).status == "implied"


def statistics(x: np.ndarray) -> tuple[float, float, float]:
    gram = x @ x.T
    norms = np.sqrt(np.diag(gram))
    return norms.max(), norms.min(), np.abs(gram - np.diag(np.diag(gram))).max()


@pytest.mark.parametrize(
    ("condition", "samples", "slope"), [("paper", 2, "1"), ("half-aware", 3, "0.5")]
)
def test_draws_at_the_smallest_dimension_meet_the_condition(
    condition: Condition, samples: int, slope: str
) -> None:
    """At most delta = 1/10 of the draws may fail, and every radius may be exceeded as often."""
    rng = np.random.default_rng(0)
    dimension = smallest_dimension(samples, slope, "0.1", condition)
    names = (R_max, R_min, p_max, N, gamma)
    sides = [
        compile_expression(side, names)
        for side in (CONDITIONS[condition].lhs, CONDITIONS[condition].rhs)  # type: ignore[attr-defined]
    ]
    t1, t2 = (float(t.subs({N: samples, d: dimension, delta: sp.Rational(1, 10)})) for t in radii())
    met = strayed = 0
    draws = 1000
    for _ in range(draws):
        largest, smallest, inner = statistics(rng.uniform(-1, 1, (samples, dimension)))
        values = (largest, smallest, inner, samples, float(slope))
        met += sides[0](*values) < sides[1](*values)
        off = max(largest**2 - dimension / 3, dimension / 3 - smallest**2)
        strayed += off > t1 or inner > t2
    assert met >= 0.9 * draws
    assert strayed <= 0.1 * draws


def test_planted_errors_leave_a_gap() -> None:
    theorem = concentration.THEOREM
    claim = theorem.claims[0]
    stronger = replace(claim, relation=concentration.chance_paper >= 1 - delta / 2)
    assert prove(replace(theorem, claims=(stronger,))).verdict == "gap"

    # A variance of 1/18 instead of 1/9 would make Bernstein's radius smaller.
    steps = tuple(
        replace(s, right=s.right / 2)
        if isinstance(s, Identity) and s.id == "variance-product"
        else s
        for s in theorem.proof
    )
    assert prove(replace(theorem, proof=steps)).verdict == "gap"

    # The union over pairs needs each pair's share.
    steps = tuple(
        replace(s, cited=s.cited.fact(s.cited.at[0], N))
        if isinstance(s, Citation) and s.id == "all-pairs"
        else s
        for s in theorem.proof
    )
    changed = prove(replace(theorem, proof=steps))
    assert "good" in [s.id for s in changed.open_steps]
