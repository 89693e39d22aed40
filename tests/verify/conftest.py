"""Proofs and one measured scenario, shared: both are pure functions of their inputs."""

from collections.abc import Mapping

import pytest
from perturbproof.theory import catalog, prove
from perturbproof.theory.engine import ProofReport
from perturbproof.theory.statement import Theorem

from .small_scenarios import scenario

_USED = (
    "standard-boundary",
    "half-aware",
    "exact-multipliers",
    "refined-multipliers",
    "row-wise",
    "half-aware-row-wise",
    "signed-row-wise",
)


@pytest.fixture(scope="session")
def theorems() -> tuple[Theorem, ...]:
    """The theorems about one trained network, which a small scenario can measure in full."""
    return tuple(theorem for theorem in catalog() if theorem.id in _USED)


@pytest.fixture(scope="session")
def proofs(theorems: tuple[Theorem, ...]) -> Mapping[str, ProofReport]:
    return {theorem.id: prove(theorem) for theorem in theorems}


@pytest.fixture(scope="session")
def outcome(theorems, proofs):
    """The base scenario, run once for every theorem above."""
    from perturbproof.verify.run.run import run_scenario

    every = scenario(theorems=[theorem.id for theorem in theorems])
    return run_scenario(every, proofs, theorems=theorems)
