"""Mutants: generated deterministically, never proved when a dataset refutes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import sympy as sp
from perturbproof.theory import catalog, prove, theorem
from perturbproof.theory.refute.mutants import Mutant, mutants
from perturbproof.theory.refute.survey import MutantReport, classify, prove_changed, survey
from perturbproof.theory.symbols import N, R_max, R_min, gamma, lambda_max, lambda_min, p_max


def mutant_of(id: str, after: sp.Basic) -> Mutant:
    """The mutant of a theorem that has this relation."""
    (found,) = [m for m in mutants(theorem(id)) if m.after == after]
    return found


def paper(constant: object, slope_power: int = 3) -> sp.Basic:
    return p_max < gamma**slope_power * R_min**4 / (constant * N * R_max**2)


def check(reports: tuple[MutantReport, ...]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for report in reports:
        counts[report.verdict] += 1
        assert not report.contradiction, f"{report.mutant.says}: {report.reason}"
        assert report.reason
        if report.refutation is not None:
            assert report.refutation.recheck(), report.mutant.says
        if report.verdict == "proof gap":
            assert report.gap is not None
    return counts


@pytest.mark.parametrize("id", ["standard-boundary", "matching-covered"])
def test_mutants_are_deterministic(id: str) -> None:
    assert mutants(theorem(id)) == mutants(theorem(id))


#: Making mutants takes a second for each theorem: one of each kind, and the rest when asked for.
FEW = {"standard-boundary", "learning-noise", "capture"}


@pytest.mark.parametrize(
    "entry",
    [pytest.param(t, marks=() if t.id in FEW else pytest.mark.slow) for t in catalog()],
    ids=lambda t: t.id,
)
def test_mutants_are_different(entry) -> None:
    found = mutants(entry)
    assert len({m.id for m in found}) == len(found)
    assert all(m.before != m.after for m in found)
    assert all(m.theorem != entry for m in found)
    for assumption in entry.assumptions:
        kinds = {m.kind for m in found if m.of == assumption.id and m.part == "assumption"}
        assert "hypothesis dropped" in kinds


def test_the_paper_has_every_kind_of_mutant() -> None:
    found = mutants(theorem("standard-boundary"))
    kinds = {m.kind for m in found if m.of == "nearly-orthogonal"}
    assert kinds == {
        "constant",
        "exponent",
        "max-min",
        "sign",
        "inequality",
        "factor dropped",
        "hypothesis dropped",
    }
    relations = {m.after for m in found}
    # Constants only in the direction that says more.
    assert {paper(2), paper(1)} <= relations
    assert not {paper(sp.Rational(9, 2)), paper(9)} & relations
    assert (lambda_max < 1 / (gamma**2 * R_min**2)) in relations
    assert (lambda_min > 3 / (4 * R_max**2)) in relations


def test_constant_two_is_a_gap_and_refuted() -> None:
    report = classify(mutant_of("standard-boundary", paper(2)))
    assert report.verdict == "refuted"
    assert report.refutation is not None
    assert report.refutation.recheck()
    assert report.proof == "gap"
    assert report.gap is not None
    assert report.gap.id == "4-bounds"
    assert report.gap.countermodel


def test_a_true_mutant_is_proved_by_another_theorem() -> None:
    """gamma² for gamma³ breaks the paper's argument, but the half-aware theorem covers it."""
    report = classify(mutant_of("standard-boundary", paper(3, 2)))
    assert report.verdict == "proved"
    assert report.proof == "gap"
    assert "half-aware" in report.reason


def test_a_weaker_mutant_is_proved_as_weaker() -> None:
    report = classify(mutant_of("standard-boundary", paper(3, 4)))
    assert (report.verdict, report.reason) == ("proved", "weaker: the theorem implies it")


def test_exchanged_norms_leave_a_gap_without_refutation() -> None:
    """R_min for R_max is not covered by the proof, and no small dataset breaks it: it is true."""
    report = classify(mutant_of("standard-boundary", p_max < gamma**3 * R_min**2 / (3 * N)))
    assert report.verdict == "proof gap"
    assert report.searched > 500


@pytest.mark.parametrize("number", range(0, 50, 12))
def test_proving_only_what_changed_gives_the_whole_verdict(number: int) -> None:
    mutant = mutants(theorem("standard-boundary"))[number]
    whole = prove(mutant.theorem, timeout_ms=2000)
    part = prove_changed(mutant, timeout_ms=2000)
    assert part.verdict == whole.verdict
    if whole.verdict != "proved":
        assert part.open_steps[0].id == whole.open_steps[0].id


def test_a_change_that_the_proof_does_not_look_at_is_not_called_proved() -> None:
    unused = [m for m in mutants(theorem("agreement-law")) if m.of == "plane-exists"]
    assert unused
    assert {classify(m).verdict for m in unused} == {"not used"}


def test_an_unproved_theorem_does_not_prove_its_mutants() -> None:
    original = theorem("standard-boundary")
    (assumption,) = original.assumptions
    broken = replace(original, assumptions=(replace(assumption, relation=paper(2)),))
    verdicts = {prove_changed(m).verdict for m in mutants(broken) if m.part == "claim"}
    assert "proved" not in verdicts


@pytest.mark.parametrize(
    "id",
    [
        "standard-boundary",
        pytest.param("row-wise", marks=pytest.mark.slow),
        pytest.param("half-aware", marks=pytest.mark.slow),
    ],
)
def test_survey_of_a_theorem(id: str) -> None:
    counts = check(survey([theorem(id)]))
    print(id, dict(counts))
    assert counts["refuted"] >= 5
    assert counts["proved"] >= 3
    assert not counts["unknown"]


@pytest.mark.slow
def test_survey_of_the_catalog() -> None:
    reports = survey(processes=2)
    by_theorem: dict[str, Counter[str]] = {}
    for report in reports:
        counter = by_theorem.setdefault(report.mutant.original.id, Counter())
        counter[report.verdict] += 1
    for id, counts in by_theorem.items():
        print(f"{id}: {dict(counts)}")
    print("all:", dict(sum(by_theorem.values(), Counter())))
    assert list(by_theorem) == [t.id for t in catalog()]
    check(reports)
