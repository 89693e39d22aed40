"""cvc5 on what Z3 found unsatisfiable: it confirms, leaves open in bounded time, or denies."""

from __future__ import annotations

import resource
from collections import Counter
from dataclasses import replace

import pytest
import sympy as sp
from perturbproof.theory import catalog, prove
from perturbproof.theory.engine import ProofReport, StepReport
from perturbproof.theory.second_opinion import SECONDS, Opinion, second_opinions, with_opinions

MEANS = """\
(set-logic QF_NRA)
{declared}
(assert (< (+ {powers}) (* {count} {product})))
(check-sat)
"""


def means(count: int) -> str:
    """That the mean of so many powers is below the product of their roots, which is false."""
    names = [f"x{i}" for i in range(count)]
    return MEANS.format(
        declared="\n".join(f"(declare-const {x} Real)\n(assert (>= {x} 0))" for x in names),
        powers=" ".join(f"(* {' '.join([x] * count)})" for x in names),
        count=count,
        product=" ".join(names),
    )


def report_of(*queries: str, status: str = "discharged") -> ProofReport:
    text = "\n(reset)\n".join(queries)
    step = StepReport("step", "", "", sp.true, (), "z3", status, 0.0, "", smt=text)  # type: ignore[arg-type]
    return ProofReport("planted", "proved", (step,), 0.0)


def answers(*reports: ProofReport, seconds: float = 1.0) -> list[str]:
    return [o.answer for o in second_opinions(reports, seconds=seconds)]


def test_unsatisfiable_is_confirmed_and_satisfiable_denied() -> None:
    """Each query alone: what an earlier one asserts, or its process, is nothing to the next."""
    false = "; a title\n" + means(2).replace("(< ", "(> ")
    assert answers(report_of(means(2), false, means(3)), report_of("; other\n" + means(2))) == [
        "confirmed",
        "denied",
        "confirmed",
        "confirmed",
    ]


def test_what_cannot_be_read_is_left_open() -> None:
    assert answers(report_of("(assert (< nowhere 0))\n(check-sat)\n", means(2))) == [
        "left open",
        "confirmed",
    ]


def test_a_hard_query_is_left_open_and_costs_no_more_than_its_time() -> None:
    """Its process is ended under each way of solving; the next query has a new one."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert answers(report_of(means(7), means(2)), seconds=0.4) == ["left open", "confirmed"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_only_a_step_of_which_every_query_is_confirmed_is() -> None:
    hard = replace(report_of(means(2), means(7)), theorem="hard")
    false = replace(report_of(means(2).replace("(< ", "(> ")), theorem="false")
    proofs = [report_of(means(2), means(3)), hard, false]
    opinions = second_opinions(proofs, seconds=0.3)
    told = [with_opinions(proof, opinions) for proof in proofs]
    assert [p.steps[0].checked_by for p in told] == ["Z3 + cvc5", "Z3", "Z3"]
    assert [bool(p.disputed) for p in told] == [False, False, True]
    assert [p.verdict for p in told] == ["proved", "proved", "unknown"]


def test_a_denial_names_what_showed_the_query() -> None:
    """A certificate answers for some queries, Z3 for others."""
    proof = report_of(means(2), means(3))
    by_certificate = Opinion("planted", "step", means(2), "denied", "a certificate")
    confirmed = Opinion("planted", "step", means(3), "confirmed")
    (step,) = with_opinions(proof, [by_certificate, confirmed]).steps
    assert step.detail == "a certificate says that it follows, cvc5 that it does not"
    (step,) = with_opinions(proof, [replace(by_certificate, by="Z3"), confirmed]).steps
    assert step.detail == "Z3 says that it follows, cvc5 that it does not"


def test_a_query_with_a_certificate_is_said_to_have_one() -> None:
    step = next(step for step in prove(catalog()[0]).steps if step.certified)
    certified = replace(report_of(), steps=(replace(step, smt=step.queries[0]),))
    opinions = second_opinions([certified, report_of(means(2))])
    assert [o.by for o in opinions] == ["a certificate", "Z3"]


def test_a_step_that_is_not_discharged_has_nothing_to_confirm() -> None:
    assert answers(report_of(means(2), status="gap")) == []


@pytest.mark.slow
def test_nothing_in_the_catalog_is_denied() -> None:
    counts = Counter(answers(*map(prove, catalog()), seconds=SECONDS))
    assert counts["denied"] == 0
    assert counts["left open"] < 0.05 * counts["confirmed"]
