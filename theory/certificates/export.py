"""Queries with their certificates as theorems of Coq and of Lean 4 (with Mathlib).

Each says that the formulas of a query exclude each other, for all real numbers, and its proof is
the certificate: the same splits, the same products, and linear arithmetic to add them up. A
quotient a/b is a variable q with `b = 0 or q b = a`, a term by cases one that is this or that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from .cases import Known, also, assertions, definition, difference, nodes, relation
from .checker import SIGNS, combined, parse, value
from .stored import without_comments

_TAKEN = re.compile(
    r"[cfghqs]\d+|as|at|by|do|else|end|exists|fix|forall|from|fun|if|in|let|match|open|then|with"
)


_Facts = tuple[frozenset | str, ...]
"""The polynomials of which something was said, fact i at place i, and names of terms by cases of
which it was said what they are."""


class Coq:
    """A query in Coq, with nothing but its standard library."""

    suffix = ".v"
    head = "Require Import Reals Lra.\nOpen Scope R_scope.\n"
    comment = "(* {} *)"
    words: Mapping[str, str] = {"and": "/\\", "or": "\\/", "=>": "->", "not": "~", "iff": "<->"}
    split = "assert ({0} : {1} \\/ ~ {1}) by lra. destruct {0} as [{0} | {0}]."
    case, close = "{ ", " }"
    fact = "assert ({} : {}) by lra."
    nonzero = "assert ({0} : {1}) by (assert ({2} < 0 \\/ {2} > 0) by lra; nra)."
    resolved = "assert ({0} : {1} = {2}) by lra. rewrite {0} in *."
    given = "pose proof {1} as {0}."
    strict, weak = "(Rmult_lt_0_compat _ _ {} {})", "(Rmult_le_pos _ _ {} {})"
    weaker, square = "(Rlt_le _ _ {})", "(Rle_0_sqr {})"
    multiple = "(Rmult_eq_compat_l {} _ _ {})"
    done = "unfold Rsqr in *. lra."
    end = "Qed."

    def __init__(self, query: str, certificate: Mapping[str, Any]) -> None:
        self.tree, asserted = certificate["tree"], assertions(without_comments(query))
        quotients = parse(certificate.get("quotients", ""))
        self.asserted = [*asserted, *map(definition, quotients)]
        used = {i for node in nodes(self.tree) for i in _words(node) if isinstance(i, int)}
        self.formulas = [e for i, e in enumerate(asserted) if i in used]
        self.names: dict[str, str] = {}
        self.terms: dict[Any, str] = {}  # quotients and terms by cases, inner ones first
        texts = {text for node in nodes(self.tree) for text in _words(node)} - used
        for e in (*self.formulas, *quotients, *(e for text in sorted(texts) for e in parse(text))):
            self._collect(e)

    @classmethod
    def remark(cls, text: str) -> str:
        """A text as a comment, whatever it holds."""
        for ends in ("(*", "*)", "/-", "-/", '"'):
            text = text.replace(ends, " ".join(ends) if len(ends) > 1 else "'")
        return cls.comment.format(text)

    def theorem(self, name: str) -> str:
        """The theorem of this name, with its proof."""
        said = [*map(self.formula, self.formulas), *map(self._meaning, self.terms)]
        names = {f"h{i}": text for i, text in enumerate(said)}
        variables = list(dict.fromkeys((*self.names.values(), *self.terms.values())))
        proof = "\n".join(self._proof(self.tree, {}, ())).replace("\n", "\n  ")
        return f"{self._stated(name, variables, names)}\n  {proof}\n{self.end}"

    def _stated(self, name: str, variables: list[str], said: dict[str, str]) -> str:
        said_of = f"forall {' '.join(variables)} : R," if variables else ""
        arrows = " ->\n  ".join([*said.values(), "False"])
        intros = " ".join([*variables, *said])
        return f"Theorem {name} : {said_of}\n  {arrows}.\nProof.\n  intros {intros}."

    def _collect(self, e: Any) -> None:
        if isinstance(e, str):
            if not e[0].isdigit() and e not in (*SIGNS, *self.words, "+", "-", "*", "/", "ite"):
                word = re.sub(r"\W", "_", e)
                self.names.setdefault(e, f"{word}_v" if _TAKEN.fullmatch(word) else word)
            return
        for part in e[1:]:
            self._collect(part)
        if e[0] == "ite" or (e[0] == "/" and not _is_number(e[2])):
            kind = "c" if e[0] == "ite" else "q"
            self.terms.setdefault(e, f"{kind}{len(self.terms)}")

    def _meaning(self, e: Any) -> str:
        name, (_, *parts) = self.terms[e], e
        if e[0] == "/":
            a, b = map(self.term, parts)
            return f"({b} = 0 {self.words['or']} {name} * {b} = {a})"
        yes, (a, b) = self.formula(parts[0]), map(self.term, parts[1:])
        both, either, no = (self.words[word] for word in ("and", "or", "not"))
        return f"(({yes} {both} {name} = {a}) {either} ({no} {yes} {both} {name} = {b}))"

    def formula(self, e: Any) -> str:
        """A formula in brackets."""
        if e in ("true", "false"):
            return f"(0 = {int(e == 'false')})"
        op, *parts = e
        if op in SIGNS and not _is_formula(parts[0]):
            return f"({self.term(parts[0])} {op} {self.term(parts[1])})"
        said = list(map(self.formula, parts))
        if op == "not":
            return f"({self.words['not']} {said[0]})"
        word = self.words["iff" if op == "=" else op]
        return f"({f' {word} '.join(said)})" if said else f"(0 = {int(op == 'or')})"

    def term(self, e: Any, known: Known | None = None) -> str:
        """A term in brackets; where something is known, what it is there."""
        if isinstance(e, str):
            return self.names.get(e, e)
        op, *parts = e
        if op == "ite" and known is not None and (case := value(known, parts[0])):
            return self.term(parts[case], known)
        if e in self.terms:
            return self.terms[e]
        said = [self.term(part, known) for part in parts]
        return f"({f' {op} '.join(said)})" if len(said) > 1 else f"({op} {said[0]})"

    def polynomial(self, p: Mapping[tuple[str, ...], Any]) -> str:
        """A polynomial in brackets."""
        names = {**self.names, **{str(e): name for e, name in self.terms.items()}}
        terms = [" * ".join([f"({c})", *(names[v] for v in m)]) for m, c in p.items()]
        return f"({' + '.join(terms or ['0'])})"

    def _proof(self, node: Any, known: Known, facts: _Facts) -> Iterator[str]:
        """The lines that close a node; fact i is the last that was said of a polynomial."""
        if isinstance(node, int):
            yield self.done
        elif isinstance(node, dict):
            for number, (_, *parts) in enumerate(node["sum"]):
                if proof := self._product(parts, known, facts):
                    yield self.given.format(f"g{number}", proof)
            yield self.done
        else:
            on, *sides = node
            e = relation(self.asserted[on] if isinstance(on, int) else parse(on)[0])
            cases = list(zip(sides, (True, False), strict=True))
            left = [case for case in cases if not self._follows(e, *case, known, facts)]
            if len(left) == 1:
                yield from self._case(e, *left[0], known, facts)
                return
            yield self.split.format(f"s{len(facts)}", self.formula(e))
            for side, holds in cases:
                lines = list(self._case(e, side, holds, known, facts))
                lines[-1] += self.close
                text = "\n".join(lines).replace("\n", "\n  ")
                yield f"{self.case}{text}"

    def _follows(self, e: Any, node: Any, holds: bool, known: Known, facts: _Facts) -> bool:
        """Whether linear arithmetic sees that a case does not occur."""
        return isinstance(node, int) and not self._decided(also(known, e, holds), facts)

    def _decided(self, known: Known, facts: _Facts) -> list[Any]:
        """Terms by cases of which more is known than was said."""
        terms = [e for e, name in self.terms.items() if e[0] == "ite" and name not in facts]
        return [e for e in terms if value(known, e[1])]

    def _case(self, e: Any, node: Any, holds: bool, known: Known, facts: _Facts) -> Iterator[str]:
        """The lines that say that a relation holds, or does not, and close a node there."""
        more = also(known, e, holds)
        p = difference(known, *e[1:])
        if -1 in more[p] and 1 not in more[p]:
            p = difference(known, *reversed(e[1:]))
        name, said = f"f{len(facts)}", self.polynomial(dict(p))
        if more[p] == {-1, 1}:
            square = self.polynomial(combined("*", dict(p), dict(p)))
            yield self.nonzero.format(name, f"0 < {square}", said)
        else:
            sign = "{} = 0" if more[p] == {0} else "0 < {}" if more[p] == {1} else "0 <= {}"
            yield self.fact.format(name, sign.format(said))
        decided = self._decided(more, facts)
        for term in decided:
            name = self.terms[term]
            yield self.resolved.format(f"e{name}", name, self.term(term, more))
        yield from self._proof(node, more, (*facts, p, *(self.terms[term] for term in decided)))

    def _product(self, parts: list[Any], known: Known, facts: _Facts) -> str:
        """The proof of a product that linear arithmetic does not find by itself, or nothing."""
        if len(parts) < 2:
            return ""
        keys = list(known)
        polynomials = [
            dict(keys[part]) if isinstance(part, int) else value(known, *parse(part))
            for part in parts
        ]
        for place, part in enumerate(parts):
            if isinstance(part, int) and known[keys[part]] == {0}:
                others = [p for k, p in enumerate(polynomials) if k != place]
                factor = reduce(lambda p, q: combined("*", p, q), others, {(): 1})
                return self.multiple.format(self.polynomial(factor), self._name(keys[part], facts))
        proofs: list[tuple[str, bool]] = []
        for part in dict.fromkeys(parts):
            power = parts.count(part)
            if isinstance(part, int):
                signs = known[keys[part]]
                once = self._name(keys[part], facts), 0 not in signs
                proofs += (power // 2 if signs == {-1, 1} else power) * [once]
            else:
                root = self.polynomial(value(known, *parse(part)))
                proofs += power // 2 * [(self.square.format(root), False)]
        return reduce(self._times, proofs)[0]

    def _name(self, p: frozenset, facts: _Facts) -> str:
        """The last fact about a polynomial, or about the same with another sign."""
        less = frozenset(combined("-", {}, dict(p)).items())
        return f"f{max(i for i, known in enumerate(facts) if known in (p, less))}"

    def _times(self, one: tuple[str, bool], other: tuple[str, bool]) -> tuple[str, bool]:
        if one[1] and other[1]:
            return self.strict.format(one[0], other[0]), True
        weak = [self.weaker.format(name) if strict else name for name, strict in (one, other)]
        return self.weak.format(*weak), False


class Lean(Coq):
    """A query in Lean 4 with Mathlib."""

    suffix = ".lean"
    head = (
        "import Mathlib\n\n"
        'macro "from_facts" : tactic =>\n'
        "  `(tactic| first | linarith | grind | (simp_all <;> linarith))\n"
    )
    comment = "/- {} -/"
    words: Mapping[str, str] = {"and": "∧", "or": "∨", "=>": "→", "not": "¬", "iff": "↔"}
    split = "by_cases {0} : {1}"
    case, close = "· ", ""
    fact = "have {} : {} := by from_facts"
    nonzero = (
        "have {} : {} := by\n"
        "  have root := mul_self_pos.mpr (show {} ≠ 0 by from_facts)\n  linarith"
    )
    resolved = "have {0} : {1} = {2} := by from_facts\nsubst {0}"
    given = "have {0} := {1}"
    strict, weak = "(mul_pos {} {})", "(mul_nonneg {} {})"
    weaker, square = "(le_of_lt {})", "(mul_self_nonneg {})"
    multiple = "(mul_eq_zero_of_right {} {})"
    done = "from_facts"
    end = ""

    def _stated(self, name: str, variables: list[str], said: dict[str, str]) -> str:
        hypotheses = "".join(f"\n    ({h} : {text})" for h, text in said.items())
        return f"theorem {name} ({' '.join(variables)} : ℝ){hypotheses} : False := by"


SYSTEMS = {"coq": Coq, "lean": Lean}


def _words(node: Any) -> list[Any]:
    """What a node says: numbers of assertions, and texts."""
    if isinstance(node, dict):
        return [part for _, *parts in node["sum"] for part in parts if isinstance(part, str)]
    return node[:1] if isinstance(node, list) else [node]


def _is_number(e: Any) -> bool:
    return isinstance(e, str) and e[0].isdigit()


def _is_formula(e: Any) -> bool:
    return e in ("true", "false") or e[0] in ("not", "and", "or", "=>", *SIGNS)
