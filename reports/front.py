"""The first page: three sentences, the figure that carries the result, theorems by scenarios."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .records import (
    Told,
    Typeset,
    appendix_number,
    mathematics,
    outcome,
    placed_figures,
)
from .schema import CheckedTheorem, Report, Rigor, Scenario
from .words import SEVERITY, counted, joined, number

SOFTNESS: tuple[Rigor, ...] = ("proved", "enclosed", "statistical", "numeric", "none")
"""From what is exact to what is not."""

_CARRYING = (
    "sweep",
    "pictures",
    "capture",
    "growth",
    "loads",
    "boundaries",
    "limit-plane",
    "convergence",
)
"""Kinds of figures, the one that says most about a run first."""

_NAMED = 4
"""Names that a sentence lists before it only counts."""


def softest(checked: CheckedTheorem) -> Rigor:
    """The rigor of a theorem's claims that a verdict is no firmer than."""
    found = {claim.rigor for claim in checked.claims}
    rigors: list[Rigor] = [rigor for rigor in SOFTNESS if rigor in found]
    return rigors[-1] if rigors else "none"


def message(report: Report) -> list[tuple[str, str]]:
    """What was asked, what holds and what does not, a sentence each; of a check, its answers."""
    if report.check is not None:
        return list(report.check.answers)
    told = (("Asked", _asked(report)), ("Holds", _holds(report)), ("Does not", _does_not(report)))
    return [(label, sentence[:1].upper() + sentence[1:]) for label, sentence in told]


def _asked(report: Report) -> str:
    parts = []
    if report.theorems:
        parts.append(f"whether the proofs of {counted(len(report.theorems), 'theorem')} are right")
    if report.scenarios:
        held = sum(len(scenario.theorems) for scenario in report.scenarios)
        names = _listed([scenario.name for scenario in report.scenarios])
        told = f"{counted(len(report.scenarios), 'scenario')} ({names})"
        parts.append(f"whether what they say holds on {told}: {counted(held, 'verdict')}")
    for asked, studies in (
        ("published numbers are met", [s for s in report.studies if s.points]),
        ("networks learn images from perturbations", [s for s in report.studies if s.learners]),
        ("the claims of sweeps hold", [s for s in report.studies if not (s.points or s.learners)]),
    ):
        if studies:
            parts.append(f"whether {asked} ({_listed([study.name for study in studies])})")
    parts += [
        f"what holds at {counted(len(sweep.points), 'point')} of {sweep.name}"
        for sweep in report.sweeps
    ]
    return f"{', and '.join(parts)}." if parts else "nothing: the report is empty."


def _holds(report: Report) -> str:
    passed = [c for s in report.scenarios for c in s.theorems if c.verdict == "PASS"]
    proved = sum(proof.verdict == "proved" for proof in report.proofs)
    parts = []
    if report.proofs:
        parts.append(f"{proved} of {counted(len(report.proofs), 'proof')} without a gap")
    if report.scenarios:
        rests = Counter(map(softest, passed))
        softness = ", ".join(f"{rests[rigor]} {rigor}" for rigor in SOFTNESS if rests[rigor])
        told = f"{counted(len(passed), 'time')} every assumption and every claim certainly"
        parts.append(f"{told} ({softness})" if softness else told)
    judged = (*report.studies, *report.sweeps)
    if judged:
        fine = sum(one.verdict == "PASS" for one in judged)
        parts.append(f"{fine} of {len(judged)} studies and sweeps")
    return f"{', and '.join(parts) or 'nothing was judged'}."


_HOW = {
    "ERROR": "could not be judged",
    "FAIL": "is refuted by data",
    "INCONCLUSIVE": "is undecided",
    "VACUOUS": "is silent, because an assumption certainly fails",
}


def _does_not(report: Report) -> str:
    parts = []
    open_ = [proof.title or proof.theorem for proof in report.proofs if proof.verdict != "proved"]
    if open_:
        parts.append(f"not proved: {_listed(open_)}")
    for word in SEVERITY[:-1]:
        where = Counter(
            scenario.name
            for scenario in report.scenarios
            for verdict in ([c.verdict for c in scenario.theorems] or [scenario.verdict])
            if verdict == word
        )
        where.update(one.name for one in (*report.studies, *report.sweeps) if one.verdict == word)
        if where:
            names = _listed([f"{name}: {count}" for name, count in where.most_common()])
            times = counted(sum(where.values()), "time")
            parts.append(f"{times} what was asked {_HOW[word]} ({names})")
    # What is not among the verdicts is said all the same: it is what a reader looks for.
    if report.scenarios and not (report.summary.verdicts.get("FAIL")):
        parts.append("no data refute a theorem")
    every = "all as expected" if report.summary.as_expected else "not all as expected"
    return f"{'; '.join([*parts, every])}."


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    if more <= 1:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {more} more"


