"""One level of confidence over a run: Holm's method, and simulated runs with known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.theory import catalog, theorem
from perturbproof.theory.exact.interval import Interval
from perturbproof.verify.judge import judge
from perturbproof.verify.selftest.trials import (
    FAMILIES,
    LAW,
    VIOLATIONS,
    Simulated,
    power,
    simulate,
)
from perturbproof.verify.statistics import (
    FAMILY_ERROR,
    Decision,
    binomial_interval,
    family_levels,
    holm_errors,
    values_at,
)
from perturbproof.verify.values import ClaimVerdict, Measured

from .small_scenarios import PROVED

RUNS = 2000
TEST_ERROR = 1e-6
"""Chance that one simulation rejects code that keeps its level."""


def decided_from(error: float, way: bool) -> Decision:
    """A statement that intervals of this error, or a larger one, decide."""
    return lambda e: way if e >= error else None


def textbook(p: list[float], level: float) -> set[int]:
    """Holm's method as published: which hypotheses are rejected."""
    rejected: set[int] = set()
    for step, number in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[number] > level / (len(p) - step):
            break
        rejected.add(number)
    return rejected


smallest = st.sampled_from([1e-9, 0.0005, 0.001, 0.00125, 0.002, 0.0025, 0.005, 0.01, 0.02, 0.6])


@given(st.lists(st.tuples(smallest, st.booleans()), max_size=9))
def test_what_is_decided_is_what_holm_rejects_in_each_direction(statements) -> None:
    errors = holm_errors([decided_from(p, way) for p, way in statements])
    found = {i for i, (p, _) in enumerate(statements) if errors[i] >= p}
    expected = set()
    for way in (True, False):
        p = [value if direction is way else 1.0 for value, direction in statements]
        expected |= {i for i in textbook(p, FAMILY_ERROR) if statements[i][1] is way}
    assert found == expected


def test_one_statement_alone_has_the_whole_error() -> None:
    assert holm_errors([decided_from(0.5, True)]) == (FAMILY_ERROR,)
    assert holm_errors([]) == ()


def test_a_decision_in_one_direction_does_not_loosen_the_other() -> None:
    """Else correct decisions would raise the chance of wrong ones."""
    statements = [decided_from(1e-9, True)] * 3 + [decided_from(0.004, False)]
    assert holm_errors(statements)[3] < 0.004


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("same_draws", [False, True], ids=["independent", "same draws"])
def test_wrong_decisions_keep_the_stated_level(family: str, same_draws: bool) -> None:
    rng = np.random.default_rng(20240507)
    statements = FAMILIES[family]
    rates = simulate(statements, rng.random((RUNS, 1 if same_draws else len(statements))))
    print(f"{family}: {rates}")
    assert rates.evidence_against() > TEST_ERROR


def test_the_simulation_sees_a_level_that_is_not_kept() -> None:
    """Intervals of 90 % each over eight statements: the same test must notice."""
    statement = Simulated("at least", 300, 0.95)
    rng = np.random.default_rng(3)
    counts = rng.binomial(300, 0.95, (RUNS, 8))
    wrong = sum(any(statement.decision(k)(0.1) is False for k in row) for row in counts.tolist())
    rates = simulate((statement,), rng.random((1, 1)))
    assert type(rates)(RUNS, 0, wrong, math.nan).evidence_against() < TEST_ERROR


def test_power_grows_with_the_violation() -> None:
    found = power(RUNS, np.random.default_rng(11))
    print("power by violation:", found)
    shares = [found[by] for by in VIOLATIONS]
    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert shares[VIOLATIONS.index(0.05)] > 0.4
    assert shares[VIOLATIONS.index(0.1)] > 0.98


# ---------------------------------------------------------------- on theorems


def chance(successes: int, trials: int = 300) -> dict[str, Measured]:
    return {
        "chance_paper": Measured.counted(successes, trials, "fresh draws"),
        "delta": Measured(Interval.exact(0.05), "given"),
    }


CONCENTRATION = theorem("concentration")
RELATION = CONCENTRATION.claims[0].relation


@pytest.mark.parametrize(("certain", "undecided"), [(290, 0), (250, 40), (0, 300), (299, 1)])
def test_what_rounding_left_open_is_read_both_ways(certain: int, undecided: int) -> None:
    """The interval reaches from that of the smallest possible count to that of the largest."""
    name = "chance_paper"
    open_ = {name: Measured.counted(certain, 300, "draws", undecided)}
    found = values_at(sp.Symbol(name) > 0, open_, 0.01)
    assert found is not None
    assert found[name].lower == binomial_interval(certain, 300, 0.01).lower
    assert found[name].upper == binomial_interval(certain + undecided, 300, 0.01).upper
    assert ("to" in open_[name].how) == bool(undecided)


