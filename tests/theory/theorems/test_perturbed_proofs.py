"""Planted errors in the theorems on perturbed sets: each must leave a step open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sympy as sp
from perturbproof.theory import prove, theorem

Change = Callable[[sp.Basic], sp.Basic]

PLANTED = (
    ("perturbed-boundary", "multipliers-upper", lambda e: e.func(2 * e.lhs, e.rhs)),
    ("learning-natural", "normal-lower", lambda e: e.func(e.lhs, 2 * e.rhs)),
    ("perturbation-features", "classifies", lambda e: e.func(e.lhs, 2 * e.rhs)),
    ("matching-deterministic", "base-part", lambda e: e.func(2 * e.lhs, e.rhs)),
    ("matching-random-labels", "matching", lambda e: e.func(2 * e.lhs, e.rhs)),
    ("perturbation-alignment", "value", lambda e: e.func(e.lhs, 2 * e.rhs)),
    ("gradient-alignment", "best", lambda e: e.func(e.lhs, 2 * e.rhs)),
)


@pytest.mark.parametrize(
    ("id", "claim", "change"), PLANTED, ids=[p[0] + "/" + p[1] for p in PLANTED]
)
def test_a_stronger_claim_is_a_gap(id: str, claim: str, change: Callable) -> None:
    entry = theorem(id)
    claims = tuple(
        replace(c, relation=change(c.relation), formal=None) if c.id == claim else c
        for c in entry.claims
    )
    proof = prove(replace(entry, claims=claims))
    assert proof.verdict == "gap"
    assert all(step.kind == "claim" for step in proof.open_steps)


@pytest.mark.parametrize(
    ("id", "dropped"),
    [
        ("perturbed-boundary", "perturbed-half-aware"),
        ("learning-natural", "half-aware"),
        ("perturbation-features", "pattern"),
        ("perturbation-features", "support"),
        ("perturbation-alignment", "few"),
        ("gradient-alignment", "pattern"),
        ("gradient-alignment", "not-opposed"),
        ("matching-deterministic", "same-side"),
        ("matching-random-labels", "outweighs"),
        ("matching-flipped-labels", "one-sided"),
        ("matching-flipped-orthogonal", "settled"),
        ("learning-noise", "two-samples"),
        ("growth", "region"),
    ],
)
def test_a_dropped_hypothesis_is_a_gap(id: str, dropped: str) -> None:
    entry = theorem(id)
    kept = tuple(a for a in entry.assumptions if a.id != dropped)
    steps = tuple(
        replace(s, by=" ".join(u for u in s.rests_on if u != dropped)) for s in entry.proof
    )
    assert prove(replace(entry, assumptions=kept, proof=steps)).verdict != "proved"