def key_figure(report: Report) -> str:
    """The key of the figure for the first page; empty where there is none.

    It is of what came out unexpectedly, if anything did; else of the kind that says most.
    """

    def rank(kind: str) -> int:
        return _CARRYING.index(kind) if kind in _CARRYING else len(_CARRYING)

    owners = {
        (group, i): owner.as_expected
        for group in ("scenarios", "studies", "sweeps")
        for i, owner in enumerate(getattr(report, group), start=1)
    }
    ranked = []
    for key, _, _, figure in placed_figures(report):
        group, i, _ = key.split("-")
        ranked.append((owners[group, int(i)], rank(figure.kind), len(ranked), key))
    return min(ranked)[-1] if ranked else ""


def matrix(report: Report, anchors: Mapping[str, str]) -> Told:
    """The verdict of every theorem (row) on every scenario (column); ``None`` where it is not held.

    ``anchors`` are the sections of the theorems by their ids.
    """
    titles = {theorem.id: theorem.title for theorem in report.theorems}
    for scenario in report.scenarios:
        for checked in scenario.theorems:
            titles.setdefault(checked.id, checked.title)
    proofs = {proof.theorem: proof for proof in report.proofs}
    cells = {(s.name, c.id): _cell(c) for s in report.scenarios for c in s.theorems}
    rows = [
        {
            "id": id_,
            "title": title,
            "anchor": anchors.get(id_, ""),
            "number": appendix_number(anchors.get(id_, "")),
            "proof": outcome(proofs[id_].verdict) if id_ in proofs else None,
            "cells": [cells.get((s.name, id_)) for s in report.scenarios],
        }
        for id_, title in titles.items()
    ]
    if any(not scenario.theorems for scenario in report.scenarios):
        whole = [_cell(s) if not s.theorems else None for s in report.scenarios]
        title = "the scenario itself: no theorem was judged"
        own = {"id": "", "title": title, "anchor": "", "number": "", "proof": None}
        rows.insert(0, own | {"cells": whole})
    columns = [
        {"name": scenario.name, "anchor": f"scenario-{i}"}
        for i, scenario in enumerate(report.scenarios, start=1)
    ]
    return {"columns": columns, "rows": rows}


def _cell(judged: CheckedTheorem | Scenario) -> Told:
    return {"outcome": outcome(judged.verdict), "expected": judged.as_expected}


def setting(report: Report, typeset: Typeset) -> list[Told]:
    """What all theorems are about, and the ranges of what was run."""
    told = [
        {
            "says": line.says,
            "formula": mathematics(line.formula_typst, line.formula_text, typeset),
        }
        for line in report.setting
    ]
    ran = _ran(report.scenarios)
    return [*told, {"says": f"In this run {ran}.", "formula": None}] if ran else told


def _ran(scenarios: Iterable[Scenario]) -> str:
    """The sizes, slopes and losses of some scenarios, each as a range."""
    data = [scenario.data for scenario in scenarios if scenario.data is not None]
    trees = [scenario.configuration for scenario in scenarios]
    spans = [
        _span("N", [one.samples for one in data]),
        _span("d", [one.dimension for one in data]),
        _span("m", [_at(tree, "network", "width") for tree in trees]),
        _span("γ", [_at(tree, "network", "slope") for tree in trees]),
    ]
    losses = dict.fromkeys(
        _at(tree, "wide" if tree.get("wide") else "training", "loss") for tree in trees
    )
    loss = " or ".join(str(one) for one in losses if one)
    return joined(*spans, f"{loss} loss" if loss else "", by=", ")


def _span(name: str, values: Iterable[Any]) -> str:
    known = [value for value in values if isinstance(value, int | float)]
    if not known:
        return ""
    low, high = min(known), max(known)
    return f"{name} = {number(low)}" + ("" if low == high else f" to {number(high)}")


def _at(tree: Mapping[str, Any], table: str, name: str) -> Any:
    inside = tree.get(table)
    return inside.get(name) if isinstance(inside, Mapping) else None
