"""SymPy formulas as SMT-LIB text, decided by a certificate or by Z3.

The text is what is decided: it is parsed by Z3 in a fresh context and kept in the report, so that
anyone can run it again with another solver. Symbols are reals; Float is refused because it is not
the number that was meant. Terms outside real arithmetic are unknown constants (see `opaque`).
"""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import combinations
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean, BooleanFalse, BooleanTrue

from .certificates.stored import certificate_of
from .symbols import quantity, symbols_of

# Terms outside real arithmetic: log, exp, erf, arccos, cosines, integrals and pi in SMT queries.
#
# Each such term becomes one unknown constant. A step proved for every value of the constant is
# proved for its true value, so nothing false can be proved this way. What is true of the functions
# in general is added as facts: equal arguments have equal values, monotone functions keep (or
# reverse) order, and a few bounds. Nothing else is known of them.

INCREASING = (sp.log, sp.exp, sp.erf)
DECREASING = (sp.acos,)
PERIODIC = (sp.cos, sp.sin)
FUNCTIONS = (*INCREASING, *DECREASING, *PERIODIC)


def is_opaque(e: sp.Basic) -> bool:
    """Whether a term is represented by an unknown constant (integrals must be definite)."""
    if isinstance(e, sp.Integral):
        return all(len(limits) == 3 for limits in e.args[1:])
    return e is sp.pi or isinstance(e, FUNCTIONS)


def inside(e: sp.Basic) -> bool:
    """Whether a formula holds an opaque term."""
    return e.has(sp.pi, sp.Integral, *FUNCTIONS)


def folded(hypotheses: Sequence[Boolean], goal: Boolean) -> tuple[list[Boolean], Boolean]:
    """Equals put for equals: a long term with a name is written by its name elsewhere.

    Where `s = E` is a hypothesis and E holds an opaque term, E becomes s in the other formulas. The
    query stays equivalent, and the solver does not have to find the same long terms again.
    """
    folded, named = list(hypotheses), []
    for h in hypotheses:
        if isinstance(h, sp.Eq) and isinstance(h.lhs, sp.Symbol) and inside(h.rhs):
            if h.lhs in h.rhs.free_symbols or h.rhs in named:
                continue
            named.append(h.rhs)
            folded = [f if f == h else f.xreplace({h.rhs: h.lhs}) for f in folded]
            goal = goal.xreplace({h.rhs: h.lhs})
    return folded, goal


def domain(e: sp.Basic) -> tuple[Boolean, ...]:
    """What must hold of the arguments for the term to be a real number."""
    if isinstance(e, sp.log):
        return (sp.Gt(e.args[0], 0),)
    if isinstance(e, sp.acos):
        return (sp.Ge(e.args[0], -1), sp.Le(e.args[0], 1))
    return ()


def _inside(e: sp.Basic, argument: str) -> str:
    """The domain of a function at an argument, as SMT-LIB."""
    if isinstance(e, sp.log):
        return f"(> {argument} 0)"
    if isinstance(e, sp.acos):
        return f"(and (>= {argument} (- 1)) (<= {argument} 1))"
    return "true"


def facts(names: dict[sp.Expr, str], term: Callable[[sp.Basic], str]) -> list[str]:
    """True facts, as SMT-LIB, about the opaque terms that stand for the given names."""
    found: list[str] = []
    for e, name in names.items():
        if e is sp.pi:
            found += [f"(> {name} (/ 333 106))", f"(< {name} (/ 355 113))"]
        elif isinstance(e, FUNCTIONS):
            a = term(e.args[0])
            found += [f"(=> {_inside(e, a)} {fact})" for fact in _bounds(e, name, a, names)]
    for (e, s), (f, t) in combinations(names.items(), 2):
        if isinstance(e, FUNCTIONS) and e.func is f.func:
            a, b = term(e.args[0]), term(f.args[0])
            both = f"(and {_inside(e, a)} {_inside(f, b)})"
            found.append(f"(=> (= {a} {b}) (= {s} {t}))")
            if not isinstance(e, PERIODIC):
                less, more = (s, t) if isinstance(e, INCREASING) else (t, s)
                found.append(f"(=> (and {both} (< {a} {b})) (< {less} {more}))")
                found.append(f"(=> (and {both} (> {a} {b})) (> {less} {more}))")
    return found


