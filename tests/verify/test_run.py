"""Scenarios from data to verdict, findings included."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.train.training import DivergenceError
from perturbproof.theory import catalog
from perturbproof.verify.measure import measuring as module
from perturbproof.verify.run.run import run_scenario, select
from perturbproof.verify.values import ClaimVerdict, Verdict, exit_code

from .small_scenarios import FAR_OUTSIDE, ORTHOGONAL, OUTSIDE, scenario


@pytest.fixture
def run(theorems, proofs):
    def run_one(**changes):
        return run_scenario(scenario(**changes), proofs, theorems=theorems)

    return run_one


def only(outcome):
    (judgement,) = outcome.judgements
    return judgement


@pytest.mark.parametrize("slope", [0.3, 0.5, 1.0])
def test_in_the_regime_everything_passes(run, slope: float) -> None:
    # Of orthogonal samples the row-wise and exact bounds are equalities, which no rounding decides.
    every = ["standard-boundary", "half-aware", "refined-multipliers"]
    network = {"slope": slope, "width": 4, "initial_scale": 1e-4}
    result = run(data=ORTHOGONAL, network=network, theorems=every, training={"steps": 800})
    assert {j.theorem.id: j.verdict for j in result.judgements} == dict.fromkeys(
        every, Verdict.PASS
    )
    assert exit_code(result.judged) == 0
    assert result.error is None


@pytest.mark.parametrize("training", [{"loss": "logistic"}, {"dtype": "float32"}])
def test_the_verdict_does_not_hang_on_loss_or_precision(run, training) -> None:
    assert only(run(data=ORTHOGONAL, training={"steps": 800, **training})).verdict is Verdict.PASS


def test_past_the_papers_constant_the_theorem_is_vacuous_and_claims_observed(run) -> None:
    result = run(data=OUTSIDE)
    judgement = only(result)
    assert judgement.verdict is Verdict.VACUOUS
    assert {claim.verdict for claim in judgement.claims} == {ClaimVerdict.OBSERVED}
    # 0.01 against 0.5³/(3 · 8).
    assert "fails by a factor of 1.9" in judgement.reason
    assert any("fails by a factor of 1.9" in finding for finding in result.findings)
    assert exit_code(result.judged) == 4


def test_just_inside_and_just_outside_the_papers_constant(run) -> None:
    constant = 0.5**3 / (3 * 8)
    inside = run(data={**OUTSIDE, "coherence": constant * (1 - 1e-9)})
    beyond = run(data={**OUTSIDE, "coherence": constant * (1 + 1e-9)})
    assert only(inside).verdict is Verdict.PASS
    assert only(beyond).verdict is Verdict.VACUOUS


def test_a_stronger_theorem_passes_where_the_papers_is_vacuous(run) -> None:
    result = run(data=OUTSIDE, theorems=["standard-boundary", "half-aware"])
    assert [j.verdict for j in result.judgements] == [Verdict.VACUOUS, Verdict.PASS]


def test_far_outside_is_vacuous_for_the_scalar_conditions(run) -> None:
    result = run(data=FAR_OUTSIDE, expect="VACUOUS")
    assert only(result).verdict is Verdict.VACUOUS
    assert exit_code(result.judged) == 0


@pytest.mark.parametrize("same_label", [True, False])
@pytest.mark.parametrize("slope", [0.5, 1.0])
def test_duplicated_samples_are_no_bad_input_and_are_named(
    run, tmp_path: Path, theorems, same_label: bool, slope: float
) -> None:
    x = np.random.default_rng(5).standard_normal((9, 40))
    labels = np.array([2, 0, 1, 0, 1, 0, 1, 0, 1])
    copy, of = (6, 2) if same_label else (5, 2)
    x[copy] = x[of]
    np.savez(tmp_path / "d.npz", x=x, y=labels)
    data = {"kind": "file", "path": str(tmp_path / "d.npz"), "classes": [1, 0]}
    every = [theorem.id for theorem in theorems]
    result = run(data=data, theorems=every, network={"slope": slope, "width": 4})
    assert result.error is None
    assert {j.verdict for j in result.judgements} <= {Verdict.VACUOUS, Verdict.INCONCLUSIVE}
    # The first row of the file is in neither class, so samples and rows of the source differ.
    named = f"Samples {of - 1} and {copy - 1} (rows {of} and {copy} of the source) are equal"
    assert any(finding.startswith(named) for finding in result.findings)


def test_findings_name_the_certificate_that_chose_the_subset(run) -> None:
    subset = {"certificate": "signed-row-wise"}
    result = run(data={**FAR_OUTSIDE, "samples": 12}, subset=subset, theorems=["signed-row-wise"])
    assert only(result).verdict is Verdict.PASS
    about = next(finding for finding in result.findings if "of 12 samples" in finding)
    assert "signed" in about


def test_findings_are_sentences_without_repetition(run, theorems) -> None:
    result = run(data=FAR_OUTSIDE, theorems=[theorem.id for theorem in theorems])
    assert len(set(result.findings)) == len(result.findings)
    for finding in result.findings:
        assert finding.endswith(".")
        assert finding[0].isupper()


# ---------------------------------------------------------------- what cannot be run


FAULTS = [
    DivergenceError("weights became infinite"),
    MemoryError("no room"),
    OverflowError("math range error"),
    ZeroDivisionError("float division by zero"),
    np.linalg.LinAlgError("eigenvalues did not converge"),
    ValueError("no real number lies between 2 and 1"),
    TypeError("unhashable type: 'dict'"),
    KeyError("row_sum_max"),
    IndexError("index 4 is out of bounds"),
    AttributeError("'NoneType' object has no attribute 'lam'"),
    torch.OutOfMemoryError("CUDA out of memory"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: type(f).__name__)
def test_a_fault_is_an_error_of_its_scenario_and_does_not_end_the_run(
    run, monkeypatch, fault: Exception
) -> None:
    def fails(*_):
        raise fault

    monkeypatch.setattr(module, "measure", fails)
    result = run(expect="VACUOUS")
    assert str(fault) in (result.error or "")
    assert type(fault).__name__ in (result.error or "")
    assert result.judgements == ()
    assert exit_code(result.judged) == 1


def test_an_interrupt_is_not_swallowed(run, monkeypatch) -> None:
    def interrupts(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "measure", interrupts)
    with pytest.raises(KeyboardInterrupt):
        run()


def test_divergence_for_real(run) -> None:
    result = run(data={**ORTHOGONAL, "radius": 1e200}, training={"steps": 30})
    assert "training diverged" in (result.error or "")
    assert exit_code(result.judged) == 1


def test_a_large_loss_at_the_start_spoils_no_verdict(run) -> None:
    """exp(log loss) overflows in the curve, which only a figure shows."""
    network = {"slope": 0.5, "width": 4, "initial_scale": 1e3}
    result = run(data=FAR_OUTSIDE, network=network)
    assert result.error is None
    assert only(result).verdict is Verdict.VACUOUS


def test_unusable_data_are_bad_input_that_names_the_scenario(run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scenario small: .*no such file"):
        run(data={"kind": "file", "path": str(tmp_path / "none.npz")})


def test_a_subset_that_does_not_exist_is_bad_input(run, tmp_path: Path) -> None:
    np.savez(tmp_path / "line.npz", x=[[1.0], [2.0], [3.0]], y=[0, 1, 1])
    data = {"kind": "file", "path": str(tmp_path / "line.npz")}
    with pytest.raises(InputError, match="no two samples"):
        run(data=data, subset={"certificate": "row-wise"})


# ---------------------------------------------------------------- which theorems


def test_without_names_a_scenario_takes_every_theorem_it_can_measure() -> None:
    chosen = {theorem.id for theorem in select(scenario(theorems=None), catalog())}
    assert {"standard-boundary", "row-wise", "exact-multipliers"} <= chosen


def test_names_are_taken_in_their_order() -> None:
    names = ["row-wise", "standard-boundary"]
    assert [t.id for t in select(scenario(theorems=names), catalog())] == names


@pytest.mark.parametrize("changes", [{"theorems": ["fermat"]}, {"expect": {"fermat": "PASS"}}])
def test_an_unknown_theorem_is_bad_input(changes) -> None:
    with pytest.raises(InputError, match="no theorem 'fermat'; known: standard-boundary"):
        select(scenario(**changes), catalog())


def test_a_run_is_a_function_of_its_scenario(outcome, theorems, proofs) -> None:
    again = run_scenario(outcome.scenario, proofs, theorems=theorems)
    assert again.data == outcome.data
    assert again.figures == outcome.figures
    assert again.findings == outcome.findings
    assert [str(c.left) + str(c.right) for c in again.cross_checks] == [
        str(c.left) + str(c.right) for c in outcome.cross_checks
    ]
    other = run_scenario(outcome.scenario.model_copy(update={"seed": 1}), proofs, theorems=theorems)
    assert other.data["hash"] != outcome.data["hash"]


def test_judged_pairs_every_verdict_with_its_expectation(outcome) -> None:
    assert len(outcome.judged) == len(outcome.judgements)
    broken = replace(outcome, error="it broke", judgements=())
    assert [verdict for verdict, _ in broken.judged] == [Verdict.ERROR]
