"""How facts are applied: what a citation puts for symbols, and what no step may do.

Whatever a solver says of its formulas, a symbol has one meaning, a number that was chosen once
never stands for all, and a theorem moves from one data set to one other as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from .statement import Citation, Claim, Definition, Instance, Step, TrustedFact
from .symbols import index_of, quantity, symbols_of

# Letters that run over the same things: samples, and neurons.
_ALIKE = ("nk", "ij")


def letters_of(formula: sp.Basic) -> set[str]:
    """The letters that the symbols of a formula vary with."""
    return {letter for symbol in symbols_of(formula) for letter in index_of(symbol)}


def varying(value: sp.Basic, over: str) -> list[sp.Symbol]:
    """The symbols in an expression that vary with an index that a fact is over."""
    return [s for s in symbols_of(value) if set(index_of(s)) & set(over)]


def running(fact: TrustedFact, put: Iterable[tuple[sp.Symbol, sp.Basic]]) -> str:
    """The letters over which a citation's family runs: those of the fact, or others of their kind
    where no expression put for a varying symbol has the fact's own."""
    found = {letter for s, value in put if s in fact.varying for letter in letters_of(value)}

    def alike(letter: str) -> str:
        kind = next((kind for kind in _ALIKE if letter in kind), letter)
        return letter if letter in found else next((i for i in kind if i in found), letter)

    return "".join(map(alike, fact.over))


def misused(step: Step, chosen: Mapping[str, frozenset[str]]) -> str:
    """Why a step may not rest on these choices of a sample or neuron, or nothing."""
    for letter, steps in chosen.items():
        if len(steps) > 1:
            first, second = sorted(steps)[:2]
            return f"{letter} was chosen twice, by {first!r} and by {second!r}: two may differ"
    if isinstance(step, Citation):
        fact = step.cited.fact
        for letter in running(fact, zip(fact.symbols, step.cited.at, strict=False)):
            if letter in chosen:
                (by,) = chosen[letter]
                return f"{letter} was chosen by {by!r}, so {fact.key} does not apply to all"
    return ""


def one_for_all(step: Definition) -> str:
    """Whether a definition says that a number is each member of a family, or nothing."""
    for fact in step.facts:
        for part in sp.And.make_args(fact):
            if not isinstance(part, sp.Eq) or not part.lhs.is_Symbol or not part.rhs.is_Symbol:
                continue
            apart = set(index_of(part.lhs)) ^ set(index_of(part.rhs))
            if left := apart - set(step.chooses):
                letters = ", ".join(sorted(left))
                return f"{part} for every {letters}: where one is picked, say chooses={letters!r}"
    return ""


def other_set(at: Iterable[tuple[sp.Symbol, sp.Expr]]) -> str:
    """Why a replacement does not lead from one set of samples to one other, or nothing."""
    sets = set()
    for symbol, twin in at:
        if not isinstance(twin, sp.Symbol) or quantity(twin).twin_of != symbol.name:
            # A theorem speaks of measured quantities, which nothing else can stand for.
            return f"{twin} is not declared as the twin of {symbol} in another set of samples"
        sets.add(twin.name.replace(symbol.name, "", 1).strip("_"))
    return f"the twins are of different sets: {', '.join(sorted(sets))}" if len(sets) > 1 else ""


def fixed_by_claims(claims: tuple[Claim, ...], symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether claims say something of a symbol, none of them that it is just this value."""
    parts = [part for claim in claims for part in sp.And.make_args(claim.statement)]
    explained = sp.Eq(symbol, value) in parts
    spoken_of = any(symbol in part.free_symbols for part in parts)
    measured = any(symbol in claim.relation.free_symbols for claim in claims)
    return measured or (spoken_of and not explained)


def completed(cited: Instance, known: Iterable[Boolean]) -> tuple[sp.Basic, ...] | None:
    """All expressions of an instance, those left out read off the facts known.

    A premise that compares two symbols is held against every comparison known. None unless exactly
    one choice fits; the premises of that choice are proved like those of any other.

    Raises:
        ValueError: no premise speaks of a symbol that is left out.
    """
    fact, given = cited.fact, cited.at
    settled, left_out = set(fact.symbols[: len(given)]), fact.symbols[len(given) :]
    if not left_out:
        return given
    pairs = [pair for k in known for part in sp.And.make_args(k) for pair in _ordered(part)]
    choices = [dict(zip(fact.symbols, given, strict=False))]
    for low, high in (pair for premise in fact.premises for pair in _ordered(premise)[:1]):
        if not settled.issuperset((low, high)) and low.is_Symbol and high.is_Symbol:
            choices = [
                {**choice, low: a, high: b}
                for choice, (a, b) in product(choices, pairs)
                if choice.get(low, a) == a and choice.get(high, b) == b
            ]
            settled |= {low, high}
    if missing := [s.name for s in left_out if s not in settled]:
        raise ValueError(f"{fact.key}: no premise says what to put for {', '.join(missing)}")
    # What is meant varies with the index exactly where the fact says that it may.
    unique = {
        tuple(choice[s] for s in fact.symbols)
        for choice in choices
        if all(bool(varying(choice[s], fact.over)) == (s in fact.varying) for s in left_out)
    }
    return unique.pop() if len(unique) == 1 else None


def _ordered(relation: Boolean) -> list[tuple[sp.Basic, sp.Basic]]:
    """Pairs of which a relation says that the first is at most the second."""
    if isinstance(relation, sp.Eq):
        return [relation.args, relation.args[::-1]]
    if not isinstance(relation, Relational) or isinstance(relation, sp.Ne):
        return []
    return [(relation.lts, relation.gts)]


def between(v: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Boolean:
    """That v lies between two ends, whichever is the smaller; infinite ends are none."""
    if low.is_infinite or high.is_infinite:
        ends = (None if low.is_infinite else v >= low, None if high.is_infinite else v <= high)
        return sp.And(*(end for end in ends if end is not None))
    return sp.Or(sp.And(v >= low, v <= high), sp.And(v >= high, v <= low))


def said_by_ranges(
    facts: Iterable[Boolean],
) -> Iterator[tuple[sp.Eq, sp.Symbol, Boolean]]:
    """What equations say only together with the declared range of a symbol that they give a value:
    the equation, the symbol, and its range as a relation on the value."""
    for part in (part for fact in facts for part in sp.And.make_args(fact)):
        for symbol, value in (part.args, part.args[::-1]) if isinstance(part, sp.Eq) else ():
            if symbol.is_Symbol and not value.is_Symbol and symbol not in value.free_symbols:
                for relation in moved_ranges([(symbol, value)]):
                    yield part, symbol, relation


def moved_ranges(replaced: Iterable[tuple[sp.Symbol, sp.Expr | int]]) -> tuple[Boolean, ...]:
    """The declared range of each symbol, as relations on the expression that takes its place."""
    relations: list[Boolean] = []
    for symbol, expression in replaced:
        q, value = quantity(symbol), sp.sympify(expression)
        if q.low is not None:
            relations.append(sp.Gt(value, q.low) if q.open_low else sp.Ge(value, q.low))
        if q.high is not None:
            relations.append(sp.Lt(value, q.high) if q.open_high else sp.Le(value, q.high))
    return tuple(relations)
