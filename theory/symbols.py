"""The symbols in which theorems and measurements meet, each with its meaning and its range.

A symbol is declared once. Its range is a fact that every proof step may use: proofs hold for all
values in the ranges, and a measurement outside its range is a fault of the measurement.
"""

import keyword
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class Quantity:
    """A real number that theorems speak about.

    `low` and `high` bound its range (`None`: unbounded); `open_low` and `open_high` say whether
    the end itself is excluded. `index` names what the number varies with ("n": sample, "j":
    neuron), so that a mean over neurons is never bounded by something that varies with the neuron.
    `abbreviation` marks a name that proofs may give a value to; all others have the meaning that
    they are declared with. `twin_of` names the symbol of another set of samples that says the same.
    `typst` is its name in Typst mathematics, `latex` in LaTeX.
    """

    symbol: sp.Symbol
    meaning: str
    low: int | None = None
    high: int | None = None
    open_low: bool = False
    open_high: bool = False
    integer: bool = False
    index: str = ""
    latex: str = ""
    typst: str = ""
    abbreviation: bool = False
    twin_of: str = ""

    @property
    def name(self) -> str:
        return self.symbol.name

    @property
    def range_text(self) -> str:
        """The range in words, such as `(0, 1]` or `integer, >= 1`."""
        if self.low is None and self.high is None:
            text = "real"
        elif self.low is not None and self.high is not None:
            text = (
                f"{'(' if self.open_low else '['}{self.low}, "
                f"{self.high}{')' if self.open_high else ']'}"
            )
        elif self.low is not None:
            text = f"{'>' if self.open_low else '>='} {self.low}"
        else:
            text = f"{'<' if self.open_high else '<='} {self.high}"
        return f"integer, {text}" if self.integer else text


Eq = partial(sp.Eq, evaluate=False)
"""An equation as it is written. SymPy would try to decide it, which takes long and says nothing."""


_declared: dict[str, Quantity] = {}

