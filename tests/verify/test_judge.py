"""The judge on hand-made values: every verdict, and no way to a PASS or FAIL that is not certain.

The oracle never compiles a relation: it decides at the corners of the boxes, in fractions.
"""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.theory import catalog
from perturbproof.theory.engine import ProofReport, StepReport
from perturbproof.theory.exact.interval import Interval
from perturbproof.theory.statement import KUMANO, Assumption, Claim, Theorem
from perturbproof.theory.symbols import R_max, R_min, lambda_max, p_max, quantity, tau, tau_asked
from perturbproof.verify.judge import Judgement, judge
from perturbproof.verify.values import ClaimVerdict, CrossCheck, Measured, Rigor, Verdict

SMALL = Assumption("small", "Products are small.", p_max < R_min)
BOUND = Claim("bound", "Multipliers are bounded.", lambda_max <= R_max)
TRAINED = Claim("trained", "Close.", tau <= tau_asked, limit=True, settle="train longer")
TINY = Theorem("tiny", "Tiny", "Tiny.", KUMANO, (SMALL,), (BOUND,), ())
WITH_LIMIT = replace(TINY, claims=(BOUND, TRAINED))

PROVED = ProofReport("tiny", "proved", (), 0.0)


def open_proof(status: str) -> ProofReport:
    step = StepReport("2", "inequality", "", sp.true, (), "z3", status, 0.0, "P < 2 is not implied")
    return ProofReport("tiny", status, (step,), 0.0)


def between(low: float, high: float, rigor: Rigor = Rigor.ENCLOSED) -> Measured:
    return Measured(Interval.between(low, high), "by hand", rigor)


def values(**changes: Measured) -> dict[str, Measured]:
    """Values on which WITH_LIMIT passes, some replaced."""
    good = {
        "p_max": between(0.1, 0.2),
        "R_min": between(0.9, 1.0),
        "R_max": between(1.0, 1.1),
        "lambda_max": between(0.5, 0.6),
        "tau": between(0, 0.001),
        "tau_asked": between(0.01, 0.01),
    }
    return {**good, **changes}


def claims(judgement: Judgement) -> list[ClaimVerdict]:
    return [claim.verdict for claim in judgement.claims]


C = ClaimVerdict


def test_pass() -> None:
    result = judge(WITH_LIMIT, PROVED, values())
    assert result.verdict is Verdict.PASS
    assert claims(result) == [C.PASS, C.PASS]
    assert [a.holds for a in result.assumptions] == ["yes"]


def test_at_slope_zero_a_theorem_about_positive_slopes_is_vacuous() -> None:
    """Its other assumptions hold, and no claim is passed for it."""
    relu = values(gamma=between(0, 0))
    judged = judge(TINY, PROVED, relu)
    assert judged.verdict is Verdict.VACUOUS
    assert "leaky" in judged.reason
    assert claims(judged) == [C.OBSERVED]
    assert judge(replace(TINY, leaky=False), PROVED, relu).verdict is Verdict.PASS
    assert judge(TINY, PROVED, values(gamma=between(1e-300, 1))).verdict is Verdict.PASS


def test_fail_needs_certain_assumptions_and_a_claim_certainly_false() -> None:
    result = judge(WITH_LIMIT, PROVED, values(lambda_max=between(1.2, 1.3)))
    assert result.verdict is Verdict.FAIL
    assert claims(result) == [C.FAIL, C.PASS]
    assert "'bound'" in result.reason


def test_a_proof_gap_does_not_hide_data_that_refute() -> None:
    refuting = values(lambda_max=between(1.2, 1.3))
    assert judge(TINY, open_proof("gap"), refuting).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (between(0.5, 0.6), C.OBSERVED),
        (between(1.2, 1.3), C.NOT_OBSERVED),
        (between(0.5, 1.3), C.INCONCLUSIVE),
        (Measured.missing("no limit"), C.INCONCLUSIVE),
        (between(1.2, 1.3, Rigor.NUMERIC), C.NOT_OBSERVED),
    ],
)
def test_vacuous_claims_are_at_best_observed(measured: Measured, expected: C) -> None:
    result = judge(TINY, PROVED, values(p_max=between(2, 2.1), lambda_max=measured))
    assert result.verdict is Verdict.VACUOUS
    assert claims(result) == [expected]
    assert "'small'" in result.reason
    words = {C.OBSERVED: "observed all the same", C.NOT_OBSERVED: "not observed"}
    assert result.reason.endswith(f"claims: 1 {words.get(expected, 'undecided')}")


def test_vacuous_names_how_far_without_overstating() -> None:
    result = judge(TINY, PROVED, values(p_max=between(2, 2.1), R_min=between(1, 1)))
    assert "by a factor of 2;" in result.reason


def test_one_certainly_failed_assumption_decides_over_an_open_one() -> None:
    two = replace(TINY, assumptions=(Assumption("open", "?", R_max < 2), SMALL))
    result = judge(two, PROVED, values(R_max=between(1, 3), p_max=between(2, 3)))
    assert result.verdict is Verdict.VACUOUS


