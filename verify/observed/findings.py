"""Findings in words: what a reader should take away from a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...numerics.datasets.base import row_list
from ..experiment import Experiment
from ..judge import Judgement
from ..verdict import ClaimVerdict, Verdict
from ..wording import factor
from .perturbed_findings import perturbed_notes


def notes(experiment: Experiment) -> tuple[str, ...]:
    """Sentences about the data, the subset and the limit: what no verdict is needed for."""
    return tuple(dict.fromkeys(_notes(experiment)))


def findings(notes: Iterable[str], judgements: Iterable[Judgement]) -> tuple[str, ...]:
    """The notes, and a sentence on each theorem whose assumptions fail."""
    vacuous = (_vacuous(j) for j in judgements if j.verdict is Verdict.VACUOUS)
    return tuple(dict.fromkeys((*notes, *vacuous)))


def _notes(experiment: Experiment) -> Iterator[str]:
    sample = experiment.sample
    if experiment.scenario.subset is not None:
        yield (
            f"The {experiment.scenario.subset.certificate} certificate holds for {sample.n} of "
            f"{experiment.drawn.n} samples, "
            f"{row_list(sample.rows)} of the source; no single further sample can be added."
        )
    for first, second in experiment.gram.duplicates[:3]:
        yield (
            f"Samples {first} and {second} (rows {sample.rows[first]} and {sample.rows[second]} of "
            "the source) are equal, so the Gram matrix is singular."
        )
    if not experiment.has_limit:
        yield f"No exact limit: {experiment.why_no_limit}."
    if experiment.scenario.perturbed is not None:
        yield from perturbed_notes(experiment)


def _vacuous(judgement: Judgement) -> str:
    failed = next(a for a in judgement.assumptions if a.holds == "no")
    load = failed.value.load if failed.value is not None else None
    far = f" by a factor of {factor(load)}" if load is not None and load.is_finite else ""
    told = {
        ClaimVerdict.OBSERVED: [],
        ClaimVerdict.NOT_OBSERVED: [],
        ClaimVerdict.INCONCLUSIVE: [],
    }
    for claim in judgement.claims:
        told[claim.verdict].append(claim.claim.id)
    parts = [
        f"{', '.join(ids)} {word}"
        for ids, word in (
            (told[ClaimVerdict.OBSERVED], "observed all the same"),
            (told[ClaimVerdict.NOT_OBSERVED], "not observed"),
            (told[ClaimVerdict.INCONCLUSIVE], "undecided"),
        )
        if ids
    ]
    return (
        f"{judgement.theorem.title}: assumption '{failed.assumption.id}' fails{far}. "
        f"Claims: {'; '.join(parts)}."
    )
