"""Nothing false is proved: theorem files that try, the kinds of trick one by one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
import sympy as sp
from perturbproof.theory import (
    Citation,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Limit,
    Theorem,
    prove,
    theorem,
)
from perturbproof.theory.identities import identical, tends_to
from perturbproof.theory.refute import survey
from perturbproof.theory.statement import PROJECT
from perturbproof.theory.steps.kkt import lambda_n
from perturbproof.theory.steps.sums import LARGEST
from perturbproof.theory.symbols import RUNNING, declare, gamma, lambda_max, lambda_min, p_max
from perturbproof.verify.selftest.tricks import TRICKS

from .attacks import ATTACKS

#: True, and proved: a bound that is assumed of a number that is said to bound the multipliers.
TRUE = {"b25", "b32"}
x = declare("attacked_x", "a real number")


@pytest.mark.parametrize("build", [*ATTACKS, *TRICKS.values()], ids=lambda build: build.__name__)
def test_nothing_false_is_proved(build: Callable[[], Theorem]) -> None:
    try:
        verdict = prove(build()).verdict
    except ValueError:
        verdict = "refused"
    assert (verdict == "proved") == (build.__name__ in TRUE)


@pytest.mark.parametrize("seed", [0, 3])
def test_an_identity_is_decided_alike_under_every_hash_seed(seed: int) -> None:
    """arccos(1 - 2e-7) is small, and SymPy's simplify takes it for 0 in some runs."""
    code = (
        "import sympy as sp\n"
        "from perturbproof.theory.identities import identical\n"
        "from perturbproof.theory.symbols import p_max\n"
        "print(identical(p_max * sp.acos(sp.Rational(7823207, 7823209)), sp.Integer(0))[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "different"


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (sp.log(2), sp.Rational(69314718055994530941723212145819, 10**32), "unknown"),
        (sp.log(2), sp.Rational(693147, 10**6), "different"),
        (sp.tanh(x), x, "unknown"),
        (sp.cos(x - 1), sp.cos(x) * sp.cos(1) + sp.sin(x) * sp.sin(1), "equal"),
    ],
    ids=str,
)
def test_identities_are_decided_in_bounded_time(left, right, answer: str) -> None:
    assert identical(left, right)[0] == answer


@pytest.mark.parametrize(
    ("expression", "point", "value", "side", "answer"),
    [
        (sp.Abs(x) / x, 0, 1, "+-", "different"),
        (sp.Abs(x) / x, 0, 1, "+", "equal"),
        (sp.Abs(x) / x, 0, -1, "-", "equal"),
        (1 / x, 0, sp.oo, "+-", "different"),
        (1 / x, 0, sp.oo, "+", "equal"),
        (1 / x, sp.oo, 0, "+-", "equal"),
        (sp.airyai(x), sp.oo, 0, "+-", "unknown"),
    ],
    ids=str,
)
def test_a_limit_is_taken_from_both_sides(expression, point, value, side, answer: str) -> None:
    assert tends_to(expression, x, sp.sympify(point), sp.sympify(value), side)[0] == answer


def test_a_trusted_base_is_that_of_all_that_a_proof_leans_on() -> None:
    leaning = theorem("captured-learning")
    assert {f.key for f in theorem("capture").trusted_base} <= {f.key for f in leaning.trusted_base}
    earlier = [one.id for one in leaning.earlier]
    assert earlier == ["linear-outside", "capture", "linear-limit", "captured-limit"]
    expected = {
        (t.id, s.id) for t in (*leaning.earlier, leaning) for s in t.proof if type(s) is Definition
    }
    assert {(by.id, step.id) for by, step in leaning.definitions} == expected


def test_a_step_that_gives_no_fact_is_no_premise() -> None:
    """A limit is shown, and nothing rests on it."""
    entry = Theorem(
        "leans-on-a-limit",
        "x",
        "x",
        PROJECT,
        (),
        (Claim("c", "c", lambda_max <= lambda_min),),
        (
            Limit("l", "l", 1 / x, x, sp.oo, sp.Integer(0)),
            Identity("i", "i", p_max - p_max, sp.Integer(0)),
            Conclusion("e <- l i", "e", "c"),
        ),
    )
    assert prove(entry).verdict == "gap"


def test_an_assumption_that_no_step_uses_is_told() -> None:
    assert prove(theorem("agreement-law")).unused == ("plane-exists",)
    assert prove(theorem("standard-boundary")).unused == ()


def test_what_is_proved_and_refuted_is_a_gap() -> None:
    """A maximum taken for that of another family: formulas that no solver finds fault with."""
    entry = Theorem(
        "wrong-family",
        "x",
        "x",
        PROJECT,
        (),
        (Claim("c", "c", p_max <= lambda_max),),
        (
            Definition("largest", "The largest multiplier.", (lambda_n <= lambda_max,)),
            Citation(
                "wrong <- largest", "Of inner products?", LARGEST(p_max, lambda_n, lambda_max)
            ),
            Conclusion("claim-c <- wrong", "So."),
        ),
    )
    assert prove(entry).verdict == "proved"
    proof = survey.tested(entry)
    assert proof.verdict == "gap"
    assert "proved and refuted" in proof.open_steps[0].detail
    assert survey.tested(theorem("row-wise")).verdict == "proved"


def test_what_is_said_of_a_stand_in_hides_no_pole() -> None:
    """The stand-ins of bound variables are declared, so that a proof can speak of them."""
    u = sp.Symbol("u", real=True)
    area = sp.Integral(1 / u**2, (u, p_max, x))
    steps = (
        Definition("clear", "No u is near 0.", (RUNNING[0] >= sp.Rational(1, 2),)),
        Identity("area <- clear", "Integrate.", area, 1 / p_max - 1 / x),
        Conclusion("claim-c <- area", "So."),
    )
    entry = Theorem("t", "t", "t", PROJECT, (), (Claim("c", "c", gamma <= 1),), steps)
    (step,) = prove(entry).open_steps
    assert "the integrand" in step.detail


def test_facts_come_in_a_tuple() -> None:
    with pytest.raises(ValueError, match="must be a tuple"):
        Definition("d", "d", (lambda_max >= lambda_min))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: Claim("c", "c", lambda_max == lambda_min), r"write Eq\(a, b\)"),
        (lambda: Definition("d", "d", (lambda_max == lambda_min,)), r"write Eq\(a, b\)"),
        (lambda: Conclusion("c", "c", by=("small",)), "names separated by blanks in one string"),  # type: ignore[arg-type]
        (lambda: replace(theorem("capture"), claims=Claim("c", "c", x > 0)), "with a comma"),  # type: ignore[arg-type]
    ],
)
def test_what_python_reads_otherwise_is_said(build: Callable[[], object], told: str) -> None:
    """An equation that is a comparison, and one thing where a tuple is meant."""
    with pytest.raises(ValueError, match=told):
        build()
