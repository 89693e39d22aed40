"""One bank of expressions with exact values, which every numeric backend must reproduce.

Each entry: an expression, a point, and the value there computed without SymPy's evaluation of the
expression (by rational arithmetic or from a textbook constant). Add an entry when a backend learns
an operation; all backends are then tested on it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

x, y, gamma, N = sp.symbols("x y gamma N")


@dataclass(frozen=True)
class Entry:
    """`expr` at `point` is `value`: exact when a Fraction, correct to 15 digits when a float."""

    name: str
    expr: sp.Expr
    point: Mapping[sp.Symbol, Fraction]
    value: Fraction | float

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        return tuple(self.point)


def _entry(name: str, expr: sp.Expr, value: Fraction | float | str, **point: str) -> Entry:
    exact = Fraction(value) if isinstance(value, str) else value
    return Entry(name, expr, {sp.Symbol(k): Fraction(v) for k, v in point.items()}, exact)


_PAPER = gamma**3 * x**4 / (3 * N * y**2)
_HALF_AWARE = gamma * (1 + gamma**2) * x**2 / ((1 + gamma**2) * y + 2 * gamma * (1 + gamma) * x)

BANK: tuple[Entry, ...] = (
    _entry("sum", x + y + 2, "15/4", x="5/4", y="1/2"),
    _entry("difference", x - y, "3/4", x="5/4", y="1/2"),
    _entry("product", -3 * x * y, "-15/8", x="5/4", y="1/2"),
    _entry("quotient", x / y, "5/2", x="5/4", y="1/2"),
    _entry("rational", sp.Rational(1, 3) * x, "1/4", x="3/4"),
    _entry("float", sp.Float(0.1) * x, Fraction(0.1) * 3, x="3"),
    _entry("integer power", x**5, "-243/32", x="-3/2"),
    _entry("negative power", x**-3, "-8/27", x="-3/2"),
    _entry("square root", sp.sqrt(x), "3/2", x="9/4"),
    _entry("inverse root", 1 / sp.sqrt(x), "2/3", x="9/4"),
    _entry("rational power", x ** sp.Rational(2, 3), "9/4", x="27/8"),
    _entry("negative rational power", x ** sp.Rational(-3, 2), "8/27", x="9/4"),
    _entry("symbolic power", x**y, "3/2", x="9/4", y="1/2"),
    _entry("root of two times x", sp.sqrt(2) * x, 2 * 1.4142135623730951, x="2"),
    _entry("root of a constant sum", sp.sqrt(2 + sp.sqrt(3)) * x, 1.9318516525781366, x="1"),
    _entry("exponential", sp.exp(x), math.e, x="1"),
    _entry("logarithm", sp.log(x), 0.6931471805599453, x="2"),
    _entry("logarithm of a constant", sp.log(2) * x, 2 * 0.6931471805599453, x="2"),
    _entry("absolute value", sp.Abs(x), "3/2", x="-3/2"),
    _entry("absolute difference", sp.Abs(x - y), "3/4", x="1/2", y="5/4"),
    _entry("maximum with a number above", sp.Max(1.0, x), "1", x="1/2"),
    _entry("maximum with a number below", sp.Max(1.0, x), "5/4", x="5/4"),
    _entry("maximum with an integer", sp.Max(0, x), "0", x="-1/2"),
    _entry("maximum of three", sp.Max(x, y, 1), "5/4", x="1/2", y="5/4"),
    _entry("maximum with a root", sp.Max(sp.sqrt(2), x), 1.4142135623730951, x="1"),
    _entry("minimum with a number", sp.Min(1, x), "1/2", x="1/2"),
    _entry("minimum of expressions", sp.Min(x * y, x + y), "5/8", x="5/4", y="1/2"),
    _entry("leaky ReLU, active", sp.Max(x, gamma * x), "3/2", x="3/2", gamma="1/2"),
    _entry("leaky ReLU, inactive", sp.Max(x, gamma * x), "-3/4", x="-3/2", gamma="1/2"),
    _entry("sign of a negative", sp.sign(x), "-1", x="-3/2"),
    _entry("sign of zero", sp.sign(x), "0", x="0"),
    _entry("piecewise, first", sp.Piecewise((x**2, x < 1), (x, True)), "1/4", x="1/2"),
    _entry("piecewise, last", sp.Piecewise((x**2, x < 1), (sp.pi, True)), math.pi, x="2"),
    _entry(
        "piecewise of numbers", sp.Piecewise((sp.Rational(1, 10), x < 1), (2, True)), 0.1, x="0"
    ),
    _entry(
        "piecewise, combined conditions",
        sp.Piecewise((1, sp.And(x > 0, y > 0)), (2, sp.Or(1 < x, y >= 0)), (3, True)) * x,
        "-2",
        x="-1",
        y="1/2",
    ),
    _entry("arc cosine", sp.acos(x), 1.0471975511965979, x="1/2"),
    _entry("error function", sp.erf(x), 0.5204998778130465, x="1/2"),
    _entry("normal distribution", (1 + sp.erf(x / sp.sqrt(2))) / 2, 0.8413447460685429, x="1"),
    _entry("circle constant", sp.pi * x, 2 * math.pi, x="2"),
    _entry("Euler's number", sp.E * x, 2 * math.e, x="2"),
    _entry("agreement law", 1 - sp.acos(x) / sp.pi, 2 / 3, x="1/2"),
    _entry("paper's condition", _PAPER, "1/384", gamma="1/2", x="1", N="4", y="2"),
    _entry("half-aware condition", _HALF_AWARE, "5/32", gamma="1/2", x="1", y="2"),
)
