"""From a report to what a reader is shown, once for the PDF and the HTML page.

Orders, anchors, rounded numbers and bar lengths are decided here; the templates only set them. What
a section shows is its record (see `records.told`) and what is added to it here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from .front import key_figure, matrix, message, setting, softest
from .records import (
    Told,
    Typeset,
    appendix_number,
    figure_key,
    glossary,
    outcome,
    proof_in_short,
    theorem_views,
    told,
    trusted_base,
)
from .schema import CheckedTheorem, Report, Scenario, Study, Sweep
from .studies import MOST_ROWS, study_table, sweep_table
from .words import SEVERITY, counted, duration, expectation, factor, joined, number


def compose(report: Report, typeset: Typeset) -> Told:
    """Work out what to show; ``typeset`` holds the formulas that can be set as mathematics."""
    counts: dict[str, int] = {**report.summary.verdicts}
    key = key_figure(report)
    proofs = {proof.theorem: proof for proof in report.proofs}
    anchors = {theorem.id: f"theorem-{i}" for i, theorem in enumerate(report.theorems, start=1)}
    version = f"perturbproof {report.environment.perturbproof}".strip()
    view = {
        "line": report.summary.line,
        "message": message(report),
        "check": told(report.check, typeset),
        "setting": setting(report, typeset),
        "matrix": matrix(report, anchors),
        "subtitle": joined(version, report.started),
        "outcomes": [(outcome(word), counts[word]) for word in SEVERITY if counts.get(word)],
        "proofs": [
            (outcome(proof.verdict), proof.title or proof.theorem, proof_in_short(proof))
            for proof in sorted(report.proofs, key=lambda p: p.verdict == "proved")
        ],
        # A proof that does not hold must not wait at the end of a long table of scenarios.
        "proofs_first": any(proof.verdict != "proved" for proof in report.proofs),
        # What passed is a mark in the matrix.
        "glance": [line for line in glance(report) if _worth_a_line(line)],
        "run": [(label, value) for label, value in _run(report).items() if value],
        "command": report.environment.command,
        "hashes": list(
            dict.fromkeys(
                pair
                for owner in (*report.scenarios, *report.studies)
                if (data := owner.data)
                for pair in ((owner.name, data.hash), *data.sha256.items())
                if pair[1]
            )
        ),
        "theorems": theorem_views(report.theorems, proofs, anchors, typeset),
        "trusted": trusted_base(report.theorems, anchors),
        "scenarios": [
            _scenario(i, scenario, anchors, typeset) for i, scenario in enumerate(report.scenarios)
        ],
        "studies": [
            *(_study(i, study, typeset) for i, study in enumerate(report.studies)),
            *(_sweep(i, sweep, report, typeset) for i, sweep in enumerate(report.sweeps)),
        ],
        "glossary": glossary(report, typeset),
    }
    return view | {"key_figure": _take_out(key, (*view["scenarios"], *view["studies"]))}


def _worth_a_line(line: Told) -> bool:
    return line["outcome"]["word"] != "PASS" or line["anchor"].startswith("study")


def _take_out(key: str, sections: Iterable[Told]) -> Told | None:
    """The figure for the first page, which stands nowhere else; and no caption is said twice."""
    found = None
    said: dict[str, str] = {}
    for section in sections:
        for own in section["figures"]:
            caption = own["caption"]
            if caption in said:
                own["caption"] = f"Read as “{said[caption]}”."
            elif caption:
                said[caption] = own["title"]
            if own["key"] == key:
                about = section.get("description") or section.get("says") or ""
                found = own | {"about": about, "owner": section["anchor"], "name": section["name"]}
                section["figures"] = [one for one in section["figures"] if one is not own]
                section["first_page"] = own["title"]
    return found


_Judged = Scenario | CheckedTheorem | Study | Sweep


def glance(report: Report) -> list[Told]:
    """One line per theorem and scenario, per study and sweep: worst first, else as they ran."""
    lines: list[tuple[_Judged, str, str, str, str]] = []
    for i, scenario in enumerate(report.scenarios, start=1):
        name, anchor = scenario.name, f"scenario-{i}"
        lines += [(c, name, c.title, _why(c), anchor) for c in scenario.theorems]
        if scenario.error is not None or not scenario.theorems:
            lines.append((scenario, name, "", scenario.error or "No theorem was checked.", anchor))
    for i, study in enumerate((*report.studies, *report.sweeps), start=1):
        about = study.title if isinstance(study, Study) else f"{len(study.points)} points"
        lines.append((study, study.name, about, study.reason, f"study-{i}"))
    lines.sort(key=lambda line: (SEVERITY.index(line[0].verdict), line[0].as_expected))
    return [
        {
            "outcome": outcome(judged.verdict),
            "expectation": expectation(
                judged.verdict, getattr(judged, "expected", None), judged.as_expected
            ),
            "scenario": name,
            "theorem": theorem,
            "reason": " ".join(reason.split()),
            "anchor": anchor,
        }
        for judged, name, theorem, reason, anchor in lines
    ]


def _why(checked: CheckedTheorem) -> str:
    """The reason of a verdict; of a PASS, how near it was and what it rests on."""
    if checked.verdict != "PASS":
        return joined(checked.reason, checked.beside, by="; ")
    # A load of 0 says that the other side is compared with 0, not how near it is.
    loads = [a.load for a in checked.assumptions if a.load]
    claims = f"{counted(len(checked.claims), 'claim')} {softest(checked)}" if checked.claims else ""
    told = joined(f"load {factor(max(loads))}" if loads else "", claims, by=", ")
    return joined(told or checked.reason, checked.beside, by="; ")


def _run(report: Report) -> dict[str, str | None]:
    """Facts about the run; empty or ``None`` where nothing is known."""
    environment, found = report.environment, report.statistics
    versions = {"perturbproof": environment.perturbproof, "Python": environment.python}
    packages = {**versions, **environment.packages}
    seeds = {s.configuration.get("seed") for s in report.scenarios} - {None}
    own = f"that of each scenario ({', '.join(sorted(map(str, seeds)))})" if seeds else ""
    confidence = together = ""
    if found is not None and found.statements:
        count = counted(found.statements, "statistical statement")
        level = f"{found.family_confidence:.0%} over the run"
        confidence = f"{level} against each kind of error ({count})"
        whole = "the one statistical statement" if found.statements == 1 else f"all {count}"
        method = f" ({found.method})" if found.method else ""
        level = number(100 * found.family_confidence, 5)
        together = f"{whole} together at a confidence of {level} %{method}"
    return {
        "Versions": joined(*(f"{k} {v}" for k, v in packages.items() if v), by=", "),
        "Machine": joined(environment.platform, environment.device, environment.dtype),
        "Seed": own if environment.seed is None else str(environment.seed),
        "Threads": None if environment.threads is None else str(environment.threads),
        "Confidence": confidence,
        "Statistics": together,
        "Revision of the folder it ran in": environment.git_revision,
        "Started": report.started,
        "Took": duration(report.seconds),
    }


def _scenario(index: int, scenario: Scenario, anchors: Mapping[str, str], typeset: Typeset) -> Told:
    """Scenario number ``index`` (from 0); ``anchors`` maps theorem ids to their sections."""
    view = told(scenario, typeset)
    shown: set[tuple[str, ...]] = set()
    for checked, own in zip(scenario.theorems, view["theorems"], strict=True):
        how = [(a.id, a.how) for a in checked.assumptions]
        how += [(c.id, c.measured.how if c.measured else "") for c in checked.claims]
        own |= {
            "anchor": anchors.get(checked.id, ""),
            "number": appendix_number(anchors.get(checked.id, "")),
            "why": _why(checked),
            **_new(own, shown),
            "measured_by": _notes(how),
            "to_settle": _notes((c.id, c.settle or "") for c in checked.claims),
        }
    if isinstance(scenario.expected, dict) and scenario.as_expected:
        view["expectation"] = "as expected"
    return view | {
        "anchor": f"scenario-{index + 1}",
        "configuration": [*_data(scenario), *_configuration(scenario.configuration)],
        "in_short": in_short(scenario),
        "disagreeing": [one for one in view["cross_checks"] if not one["agree"]],
        "figures": _figures("scenarios", index, view),
        "first_page": "",
    }


def _new(checked: Told, shown: set[tuple[str, ...]]) -> Told:
    """The rows of a theorem that no earlier one of the scenario has, and the ids of the others.

    ``shown`` is what has been shown, and is added to.
    """
    found: Told = {"new_assumptions": [], "new_claims": [], "above": []}
    for group, sides in (("assumptions", ("lhs", "rhs")), ("claims", ("measured", "bound"))):
        for row in checked[group]:
            values = (str(row[side] and row[side]["text"]) for side in sides)
            text = (row["id"], row["formula"]["text"], *values, row["outcome"]["word"])
            if text in shown and not row.get("witness"):
                found["above"].append(row["id"])
                continue
            shown.add(text)
            found[f"new_{group}"].append(row)
    return found


_SWEPT_WIDTHS = (1.5, 1.3, 2.5, 2.0, 1.1, 1.3, 1.1, 2.0)


def _study(index: int, study: Study, typeset: Typeset) -> Told:
    view = told(study, typeset)
    header, rows = study_table(study)
    configuration = _configuration(study.configuration)
    if study.learners:  # a line, so that the study fits on its page
        configuration = [("asked", ", ".join(f"{name}: {text}" for name, text in configuration))]
    return view | {
        "anchor": f"study-{index + 1}",
        "title": study.title or study.name,
        "reason": joined(study.reason, f"rigor {study.rigor}"),
        "configuration": [*_data(study), *configuration],
        "header": header,
        "rows": rows,
        "widths": _SWEPT_WIDTHS if study.points else (1.6, *(1.0 for _ in header[1:])),
        "figures": _figures("studies", index, view),
        "first_page": "",
    }


def _sweep(index: int, sweep: Sweep, report: Report, typeset: Typeset) -> Told:
    """A sweep as a study, in a section after those of the studies."""
    view = told(sweep, typeset)
    header, rows = sweep_table(sweep)
    left_out = len(sweep.points) - MOST_ROWS
    more = [f"{left_out} more points are not shown; report.json has them all."]
    return view | {
        "anchor": f"study-{len(report.studies) + index + 1}",
        "title": f"Sweep over {', '.join(header[:-1])}",
        "configuration": _configuration(sweep.configuration),
        "header": header,
        "rows": rows,
        "widths": (*(1.0 for _ in header[:-1]), 3.0),
        "claims": [],  # of points, not of the sweep
        "findings": [*sweep.findings, *(more if left_out > 0 else [])],
        "figures": _figures("sweeps", index, view),
        "first_page": "",
    }


def _figures(group: str, index: int, view: Told) -> list[Told]:
    return [own | {"key": figure_key(group, index, k)} for k, own in enumerate(view["figures"])]


def _notes(remarks: Iterable[tuple[str, str]]) -> list[Told]:
    """Each remark once, with the ids of the rows it belongs to, in the order of the rows."""
    rows: dict[str, list[str]] = {}
    for name, says in remarks:
        if says:
            rows.setdefault(says, []).append(name)
    return [{"ids": names, "says": says} for says, names in rows.items()]


def _data(scenario: Scenario | Study) -> list[tuple[str, str]]:
    data = scenario.data
    if data is None:
        return []
    used = joined(
        data.source,
        "" if data.samples is None else f"N = {number(data.samples)}",
        "" if data.dimension is None else f"d = {number(data.dimension)}",
        f"values in [{', '.join(map(number, data.range))}]" if data.range else "",
        *(f"{name} is {sign}" for sign, name in data.labels.items() if name != sign.lstrip("+")),
        *data.told,
        by=", ",
    )
    hashes = {"data hash": data.hash} if data.hash else {}
    hashes |= {f"SHA-256 of {name}": digest for name, digest in data.sha256.items()}
    return [("data used", used), *hashes.items()]


# Tables of a scenario that say what was done, apart from the data; the others set what is asked.
_DONE = ("subset", "held_out", "perturbed", "network", "training", "precision", "seed")


def in_short(scenario: Scenario) -> str:
    """The data and what was done with them, on one line."""
    configuration = {name: scenario.configuration.get(name) for name in _DONE}
    data = [text for name, text in _data(scenario) if name == "data used"]
    return joined(*data, *(f"{name}: {text}" for name, text in _configuration(configuration)))


# What a scenario's section says elsewhere: its heading, first line and verdict.
_SAID_ELSEWHERE = frozenset({"name", "description", "expect"})


def _configuration(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """One row per top-level key; what is nested under it goes on its line, with dotted names.

    What is not set (``None``) has no row, and neither has what is told elsewhere.
    """
    rows = (
        (key, _flat(value) if isinstance(value, Mapping) else _plain(value))
        for key, value in tree.items()
        if key not in _SAID_ELSEWHERE and value is not None
    )
    return [(key, text) for key, text in rows if text]


def _flat(tree: Mapping[str, Any], prefix: str = "") -> str:
    parts = (
        _flat(value, f"{prefix}{key}.")
        if isinstance(value, Mapping)
        else f"{prefix}{key} = {_plain(value)}"
        for key, value in tree.items()
        if value is not None
    )
    return joined(*parts, by=", ")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)