def test_undecided_events_decide_no_fail() -> None:
    """Counted either way alone they would: all as failures FAIL, all as successes PASS."""
    verdicts = []
    for certain, undecided in ((0, 0), (300, 0), (0, 300)):
        chances = {**chance(0), "chance_paper": Measured.counted(certain, 300, "d", undecided)}
        (levels,) = family_levels([((CONCENTRATION,), chances)])
        told = judge(CONCENTRATION, PROVED[CONCENTRATION.id], chances, levels=levels)
        verdicts.append(told.claims[0].value.holds if told.claims[0].value else None)
    assert verdicts == [False, True, None]


def test_more_statements_make_wider_intervals() -> None:
    alone = family_levels([((CONCENTRATION,), chance(290))])
    crowd = family_levels([((CONCENTRATION,), chance(290))] * 4)
    assert alone[0][RELATION].error == FAMILY_ERROR
    assert {levels[RELATION].error for levels in crowd} == {FAMILY_ERROR / 4}
    assert [level.statements for level in (alone[0][RELATION], crowd[0][RELATION])] == [1, 4]


def test_statements_made_elsewhere_take_their_part() -> None:
    (levels,) = family_levels([((CONCENTRATION,), chance(290))], beside=3)
    assert levels[RELATION].error == FAMILY_ERROR / 4
    assert levels[RELATION].statements == 4
    undecided = [decided_from(0.0, True), decided_from(0.5, True)]
    assert holm_errors(undecided, beside=2)[0] == FAMILY_ERROR / 2  # all of their part


def test_a_decided_statement_widens_no_other() -> None:
    clear, close = family_levels([((CONCENTRATION,), chance(300)), ((CONCENTRATION,), chance(290))])
    assert clear[RELATION].error == FAMILY_ERROR
    assert close[RELATION].error == FAMILY_ERROR / 2


def test_the_same_statement_of_two_theorems_counts_once() -> None:
    both = [theorem("matching-random-labels"), theorem("growth")]
    shared = {c.relation for c in both[0].claims} & {c.relation for c in both[1].claims}
    assert len(shared) == 1
    measured = {
        "mismatch_chance": Measured.counted(0, 300, "draws"),
        "delta": Measured(Interval.exact(0.05), "given"),
    }
    (levels,) = family_levels([(both, measured)])
    assert {level.statements for level in levels.values()} == {1}


def test_a_claim_is_judged_at_the_level_of_its_run() -> None:
    """293 of 300 suffice for a claim that stands alone, and not for one of a hundred."""
    measured = {
        s.name: Measured(Interval.exact(1), "given") for s in CONCENTRATION.measured_symbols
    }
    measured |= chance(295)
    proof = PROVED[CONCENTRATION.id]
    (alone,) = judge(CONCENTRATION, proof, measured).claims
    many = family_levels([((CONCENTRATION,), measured)] * 100)
    (among,) = judge(CONCENTRATION, proof, measured, levels=many[0]).claims
    assert alone.value is not None
    assert alone.value.holds is True
    assert among.verdict is ClaimVerdict.INCONCLUSIVE
    assert "295 of 300 fresh draws" in among.how
    assert among.level is not None
    assert among.level.statements == 100
    # Its confidence has a field of its own, and is told nowhere else.
    assert "%" not in among.how
    assert "more draws" in among.settle


def test_counts_without_a_level_decide_nothing() -> None:
    value = chance(300)["chance_paper"].value
    assert value is not None
    assert (value.lower, value.upper) == (0, 1)


def test_every_probability_of_the_catalog_is_read_at_a_level() -> None:
    """Statements with a counted symbol are found wherever they stand, assumptions included."""
    for entry in catalog():
        names = [s.name for s in entry.measured_symbols]
        counted = {name: Measured.counted(5, 10, "draws") for name in names}
        (levels,) = family_levels([((entry,), counted)])
        parts = [p.relation for p in (*entry.assumptions, *entry.claims) if p.relation.free_symbols]
        assert set(levels) == set(parts)


def test_simulated_truths_are_what_they_say() -> None:
    assert Simulated("at least", 10, 0.95).true
    assert not Simulated("at least", 10, 0.95 - 1e-9).true
    assert Simulated("agreement", 10, LAW).true
    assert not Simulated("agreement", 10, LAW + 0.11).true
    assert {s.true for s in FAMILIES["4 clearly true, 4 barely false"]} == {True, False}
