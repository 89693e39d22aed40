"""The proof engine: right steps are discharged, wrong ones of every kind leave a gap."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from perturbproof.theory import Assumption, Claim, ProofReport, Theorem, prove
from perturbproof.theory.displayed import is_checked
from perturbproof.theory.statement import (
    PROJECT,
    Cases,
    Citation,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
    Step,
)
from perturbproof.theory.steps.linear_boundary import LIPSCHITZ, f_z, q_z
from perturbproof.theory.steps.sums import MEAN_LOWER, SMALLEST, SUM_BOUND
from perturbproof.theory.symbols import declare, gamma

x = declare("eng_x", "a real number")
y = declare("eng_y", "another", twin_of="eng_x")
z = declare("eng_z", "a third", abbreviation=True)
other_k = declare("eng_other_k", "what eng_k is in another set of samples", twin_of="eng_k")
u = declare("eng_u", "a number > 0", low=0, open_low=True, abbreviation=True)
v = declare("eng_v", "a number in [0, 1]", low=0, high=1, abbreviation=True)
k = declare("eng_k", "a number >= 1", low=1)
term = declare("eng_term", "a number that varies with the neuron", index="j")
mean = declare("eng_mean", "its mean over the neurons")
measured = declare("eng_measured", "a measured number")


def theorem(
    *steps: Step, claim: sp.Basic = sp.true, assumptions: tuple[Assumption, ...] = ()
) -> Theorem:
    """A theorem from some steps; without a claim, of one that needs none of them."""
    if claim is sp.true:
        claim, steps = v <= 1, (Conclusion("range", "", "claim"), *steps)
    claims = (Claim("claim", "The claim.", claim),)  # type: ignore[arg-type]
    return Theorem("test", "Test", "A test.", PROJECT, assumptions, claims, steps)


def status(*steps: Step, **more) -> str:
    """The status of the last step; those before it must be discharged."""
    proof = prove(theorem(*steps, **more))
    assert all(step.status == "discharged" for step in proof.steps[:-1])
    return proof.steps[-1].status


def test_what_gives_a_formula_its_value_is_asked_as_part_of_its_step() -> None:
    """Roots of an identity, integrands, and what a definition says with a declared range."""
    identity = Identity("root", "", (sp.sqrt(x - 1) + 1) ** 2, x + 2 * sp.sqrt(x - 1), by="given")
    run = sp.Symbol("run", real=True)
    area = Identity("area", "", sp.Integral(1 / run, (run, k, 2)), sp.log(2) - sp.log(k))
    given = Definition("given", "", (x > 2,))
    named = Definition("named <- given", "", (sp.Eq(u, x - 1),))
    proof = prove(theorem(given, identity, area, named))
    asked = {step.id: step.smt for step in proof.steps if step.kind != "claim"}
    assert "(not (>= (+ (- 1) eng_x) 0))" in asked["root"].replace(
        "(+ eng_x (- 1))", "(+ (- 1) eng_x)"
    )
    assert "running_1" in asked["area"]
    assert "(not (> " in asked["named"]
    by = {step.id: (step.basis, step.checked_by) for step in proof.steps}
    assert by["given"] == ("defined", "definition")
    assert by["named"] == ("defined", "definition, Z3")
    assert by["root"] == ("checked", "exact identity, Z3")
    assert by["range"] == ("checked", "Z3")


def test_a_query_that_is_not_implied_stays_out_of_a_step_that_does_without() -> None:
    """An identity whose root may have no value is discharged, but no fact; cvc5 is not asked."""
    identity = Identity("root", "", sp.sqrt(x) ** 2, x)
    (step,) = [s for s in prove(theorem(identity)).steps if s.id == "root"]
    assert (step.status, step.smt) == ("discharged", "")


def detail(proof: ProofReport) -> str:
    return proof.steps[-1].detail


RIGHT = {
    "definition": Definition("s", "", (x > 1,)),
    "let": Let("s", "", z, x + 1),
    "let in its range": Let("s", "", u, x**2 + 1),
    "identity": Identity("s", "", (x + y) ** 2, x**2 + 2 * x * y + y**2),
    "identity in cases": Identity("s", "", x**2, sp.Integer(1), cases=({x: 1}, {x: -1})),
    "inequality": Inequality("s", "", x**2 + y**2 >= 2 * x * y),
    "cases": Cases("s", "", (x > 0, x <= 0), sp.Abs(x) >= 0),
    "limit": Limit("s", "", (u - 1) / u, u, sp.oo, sp.Integer(1)),
    "citation": Citation("s", "", LIPSCHITZ(x, u, v)),
}
WRONG = {
    "let outside its range": Let("s", "", u, x),
    "let beyond its upper end": Let("s", "", v, u),
    "let with a denominator that may vanish": Let("s", "", z, 1 / x),
    "let with the root of a negative number": Let("s", "", z, sp.sqrt(x)),
    "let with the logarithm of zero": Let("s", "", z, sp.log(v)),
    "let of itself": Let("s", "", x, x + 1),
    "let that hides an index": Let("s", "", z, term + 1),
    "identity": Identity("s", "", (x + y) ** 2, x**2 + y**2),
    "identity in a case": Identity("s", "", x**2, sp.Integer(1), cases=({x: 1}, {x: 2})),
    "inequality": Inequality("s", "", x**2 >= x),
    "strict instead of not": Inequality("s", "", x**2 > 0),
    "inequality with a denominator that may vanish": Inequality("s", "", (x**2 + 1) / x**2 >= 1),
    "goal that presupposes itself": Inequality("s", "", sp.sqrt(x) > -1),
    "cases that do not cover": Cases("s", "", (x > 0, x < 0), sp.Ne(x, 0)),
    "a case that fails": Cases("s", "", (x > 0, x <= 0), sp.Eq(sp.Abs(x), x)),
    "limit": Limit("s", "", (u - 1) / u, u, sp.oo, sp.Integer(0)),
    "citation out of range": Citation("s", "", LIPSCHITZ(x, y, v)),
    "citation with a violated premise": Citation("s", "", MEAN_LOWER(mean, term, sp.Integer(0))),
}


@pytest.mark.parametrize("step", RIGHT.values(), ids=RIGHT.keys())
def test_right_steps_are_discharged(step: Step) -> None:
    assert status(step) == "discharged"


@pytest.mark.parametrize("step", WRONG.values(), ids=WRONG.keys())
def test_wrong_steps_leave_a_gap(step: Step) -> None:
    proof = prove(theorem(step))
    assert proof.verdict == "gap"
    assert proof.steps[-1].status == "gap"
    assert detail(proof)


def test_gap_of_an_inequality_carries_numbers() -> None:
    *_, step = prove(theorem(Inequality("s", "", x**2 >= x))).steps
    assert step.countermodel is not None
    at = sp.Rational(step.countermodel["eng_x"])
    assert not at**2 >= at
    assert "(check-sat)" in step.smt


@pytest.mark.parametrize(
    "step",
    [
        Inequality("s", "", sp.Function("f")(x) > 0),
        Identity("s", "", sp.Function("f")(x), sp.Function("f")(-x)),
        Inequality("s", "", x**y > 0),
    ],
    ids=["inequality", "identity", "power"],
)
def test_what_no_engine_decides_is_unknown(step: Step) -> None:
    proof = prove(theorem(step))
    assert proof.verdict == "unknown"
    assert proof.open_steps


def test_out_of_time_is_unknown() -> None:
    names = [declare(f"eng_hard_{i}", "a number in a hard query") for i in range(9)]
    hard = sum(s**7 for s in names) - sp.prod(names) ** 3
    goal = sp.Implies(sp.And(sp.Eq(hard, 1), sp.Eq(sum(names), 1)), hard**2 + names[0] ** 5 < 0)
    assert prove(theorem(Inequality("s", "", goal)), timeout_ms=1).verdict == "unknown"


def test_a_step_rests_on_nothing_but_what_it_uses() -> None:
    given = Definition("given", "", (x > 1,))
    assert status(given, Inequality("s", "", x > 0, by="given")) == "discharged"
    assert status(given, Inequality("s", "", x > 0)) == "gap"


def test_ranges_may_always_be_used() -> None:
    assert status(Inequality("s", "", u + k > 1)) == "discharged"


def test_let_cannot_redefine() -> None:
    first = Let("first", "", z, x + 1)
    assert status(first, Let("s", "", z, x + 2)) == "gap"
    assert status(Definition("first", "", (z > x,)), Let("s", "", z, x)) == "gap"
    known = (Assumption("a", "", z > 0),)
    assert status(Let("s", "", z, x), assumptions=known) == "gap"


def test_let_cannot_define_what_is_measured() -> None:
    """Otherwise any claim follows from a definition that suits it."""
    steps = (Let("s", "", measured, sp.Integer(5)), Conclusion("c", "", "claim", by="s"))
    proof = prove(theorem(*steps, claim=measured >= 5))
    assert proof.verdict == "gap"
    assert "no proof may change" in proof.steps[0].detail
    named = (Let("s", "", z, sp.Integer(5)), Conclusion("c", "", "claim", by="s"))
    assert "claim" in prove(theorem(*named, claim=z >= 5)).steps[0].detail


def test_a_claim_may_explain_a_new_name() -> None:
    claim = Claim("claim", "", x**2 + 1 >= x, formal=sp.And(sp.Eq(z, x + 1), x**2 >= 0))
    steps = (Let("s", "", z, x + 1), Conclusion("c", "", "claim", by="s"))
    assert prove(replace(theorem(*steps, claim=x > 0), claims=(claim,))).verdict == "proved"


def test_an_identity_does_not_smuggle_in_where_it_is_defined() -> None:
    root = Identity("root", "", (sp.sqrt(x) + 1) * (sp.sqrt(x) - 1), x - 1)
    quotient = Identity("quotient", "", (x**2 - 1) / (x - 1), x + 1)
    for identity, goal in ((root, x >= 0), (quotient, sp.Ne(x, 1))):
        assert status(identity, Inequality("s", "", goal, by=identity.id)) == "gap"
    two = Identity("two", "", (y**2 - 4) / (y - 2), y + 2)
    goal = sp.Or(sp.Ne(x, 1), sp.Ne(y, 2))
    assert status(quotient, two, Inequality("s", "", goal, by="quotient two")) == "gap"


def test_an_identity_is_a_fact_where_it_is_defined() -> None:
    root = Identity("root", "", (sp.sqrt(u) + 1) * (sp.sqrt(u) - 1), u - 1)
    goal = sp.Implies(u > 1, (sp.sqrt(u) + 1) * (sp.sqrt(u) - 1) > 0)
    assert status(root, Inequality("s", "", goal, by="root")) == "discharged"
    cases = Identity("cases", "", x**3, x, cases=({x: 1}, {x: -1}))
    assert status(cases, Inequality("s", "", sp.Eq(x**3, x), by="cases")) == "gap"


def test_a_mean_is_not_bounded_by_what_varies_with_the_neuron() -> None:
    citation = Citation("s", "", MEAN_LOWER(mean, term, term))
    *_, step = prove(theorem(citation)).steps
    assert step.status == "gap"
    assert "varies with j" in step.detail
    hidden = Let("hidden", "", z, term)
    proof = prove(theorem(hidden, Citation("s", "", MEAN_LOWER(mean, term, z), by="hidden")))
    assert proof.verdict == "gap"
    fixed = Definition("low", "", (term >= x,))
    assert status(fixed, Citation("s", "", MEAN_LOWER(mean, term, x), by="low")) == "discharged"


def test_the_head_of_a_step_says_what_it_rests_on() -> None:
    head, keyword = Let("u <- a  b", "", u, x), Let("u", "", u, x, by="a  b")
    assert (head.id, head.rests_on) == ("u", ("a", "b"))
    assert head == keyword == replace(head)
    for wrong in (" <- a", "u v <- a", "u<- a"):
        with pytest.raises(ValueError, match="one word without blanks"):
            Let(wrong, "", u, x)


def test_a_citation_reads_off_the_facts_what_it_leaves_out() -> None:
    short = Citation("s", "", MEAN_LOWER(mean), by="low")
    low, other = Definition("low", "", (y > x, term >= x)), Definition("low", "", (x <= 2 * y,))
    [*_, step] = prove(theorem(low, short)).steps
    assert (step.status, step.formula) == ("discharged", mean >= x)
    # A bound that varies with the neuron is none, and of two nobody knows which is meant.
    for facts in ((), (term >= 2 * term + 1,), (term >= x, term >= y)):
        assert status(Definition("low", "", facts), short) == "gap"
    assert status(other, short) == "gap"


def test_contradictory_facts_prove_nothing() -> None:
    steps = (
        Definition("one", "", (x > 1,)),
        Definition("two", "", (x < 0,)),
        Inequality("s", "", sp.Eq(y, 7), by="one two"),
    )
    assert status(*steps) == "gap"
    assert "contradict" in detail(prove(theorem(*steps)))


INNER = Theorem(
    "inner",
    "Inner",
    "x² > 1.",
    PROJECT,
    (Assumption("a", "x is large.", x > 1),),
    (Claim("square", "Its square is larger.", x**2 > x),),
    (Conclusion("c", "", "square", by="a"),),
)


def test_earlier_theorem() -> None:
    given = Definition("given", "", (y > 2,))
    earlier = Earlier("earlier", "", INNER, at=((x, y),), by="given")
    goal = Inequality("s", "", y**2 > 2, by="earlier given")
    assert status(given, earlier, goal) == "discharged"


def test_earlier_theorem_with_an_unmet_assumption() -> None:
    given = Definition("given", "", (y > 0,))
    proof = prove(theorem(given, Earlier("s", "", INNER, at=((x, y),), by="given")))
    assert proof.steps[-1].status == "gap"
    assert "premise of inner" in detail(proof)
    assert status(Earlier("s", "", INNER)) == "gap"


def test_only_a_leaky_theorem_may_use_that_the_slope_is_positive() -> None:
    proof = theorem(Inequality("s", "", x**2 / gamma >= 0))
    assert prove(proof).verdict == "proved"
    assert prove(replace(proof, leaky=False)).verdict == "gap"


@pytest.mark.parametrize(
    ("goal", "status"), [(sp.Implies(gamma > 0, y**2 > y), "discharged"), (y**2 > y, "gap")]
)
def test_what_is_proved_for_positive_slopes_is_applied_to_no_other(goal, status) -> None:
    given = Definition("given", "", (y > 2,))
    earlier = Earlier("earlier", "", INNER, at=((x, y),), by="given")
    proof = prove(
        replace(theorem(given, earlier, Inequality("s", "", goal, by="earlier")), leaky=False)
    )
    assert [step.status for step in proof.steps[-2:]] == ["discharged", status]


def test_earlier_theorem_beyond_a_range() -> None:
    ranged = replace(
        INNER, assumptions=(Assumption("a", "", k > 1),), claims=(Claim("square", "", k**2 > k),)
    )
    assert (
        status(
            Definition("g", "", (other_k > 1,)),
            Earlier("s", "", ranged, at=((k, other_k),), by="g"),
        )
        == "discharged"
    )
    free = replace(
        ranged, assumptions=(Assumption("a", "", k > 0),), claims=(Claim("square", "", k**2 >= k),)
    )
    assert prove(free).verdict == "proved"
    assert (
        status(Definition("g", "", (y > 0,)), Earlier("s", "", free, at=((k, other_k),), by="g"))
        == "gap"
    )


def test_earlier_theorem_speaks_of_quantities_not_of_expressions() -> None:
    given = Definition("given", "", (y > 2,))
    assert status(given, Earlier("s", "", INNER, at=((x, y + 1),), by="given")) == "gap"


def test_earlier_theorem_that_is_not_proved() -> None:
    wrong = replace(INNER, claims=(Claim("square", "", x**2 > 2 * x),))
    proof = prove(theorem(Definition("g", "", (x > 1,)), Earlier("s", "", wrong, by="g")))
    assert proof.steps[-1].status == "gap"
    assert "not proved" in detail(proof)


def test_claims() -> None:
    assumptions = (Assumption("a", "", x > 1),)
    conclusion = Conclusion("c", "", "claim", by="a")
    assert prove(theorem(conclusion, claim=x > 0, assumptions=assumptions)).verdict == "proved"
    assert prove(theorem(conclusion, claim=x > 2, assumptions=assumptions)).verdict == "gap"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((Inequality("s", "", x**2 >= 0, by="nothing"),), "nothing"),
        ((Definition("s", "", (x > 0,)), Definition("s", "", (x > 1,))), "used twice"),
        ((Conclusion("s", "", "no such claim"),), "no claim"),
        ((Citation("s", "", SUM_BOUND(x, y)),), "no premise says what to put for fact_B, fact_T"),
    ],
    ids=["unknown id", "name used twice", "no such claim", "too few expressions"],
)
def test_malformed_proofs_are_refused(steps: tuple[Step, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prove(theorem(*steps))


def test_a_claim_must_be_concluded() -> None:
    with pytest.raises(ValueError, match="no step concludes"):
        prove(theorem(Inequality("s", "", x**2 >= 0), claim=x > 5))


def test_later_steps_are_not_known_yet() -> None:
    with pytest.raises(ValueError, match="later"):
        prove(theorem(Inequality("s", "", x > 0, by="later"), Definition("later", "", (x > 0,))))


n_value = declare("choice_value", "a number of sample n", index="n")
n_other = declare("choice_other", "another number of sample n", index="n")
least = declare("choice_least", "the smallest choice_value")
least_other = declare("choice_least_other", "the smallest choice_other")


def chosen_proof(*steps: Step) -> ProofReport:
    """A proof in which two definitions each choose a sample n."""
    return prove(
        theorem(
            Definition("pick", "", (sp.Eq(least, n_value), least >= 0), chooses="n"),
            Definition("again", "", (sp.Eq(least_other, n_other),), chooses="n"),
            *steps,
        )
    )


def test_a_chosen_sample_is_not_every_sample() -> None:
    """From one n with choice_value >= 0 nothing follows for the smallest of all."""
    report = chosen_proof(
        Citation("all", "", SMALLEST(least_other, n_value, sp.Integer(0)), by="pick")
    )
    step = next(s for s in report.steps if s.id == "all")
    assert step.status == "gap"
    assert "chosen by 'pick'" in step.detail


def test_two_choices_of_one_index_may_differ() -> None:
    report = chosen_proof(
        Definition("link", "", (sp.Eq(n_value, n_other),)),
        Inequality("end", "", least_other >= 0, by="pick again link"),
    )
    step = next(s for s in report.steps if s.id == "end")
    assert step.status == "gap"
    assert "chosen twice" in step.detail


def test_a_claim_is_not_proved_by_a_formal_statement_that_says_less() -> None:
    """Data are held to the relation, so the relation must be proved as well."""
    claim = Claim("claim", "Too much.", measured > 5, formal=measured > 1)
    given = Assumption("given", "", measured > 2)
    proof = prove(
        Theorem(
            "test",
            "Test",
            "A test.",
            PROJECT,
            (given,),
            (claim,),
            (Conclusion("end", "", "claim", by="given"),),
        )
    )
    assert proof.verdict == "gap"
    limit = replace(claim, limit=True)
    (step,) = prove(
        Theorem(
            "test",
            "Test",
            "A test.",
            PROJECT,
            (given,),
            (limit,),
            (Conclusion("end", "", "claim", by="given"),),
        )
    ).steps
    assert step.status == "discharged"


def test_what_is_shown_of_a_claim_is_held_to_what_is_proved() -> None:
    """A term with vectors is the symbol that is written alike, and nothing else."""
    proved = sp.And(f_z > 0, sp.Eq(sp.sign(f_z), sp.sign(q_z)))
    point, q = sp.symbols("z q")
    f, inner = sp.Function("f")(point), sp.Function("inner")(q, point)
    for shown, checked in (
        (sp.Eq(sp.sign(f), sp.sign(inner), evaluate=False), True),
        (inner > 0, True),
        (sp.Eq(f, inner, evaluate=False), False),
        (sp.Function("g")(point) > 0, False),
        (None, True),
    ):
        assert is_checked(Claim("c", "c", proved, display=shown)) is checked, shown
