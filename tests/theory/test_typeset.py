"""Formulas as text, LaTeX and Typst: every formula of the catalog, and Typst compiles them all."""

from __future__ import annotations

import re

import pytest
import sympy as sp
import typst
from perturbproof.theory import Theorem, catalog, prove
from perturbproof.theory.notation import Formula, formula
from perturbproof.theory.symbols import declare, default_latex, default_typst, quantity

a = declare("set_a", "a number", latex="a", typst="a")
b = declare("set_b", "a number", latex="b", typst="b")
c = declare("set_c", "a number > 0", low=0, open_low=True, latex="c", typst="c")
n, K = sp.symbols("n K", integer=True, positive=True)
x = sp.IndexedBase("x")
f, norm, inner = (sp.Function(name) for name in ("f", "norm", "inner"))

EXPECTED = [
    (a + b, "set_a + set_b", "a + b", "a + b"),
    (a - b, "set_a - set_b", "a - b", "a - b"),
    (-a, "-set_a", "-a", "-a"),
    (a * (a - b), "set_a*(set_a - set_b)", "a \\left(a - b\\right)", "a (a - b)"),
    (a / (2 * b), "set_a/(2*set_b)", "\\frac{a}{2 b}", "frac(a, 2 b)"),
    (a**2, "set_a^2", "{a}^{2}", "a^(2)"),
    ((a + b) ** 2, "(set_a + set_b)^2", "{\\left(a + b\\right)}^{2}", "(a + b)^(2)"),
    (sp.sqrt(c), "sqrt(set_c)", "\\sqrt{c}", "sqrt(c)"),
    (sp.Abs(a), "|set_a|", "\\left|a\\right|", "abs(a)"),
    (sp.Rational(1, 3), "1/3", "\\frac{1}{3}", "frac(1, 3)"),
    (a <= b, "set_a <= set_b", "a \\le b", "a <= b"),
    (sp.Ne(a, b), "set_a != set_b", "a \\ne b", "a != b"),
    (sp.acos(a), "arccos(set_a)", "\\arccos\\left(a\\right)", "arccos(a)"),
    (sp.pi, "pi", "\\pi", "pi"),
    (norm(a), "||set_a||", "\\|a\\|", "norm(a)"),
    (inner(a, b), "<set_a, set_b>", "\\langle a, b \\rangle", 'chevron.l a "," thin b chevron.r'),
    (
        sp.Abs(inner(a, b)),
        "|<set_a, set_b>|",
        "\\left|\\langle a, b \\rangle\\right|",
        'abs(chevron.l a "," thin b chevron.r)',
    ),
    (sp.Symbol("label_k"), "label_k", "\\mathrm{label}_{k}", '"label"_k'),
]


@pytest.mark.parametrize(("e", "text", "latex", "typst_text"), EXPECTED, ids=str)
def test_notation(e: sp.Basic, text: str, latex: str, typst_text: str) -> None:
    assert formula(e) == Formula(text, latex, typst_text)


SHAPES = [
    a * (-b),
    -a * b / (a + b),
    (-a) ** 2,
    a ** (b + 1),
    c ** sp.Rational(-3, 2),
    1 / (1 + 1 / c),
    a - (b - a * 2),
    sp.Max(a, b, 1) * sp.Min(a, b),
    sp.sign(a) * sp.erf(b) + sp.exp(-a) - sp.log(c),
    sp.Sum(x[n], (n, 1, K)) / K,
    sp.Sum(x[n] * x[K], (n, 1, K)),
    sp.Integral(a**2, (a, -1, 1)),
    sp.Integral(sp.exp(-(a**2)), (a, -sp.oo, sp.oo)),
    sp.Limit(1 / c, c, sp.oo),
    sp.Derivative(f(a), a),
    sp.Piecewise((a, a > 0), (b, True)),
    sp.And(a > 0, sp.Or(b > 0, sp.Not(sp.Equivalent(a > 1, b > 1)))),
    sp.Implies(sp.And(a > 0, b > 0), sp.Or(a * b > 0, a < 0)),
    sp.true,
    sp.false,
]


@pytest.mark.parametrize("e", SHAPES, ids=str)
def test_every_construct_is_well_formed(e: sp.Basic) -> None:
    shown = formula(e)
    check_text_and_latex(shown)
    compile_all([shown.typst])


def test_parentheses_keep_the_meaning() -> None:
    """The text is read back by SymPy: precedence and signs survive."""
    names = {"set_a": a, "set_b": b, "set_c": c}
    for e in (SHAPES[i] for i in range(7)):
        text = re.sub(r"sqrt\((.*?)\)", r"((\1)**(1/2))", formula(e).text).replace("^", "**")
        assert sp.simplify(sp.sympify(text, locals=names, rational=True) - e) == 0


def test_unknown_constructs_are_refused() -> None:
    with pytest.raises(TypeError, match="no notation"):
        formula(sp.gamma(a))


def check_text_and_latex(shown: Formula) -> None:
    for text in (shown.text, shown.latex, shown.typst):
        assert text.strip() == text
        assert text
        for forbidden in ("Abs(", "Eq(", "Piecewise", "lambda x", "None"):
            assert forbidden not in text
    assert shown.text.count("(") == shown.text.count(")")
    assert shown.text.count("[") == shown.text.count("]")
    latex = shown.latex
    assert latex.count("{") == latex.count("}")
    assert latex.count("\\left") - latex.count("\\left\\lceil") == latex.count(
        "\\right"
    ) - latex.count("\\rightarrow")
    assert latex.count("\\begin") == latex.count("\\end")
    assert "**" not in shown.text + latex + shown.typst


def compile_all(formulas: list[str]) -> None:
    """Typst compiles the formulas, without a warning."""
    source = "\n\n".join(f"$ {text} $" for text in formulas)
    pdf = typst.compile(source.encode(), format="pdf")
    assert pdf[:5] == b"%PDF-"


def formulas_of(theorem: Theorem) -> list[sp.Basic]:
    parts = (*theorem.assumptions, *theorem.claims)
    found: list[sp.Basic] = [p.relation for p in parts]
    found += [c.statement for c in theorem.claims]
    found += [c.display for c in theorem.claims if c.display is not None]
    return found + [step.formula for step in prove(theorem).steps]


@pytest.mark.parametrize("theorem", catalog(), ids=lambda t: t.id)
def test_every_formula_of_the_catalog(theorem: Theorem) -> None:
    shown = [formula(e) for e in formulas_of(theorem)]
    for one in shown:
        check_text_and_latex(one)
    names = [quantity(s).typst for s in theorem.measured_symbols]
    compile_all([*(one.typst for one in shown), *names])


@pytest.mark.parametrize(
    ("name", "latex", "typst_text"),
    [
        ("N", "N", "N"),
        ("gamma", "\\gamma", "gamma"),
        ("p_max", "p_{\\mathrm{max}}", 'p_"max"'),
        ("lambda_n", "\\lambda_{n}", "lambda_n"),
        ("width", "\\mathrm{width}", '"width"'),
        ("R_adv_max", "R_{\\mathrm{adv},\\mathrm{max}}", 'R_("adv", "max")'),
    ],
)
def test_default_names(name: str, latex: str, typst_text: str) -> None:
    assert default_latex(name) == latex
    assert default_typst(name) == typst_text