@pytest.mark.parametrize(
    ("changes", "proof", "words"),
    [
        ({"p_max": between(0.5, 1.5)}, PROVED, "overlap"),
        ({"p_max": Measured.missing("the disk is full")}, PROVED, "the disk is full"),
        ({"lambda_max": between(0.5, 1.3)}, PROVED, "overlap"),
        ({"lambda_max": Measured.missing("no limit known")}, PROVED, "no limit known"),
        ({"tau": between(0.5, 0.6)}, PROVED, "train longer"),
        ({}, open_proof("gap"), "proof gap at step '2'"),
        ({}, open_proof("unknown"), "undecided proof step at step '2'"),
        ({"lambda_max": Measured(Interval.whole(), "nothing known")}, PROVED, "overlap"),
        ({"lambda_max": between(1.2, 1.3, Rigor.NUMERIC)}, PROVED, "cannot refute"),
        ({"p_max": between(0.1, 0.2, Rigor.NUMERIC)}, PROVED, "assumption 'small'"),
        ({"p_max": between(2, 2.1, Rigor.NUMERIC)}, PROVED, "assumption 'small'"),
        ({"R_min": between(0.9, 1, Rigor.NUMERIC)}, PROVED, "assumption 'small'"),
    ],
)
def test_inconclusive_says_what_is_open(changes, proof: ProofReport, words: str) -> None:
    result = judge(WITH_LIMIT, proof, values(**changes))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert words in result.reason


def test_a_symbol_that_nothing_measures_is_inconclusive() -> None:
    some = values()
    del some["lambda_max"]
    result = judge(TINY, PROVED, some)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "nothing here measures lambda_max" in result.reason


def test_floating_point_never_satisfies_an_assumption_but_shows_the_numbers() -> None:
    (assumption,) = judge(TINY, PROVED, values(p_max=between(0, 0, Rigor.NUMERIC))).assumptions
    assert assumption.holds == "unknown"
    assert assumption.rigor is Rigor.NUMERIC
    assert assumption.value is not None


@pytest.mark.parametrize("rigor", Rigor)
def test_rigor_of_a_claim_is_its_weakest_value(rigor: Rigor) -> None:
    result = judge(TINY, PROVED, values(lambda_max=between(0.5, 0.6, rigor)))
    assert result.claims[0].rigor.softness >= rigor.softness


@pytest.mark.parametrize("name", ["p_max", "lambda_max"])
@pytest.mark.parametrize("value", [(0.1, 0.2), (2.0, 2.1)])
def test_a_value_without_rigor_decides_nothing(name: str, value: tuple[float, float]) -> None:
    result = judge(TINY, PROVED, values(**{name: between(*value, Rigor.NONE)}))
    assert result.verdict is Verdict.INCONCLUSIVE


def test_a_claim_is_refuted_only_under_assumptions_that_certainly_hold() -> None:
    open_, refuted = between(0.5, 1.5), between(1.2, 1.3)
    result = judge(TINY, PROVED, values(p_max=open_, lambda_max=refuted))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert C.FAIL not in claims(result)


# ---------------------------------------------------------------- faults of the code


def check(left: tuple[float, float], right: tuple[float, float], *symbols: str) -> CrossCheck:
    one, other = Interval.between(*left), Interval.between(*right)
    return CrossCheck("check", "two ways to lambda", one, other, frozenset(symbols))


@pytest.mark.parametrize("changes", [{}, {"p_max": between(2, 3)}, {"lambda_max": between(5, 6)}])
def test_computations_that_exclude_each_other_are_an_error_over_everything(changes) -> None:
    excluding = check((0, 1), (2, 3), "lambda_max")
    result = judge(TINY, PROVED, values(**changes), [check((0, 1), (1, 2), "p_max"), excluding])
    assert result.verdict is Verdict.ERROR
    assert "two ways to lambda" in result.reason


def test_a_disputed_step_is_an_error_over_everything() -> None:
    proof = open_proof("unknown")
    proof = replace(proof, steps=(replace(proof.steps[0], disputed=True),))
    judgement = judge(TINY, proof, values(p_max=between(2, 3)))
    assert (judgement.verdict, "proof step '2'" in judgement.reason) == (Verdict.ERROR, True)


def test_no_claim_passes_or_fails_under_a_fault() -> None:
    result = judge(WITH_LIMIT, PROVED, values(), [check((0, 1), (2, 3), "lambda_max")])
    assert not {C.PASS, C.FAIL} & {claims(result)[0]}


def test_a_cross_check_of_other_symbols_does_not_touch_a_theorem() -> None:
    assert judge(TINY, PROVED, values(), [check((0, 1), (2, 3), "tau")]).verdict is Verdict.PASS


@pytest.mark.parametrize(("left", "right"), [((0, 1), (1, 2)), ((0, 3), (1, 2)), ((2, 3), (0, 2))])
def test_cross_checks_that_touch_agree(left, right) -> None:
    assert check(left, right, "lambda_max").agree


def test_a_value_outside_its_range_is_an_error() -> None:
    result = judge(TINY, PROVED, values(lambda_max=between(-2, -1)))
    assert result.verdict is Verdict.ERROR
    assert "lambda_max" in result.reason
    assert judge(TINY, PROVED, values(lambda_max=between(-2, 0))).verdict is not Verdict.ERROR