def _bounds(e: sp.Basic, name: str, a: str, names: dict[sp.Expr, str]) -> list[str]:
    if isinstance(e, sp.log):
        return [f"(= (> {name} 0) (> {a} 1))", f"(= (< {name} 0) (< {a} 1))"]
    if isinstance(e, sp.exp):
        return [f"(> {name} 0)"]
    if isinstance(e, sp.erf):
        signs = [f"(= (> {name} 0) (> {a} 0))", f"(= (< {name} 0) (< {a} 0))"]
        return [f"(< {name} 1)", f"(> {name} (- 1))", *signs]
    if isinstance(e, sp.acos):
        upper = [f"(<= {name} {names[sp.pi]})"] if sp.pi in names else []
        return [f"(>= {name} 0)", *upper, f"(=> (< {a} 1) (> {name} 0))"]
    return [f"(<= {name} 1)", f"(>= {name} (- 1))"]


TIMEOUT_MS = 10_000
RESOURCE_LIMIT = 200_000_000


class Untranslatable(ValueError):
    """A formula outside real arithmetic with polynomials, quotients, roots, min, max and signs."""


@dataclass(frozen=True)
class Decision:
    """What the solver said. `countermodel` has a value per symbol when the goal is not implied."""

    status: Literal["implied", "not implied", "unknown"]
    reason: str
    smt: str
    countermodel: dict[str, str] | None = None


