"""The tree of splits: a solver says which facts matter and which split closes a branch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import z3

from ...theory.certificates.cases import assertions, definition
from ...theory.certificates.checker import SIGNS, parse, value
from ...theory.certificates.stored import without_comments
from .facts import Branch, Polynomial, text, variables, within, written
from .leaf import leaf
from .pruning import pruned

CHECK_MS = 500
"""Time for the solver to say whether facts exclude each other."""
DEPTH = 14
"""Splits one after the other, at most."""


def certificate(query: str, seconds: float) -> dict[str, Any] | None:
    """A certificate for a query without a solution, if one is found in this processor time."""
    query, context = without_comments(query), z3.Context()
    parsed = z3.parse_smt2_string(query.replace("(check-sat)", ""), ctx=context)
    core = _core([parsed[i] for i in range(len(parsed))], context, 4 * CHECK_MS)
    if core is None:
        return None
    asserted = assertions(query)
    used = {word for i in core for e in within(asserted[i]) for word in e if word == str(word)}
    chosen = [i for i, f in enumerate(asserted) if i in core or _bounded(f) in used]
    names = variables([asserted[i] for i in chosen])
    quotients = [e for e in names.values() if e[0] == "/" and (str(e),) in value({}, e)]
    left = [*chosen, *range(len(asserted), len(asserted) + len(quotients))]
    asserted += map(definition, quotients)
    root = Branch(asserted, left, names, {}).read_all()
    tree = _Search(time.process_time() + seconds).node(root, 0)
    return None if tree is None else pruned(query, asserted, quotients, tree)


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

    def node(self, branch: Branch, depth: int) -> Any:
        """A tree that closes a branch, with polynomials instead of their numbers."""
        if time.process_time() > self.deadline or depth > DEPTH:
            return None
        found = self.closed(branch, depth)
        for on, truth, i in reversed(branch.steps if found is not None else []):
            found = [on, found, i] if truth else [on, i, found]
        return found

    def closed(self, branch: Branch, depth: int) -> Any:
        if branch.false is not None:
            return branch.false
        context = z3.Context()
        core = _core(_solver_facts(branch, context), context, CHECK_MS)
        if core is not None and (found := leaf(branch, core, self.deadline)):
            return found
        best: tuple | None = None
        for atom in _splits(branch) if core is None else _cuts(branch, core):
            if time.process_time() > self.deadline:
                return None
            yes, no = branch.where(atom, True), branch.where(atom, False)
            closed = _is_closed(yes) + _is_closed(no)
            if best is None or closed > best[0]:
                best = closed, atom, yes, no
            if closed:
                break
        if best is None or (core is not None and not best[0]):
            return None
        _, atom, yes, no = best
        left = self.node(yes, depth + 1)
        right = None if left is None else self.node(no, depth + 1)
        return None if right is None else [written(atom), left, right]


def _is_closed(branch: Branch) -> bool:
    context = z3.Context()
    return branch.false is not None or _unsat(_solver_facts(branch, context), context, 100)


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
    for p, signs, _ in branch.facts:
        value = real(p)
        made.append(value == 0 if signs == {0} else value > 0 if signs == {1} else value >= 0)
    return made


def _splits(branch: Branch) -> Iterator[tuple]:
    """Formulas on which a branch hangs: signs of denominators first, then what it cannot read."""
    seen = set()
    for i in branch.left:
        for atom in _open(branch, branch.asserted[i]):
            if atom[0] == "=" and atom[2] == "0":
                positive = (">", *atom[1:])
                atom = atom if branch.value(positive) else positive
            if atom not in seen:
                seen.add(atom)
                yield atom
    for p, signs in branch.known.items():
        if signs == {-1, 1}:
            yield (">", *parse(text(dict(p), branch.names)), "0")


def _cuts(branch: Branch, core: tuple[int, ...]) -> Iterator[tuple]:
    """What may follow and make the rest easier: that an equation holds without a factor that is not
    0, and signs of variables."""
    facts = [branch.facts[i] for i in core]
    for p, signs, _ in facts:
        common = set.intersection(*map(set, p)) if signs == {0} and p else set()
        if common:
            rest = {tuple(v for v in m if v not in common): c for m, c in p.items()}
            (cofactor,) = parse(text(rest, branch.names))
            if not branch.value(("=", cofactor, "0")):
                yield "=", cofactor, "0"
    for v in dict.fromkeys(v for p, _, _ in facts for m in p for v in m):
        (atom,) = parse(written(branch.names.get(v, v)))
        for relation in (">", "<", ">=", "<="):
            if not branch.value((relation, atom, "0")):
                yield relation, atom, "0"


def _open(branch: Branch, e: Any) -> Iterator[tuple]:
    """The relations whose truth is not known, and on which what a formula or term says hangs."""
    if isinstance(e, str):
        return
    op, *parts = e
    if op in SIGNS and not isinstance(branch.value(parts[0]), int) and not branch.value(e):
        cases = [a for part in parts for a in _open(branch, part)]
        yield from cases or [e]
        return
    if op == "=>":
        op, parts = "or", [*(("not", a) for a in parts[:-1]), parts[-1]]
    if op in ("and", "or"):  # one part may be enough
        parts = [a for a in parts if branch.value(a) == (1 if op == "or" else -1)][:1] or parts
    elif op == "ite" and (case := branch.value(parts[0])):
        parts = parts[1:2] if case > 0 else parts[2:]
    for part in parts:
        yield from _open(branch, part)
