"""The report of `perturbproof check --out`: the theorems about natural data, a scenario a slope."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from ...numerics.data import LabelledDataset
from ...theory.engine import ProofReport
from ...theory.exact.scalars import precision
from ...theory.statement import Theorem
from ...theory.symbols import symbols_of
from ...theory.theorems import catalog
from ..judge import judge
from ..measure.measuring import described
from ..measure.one_set import OF_GRAM
from ..run.run import Run, ScenarioOutcome, proved, run_scenario, select
from ..scenarios.learning import named_after
from ..scenarios.scenario import Network, Scenario
from ..values import Measured, Progress
from .ladder import CheckResult
from .rungs import summary_values


def check_run(
    check: CheckResult, data: LabelledDataset, precision: int | None, progress: Progress
) -> Run:
    """The run that the report is of: a scenario a slope, and the theorems it can be held to."""
    at = {"precision": precision}
    scenarios = [scenario_of(data, one.slope).model_copy(update=at) for one in check.slopes]
    theorems = tuple(
        theorem
        for theorem in select(max(scenarios, key=lambda s: s.network.slope), catalog())
        # Without the whole Gram matrix, those whose assumptions its summary decides.
        if check.full_matrix
        or _summarised(*symbols_of(*(assumed.relation for assumed in theorem.assumptions)))
    )
    proofs = proved(theorems, progress)
    outcomes = tuple(outcome_of(check, s, theorems, proofs, progress) for s in scenarios)
    return Run(outcomes, theorems, proofs)


def scenario_of(data: LabelledDataset, slope: float) -> Scenario:
    """The scenario of a source of data at a slope, named after it."""
    return Scenario(
        name=named_after(data, f"slope-{slope:g}"),
        description=f"The user's own data at slope {slope:g}.",
        data=data,
        network=Network(slope=slope),
    )


def _summarised(*symbols: sp.Symbol) -> bool:
    """Whether the summary of a Gram matrix has the values of all of these."""
    return {symbol.name for symbol in symbols} <= {"gamma", "N", "d", *OF_GRAM}


def outcome_of(
    check: CheckResult,
    scenario: Scenario,
    theorems: tuple[Theorem, ...],
    proofs: Mapping[str, ProofReport],
    progress: Progress,
) -> ScenarioOutcome:
    """Run or judge a scenario, on the very samples that were checked; nothing is expected.

    Where the Gram matrix was not held in full, no network is solved or trained, and claims are
    reported as not measured.
    """
    named = scenario.model_copy(update={"theorems": tuple(t.id for t in theorems)})
    if check.full_matrix:
        outcome = run_scenario(
            named, proofs, theorems=theorems, sample=check.sample, progress=progress
        )
    else:
        outcome = _assumptions_only(check, named, theorems, proofs)
    expected = {j.theorem.id: j.verdict.unasked for j in outcome.judgements}
    if not expected:
        return outcome
    return replace(outcome, scenario=named.model_copy(update={"expect": expected}))


def _assumptions_only(
    check: CheckResult,
    scenario: Scenario,
    theorems: tuple[Theorem, ...],
    proofs: Mapping[str, ProofReport],
) -> ScenarioOutcome:
    started = time.perf_counter()
    slope = scenario.network.slope
    limit = check.limits[slope]
    measured = {
        **summary_values(check.sample, check.gram, slope),
        "own_activation": Measured(limit.own_activation, limit.reason)
        if limit.own_activation is not None
        else Measured.missing(limit.reason),
    }
    missing = Measured.missing(
        f"not measured: only the assumptions are checked, for {check.left_out}"
    )
    names = {symbol.name for theorem in theorems for symbol in theorem.measured_symbols}
    values = {name: measured.get(name, missing) for name in (*names, "gamma")}
    with precision(scenario.working_bits):
        judgements = tuple(judge(t, proofs[t.id], values) for t in theorems)
    findings = (
        f"Only the assumptions were checked, without exact solution or trained network, for "
        f"{check.left_out}.",
    )
    return ScenarioOutcome(
        scenario,
        tuple(theorem.id for theorem in theorems),
        described(check.sample),
        values,
        seconds=time.perf_counter() - started,
        judgements=judgements,
        findings=findings,
    )
