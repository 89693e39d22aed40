"""Mutants of a theorem: small changes of its own relations, each of which should be noticed.

From every assumption and claim: a constant scaled by 3/2 or 3 in the direction that makes the
statement stronger, an exponent changed by one, largest and smallest exchanged, a sign or an
inequality turned round, a factor, term or hypothesis dropped. The list is deterministic. A claim
about networks on their way to a limit is mutated in its formal statement, which no dataset can
refute but a proof must still reach.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import sympy as sp
from flint import arb
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from ..exact.evaluate import value
from ..exact.scalars import Undecided, Undefined, exact
from ..statement import Assumption, Claim, Theorem
from ..symbols import quantity, symbols_of
from .search import unsearchable

Kind = Literal[
    "constant", "exponent", "max-min", "sign", "inequality", "factor dropped", "term dropped",
    "hypothesis dropped",
]  # fmt: skip
Part = Literal["assumption", "claim", "formal"]
#: Mutants of one relation, at most; fewer where no dataset could refute them.
MOST, MOST_UNSEARCHED = 18, 6
_POINTS = 24
SCALINGS = tuple(sp.Rational(*q) for q in ((3, 2), (2, 3), (3, 1), (1, 3)))


@dataclass(frozen=True)
class Mutant:
    """A changed theorem. `part` says whether an assumption, a claim's relation, or only the formal
    statement behind it was changed; `of` is that assumption's or claim's id."""

    id: str
    says: str
    kind: Kind
    part: Part
    of: str
    original: Theorem
    theorem: Theorem
    before: Boolean
    after: Boolean


@dataclass(frozen=True)
class _Edit:
    kind: Kind
    says: str
    result: sp.Basic
    depth: int = 0


def _rebuild(e: sp.Basic, position: int, part: sp.Basic) -> sp.Basic:
    try:
        return e.func(*e.args[:position], part, *e.args[position + 1 :])
    except (TypeError, ValueError):
        # SymPy refuses to compare what is not real; such an edit states nothing.
        return sp.nan


def _edits(e: sp.Basic) -> Iterator[_Edit]:
    """All single changes of an expression, at its root first; roots and functions as a whole."""
    yield from _local_edits(e)
    if isinstance(e, sp.Function) or (isinstance(e, sp.Pow) and not e.exp.is_Integer):
        return
    for position, part in enumerate(e.args):
        if isinstance(e, sp.Pow) and position == 1:
            continue  # exponents are changed by one, as a whole
        for edit in _edits(part):
            if not (
                isinstance(e, sp.Pow) and isinstance(part, sp.Symbol) and edit.kind == "exponent"
            ):
                changed = _rebuild(e, position, edit.result)
                yield replace(edit, result=changed, depth=edit.depth + 1)


def _local_edits(e: sp.Basic) -> Iterator[_Edit]:
    if isinstance(e, sp.Rational):
        if e != sp.S.Zero:
            yield from _scalings(e, f"the constant {e}")
    elif isinstance(e, sp.Symbol):
        if (other := _counterpart(e.name)) is not None:
            yield _Edit("max-min", f"{other} in place of {e}", other)
        yield _Edit("exponent", f"{e}**2 in place of {e}", e**2)
    elif isinstance(e, sp.Pow) and isinstance(e.args[1], sp.Rational):
        base, exponent = e.args
        for change in (1, -1):
            new = base ** (exponent + change)
            yield _Edit("exponent", f"{new} in place of {e}", new)
    elif isinstance(e, (sp.Max, sp.Min)):
        other = sp.Min if isinstance(e, sp.Max) else sp.Max
        yield _Edit("max-min", f"{other.__name__} in place of {e.func.__name__}", other(*e.args))
    elif isinstance(e, sp.Mul):
        for position, factor in enumerate(e.args):
            if not factor.is_Number:
                without = _rebuild(e, position, sp.Integer(1))
                yield _Edit("factor dropped", f"without the factor {factor}", without)
    elif isinstance(e, sp.Add):
        for position, term in enumerate(e.args):
            yield _Edit("sign", f"-({term}) in place of {term}", _rebuild(e, position, -term))
            without = _rebuild(e, position, sp.Integer(0))
            yield _Edit("term dropped", f"without the term {term}", without)


def _counterpart(name: str) -> sp.Symbol | None:
    """R_min for R_max, and so on, where both are declared."""
    for old, new in (("max", "min"), ("min", "max")):
        if name.endswith(f"_{old}"):
            try:
                return quantity(name[: -len(old)] + new).symbol
            except KeyError:
                return None
    return None


def _scalings(e: sp.Basic, what: str) -> Iterator[_Edit]:
    for factor in SCALINGS:
        yield _Edit("constant", f"{what} times {factor}", factor * e)


_TURNED = {
    sp.StrictLessThan: sp.StrictGreaterThan,
    sp.StrictGreaterThan: sp.StrictLessThan,
    sp.LessThan: sp.GreaterThan,
    sp.GreaterThan: sp.LessThan,
    sp.Equality: sp.Unequality,
    sp.Unequality: sp.Equality,
}


def _relation_edits(relation: Boolean) -> Iterator[_Edit]:
    """Changes of a relation or of the parts of a combination of relations."""
    if isinstance(relation, Relational):
        yield from _comparison_edits(relation)
        return
    if isinstance(relation, sp.Implies):
        premise, conclusion = relation.args
        yield _Edit("hypothesis dropped", f"without the hypothesis {premise}", conclusion)
    for position, part in enumerate(relation.args):
        if isinstance(part, Boolean):
            for edit in _relation_edits(part):
                yield replace(edit, result=_rebuild(relation, position, edit.result))


def _comparison_edits(relation: Relational) -> Iterator[_Edit]:
    """Changes of one comparison. Scaling or negating one side stands for doing so to the other."""
    turned = _TURNED[type(relation)](relation.lhs, relation.rhs)
    yield _Edit("inequality", f"{turned} in place of {relation}", turned)
    right = relation.rhs
    if right != 0:
        negated = relation.func(relation.lhs, -right)
        yield _Edit("sign", f"-({right}) in place of {right}", negated)
    if isinstance(relation, (sp.Equality, sp.Unequality)):
        return
    if right != 0 and not any(f.is_Number for f in sp.Mul.make_args(right)):
        for edit in _scalings(right, "the right side"):
            yield replace(edit, result=relation.func(relation.lhs, edit.result))
    for position, side in enumerate(relation.args):
        for edit in _edits(side):
            yield replace(edit, result=_rebuild(relation, position, edit.result))


def _slack(relation: Boolean) -> sp.Expr | None:
    """What is positive (or not negative) when the inequality holds."""
    if isinstance(relation, (sp.StrictLessThan, sp.LessThan)):
        return relation.rhs - relation.lhs
    if isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan)):
        return relation.lhs - relation.rhs
    return None


def _strengthens(before: Boolean, after: Boolean, part: Part) -> bool:
    """Whether a scaled constant makes the theorem stronger (or neither stronger nor weaker).

    Decided by the slack of the two inequalities at random rational points of the symbols' ranges:
    an assumption should gain slack, a claim should lose it.
    """
    old, new = _slack(before), _slack(after)
    if old is None or new is None:
        return True
    sign = 1 if part == "assumption" else -1
    rng = random.Random(20240507)
    symbols, changes = symbols_of(old, new), []
    for _ in range(_POINTS):
        at = {s: exact(_random_value(s, rng)) for s in symbols}
        with suppress(Undecided, Undefined, TypeError):
            changes.append(sign * float(arb(value(new - old, at)).mid()))
    return max(changes, default=1) > 0


def _random_value(symbol: sp.Symbol, rng: random.Random) -> Fraction:
    q = quantity(symbol)
    low = -2 if q.low is None else q.low
    high = low + 4 if q.high is None else q.high
    return low + (high - low) * Fraction(rng.randint(1, 999), 1000)


def _changed(relation: Boolean, part: Part, most: int) -> tuple[_Edit, ...]:
    """The edits of a relation worth trying: really different, and not merely weaker constants.

    Of a long formula only `most` are taken, the outermost.
    """
    seen = {relation}
    found: list[_Edit] = []
    # Outer changes before inner ones, constants and exponents a level ahead.
    ahead = ("constant", "exponent", "inequality")
    for edit in sorted(_relation_edits(relation), key=lambda e: e.depth - (e.kind in ahead)):
        result = edit.result
        if result in seen or result is sp.true or result.has(sp.zoo, sp.nan, sp.oo, sp.I):
            continue
        if edit.kind == "constant" and not _strengthens(relation, result, part):  # type: ignore[arg-type]
            continue
        seen.add(result)  # type: ignore[arg-type]
        found.append(edit)
        if len(found) == most:
            break
    return tuple(found)


def mutants(theorem: Theorem) -> tuple[Mutant, ...]:
    """All mutants of a theorem, in the order of its assumptions and claims."""
    found: list[Mutant] = []
    most = MOST_UNSEARCHED if unsearchable(theorem) else MOST

    def add(part: Part, of: str, before: Boolean, edit: _Edit, changed: Theorem) -> None:
        number = sum(m.part == part and m.of == of for m in found) + 1
        found.append(
            Mutant(
                f"{theorem.id}/{part}/{of}/{number}",
                f"{part} {of}: {edit.says}",
                edit.kind,
                part,
                of,
                theorem,
                changed,
                before,
                edit.result,  # type: ignore[arg-type]
            )
        )

    for a in theorem.assumptions:
        dropped = _Edit("hypothesis dropped", f"without the hypothesis {a.relation}", sp.true)
        for edit in (*_changed(a.relation, "assumption", most), dropped):
            changed = replace(a, relation=edit.result)  # type: ignore[arg-type]
            add("assumption", a.id, a.relation, edit, _with(theorem, changed))
    for c in theorem.claims:
        parts = () if c.formal is None else _parts(c.formal)
        if not parts or c.relation in parts:
            for edit in _changed(c.relation, "claim", most):
                formal = _replace_part(parts, c.relation, edit.result) if parts else None
                changed = replace(c, relation=edit.result, formal=formal)  # type: ignore[arg-type]
                add("claim", c.id, c.relation, edit, _with(theorem, changed))
        for rest in parts:
            for edit in _changed(rest, "claim", MOST_UNSEARCHED) if rest != c.relation else ():
                changed = replace(c, formal=_replace_part(parts, rest, edit.result))
                add("formal", c.id, rest, edit, _with(theorem, changed))
    return tuple(found)


def _parts(formula: Boolean) -> tuple[Boolean, ...]:
    return tuple(formula.args) if isinstance(formula, sp.And) else (formula,)  # type: ignore[return-value]


def _replace_part(parts: tuple[Boolean, ...], part: Boolean, new: sp.Basic) -> Boolean:
    return sp.And(*(new if p == part else p for p in parts))


def _with(theorem: Theorem, changed: Assumption | Claim) -> Theorem:
    field = "claims" if isinstance(changed, Claim) else "assumptions"
    parts = (changed if p.id == changed.id else p for p in getattr(theorem, field))
    return replace(theorem, **{field: tuple(parts)})