# ---------------------------------------------------------------- the catalog


def outside(name: str) -> list[Interval]:
    q = quantity(name)
    beyond = []
    if q.low is not None:
        beyond.append(Interval.between(q.low - 2, q.low - 1))
        if q.open_low:
            beyond.append(Interval.exact(q.low))
    if q.high is not None:
        beyond.append(Interval.between(q.high + 1, q.high + 2))
        if q.open_high:
            beyond.append(Interval.exact(q.high))
    return beyond


@pytest.mark.parametrize("theorem", catalog(), ids=lambda t: t.id)
def test_nothing_known_is_inconclusive_for_every_theorem(theorem: Theorem) -> None:
    names = [s.name for s in theorem.measured_symbols]
    for nothing in (Measured.missing("not run"), Measured(Interval.whole(), "nothing known")):
        result = judge(theorem, PROVED, dict.fromkeys(names, nothing))
        assert result.verdict is Verdict.INCONCLUSIVE
        assert result.reason
    assert judge(theorem, PROVED, {}).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("theorem", catalog(), ids=lambda t: t.id)
def test_every_symbol_outside_its_range_is_an_error_for_every_theorem(theorem: Theorem) -> None:
    unknown = Measured.missing("not run")
    names = [s.name for s in theorem.measured_symbols]
    for name in names:
        for value in outside(name):
            some = {**dict.fromkeys(names, unknown), name: Measured(value, "by hand")}
            assert judge(theorem, PROVED, some).verdict is Verdict.ERROR, f"{name} = {value}"


def test_verdicts_of_a_run_change_when_any_one_value_is_lost(outcome, theorems) -> None:
    """On real values that pass, every measured symbol is needed: none is decoration."""
    from perturbproof.verify.measure import measure
    from perturbproof.verify.measure.experiment import Experiment

    experiment = Experiment(outcome.scenario)
    for judgement in outcome.judgements:
        theorem = judgement.theorem
        names = [s.name for s in theorem.measured_symbols]
        measured = measure(experiment, names)
        assert judge(theorem, judgement.proof, measured).verdict is Verdict.PASS
        for name in names:
            for lost in (
                Measured.missing("lost"),
                Measured(Interval.whole(), "lost"),
                replace(measured[name], rigor=Rigor.NONE),
            ):
                result = judge(theorem, judgement.proof, {**measured, name: lost})
                assert result.verdict is Verdict.INCONCLUSIVE, (theorem.id, name)


# ---------------------------------------------------------------- no false PASS or FAIL

_quarters = st.integers(0, 12).map(lambda n: n / 4)
boxes = st.tuples(_quarters, _quarters).map(sorted)


def truths(boxes: list[list[float]], relation) -> set[bool]:
    """Whether a relation monotone in each argument holds, at all corners of a box."""
    return {relation(*map(Fraction, corner)) for corner in itertools.product(*boxes)}


@given(p=boxes, r=boxes, lam=boxes, big=boxes, t=boxes, asked=boxes)
def test_no_straddling_interval_ever_passes_or_fails(p, r, lam, big, t, asked) -> None:
    names = ("p_max", "R_min", "lambda_max", "R_max", "tau", "tau_asked")
    measured = {
        name: between(*box) for name, box in zip(names, (p, r, lam, big, t, asked), strict=True)
    }
    result = judge(WITH_LIMIT, PROVED, measured)
    assumption = truths([p, r], lambda x, y: x < y)
    bound = truths([lam, big], lambda x, y: x <= y)
    trained = truths([t, asked], lambda x, y: x <= y)
    if result.verdict is Verdict.PASS:
        assert (assumption, bound, trained) == ({True}, {True}, {True})
    elif result.verdict is Verdict.FAIL:
        assert assumption == {True}
        assert bound == {False}
    elif result.verdict is Verdict.VACUOUS:
        assert assumption == {False}
    elif result.verdict is Verdict.INCONCLUSIVE:
        certain_pass = assumption == bound == trained == {True}
        assert not certain_pass
        assert assumption != {False}
        assert not (assumption == {True} and bound == {False})
    else:
        # R_min and R_max are norms of non-zero samples.
        assert r[1] == 0 or big[1] == 0


@given(
    p=boxes,
    lam=boxes,
    soft=st.sampled_from(["p_max", "R_min", "lambda_max", "R_max"]),
    rigor=st.sampled_from([Rigor.NUMERIC, Rigor.NONE]),
)
def test_floating_point_never_raises_a_verdict(p, lam, soft: str, rigor: Rigor) -> None:
    hard = values(p_max=between(*p), lambda_max=between(*lam))
    softened = {**hard, soft: replace(hard[soft], rigor=rigor)}
    before, after = (judge(TINY, PROVED, m).verdict for m in (hard, softened))
    if soft in ("p_max", "R_min"):
        assert after is Verdict.INCONCLUSIVE
    elif after is not before:
        assert after is Verdict.INCONCLUSIVE
        assert before is not Verdict.VACUOUS
    else:
        assert after is not Verdict.FAIL
