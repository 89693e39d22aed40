"""The glossary: every sign with an index that a statement uses is explained somewhere."""

from __future__ import annotations

import re

import pytest
from perturbproof.theory.setting import NOTATION, SETTING
from perturbproof.theory.statement import Theorem
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems import catalog

# sum_n is no sign of its own, and k is another n.
SIGN = re.compile(r"(?<![\w'*^])(?!sum_)[A-Za-z]+_[a-z]{1,2}(?![\w])")
EXPLAINED = {sign.name for sign in NOTATION}
EXPLAINED |= {f"{name[:-1]}k" for name in EXPLAINED if name.endswith("_n")}
# Explained in the sentence that uses them.
DEFINED_THERE = {"b_j"}


def test_names_are_used_once_and_every_sign_says_something() -> None:
    assert len({sign.name for sign in NOTATION}) == len(NOTATION)
    assert all(sign.meaning for sign in NOTATION)
    assert all(line.says and line.formula_typst for line in SETTING)
    assert {"phi", "s_nj", "a_j", "w_j", "load"} <= EXPLAINED


@pytest.mark.parametrize("theorem", catalog(), ids=lambda theorem: theorem.id)
def test_signs_of_statements_are_explained(theorem: Theorem) -> None:
    measured = {
        s.name for p in (*theorem.assumptions, *theorem.claims) for s in symbols_of(p.relation)
    }
    says = [
        theorem.title,
        theorem.summary,
        *(p.says for p in (*theorem.assumptions, *theorem.claims)),
    ]
    signs = {sign for text in says for sign in SIGN.findall(text)}
    here = {
        s for s in signs if any(re.search(rf"\b{s} ?(=|for the|,? the )", text) for text in says)
    }
    assert signs - measured - EXPLAINED - DEFINED_THERE - here == set()
