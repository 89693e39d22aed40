"""Declaring symbols: what is refused, and that what is taken can be proved about and compiled."""

from __future__ import annotations

import keyword

import pytest
import sympy as sp
from perturbproof.theory import (
    Assumption,
    Cases,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Let,
    symbols,
)
from perturbproof.theory.smt import decide
from perturbproof.theory.steps.sums import LARGEST
from perturbproof.theory.symbols import N, declare, gamma, quantity

MALFORMED = (
    *("", " ", "x y", "x\ty", "x\ny", "x-1", "1x", "_x", "x_", "x__y", "x;y", "x|y", "(x)", "x'"),
    *("λ", "lambda_λ", "x²", "é", "x!1", "x.y", '"x"'),
)
# What SMT-LIB, Z3 and Python know under a name of letters; each is refused or works as a symbol.
_WORDS = (
    "abs and as assert distinct div exists exit false forall is_int ite let match mod not or par "
    "pop push select store to_int to_real true xor Real Int Bool String pi sin cos tan exp log "
    "sqrt erf acos nan inf e E I S Q sum min max root term implies iff declare define set get "
    "check fun sort lo hi bit1 seq re str const"
)
WORDS = sorted({*keyword.kwlist, *_WORDS.split()})
x = declare("declared_x", "a real number")
undeclared = sp.Symbol("never_declared", real=True)
impostor = sp.Symbol("gamma")


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "_declared", dict(symbols._declared))


def line(error: pytest.ExceptionInfo[ValueError]) -> str:
    (text,) = str(error.value).splitlines()
    return text


@pytest.mark.parametrize("name", MALFORMED, ids=repr)
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="letters a-z") as error:
        declare(name, "a number")
    assert repr(name) in line(error)


@pytest.mark.parametrize("name", ["and", "true", "lambda", "True", "Real", "sqrt", "pi"])
def test_a_reserved_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="reserved word") as error:
        declare(name, "a number")
    assert repr(name) in line(error)


@pytest.mark.parametrize("name", WORDS)
def test_a_name_is_refused_or_works(name: str) -> None:
    try:
        symbol = declare(name, "a number", low=0)
    except ValueError:
        return
    assert decide((symbol > 1,), sp.Not(sp.Abs(symbol) <= 1)).status == "implied"
    assert decide((), symbol > 1).status == "not implied"
    value = sp.sqrt(sp.pi * symbol**2 + sp.exp(1)) + sp.log(symbol + 2) + sp.Max(symbol, 1)
    computed = sp.lambdify([symbol], value, modules=["scipy", "numpy"])(3)
    assert computed == pytest.approx(float(value.subs(symbol, 3)))


def test_one_name_has_one_meaning() -> None:
    assert declare("declared_x", "a real number") == x
    for change in ({"meaning": "another"}, {"low": 0}, {"typst": "x"}, {"index": "n"}):
        with pytest.raises(ValueError, match="already declared"):
            declare("declared_x", **{"meaning": "a real number", **change})


@pytest.mark.parametrize(
    ("symbol", "told"),
    [(undeclared, "'never_declared' is not declared"), (impostor, "'gamma' is not the declared")],
    ids=["undeclared", "impostor"],
)
@pytest.mark.parametrize(
    "build",
    [
        lambda s: Assumption("here", "", s > 1),
        lambda s: Claim("here", "", s > 1),
        lambda s: Claim("here", "", x > 1, formal=s > 1),
        lambda s: Definition("here", "", (x > 1, s > 1)),
        lambda s: Let("here", "", s, x + 1),
        lambda s: Let("here", "", x, s + 1),
        lambda s: Inequality("here", "", s > 1),
        lambda s: Cases("here", "", (x > 1, s > 1), x > 0),
        lambda s: Citation("here", "", LARGEST(x, s, x)),
    ],
    ids=[
        "assumption",
        "claim",
        "formal",
        "definition",
        "let",
        "value",
        "inequality",
        "cases",
        "citation",
    ],
)
def test_a_symbol_that_nobody_declared_is_refused(build, symbol: sp.Symbol, told: str) -> None:
    with pytest.raises(ValueError, match=told) as error:
        build(symbol)
    assert " here: " in line(error)


@pytest.mark.parametrize("formula", [True, False, None, "gamma > 0", 3])
def test_what_is_no_formula_is_refused(formula: object) -> None:
    for build in (Assumption, Claim, Inequality):
        with pytest.raises(ValueError, match=r"here: .* is no SymPy formula"):
            build("here", "", formula)


@pytest.mark.parametrize("id", ["", "two words", " led", "tab\tbed", 3], ids=repr)
def test_a_name_of_a_step_is_one_word(id: str) -> None:
    for build in (Assumption, Inequality):
        with pytest.raises(ValueError, match="one word") as error:
            build(id, "", gamma > 0)
        assert repr(id) in line(error)


@pytest.mark.parametrize("by", [("a", "b"), ["a"], None, 3], ids=repr)
def test_what_a_step_rests_on_is_one_text(by: object) -> None:
    for step in (
        lambda: Inequality("here", "", gamma > 0, by=by),  # type: ignore[arg-type]
        lambda: Conclusion("here", "", "claim", by=by),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match=r"step here: `by` must be") as error:
            step()
        line(error)
    assert Inequality("here", "", gamma > 0, by="  a b-1   (ii) ").rests_on == ("a", "b-1", "(ii)")


def test_ranges_in_words() -> None:
    assert quantity(gamma).range_text == "[0, 1]"
    assert quantity(N).range_text == "integer, >= 1"
