"""The tree of splits: a solver says which facts matter and which split closes a branch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import z3

from ...theory.certificates.checker import refuted
from ...theory.certificates.facts import SIGNS, Branch, plain
from ...theory.certificates.polynomials import Polynomial, parse
from .leaf import leaf
from .smt_text import text, written

CHECK_MS = 500
"""Time for the solver to say whether facts exclude each other."""
DEPTH = 14
"""Splits one after the other, at most."""


def certificate(query: str, seconds: float) -> dict[str, Any] | None:
    """A certificate for a query without a solution, if one is found in this processor time."""
    context = z3.Context()
    assertions = z3.parse_smt2_string(query.replace("(check-sat)", ""), ctx=context)
    core = _core([assertions[i] for i in range(len(assertions))], context, 4 * CHECK_MS)
    if core is None:
        return None
    formulas = [plain(command[1]) for command in parse(query) if command[0] == "assert"]
    used = {word for i in core for word in _words(formulas[i])}
    chosen = [i for i, f in enumerate(formulas) if i in core or _bounded(f) in used]
    tree = _Search(time.process_time() + seconds).node([formulas[i] for i in chosen], 0)
    if tree is None:
        return None
    found = {"from": chosen, **tree}
    return found if refuted(query, found) else None


def _words(e: Any) -> Iterator[str]:
    if isinstance(e, str):
        yield e
    else:
        for part in e:
            yield from _words(part)


def _bounded(formula: Any) -> Any:
    """The variable of which a formula gives a bound, or nothing."""
    op, *parts = formula
    return parts[0] if op in SIGNS and all(isinstance(part, str) for part in parts) else None


def _unsat(formulas: Sequence[Any], context: z3.Context, milliseconds: int) -> bool:
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("timeout", milliseconds)
    solver.add(*formulas)
    return solver.check() == z3.unsat


def _core(formulas: Sequence[Any], context: z3.Context, first_ms: int) -> tuple[int, ...] | None:
    """Formulas that exclude each other, none of which can be left out."""
    if not _unsat(formulas, context, first_ms):
        return None
    core = list(range(len(formulas)))
    for i in list(core):
        less = [j for j in core if j != i]
        if _unsat([formulas[j] for j in less], context, CHECK_MS):
            core = less
    return tuple(core)


class _Search:
    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def node(self, formulas: list[Any], depth: int) -> dict[str, Any] | None:
        branch = Branch(formulas)
        if time.process_time() > self.deadline or depth > DEPTH:
            return None
        if (empty := next((i for i, f in enumerate(branch.facts) if not f[0]), None)) is not None:
            return {"sum": [["1", [empty]]]}
        context = z3.Context()
        core = _core(_solver_facts(branch, context), context, CHECK_MS)
        if core is not None and (found := leaf(branch, core, self.deadline)):
            return found
        best: tuple | None = None
        for atom in _splits(branch) if core is None else _cuts(branch, core):
            if time.process_time() > self.deadline:
                return None
            yes, no = [atom, *formulas], [("not", atom), *formulas]
            closed = self._closes(yes) + self._closes(no)
            if best is None or closed > best[0]:
                best = closed, yes, no
            if closed:
                break
        if best is None or (core is not None and not best[0]):
            return None
        _, yes, no = best
        if (left := self.node(yes, depth + 1)) and (right := self.node(no, depth + 1)):
            return {"on": written(yes[0]), "yes": left, "no": right}
        return None

    def _closes(self, formulas: list[Any]) -> bool:
        branch, context = Branch(formulas), z3.Context()
        return _unsat(_solver_facts(branch, context), context, 100)


def _solver_facts(branch: Branch, context: z3.Context) -> list[Any]:
    def real(p: Polynomial) -> Any:
        return z3.Sum(
            [
                z3.Product([z3.RealVal(str(c), context), *(z3.Real(v, context) for v in m)])
                for m, c in p.items()
            ]
            or [z3.RealVal(0, context)]
        )

    made = []
    for p, signs in branch.facts:
        value = real(p)
        made.append(value == 0 if signs == {0} else value > 0 if signs == {1} else value >= 0)
    return made


def _splits(branch: Branch) -> Iterator[tuple]:
    """Formulas on which a branch hangs: signs of denominators first, then what it cannot read."""
    seen = set()
    for formula in branch.formulas:
        for atom in _open(branch, formula):
            if atom[0] == "=" and atom[2] == "0":
                positive = (">", *atom[1:])
                atom = positive if branch.value(positive) is None else atom
            if atom not in seen:
                seen.add(atom)
                yield atom
    for name, signs in list(branch.signs.items()):
        if signs == {-1, 1}:
            yield (">", *parse(text(branch, dict(name))), "0")


def _cuts(branch: Branch, core: tuple[int, ...]) -> Iterator[tuple]:
    """What may follow and make the rest easier: that an equation holds without a factor that is not
    0, and signs of variables."""
    facts = [branch.facts[i] for i in core]
    for p, signs in facts:
        common = set.intersection(*map(set, p)) if signs == {0} and p else set()
        if common:
            rest = {tuple(v for v in m if v not in common): c for m, c in p.items()}
            (cofactor,) = parse(text(branch, rest))
            if branch.value(("=", cofactor, "0")) is None:
                yield "=", cofactor, "0"
    for v in dict.fromkeys(v for p, _ in facts for m in p for v in m):
        (atom,) = parse(text(branch, {(v,): Fraction(1)}))
        for relation in (">", "<", ">=", "<="):
            if branch.value((relation, atom, "0")) is None:
                yield relation, atom, "0"


def _open(branch: Branch, e: Any) -> Iterator[tuple]:
    """The relations whose truth is not known, and on which what a formula or term says hangs."""
    if isinstance(e, str):
        return
    op, *parts = e
    if op in SIGNS and branch.value(e) is None:
        yield e
    if op in SIGNS and branch.difference(*parts) is not None:
        return
    if op == "or":
        parts = [a for a in parts if branch.value(a)][:1] or parts
    elif op == "ite" and (case := branch.value(parts[0])) is not None:
        parts = parts[1:2] if case else parts[2:]
    for part in parts:
        yield from _open(branch, part)