class _Printer:
    """SMT-LIB terms, with a fresh constant for every root and a list of denominators met."""

    def __init__(self) -> None:
        self.roots: dict[sp.Expr, str] = {}
        self.root_facts: list[str] = []
        self.denominators: list[sp.Expr] = []
        self.radicands: list[sp.Expr] = []
        self.opaque: dict[sp.Expr, str] = {}
        self.domains: list[Boolean] = []

    def term(self, e: sp.Basic) -> str:
        if isinstance(e, sp.Symbol):
            return e.name
        if isinstance(e, sp.Integer):
            return str(e.p) if e.p >= 0 else f"(- {-e.p})"
        if isinstance(e, sp.Rational):
            quotient = f"(/ {abs(e.p)} {e.q})"
            return quotient if e.p >= 0 else f"(- {quotient})"
        if isinstance(e, sp.Add):
            return f"(+ {' '.join(self.term(a) for a in e.args)})"
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e)
        if isinstance(e, sp.Abs):
            t = self.term(e.args[0])
            return f"(ite (>= {t} 0) {t} (- {t}))"
        if isinstance(e, sp.sign):
            t = self.term(e.args[0])
            return f"(ite (> {t} 0) 1 (ite (< {t} 0) (- 1) 0))"
        if isinstance(e, (sp.Max, sp.Min)):
            return self._extremum(e)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        if is_opaque(e):
            return self._opaque(e)
        raise Untranslatable(f"{type(e).__name__} {e} is outside real arithmetic")

    def _product(self, e: sp.Mul) -> str:
        numerator, denominator = sp.fraction(e)
        if denominator != 1:
            self.denominators.append(denominator)
            return f"(/ {self.term(numerator)} {self.term(denominator)})"
        return f"(* {' '.join(self.term(a) for a in e.args)})"

    def _power(self, e: sp.Pow) -> str:
        base, exponent = e.args
        if not isinstance(exponent, sp.Rational):
            raise Untranslatable(f"exponent {exponent} of {e} is not a rational number")
        if exponent < 0:
            self.denominators.append(base)
            return f"(/ 1 {self.term(sp.Pow(base, -exponent))})"
        if isinstance(exponent, sp.Integer):
            t = self.term(base)
            return t if exponent == 1 else f"(* {' '.join([t] * int(exponent))})"
        root = self._root(base, exponent.q)
        return root if exponent.p == 1 else f"(* {' '.join([root] * exponent.p)})"

    def _root(self, base: sp.Expr, degree: int) -> str:
        key = sp.Pow(base, sp.Rational(1, degree), evaluate=False)
        if key not in self.roots:
            inner = self.term(base)
            name = f"root!{len(self.roots) + 1}"
            self.roots[key] = name
            self.radicands.append(base)
            # Only where the root is a number: a branch that is not taken must not say that it is.
            power = f"(* {' '.join([name] * degree)})"
            self.root_facts.append(f"(=> (>= {inner} 0) (and (>= {name} 0) (= {power} {inner})))")
        return self.roots[key]

    def _opaque(self, e: sp.Expr) -> str:
        if e not in self.opaque:
            if isinstance(e, sp.acos):
                self._opaque(sp.pi)
            if isinstance(e, FUNCTIONS):
                self.term(e.args[0])
            self.domains += domain(e)
            self.opaque[e] = f"term!{len(self.opaque) + 1}"
        return self.opaque[e]

    def opaque_facts(self) -> list[str]:
        return facts(self.opaque, self.term)

    def _extremum(self, e: sp.Expr) -> str:
        operator = ">=" if isinstance(e, sp.Max) else "<="
        terms = map(self.term, e.args)
        return reduce(lambda best, t: f"(ite ({operator} {best} {t}) {best} {t})", terms)

    def _piecewise(self, e: sp.Piecewise) -> str:
        *branches, (last, condition) = e.args  # type: ignore[misc]
        if condition is not sp.true:
            raise Untranslatable(f"{e} has no branch for every case")
        result = self.term(last)
        for value, guard in reversed(branches):  # type: ignore[misc]
            result = f"(ite {self.formula(guard)} {self.term(value)} {result})"
        return result

    _RELATIONS = ((sp.StrictLessThan, "<"), (sp.LessThan, "<="), (sp.StrictGreaterThan, ">"))

    def formula(self, f: sp.Basic) -> str:
        if isinstance(f, BooleanTrue):
            return "true"
        if isinstance(f, BooleanFalse):
            return "false"
        if isinstance(f, sp.Ne):
            return f"(not (= {self.term(f.lhs)} {self.term(f.rhs)}))"
        for kind, operator in (*self._RELATIONS, (sp.GreaterThan, ">="), (sp.Eq, "=")):
            if isinstance(f, kind):
                return f"({operator} {self.term(f.lhs)} {self.term(f.rhs)})"
        for kind, operator in ((sp.And, "and"), (sp.Or, "or"), (sp.Implies, "=>"), (sp.Not, "not")):
            if isinstance(f, kind):
                return f"({operator} {' '.join(self.formula(a) for a in f.args)})"
        if isinstance(f, sp.Equivalent):
            left, right = (self.formula(a) for a in f.args)
            return f"(= {left} {right})"
        raise Untranslatable(f"{type(f).__name__} {f} is not a formula of real arithmetic")


def range_facts(symbols: Iterable[sp.Symbol]) -> tuple[str, ...]:
    """The declared ranges as SMT-LIB formulas."""
    facts = []
    for symbol in symbols:
        q = quantity(symbol)
        if q.low is not None:
            facts.append(f"({'>' if q.open_low else '>='} {q.name} {_number(q.low)})")
        if q.high is not None:
            facts.append(f"({'<' if q.open_high else '<='} {q.name} {_number(q.high)})")
    return tuple(facts)


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"


def smt_text(hypotheses: Sequence[Boolean], goal: Boolean, title: str = "") -> str:
    """The query `hypotheses and not goal`: unsatisfiable exactly when the goal is implied.

    Raises:
        Untranslatable: a formula is outside the supported arithmetic.
    """
    hypotheses, goal = folded(hypotheses, goal)
    printer = _Printer()
    asserted = [printer.formula(h) for h in hypotheses]
    negated = f"(not {printer.formula(goal)})"
    symbols = symbols_of(*hypotheses, goal)
    lines = ["; hypotheses and the negated goal: unsat proves the step", "(set-logic QF_NRA)"]
    lines += [f"(declare-const {s.name} Real)" for s in symbols]
    opaque_facts = printer.opaque_facts()
    for term, name in printer.opaque.items():
        lines += [f"; {name} is {term}", f"(declare-const {name} Real)"]
    lines += [f"(declare-const {name} Real)" for name in printer.roots.values()]
    lines += [f"(assert {fact})" for fact in (*range_facts(symbols), *printer.root_facts)]
    lines += [f"(assert {fact})" for fact in opaque_facts]
    lines += [f"(assert {fact})" for fact in asserted]
    lines += [f"(assert {negated})", "(check-sat)"]
    return _comment(title) + "\n".join(lines) + "\n"


