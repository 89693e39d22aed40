"""Random instances: no FAIL and no ERROR in the regime, no PASS outside."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from perturbproof.numerics.boundary import multipliers
from perturbproof.theory import catalog, theorem
from perturbproof.verify.run.run import run_scenario
from perturbproof.verify.selftest.instances import (
    RECIPES,
    Agreement,
    Instance,
    agreement,
    instances,
    nearly_orthogonal,
)
from perturbproof.verify.values import Verdict

from .small_scenarios import PROVED, scenario

FEW, MANY = 10, 1400
#: How often the large run reaches each theorem in its regime, at least, and has it pass.
REACHED = {t.id: (20, 5) for t in catalog()} | {
    # Only the few instances in high dimension can meet these.
    "concentration": (5, 1),
    "concentration-half-aware": (5, 1),
    "learning-noise": (2, 0),
    "matching-random-labels": (5, 1),
    "growth": (5, 1),
    "accuracy-prediction": (5, 1),
    # No recipe fixes the values of these assumptions.
    "linear-limit": (0, 0),
    "limit-candidate": (0, 0),
    "supporting-samples": (0, 0),
    "capture": (0, 0),
    "capture-anchored": (0, 0),
    "capture-general": (0, 0),
    "captured-limit": (0, 0),
    "captured-learning": (0, 0),
    # Of wide networks, which have scenarios of their own.
    "path-kernel": (0, 0),
    "bias-kernel": (0, 0),
    "lazy-kernel": (0, 0),
    "wide-agreement": (0, 0),
}


def show(found: Agreement) -> None:
    for id, tally in found.tallies.items():
        print(f"{id}: {', '.join(f'{where} {dict(n)}' for where, n in tally.items() if n)}")
    print(f"{found.inside} instances in some regime, {found.outside} out of some")


def test_few_instances_agree() -> None:
    found = agreement(FEW, np.random.default_rng(1), proofs=PROVED)
    show(found)
    assert found.wrong == ()
    assert found.inside >= 6
    assert found.outside >= 4
    assert found.tallies["standard-boundary"]["inside"]["PASS"] >= 2


@pytest.mark.slow
def test_many_instances_agree() -> None:
    found = agreement(MANY, np.random.default_rng(7), proofs=PROVED)
    show(found)
    assert found.wrong == ()
    assert found.inside >= 1000
    assert found.outside >= 1000
    for id, (reached, passed) in REACHED.items():
        tally = found.tallies[id]
        assert tally["inside"].total() >= reached, id
        assert tally["inside"]["PASS"] >= passed, id


def test_the_recipe_knows_the_regime() -> None:
    """Against the paper's condition in rationals."""
    rng, seen = np.random.default_rng(5), set()
    for number in range(40):
        instance = nearly_orthogonal(rng, f"n{number}")
        known = {name: Fraction(value) for name, value in instance.known.items()}
        bound = known["gamma"] ** 3 * known["R_min"] ** 2 / (3 * known["N"])
        inside = instance.regime(theorem("standard-boundary"))
        assert inside is (known["p_max"] < bound)
        seen.add(inside)
    assert seen == {True, False}
    assert Instance(instance.scenario, {}).regime(theorem("standard-boundary")) is None


def test_instances_are_a_function_of_the_seed_and_use_every_recipe() -> None:
    one, other = (list(instances(40, np.random.default_rng(3))) for _ in range(2))
    assert [i.scenario for i in one] == [i.scenario for i in other]
    assert {i.scenario.name.rsplit("-", 1)[0] for i in one} == set(RECIPES)


@pytest.mark.slow
def test_a_fault_in_the_numerics_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    right = multipliers.margin_matrix
    monkeypatch.setattr(
        multipliers, "margin_matrix", lambda gram, y, slope: right(gram, y, Fraction(slope) / 2)
    )
    found = agreement(2, np.random.default_rng(1), proofs=PROVED)
    assert any("ERROR" in line for line in found.wrong)


@pytest.mark.slow
def test_a_false_theorem_does_not_agree() -> None:
    original = theorem("standard-boundary")
    upper = next(c for c in original.claims if c.id == "multipliers-upper")
    low, high = upper.relation.args
    false = replace(upper, relation=type(upper.relation)(low, high / 3), formal=None)
    claims = tuple(false if c.id == upper.id else c for c in original.claims)
    changed = replace(original, claims=claims)
    known = tuple(changed if t.id == changed.id else t for t in catalog())
    found = agreement(3, np.random.default_rng(1), theorems=known, proofs=PROVED)
    assert any("standard-boundary is FAIL in its regime" in line for line in found.wrong)


def test_where_no_bound_applies_a_theorem_is_vacuous_and_no_error() -> None:
    """Far outside its condition the multiplier bound's formula is negative, and bounds nothing."""
    noise = {"base": "uniform", "samples": 6, "labels": "random"}
    far = scenario(
        data={"kind": "uniform", "samples": 4, "dimension": 100},
        perturbed={**noise, "perturbation": {"kind": "l2", "eps": 1.0}},
        network={"slope": 0.9, "width": 2, "initial_scale": 1e-4},
        training={"steps": 50},
        chance={"draws": 5},
        theorems=["matching-random-labels", "growth"],
    )
    outcome = run_scenario(far, PROVED)
    assert [verdict for verdict, _ in outcome.judged] == [Verdict.VACUOUS] * 2, outcome.judgements
