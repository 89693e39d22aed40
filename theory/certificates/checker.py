"""Checks, by a certificate, that an SMT-LIB query about real numbers has no solution.

Only this file has to be trusted; it reads the query itself and computes with exact fractions.
A certificate is a tree of cases, `[relation, node where it holds, node where it does not]`; the
number of an assertion stands for the last relation in it. A case ends with `i`, where assertion i
is false, or with `{"sum": [[c, part, ...], ...]}`: products of a whole number c and parts, none of
them < 0 and one > 0, add up to the polynomial 0. A part is a term, or the number of a polynomial
whose signs are known: each new relation of a and b on the way adds a - b and b - a.
Quotients are variables, and terms by cases, until it is known which holds. For each quotient a/b in
`"quotients"`, beside the root `"tree"`, one more assertion says that b = 0 or (a/b)*b = a.
"""

from fractions import Fraction
from typing import Any

SIGNS = {"<": {-1}, "<=": {-1, 0}, "=": {0}, ">=": {0, 1}, ">": {1}}
ANY = {-1, 0, 1}
COMMANDS = {"assert": True, "check-sat": False, "declare-const": False, "set-logic": False}


def refuted(query: str, certificate: Any) -> bool:
    """Whether a certificate, of whatever shape, shows that no numbers meet all the assertions."""
    try:
        asserted = [command[1] for command in parse(query) if COMMANDS[command[0]]]
        for _, a, b in parse(certificate.get("quotients", "")):
            asserted.append(("or", ("=", b, "0"), ("=", ("*", ("/", a, b), b), a)))
        readable = query.count("(") == query.count(")") and not {*";|"} & {*query}
        return readable and closed(asserted, {}, certificate["tree"])
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return False


def closed(asserted: list[Any], known: dict[frozenset, set[int]], node: Any) -> bool:
    """Whether a node shows that no numbers meet the assertions and have the signs known."""
    if isinstance(node, int):
        return value(known, asserted[node]) == -1
    if isinstance(node, dict):
        return adds_up(known, node["sum"])
    on, yes, no = node
    e = asserted[on] if isinstance(on, int) else parse(on)[0]
    while e[0] in ("not", "or", "=>"):
        e = e[-1]
    op, a, b = e
    p = frozenset(value(known, ("-", a, b)).items())
    less = frozenset((m, -c) for m, c in p)
    cases = (known.get(p, ANY) & SIGNS[op], yes), (known.get(p, ANY) - SIGNS[op], no)
    return all(closed(asserted, {**known, p: s, less: {-x for x in s}}, case) for s, case in cases)


def adds_up(known: dict[frozenset, set[int]], products: list[Any]) -> bool:
    """Whether products, none of them < 0 and one > 0, have the sum 0."""
    polynomials, total, found = [dict(p) for p in known], {}, set()
    for c, *parts in products:
        product, signs = {(): int(c)}, {(int(c) > 0) - (int(c) < 0)}
        for part in set(parts):
            p = polynomials[part] if isinstance(part, int) else value(known, *parse(part))
            may, power = known.get(frozenset(p.items()), ANY), parts.count(part)
            signs = {x * s**power for x in signs for s in may}
            product = combined("*", product, *power * [p])
        total, found = combined("+", total, product), found | {min(signs)}
    return not total and 1 in found and -1 not in found


def value(known: dict[frozenset, set[int]], e: Any) -> Any:
    """A term as a polynomial; for a formula 1 if it holds, -1 if it does not, 0 if not known."""
    if isinstance(e, str):
        word = {(): int(e) if e.isdigit() else Fraction(e)} if e[0].isdigit() else {(e,): 1}
        return {"true": 1, "false": -1, "0": {}}.get(e, word)
    op, v = e[0], [value(known, part) for part in e[1:]]
    if op in SIGNS and len(v) == 2 and isinstance(v[-1], dict):
        may = known.get(frozenset(combined("-", *v).items()), ANY)
        return 1 if may <= SIGNS[op] else 0 if may & SIGNS[op] else -1
    if op in ("not", "and", "or", "=>", "="):
        then, same = max([v[-1], *(-x for x in v[:-1])]), max(min(v), -max(v))
        return {"not": -v[0], "and": min(v), "or": max(v), "=>": then, "=": same}[op]
    if op == "/" and len(v) == 2 and set(v[1]) == {()}:
        return combined("*", v[0], {(): 1 / Fraction(v[1][()])})
    if op in ("ite", "/"):
        return v[v[0]] if op == "ite" and v[0] else {(str(e),): 1}
    return combined(op, *v) if len(v) > 1 else combined({"-": "-"}[op], {}, *v)


def combined(op: str, p: dict, *rest: dict) -> dict:
    """p + q, p - q or p * q, and so on: a coefficient for each sorted product of variables."""
    for q in rest:
        total, p = ({}, p) if op == "*" else (dict(p), {(): {"+": 1, "-": -1}[op]})
        for m, c in p.items():
            for n, d in q.items():
                mn = tuple(sorted(m + n))
                total[mn] = total.get(mn, 0) + c * d
        p = {m: c for m, c in total.items() if c}
    return p


def parse(text: Any) -> tuple:
    """The expressions in a text, or in words up to a bracket that closes: words and tuples."""
    if isinstance(text, str):
        text = iter(text.replace("(", " ( ").replace(")", " ) ").split())
    return tuple(parse(text) if word == "(" else word for word in iter(text.__next__, ")"))
