"""Formulas as text, LaTeX and Typst, from one printer with three dialects; and prose with signs.

Every formula that a reader sees comes from the SymPy object that is proved and evaluated. Sums keep
their order of writing poorly in SymPy; products are printed with their denominators as fractions.
"""

import re
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef

from .symbols import default_latex, default_typst, is_greek, quantity

# Sources spell out `lambda_n >= L_n`, so that it can be typed and searched; readers get Greek
# letters and proper signs: `λ_n ≥ L_n`.
_NAMES = "alpha beta gamma delta Delta eps eta theta kappa lambda mu phi Phi pi rho sigma tau"
_GREEK: dict[str, str] = dict(zip(_NAMES.split(), "αβγδΔεηθκλμφΦπρστ", strict=True))
_SIGNS = (("<=", "≤"), (">=", "≥"), ("!=", "≠"), ("sqrt(", "√("), ("^-1", "⁻¹"))
_INNER = re.compile(r"<([^<>,=]{1,12}), ([^<>,=]{1,12})>")
_WORD = re.compile(r"(?<![A-Za-z])(" + "|".join(_GREEK) + r")(?![A-Za-z])")


def prose(text: str) -> str:
    """`text` with Greek letters, angle brackets and relation signs."""
    text = _INNER.sub(r"⟨\1, \2⟩", text)
    for plain, sign in _SIGNS:
        text = text.replace(plain, sign)
    return _WORD.sub(lambda found: _GREEK[found.group(1)], text)


_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


@dataclass(frozen=True)
class Formula:
    """One formula in the three dialects."""

    text: str
    latex: str
    typst: str


def formula(e: sp.Basic) -> Formula:
    """Typeset a SymPy object made of the constructs that theorems use.

    Raises:
        TypeError: a construct without a notation here.
    """
    return Formula(*(_Printer(dialect).show(e) for dialect in ("text", "latex", "typst")))


_RELATIONS = {
    sp.StrictLessThan: ("<", "<", "<"),
    sp.LessThan: ("<=", "\\le", "<="),
    sp.StrictGreaterThan: (">", ">", ">"),
    sp.GreaterThan: (">=", "\\ge", ">="),
    sp.Eq: ("=", "=", "="),
    sp.Ne: ("!=", "\\ne", "!="),
}
_CONNECTIVES = {
    sp.And: (" and ", " \\;\\wedge\\; ", ' quad "and" quad '),
    sp.Or: (" or ", " \\;\\vee\\; ", ' quad "or" quad '),
    sp.Implies: (" implies ", " \\;\\Rightarrow\\; ", " arrow.r.double "),
    sp.Equivalent: (" if and only if ", " \\;\\Leftrightarrow\\; ", " arrow.l.r.double "),
}
_FUNCTIONS = {
    sp.exp: ("exp", "\\exp", "exp"),
    sp.log: ("log", "\\log", "log"),
    sp.acos: ("arccos", "\\arccos", "arccos"),
    sp.asin: ("arcsin", "\\arcsin", "arcsin"),
    sp.cos: ("cos", "\\cos", "cos"),
    sp.sin: ("sin", "\\sin", "sin"),
    sp.sign: ("sgn", "\\operatorname{sgn}", 'op("sgn")'),
    sp.erf: ("erf", "\\operatorname{erf}", 'op("erf")'),
    sp.Max: ("max", "\\max", "max"),
    sp.Min: ("min", "\\min", "min"),
}
_CONSTANTS = {
    sp.pi: ("pi", "\\pi", "pi"),
    sp.E: ("e", "e", "e"),
    sp.oo: ("oo", "\\infty", "infinity"),
    -sp.oo: ("-oo", "-\\infty", "-infinity"),
    sp.true: ("true", "\\top", '"true"'),
    sp.false: ("false", "\\bot", '"false"'),
}


def _one_argument(text: str) -> str:
    """Typst notation whose commas do not end an argument when it stands inside `abs` or `frac`."""
    return text.replace(", ", ' "," thin ') if "chevron" in text else text