def _comment(title: str) -> str:
    return "".join(f"; {line}\n" for line in title.splitlines())


def side_conditions(formulas: Iterable[Boolean]) -> tuple[Boolean, ...]:
    """What must hold for the formulas to mean something.

    Denominators are not 0, radicands not negative, arguments of log and arccos in their domain.
    """
    printer = _Printer()
    for f in formulas:
        printer.formula(f)
    conditions = [sp.Ne(den, 0) for den in printer.denominators]
    conditions += [sp.Ge(radicand, 0) for radicand in printer.radicands]
    conditions += printer.domains
    return tuple(dict.fromkeys(c for c in conditions if c is not sp.true))


def decide(
    hypotheses: Sequence[Boolean],
    goal: Boolean,
    *,
    title: str = "",
    timeout_ms: int = TIMEOUT_MS,
    resources: int = RESOURCE_LIMIT,
) -> Decision:
    """Whether the hypotheses imply the goal for all real values in the declared ranges.

    A certificate that checks decides; only where there is none, the solver is asked. A solver that
    is missing, gives up or runs out of time is `unknown`, never `implied`.
    """
    try:
        query = smt_text(hypotheses, goal)
    except Untranslatable as error:
        return Decision("unknown", f"not translated: {error}", "")
    # The title is a comment: the same query under another title is decided once.
    key = (query, timeout_ms, resources)
    answer = _decided.get(key)
    if answer is None:
        certified = certificate_of(query) is not None
        answer = Decision("implied", "by a certificate", query) if certified else _solve(*key)
        if answer.status != "unknown":
            _decided[key] = answer
    values = None if answer.countermodel is None else dict(answer.countermodel)
    return Decision(answer.status, answer.reason, _comment(title) + query, values)


_decided: dict[tuple[str, int, int], Decision] = {}


def _solve(text: str, timeout_ms: int, resources: int) -> Decision:
    """The solver's answer to a query, in a fresh context."""
    try:
        import z3
    except ImportError as error:
        return Decision("unknown", f"the solver could not be loaded: {error}", text)

    context = z3.Context()
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("timeout", timeout_ms)
    solver.set("rlimit", resources)
    solver.from_string(re.sub(r"\((check-sat|get-model)\)\n", "", text))
    # The solver's own timer is checked only now and then: the interrupt makes the limit hard.
    alarm = threading.Timer(1.5 * timeout_ms / 1000, context.interrupt)
    alarm.start()
    try:
        answer = solver.check()
    except z3.Z3Exception as error:
        return Decision("unknown", f"the solver failed: {error}", text)
    finally:
        alarm.cancel()
    if answer == z3.unsat:
        return Decision("implied", "unsat", text)
    if answer == z3.sat:
        try:
            return Decision("not implied", "sat", text, _values(solver.model()))
        except z3.Z3Exception as error:  # an interrupt also stops the reading of the model
            return Decision("unknown", f"a countermodel could not be read: {error}", text)
    return Decision("unknown", f"the solver gave up: {solver.reason_unknown()}", text)


def _values(model) -> dict[str, str]:  # z3's model type is not exported for annotations
    values = {}
    for entry in model.decls():
        if entry.arity() > 0:  # what the solver chose for division by zero
            continue
        value = model[entry]
        if hasattr(value, "as_fraction"):
            values[entry.name()] = str(Fraction(value.as_fraction()))
        else:
            values[entry.name()] = f"~{value.approx(20).as_decimal(12).rstrip('?')}"
    return dict(sorted(values.items()))