# A name is written as it stands into queries for the solver and into compiled functions, where it
# must not be taken for a word of SMT-LIB or hide a function or constant that the formula calls.
_NAME = re.compile("[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
_SMT_WORDS = (
    "BINARY Bool DECIMAL HEXADECIMAL Int NUMERAL Real STRING abs and as assert distinct div exists "
    "exit false forall is_int ite let match mod not or par pop push select store to_int to_real "
    "true xor"
)
_COMPILED_WORDS = (
    "acos arccos cos e erf erfc euler_gamma exp expm1 inf log log1p max maximum min minimum nan "
    "numpy pi scipy sign sin sqrt sum torch where"
)
_RESERVED = frozenset((*keyword.kwlist, *_SMT_WORDS.split(), *_COMPILED_WORDS.split()))


def declare(
    name: str,
    meaning: str,
    *,
    low: int | None = None,
    high: int | None = None,
    open_low: bool = False,
    open_high: bool = False,
    integer: bool = False,
    index: str = "",
    latex: str = "",
    typst: str = "",
    abbreviation: bool = False,
    twin_of: str = "",
) -> sp.Symbol:
    """Declare a symbol and return it; declaring it again must say the same.

    SymPy is told the sign that the range implies, so that `sqrt(R_max**2)` is `R_max`. `integer`
    is for the reader: proofs take such symbols as reals, which proves more. `typst` is needed only
    where it cannot be read off `latex`.

    Raises:
        ValueError: the name is not one that solver and compiler can take, or is already declared
            with another meaning or range; or the range holds no number.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _RESERVED:
        raise ValueError(
            f"symbol {name!r}: a name is made of letters a-z and A-Z, digits and single "
            "underscores between them, begins with a letter, and is no reserved word such as "
            "'and', 'true' or 'lambda'; how it is shown is said by latex= and typst="
        )
    if bad := [end for end in (low, high) if end is not None and type(end) is not int]:
        raise ValueError(
            f"symbol {name!r}: a range ends at an integer or nowhere, not at {bad[0]!r}"
        )
    if low is not None and high is not None:
        first = low + open_low if integer else low
        last = high - open_high if integer else high
        if first > last or (first == last and not integer and (open_low or open_high)):
            raise ValueError(f"symbol {name!r}: no number lies in its range, {low} to {high}")
    signs: dict[str, bool] = {"real": True}
    if low is not None and (low > 0 or (low == 0 and open_low)):
        signs = {"positive": True}
    elif low == 0:
        signs = {"nonnegative": True}
    symbol = sp.Symbol(name, **signs)
    quantity = Quantity(
        symbol,
        meaning,
        low,
        high,
        open_low,
        open_high,
        integer,
        index,
        latex or default_latex(name),
        typst or typst_of(latex) or default_typst(name),
        abbreviation,
        twin_of,
    )
    known = _declared.get(name)
    if known is not None and known != quantity:
        raise ValueError(
            f"symbol {name!r} is already declared as {known.meaning!r} ({known.range_text}), "
            f"not as {meaning!r} ({quantity.range_text}); choose another name"
        )
    _declared[name] = quantity
    return symbol


def twin(
    of: sp.Symbol, prefix: str, letter: str, mark: str, meaning: str, **differs: Any
) -> sp.Symbol:
    """Declare what corresponds to a symbol in another set of samples.

    Name, range and notation are those of the first, with `prefix` before its name and `mark` behind
    `letter` where it is shown; `differs` says what is not.
    """
    q = quantity(of)
    notation = {
        "latex": q.latex.replace("\\mathrm{max}", "\\max").replace("\\mathrm{min}", "\\min"),
        "typst": q.typst.replace('"max"', "max").replace('"min"', "min"),
    }
    if "latex" in differs:
        notation = {}  # and Typst is read off the new one
    alike = {
        **{f: getattr(q, f) for f in ("low", "high", "open_low", "open_high", "integer", "index")},
        **{form: text.replace(letter, letter + mark, 1) for form, text in notation.items()},
    }
    return declare(prefix + q.name, meaning, twin_of=q.name, **{**alike, **differs})


def quantity(symbol: sp.Symbol | str) -> Quantity:
    """The declaration of a symbol.

    Raises:
        KeyError: the symbol was never declared.
    """
    name = symbol if isinstance(symbol, str) else symbol.name
    try:
        return _declared[name]
    except KeyError:
        raise KeyError(f"symbol {name!r} is not declared; use theory.symbols.declare") from None


def require_declared(where: str, *formulas: object) -> None:
    """Refuse formulas that are no SymPy objects, and symbols that `declare` did not return.

    Raises:
        ValueError: saying `where`.
    """
    for formula in formulas:
        if isinstance(formula, bool):
            raise ValueError(
                f"{where}: {formula} is no SymPy formula: `==` and `and` are Python's and compare "
                "at once; write Eq(a, b) for a = b, And(a, b) for both"
            )
        if not isinstance(formula, sp.Basic):
            raise ValueError(f"{where}: {formula!r} is no SymPy formula; write one of symbols")
        for symbol in symbols_of(formula):
            known = _declared.get(symbol.name)
            if known is None:
                raise ValueError(
                    f"{where}: symbol {symbol.name!r} is not declared; make it with "
                    f'declare("{symbol.name}", "what it means")'
                )
            if known.symbol != symbol:
                raise ValueError(
                    f"{where}: {symbol.name!r} is not the declared symbol of that name "
                    f"({known.meaning}); use what declare(...) returns, not sympy.Symbol"
                )


def is_declared(symbol: sp.Symbol) -> bool:
    """Whether something is declared under a symbol's name."""
    return symbol.name in _declared


def all_declared(formula: sp.Basic) -> bool:
    """Whether the free symbols are those that `declare` returned, and bound names are not declared.

    A bound name that is declared too would be taken for the number that it names.
    """
    bound = {s for s in formula.atoms(sp.Symbol) if not is_declared(s)}
    free = formula.free_symbols
    return not bound & free and all(
        _declared[s.name].symbol == s and s in free for s in formula.atoms(sp.Symbol) - bound
    )


def index_of(symbol: sp.Symbol) -> str:
    """What a symbol varies with; nothing for the bound names inside sums, which are undeclared."""
    known = _declared.get(symbol.name)
    return known.index if known is not None else ""


_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu"}
    | {"xi", "pi", "rho", "sigma", "tau", "phi", "omega", "zeta", "Delta", "Phi"}
)


def is_greek(name: str) -> bool:
    """Whether a symbol's name starts with a Greek letter, spelled out."""
    return name.partition("_")[0] in _GREEK


