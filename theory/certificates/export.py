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

from .facts import SIGNS, Branch, plain
from .polynomials import Polynomial, parse, times

_TAKEN = re.compile(
    r"[cfghqs]\d+|as|at|by|do|else|end|exists|fix|forall|from|fun|if|in|let|match|open|then|with"
)


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
    resolved = "replace {1} with {2} in * by lra."
    given = "pose proof {1} as {0}."
    strict, weak = "(Rmult_lt_0_compat _ _ {} {})", "(Rmult_le_pos _ _ {} {})"
    weaker, square = "(Rlt_le _ _ {})", "(Rle_0_sqr {})"
    multiple = "(Rmult_eq_compat_l {} _ _ {})"
    done = "unfold Rsqr in *. lra."
    end = "Qed."

    def __init__(self, query: str, certificate: Mapping[str, Any]) -> None:
        asserted = [command[1] for command in parse(query) if command[0] == "assert"]
        self.formulas = [asserted[i] for i in certificate["from"]]
        self.tree = certificate
        self.names: dict[str, str] = {}
        self.terms: dict[Any, str] = {}  # quotients and terms by cases, inner ones first
        for e in (*self.formulas, *_splits(certificate)):
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
        proof = "\n".join(self._proof(self.tree, [])).replace("\n", "\n  ")
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
            self.terms.setdefault(plain(e), f"{kind}{len(self.terms)}")

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

    def term(self, e: Any, branch: Branch | None = None) -> str:
        """A term in brackets; in a branch, what it is there."""
        if isinstance(e, str):
            return self.names.get(e, e)
        op, *parts = e
        if op == "ite" and branch is not None:
            case = branch.value(plain(parts[0]))
            if case is not None:
                return self.term(parts[1 if case else 2], branch)
        if plain(e) in self.terms:
            return self.terms[plain(e)]
        said = [self.term(part, branch) for part in parts]
        return f"({f' {op} '.join(said)})" if len(said) > 1 else f"({op} {said[0]})"

    def polynomial(self, p: Polynomial) -> str:
        """A polynomial in brackets."""
        names = {**self.names, **{str(e): name for e, name in self.terms.items()}}
        terms = [" * ".join([f"({c})", *(names[v] for v in m)]) for m, c in p.items()]
        return f"({' + '.join(terms or ['0'])})"

    def _proof(self, node: Mapping[str, Any], known: list[Any]) -> Iterator[str]:
        if "on" not in node:
            yield from self._leaf(node["sum"], known)
            return
        (e,) = parse(node["on"])
        yield self.split.format(f"s{len(known)}", self.formula(e))
        for part, formula in ((node["yes"], plain(e)), (node["no"], ("not", plain(e)))):
            lines = list(self._proof(part, [formula, *known]))
            lines[-1] += self.close
            text = "\n".join(lines).replace("\n", "\n  ")
            yield f"{self.case}{text}"

    def _leaf(self, terms: list[Any], known: list[Any]) -> Iterator[str]:
        branch = Branch([*known, *map(plain, self.formulas)])
        for e, name in self.terms.items():
            if e[0] == "ite" and branch.value(e[1]) is not None:
                yield self.resolved.format(f"e{name}", name, self.term(e, branch))
        nonzero = [dict(name) for name, signs in branch.signs.items() if 0 not in signs]
        roots = {branch.possible(times(p, p))[0]: p for p in nonzero}
        for i in sorted({i for _, chosen, *_ in terms for i in chosen if branch.facts[i][0]}):
            p, signs = branch.facts[i]
            relation = "{} = 0" if signs == {0} else "0 < {}" if signs == {1} else "0 <= {}"
            fact = f"f{i}", relation.format(self.polynomial(p))
            root = roots.get(branch.possible(p)[0])
            how = self.fact if root is None else self.nonzero
            yield how.format(*fact, self.polynomial(root or {}))
        for number, (c, chosen, *square) in enumerate(terms):
            if proof := self._product(branch, c, chosen, square):
                yield self.given.format(f"g{number}", proof)
        yield self.done

    def _product(self, branch: Branch, c: str, chosen: list[int], squares: list[str]) -> str:
        """The proof of a product that linear arithmetic does not find by itself, or nothing."""
        for equation in [i for i in chosen if branch.facts[i][1] == {0}][:1]:
            others = list(chosen)
            others.remove(equation)
            factor = reduce(times, [branch.facts[i][0] for i in others], self._read(branch, c))
            return self.multiple.format(self.polynomial(factor), f"f{equation}")
        proofs = [(f"f{i}", branch.facts[i][1] == {1}) for i in chosen]
        for square in squares:
            root = self.polynomial(self._read(branch, square))
            proofs.append((self.square.format(root), False))
        return reduce(self._times, proofs)[0] if squares or len(proofs) > 1 else ""

    def _times(self, one: tuple[str, bool], other: tuple[str, bool]) -> tuple[str, bool]:
        if one[1] and other[1]:
            return self.strict.format(one[0], other[0]), True
        weak = [self.weaker.format(name) if strict else name for name, strict in (one, other)]
        return self.weak.format(*weak), False

    def _read(self, branch: Branch, text: str) -> Polynomial:
        (e,) = parse(text)
        return branch.term(e) or {}


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


def _splits(node: Mapping[str, Any]) -> Iterator[Any]:
    if "on" in node:
        yield from (*parse(node["on"]), *_splits(node["yes"]), *_splits(node["no"]))


def _is_number(e: Any) -> bool:
    return isinstance(e, str) and e[0].isdigit()


def _is_formula(e: Any) -> bool:
    return e in ("true", "false") or e[0] in ("not", "and", "or", "=>", *SIGNS)