class _Printer:
    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.column = ("text", "latex", "typst").index(dialect)

    def pick(self, text: str, latex: str, typst: str) -> str:
        """The one of the three that is in this dialect."""
        return (text, latex, typst)[self.column]

    def show(self, e: sp.Basic) -> str:
        return self.at(e)[0]

    def inside(self, e: sp.Basic, level: int) -> str:
        """`e`, in parentheses when it binds weaker than `level`."""
        text, own = self.at(e)
        return text if own >= level else self.parenthesise(text)

    def parenthesise(self, text: str) -> str:
        return f"\\left({text}\\right)" if self.dialect == "latex" else f"({text})"

    def at(self, e: sp.Basic) -> tuple[str, int]:
        """The notation of `e` and how strongly it binds."""
        if e in _CONSTANTS:
            return _CONSTANTS[e][self.column], _ATOM
        if isinstance(e, sp.Symbol):
            return self.symbol(e), _ATOM
        if isinstance(e, sp.Rational):
            return self.rational(e)
        if isinstance(e, sp.Add):
            return self.sum(e), _SUM
        if isinstance(e, sp.Mul):
            return self.product(e)
        if isinstance(e, sp.Pow):
            return self.power(e)
        if isinstance(e, sp.Abs):
            bars = self.pick("|{}|", "\\left|{}\\right|", "abs({})")
            return bars.format(self.show(e.args[0])), _ATOM
        for kinds, show in ((_RELATIONS, self.relation), (_CONNECTIVES, self.connective)):
            for kind, signs in kinds.items():
                if isinstance(e, kind):
                    return show(e, signs[self.column]), 0
        if isinstance(e, sp.Not):
            sign = ("not ", "\\neg ", "not ")[self.column]
            return sign + self.parenthesise(self.show(e.args[0])), 0
        return self.function(e), _ATOM

    def symbol(self, e: sp.Symbol) -> str:
        try:
            q = quantity(e)
        except KeyError:  # bound variables of sums and integrals have no meaning of their own
            return (e.name, default_latex(e.name), default_typst(e.name))[self.column]
        return (e.name, q.latex, _one_argument(q.typst))[self.column]

    def rational(self, e: sp.Rational) -> tuple[str, int]:
        if e.q == 1:
            return str(e.p), _ATOM if e.p >= 0 else _SUM
        return self.fraction(str(e.p), str(e.q)), _PRODUCT if e.p >= 0 else _SUM

    def fraction(self, top: str, bottom: str) -> str:
        return self.pick("{}/{}", "\\frac{{{}}}{{{}}}", "frac({}, {})").format(top, bottom)

    def sum(self, e: sp.Add) -> str:
        # Positive terms first, as one would write by hand.
        terms = sorted(e.args, key=lambda t: (t.could_extract_minus_sign(), sp.default_sort_key(t)))
        out = self.inside(terms[0], _SUM)
        for term in terms[1:]:
            if term.could_extract_minus_sign():
                out += f" - {self.inside(-term, _PRODUCT)}"
            else:
                out += f" + {self.inside(term, _PRODUCT)}"
        return out

    def product(self, e: sp.Mul) -> tuple[str, int]:
        if e.could_extract_minus_sign():
            return f"-{self.inside(-e, _PRODUCT)}", _SUM
        top, bottom = sp.fraction(e)
        if bottom == 1:
            factors = [self.inside(f, _POWER) for f in self.factors(top)]
            return self.pick("*", " ", " ").join(factors), _PRODUCT
        if self.dialect == "text":
            return f"{self.inside(top, _PRODUCT)}/{self.inside(bottom, _POWER)}", _PRODUCT
        return self.fraction(self.show(top), self.show(bottom)), _POWER

    @staticmethod
    def factors(e: sp.Expr) -> list[sp.Expr]:
        """Numbers first, then Greek letters, other symbols, and last sums and functions."""

        def order(f: sp.Expr) -> tuple:
            base = f.as_base_exp()[0]
            greek = is_greek(str(base))
            return (not f.is_number, not base.is_Symbol, not greek, sp.default_sort_key(f))

        return sorted(sp.Mul.make_args(e), key=order)

    def power(self, e: sp.Pow) -> tuple[str, int]:
        base, exponent = e.args
        if exponent == sp.Rational(1, 2):
            form = self.pick("sqrt({})", "\\sqrt{{{}}}", "sqrt({})")
            return form.format(self.show(base)), _ATOM
        if exponent.is_number and exponent.is_negative:
            below = sp.Pow(base, -exponent)
            bottom = self.inside(below, _POWER) if self.dialect == "text" else self.show(below)
            return self.fraction("1", bottom), _PRODUCT if self.dialect == "text" else _POWER
        form = self.pick("{}^{}", "{{{}}}^{{{}}}", "{}^({})")
        shown = self.inside(exponent, _ATOM) if self.dialect == "text" else self.show(exponent)
        return form.format(self.inside(base, _ATOM), shown), _POWER

    def relation(self, e: sp.Basic, sign: str) -> str:
        return f"{self.show(e.args[0])} {sign} {self.show(e.args[1])}"

    def connective(self, e: sp.Basic, sign: str) -> str:
        parts = (
            sorted(e.args, key=sp.default_sort_key) if isinstance(e, (sp.And, sp.Or)) else e.args
        )
        return sign.join(
            self.parenthesise(self.show(p)) if isinstance(p, tuple(_CONNECTIVES)) else self.show(p)
            for p in parts
        )

    def function(self, e: sp.Basic) -> str:
        if isinstance(e, (sp.Sum, sp.Integral, sp.Limit)):
            return self.binder(e)
        if isinstance(e, sp.Derivative):
            form = self.pick(
                "d/d{1} ({0})",
                "\\frac{{\\partial}}{{\\partial {1}}} \\left({0}\\right)",
                "frac(partial, partial {1}) ({0})",
            )
            return form.format(self.show(e.expr), self.show(e.variables[0]))
        if isinstance(e, sp.Indexed):
            base, index = str(e.base), ",".join(self.show(i) for i in e.indices)
            form = self.pick("{}[{}]", "{}_{{{}}}", "{}_({})")
            return form.format(self.symbol(sp.Symbol(base)), index)
        if isinstance(e, sp.Piecewise):
            return self.piecewise(e)
        arguments = ", ".join(self.show(a) for a in e.args)
        if isinstance(e, AppliedUndef):
            return self.applied(e.func.__name__, arguments)
        for kind, names in _FUNCTIONS.items():
            if isinstance(e, kind):
                return f"{names[self.column]}{self.parenthesise(arguments)}"
        raise TypeError(f"no notation for {type(e).__name__} in {e}")

    def applied(self, name: str, arguments: str) -> str:
        if name == "inner":  # <a, b>
            form = self.pick("<{}>", "\\langle {} \\rangle", "chevron.l {} chevron.r")
            shown = form.format(arguments)
            return _one_argument(shown) if self.dialect == "typst" else shown
        if name == "norm":
            return self.pick("||{}||", "\\|{}\\|", "norm({})").format(arguments)
        # In Typst f_t(z) would put (z) into the subscript.
        space = " " if self.dialect == "typst" and "_" in name else ""
        return f"{self.symbol(sp.Symbol(name))}{space}{self.parenthesise(arguments)}"

    def piecewise(self, e: sp.Piecewise) -> str:
        pieces = [(self.show(value), guard) for value, guard in e.args]
        other = self.pick("otherwise", "\\text{otherwise}", '"otherwise"')
        condition = self.pick("if ", "\\text{if } ", '"if" ')
        guards = [other if g is sp.true else condition + self.show(g) for _, g in pieces]
        if self.dialect == "text":
            shown = (f"{value} {guard}" for (value, _), guard in zip(pieces, guards, strict=True))
            return "{" + "; ".join(shown) + "}"
        rows = [f"{value} & {guard}" for (value, _), guard in zip(pieces, guards, strict=True)]
        if self.dialect == "latex":
            return "\\begin{cases}" + "\\\\".join(rows) + "\\end{cases}"
        return f"cases({', '.join(rows)})"

    def binder(self, e: sp.Basic) -> str:
        if isinstance(e, sp.Limit):
            body, variable, point = (self.show(a) for a in e.args[:3])
            form = self.pick(
                "lim[{1} -> {2}] {0}", "\\lim_{{{1} \\to {2}}} {0}", "lim_({1} -> {2}) {0}"
            )
            return form.format(body, variable, point)
        body = self.inside(e.args[0], _PRODUCT)
        is_sum = isinstance(e, sp.Sum)
        signs = ("sum", "\\sum", "sum") if is_sum else ("integral", "\\int", "integral")
        for bounds in e.args[1:]:
            variable, *ends = bounds
            low, high = (self.show(b) for b in ends) if len(ends) == 2 else ("", "")
            name = self.show(variable)
            start = f"{name}={low}" if is_sum else low
            body = body if is_sum else f"{body} {self.pick('d', 'd', 'dif ')}{name}"
            over = self.pick(
                f"[{name}={low}..{high}]", f"_{{{start}}}^{{{high}}}", f"_({start})^({high})"
            )
            body = f"{signs[self.column]}{over} {body}"
        return body