def default_latex(name: str) -> str:
    """`lambda_max` to `\\lambda_{\\mathrm{max}}`: Greek heads, roman subscripts."""
    head, _, tail = name.partition("_")
    text = f"\\{head}" if head in _GREEK else head if len(head) == 1 else f"\\mathrm{{{head}}}"
    if not tail:
        return text
    parts = [part if len(part) == 1 else f"\\mathrm{{{part}}}" for part in tail.split("_")]
    return f"{text}_{{{','.join(parts)}}}"


def default_typst(name: str) -> str:
    """`lambda_max` to `lambda_"max"`: the same convention for Typst."""
    return typst_of(default_latex(name))


_COMMANDS = "|".join(
    ("max", "min", "ell", "log", "sum", "Pr", "chi", "mathrm", "langle", "rangle", "hat", *_GREEK)
)
_SHOWN = rf"\\(?:\||(?:{_COMMANDS})(?![A-Za-z]))"


def typst_of(latex: str) -> str:
    """LaTeX notation in Typst, or nothing where it uses more than letters, bars and brackets.

    >>> typst_of(r"\\langle q^a,z\\rangle"), typst_of(r"\\|x_n\\|"), typst_of(r"\\mu_{top}")
    ('chevron.l q^a, z chevron.r', 'norm(x_n)', 'mu_"top"')
    """
    if "\\" in re.sub(_SHOWN, "", latex):
        return ""
    text = re.sub(r"\\\|(.+?)\\\|", r"norm(\1)", latex)
    text = text.replace("\\langle ", "chevron.l ").replace("\\rangle", " chevron.r")
    text = re.sub(r"\\mathrm\{([^{}]*)\}", r'"\1"', text)
    text = re.sub(r"\\hat (\w)", r"hat(\1)", text)
    # What stands above or below is one letter, one command, or a word in quotation marks.
    text = re.sub(r"([_^])\{(\\?\w|\\\w+|\"\w+\")\}", r"\1\2", text)
    text = re.sub(r"([_^])\{(\w+|[-+])\}", r'\1"\2"', text)
    text = re.sub(r"_\{(.+)\}$", r"_(\1)", text)
    text = re.sub(r"((?:[_^]|\\)\w+)\(", r"\1 (", text)
    return re.sub(r",(?! )", ", ", text.replace("\\", ""))


# The setting (notation of the paper).
gamma = declare("gamma", "slope of the leaky ReLU; 0 for the ReLU itself", low=0, high=1)
N = declare("N", "number of training samples", low=1, integer=True)
d = declare("d", "input dimension", low=1, integer=True)
m = declare("m", "hidden width (even)", low=2, integer=True)
R_max = declare("R_max", "largest norm of a training sample", low=0, open_low=True)
R_min = declare("R_min", "smallest norm of a training sample", low=0, open_low=True)
p_max = declare("p_max", "largest |<x_n, x_k>| over different training samples", low=0)

# What the network's limit direction is measured by.
lambda_min = declare("lambda_min", "smallest KKT multiplier", low=0)
lambda_max = declare("lambda_max", "largest KKT multiplier", low=0)
activation_margin = declare(
    "activation_margin",
    "smallest m y_n a_j <w_j, x_n> over samples and neurons of the limit network: positive when "
    "every sample activates exactly the neurons of its own label's half; where no KKT point has "
    "that pattern, that of the problem restricted to it",
    latex="\\mu_{\\mathrm{act}}",
)
tau = declare(
    "tau",
    "sine of the certified angle: the trained network's sign equals the limit's wherever "
    "|cos(z, q)| > tau",
    low=0,
)
tau_asked = declare(
    "tau_asked", "the angle (sine) that the scenario asks a trained network to reach", low=0
)


# What stands for the bound variables of an integral, and for the values of its integrand.
VALUE = declare("integrand", "a value of an integrand")
RUNNING = tuple(declare(f"running_{i}", "a bound variable of an integral") for i in (1, 2, 3))


def symbols_of(*formulas: sp.Basic) -> tuple[sp.Symbol, ...]:
    """The free symbols of some formulas, in order of name."""
    found = {s for f in formulas for s in f.free_symbols if isinstance(s, sp.Symbol)}
    return tuple(sorted(found, key=lambda s: s.name))


def quantities_of(*formulas: sp.Basic) -> tuple[Quantity, ...]:
    """The declarations of their symbols, in order of name; what a sum runs over has none."""
    return tuple(_declared[s.name] for s in symbols_of(*formulas) if s.name in _declared)
