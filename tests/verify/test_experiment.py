"""Planted faults: whatever part of the code is wrong, no affected theorem passes.

Each fault replaces one function where `learner` uses it. The multipliers, the Gram matrix and
the trainer are all faulted, alone and as they share inputs.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.theory.engine import ProofReport
from perturbproof.theory.statement import Theorem
from perturbproof.verify.measure import learner as module
from perturbproof.verify.measure.experiment import FORMS, Experiment
from perturbproof.verify.run.run import run_scenario
from perturbproof.verify.values import Verdict

from .small_scenarios import FAR_OUTSIDE, scenario

ABOUT_THE_LIMIT = {"lambda_min", "lambda_max", "activation_margin", "tau"}


def test_without_a_fault_everything_passes(outcome) -> None:
    assert {j.theorem.id: j.verdict for j in outcome.judgements} == {
        j.theorem.id: Verdict.PASS for j in outcome.judgements
    }
    assert len(outcome.judgements) == 7
    assert [check.agree for check in outcome.cross_checks] == [True] * len(outcome.cross_checks)
    assert len(outcome.cross_checks) >= 2


def exactly(change: Callable) -> Callable:
    """A fault in the exact solution: its arguments (Gram, labels, slope) are changed."""
    right = module.linear_kkt_point
    return lambda gram, y, slope, **rest: right(*change(gram, y, slope), **rest)


def wrong_slope(gram, y, slope):
    return gram, y, slope * Fraction(9, 10)


def wrong_label(gram, y, slope):
    return gram, np.where(np.arange(len(y)) == 0, -y, y), slope


def swapped_classes_of_one_pair(gram, y, slope):
    order = np.arange(len(y))
    order[[0, 1]] = [1, 0]
    return gram, y[order], slope


@pytest.fixture
def verdicts(theorems: tuple[Theorem, ...], proofs: Mapping[str, ProofReport]):
    def run(angle: float = 0.3) -> dict[str, Verdict]:
        """A wide angle, so that nothing but a cross-check can tell the fault."""
        every = scenario(theorems=[t.id for t in theorems], tolerance={"angle": angle})
        result = run_scenario(every, proofs, theorems=theorems)
        assert result.error is None
        return {j.theorem.id: j.verdict for j in result.judgements}

    return run


def touching(theorems: tuple[Theorem, ...], symbols: set[str]) -> set[str]:
    return {t.id for t in theorems if symbols & {s.name for s in t.measured_symbols}}


@pytest.mark.parametrize("fault", [wrong_slope, wrong_label, swapped_classes_of_one_pair])
def test_a_wrong_exact_solution_is_an_error(monkeypatch, verdicts, theorems, fault) -> None:
    monkeypatch.setattr(module, "linear_kkt_point", exactly(fault))
    found = verdicts()
    affected = touching(theorems, ABOUT_THE_LIMIT)
    assert affected == set(found)
    assert {found[id] for id in affected} == {Verdict.ERROR}


@pytest.mark.parametrize("factor", [0.98, 1.02])
def test_multipliers_off_by_a_factor_are_an_error(monkeypatch, verdicts, factor: float) -> None:
    right = module.linear_kkt_point

    def scaled(*given, **rest):
        solution = right(*given, **rest)
        return replace(solution, lam=solution.lam * factor)

    monkeypatch.setattr(module, "linear_kkt_point", scaled)
    assert set(verdicts().values()) == {Verdict.ERROR}


def one_negated_pair(mid):
    mid[0, 1] *= -1
    mid[1, 0] *= -1
    return mid


def one_negated_entry(mid):
    mid[0, 1] *= -1
    return mid


def two_rows_swapped(mid):
    return mid[:, [1, 0, *range(2, len(mid))]]


def halved_products(mid):
    return np.where(np.eye(len(mid)) > 0, mid, mid / 2)


def flipped(mid):
    return mid[::-1, ::-1].copy()


@pytest.mark.parametrize(
    "fault", [one_negated_pair, one_negated_entry, two_rows_swapped, halved_products, flipped]
)
def test_a_wrong_gram_matrix_never_passes(monkeypatch, verdicts, fault) -> None:
    """The exact solution and the trainer both use it, so neither can tell on the other."""
    right = module.gram_statistics

    def wrong(x, **rest):
        statistics = right(x, **rest)
        gram = statistics.gram
        return replace(statistics, gram=BallArray(fault(gram.mid.copy()), gram.rad))

    monkeypatch.setattr(module, "gram_statistics", wrong)
    assert Verdict.PASS not in verdicts().values()


def test_a_gram_matrix_of_other_samples_never_passes(monkeypatch, verdicts) -> None:
    right = module.gram_statistics
    monkeypatch.setattr(module, "gram_statistics", lambda x, **rest: right(x * 1.01, **rest))
    assert Verdict.PASS not in verdicts().values()


def trained_with(change: Callable) -> Callable:
    right = module.train

    def train(sample, start, slope, recipe, **rest):
        return right(*change(sample, start, slope, recipe), **rest)

    return train


def stopped_early(sample, start, slope, recipe):
    return sample, start, slope, replace(recipe, steps=3)


def on_a_flipped_label(sample, start, slope, recipe):
    y = np.where(np.arange(sample.n) == 0, -sample.y, sample.y)
    return replace(sample, y=y), start, slope, recipe


def with_another_slope(sample, start, slope, recipe):
    return sample, start, 0.9 * slope, recipe


def from_a_start_ten_thousand_times_larger(sample, start, slope, recipe):
    return sample, 1e4 * start, slope, replace(recipe, steps=10)


@pytest.mark.parametrize(
    "fault",
    [
        stopped_early,
        on_a_flipped_label,
        with_another_slope,
        from_a_start_ten_thousand_times_larger,
    ],
)
def test_a_wrong_trainer_never_passes_for_what_speaks_of_training(
    monkeypatch, verdicts, theorems, fault
) -> None:
    monkeypatch.setattr(module, "train", trained_with(fault))
    found = verdicts(0.01)
    for id in touching(theorems, {"tau"}):
        assert found[id] in (Verdict.INCONCLUSIVE, Verdict.ERROR), id


def test_a_trainer_stopped_early_says_what_to_do(monkeypatch, proofs, theorems) -> None:
    monkeypatch.setattr(module, "train", trained_with(stopped_early))
    (judgement,) = run_scenario(scenario(), proofs, theorems=theorems).judgements
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "train longer" in judgement.reason


# ---------------------------------------------------------------- the experiment itself


def test_parts_are_computed_once_and_only_when_asked_for(monkeypatch) -> None:
    calls = []
    for name in ("gram_statistics", "linear_kkt_point", "train", "row_wise"):
        right = getattr(module, name)

        def counted(*given, _name=name, _right=right, **rest):
            calls.append(_name)
            return _right(*given, **rest)

        monkeypatch.setattr(module, name, counted)
    one = Experiment(scenario(training={"steps": 20}))
    assert one.sample is one.drawn
    assert calls == []
    for _ in range(2):
        assert one.has_limit
        one.row_wise("plain")
        assert one.angle is one.angle
    assert sorted(calls) == ["gram_statistics", "linear_kkt_point", "row_wise", "train"]


def test_the_curve_ends_where_training_ends_and_agrees_with_the_enclosure() -> None:
    one = Experiment(scenario())
    last = one.training.curve[-1]
    assert one.angle is not None
    assert last.step == one.training.network.steps == 600
    assert [point.step for point in one.training.curve] == sorted(
        {point.step for point in one.training.curve}
    )
    assert one.angle.tau.lower * 0.99 - 1e-9 <= last.angle.tau <= one.angle.tau.upper * 1.01 + 1e-9


def test_progress_is_reported_up_to_the_end() -> None:
    seen: list[tuple[str, int, int]] = []
    one = Experiment(scenario(), progress=lambda *report: seen.append(report))
    assert one.training
    assert seen[-1] == ("training", 600, 600)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_without_a_limit_there_is_no_curve_no_angle_and_a_reason(tmp_path: Path) -> None:
    x = np.vstack([np.eye(3), np.eye(3)[:1]])
    np.savez(tmp_path / "clash.npz", x=x, y=[0, 1, 0, 1])
    # The same vector with both labels: no pattern is linear on it.
    data = {"kind": "file", "path": str(tmp_path / "clash.npz")}
    one = Experiment(scenario(data=data, training={"steps": 20}))
    assert not one.has_limit
    assert one.limit_multipliers is None
    assert one.angle is None
    assert one.training.curve == ()
    assert "sample 0 certainly leaves the linear pattern" in one.why_no_limit


@pytest.mark.parametrize("form", ["row-wise", "half-aware-row-wise", "signed-row-wise"])
def test_a_subset_meets_its_certificate_and_keeps_the_source_rows(form: str) -> None:
    one = Experiment(scenario(data={**FAR_OUTSIDE, "samples": 12}, subset={"certificate": form}))
    assert 2 <= one.sample.n <= one.drawn.n == 12
    np.testing.assert_array_equal(one.sample.x, one.drawn.x[one.sample.rows])
    assert one.row_wise(FORMS[form]).certified is True
