"""Terms outside real arithmetic: log, exp, erf, arccos, cosines, integrals and pi in SMT queries.

Each such term becomes one unknown constant. A step proved for every value of the constant is
proved for its true value, so nothing false can be proved this way. What is true of the functions
in general is added as facts: equal arguments have equal values, monotone functions keep (or
reverse) order, and a few bounds. Nothing else is known of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import sympy as sp
from sympy.logic.boolalg import Boolean

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
