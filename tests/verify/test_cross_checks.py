"""A fault reaches every theorem that rests on what is at fault."""

from __future__ import annotations

from fractions import Fraction

import pytest
from perturbproof.numerics.boundary import multipliers
from perturbproof.theory import prove, theorem
from perturbproof.verify.run.run import run_scenario
from perturbproof.verify.values import Verdict

from .small_scenarios import scenario

ON_MULTIPLIERS = (
    "standard-boundary",
    "row-wise",
    "perturbation-features",
    "perturbation-alignment",
)
ON_THE_GRAM_ALONE = ("certificate-ladder",)


def test_wrong_multipliers_spoil_all_that_rests_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    right = multipliers.margin_matrix

    def wrong(gram, y, slope):
        return right(gram, y, Fraction(slope) / 2)

    monkeypatch.setattr(multipliers, "margin_matrix", wrong)
    ids = (*ON_MULTIPLIERS, *ON_THE_GRAM_ALONE)
    outcome = run_scenario(
        scenario(theorems=ids), {id: prove(theorem(id)) for id in ids}, device="cpu"
    )
    verdicts = {j.theorem.id: j.verdict for j in outcome.judgements}
    assert all(verdicts[id] is Verdict.ERROR for id in ON_MULTIPLIERS), verdicts
    assert all(verdicts[id] is Verdict.PASS for id in ON_THE_GRAM_ALONE), verdicts
