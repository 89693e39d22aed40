"""Builds report.json (schema version 1) from judged scenarios and proofs.

Plain data only: numbers, strings, lists. Infinite ends are null, NaN never appears, and times stand
only under `seconds`, `milliseconds` and `started`, so that two runs with one seed agree elsewhere.
"""

from __future__ import annotations

import datetime
import math
import platform
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ..numerics.enclosure import Interval
from ..theory.engine import ProofReport
from ..theory.prose import prose
from ..theory.statement import Theorem
from ..theory.typeset import formula
from .statistics import FAMILY_ERROR, Level
from .studies.report import study_entry
from .sweeps.report import sweep_entry
from .theorem_report import formulas, proof_entry, theorem_entry
from .verdict import ClaimVerdict, Verdict, exit_code, worst

if TYPE_CHECKING:
    from .judge import JudgedAssumption, JudgedClaim, Judgement
    from .run import ScenarioOutcome
    from .studies.judge import StudyOutcome
    from .sweeps.sweep import Swept

SCHEMA_VERSION = 1
_PACKAGES = (
    "sympy",
    "z3-solver",
    "python-flint",
    "numpy",
    "scipy",
    "torch",
    "scikit-learn",
    "matplotlib",
    "typst",
)


@dataclass(frozen=True)
class RunInfo:
    """How a run was started: for the report's first page and for doing it again."""

    command: str
    device: str
    seed: int | None
    started: str
    seconds: float


def utc_now() -> str:
    """The time of a start, as reports hold it: ISO 8601 in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def environment(info: RunInfo) -> dict[str, Any]:
    """Versions and machine; the git revision of the working folder, if it is in a checkout."""
    import torch

    return {
        "perturbproof": version("perturbproof"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: version(name) for name in _PACKAGES},
        "device": info.device,
        "dtype": "float64",
        "seed": info.seed,
        "command": info.command,
        "git_revision": _git_revision(),
        "threads": torch.get_num_threads(),
    }


def _git_revision() -> str | None:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None


def build_report(
    outcomes: Iterable[ScenarioOutcome],
    theorems: Iterable[Theorem],
    proofs: Mapping[str, ProofReport],
    info: RunInfo,
    strict: bool = False,
    witnesses: Mapping[tuple[str, str], str] | None = None,
    studies: Iterable[StudyOutcome] = (),
    sweep: Swept | None = None,
) -> dict[str, Any]:
    """The whole report as plain data. `strict` is that of `verdict.standing`.

    `witnesses` are the texts shown with a FAIL, by names of scenario and theorem, and with a proof
    that fails, where the scenario's name is empty.
    """
    witnesses = witnesses or {}
    outcomes = tuple(outcomes)
    theorems = tuple(theorems)
    studies = tuple(studies)
    return {
        "schema_version": SCHEMA_VERSION,
        "environment": environment(info),
        "started": info.started,
        "seconds": info.seconds,
        "proofs": [
            proof_entry(theorem, proofs[theorem.id], witnesses.get(("", theorem.id)))
            for theorem in theorems
        ],
        "theorems": [theorem_entry(theorem) for theorem in theorems],
        "statistics": statistics(outcomes if sweep is None else sweep.outcomes),
        "scenarios": [_scenario(outcome, witnesses) for outcome in outcomes],
        "studies": [study_entry(study) for study in studies],
        "sweeps": [] if sweep is None else [sweep_entry(sweep, witnesses)],
        "summary": summary(outcomes, strict, studies, sweep),
    }


def statistics(outcomes: tuple[ScenarioOutcome | None, ...]) -> dict[str, Any]:
    """The level of confidence of the whole run, and how many statements share it."""
    judged = (j for o in outcomes if o is not None for j in o.judgements)
    parts = (p for j in judged for p in (*j.assumptions, *j.claims))
    statements = max((p.level.statements for p in parts if p.level is not None), default=0)
    return {"family_confidence": 1 - FAMILY_ERROR, "method": "Holm", "statements": statements}


def summary(
    outcomes: tuple[ScenarioOutcome, ...],
    strict: bool = False,
    studies: tuple[StudyOutcome, ...] = (),
    sweep: Swept | None = None,
) -> dict[str, Any]:
    """Counts, the exit code, and the one line that sums up a run."""
    swept = () if sweep is None else (sweep,)
    judged = [pair for outcome in (*outcomes, *studies, *swept) for pair in outcome.judged]
    counts = Counter(verdict.value for verdict, _ in judged)
    code = exit_code(judged, strict)
    unexpected = sum(verdict is not expected for verdict, expected in judged)
    parts = [f"{counts[v.value]} {v.value}" for v in Verdict if counts[v.value]]
    ending = "all as expected" if not unexpected else f"{unexpected} not as expected"
    return {
        "scenarios": len(outcomes),
        "studies": len(studies),
        "theorems": len({j.theorem.id for o in outcomes for j in o.judgements})
        + sum(len(one.theorems) for one in swept),
        "verdicts": {v.value: counts[v.value] for v in Verdict},
        "as_expected": not unexpected,
        "exit_code": code,
        "line": f"{', '.join(parts) or 'nothing judged'}; {ending}",
    }


def interval(value: Interval | None) -> dict[str, float | None] | None:
    """An interval as plain data; an infinite end is null."""
    if value is None:
        return None
    return {"lower": finite(value.lower), "upper": finite(value.upper)}


def finite(value: float) -> float | None:
    """A float that JSON can hold, else null."""
    return value if math.isfinite(value) else None


def _scenario(outcome: ScenarioOutcome, witnesses: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    scenario = outcome.scenario
    verdicts = [verdict for verdict, _ in outcome.judged]
    expect = scenario.expect
    return {
        "name": scenario.name,
        "description": scenario.description,
        "configuration": scenario.model_dump(mode="json"),
        "data": outcome.data,
        "expected": expect.value
        if isinstance(expect, Verdict)
        else {name: verdict.value for name, verdict in expect.items()},
        "verdict": worst(verdicts).value,
        "as_expected": all(verdict is expected for verdict, expected in outcome.judged),
        "seconds": outcome.seconds,
        "error": outcome.error,
        "theorems": [
            _judgement(
                judgement,
                scenario.expected(judgement.theorem.id),
                witnesses.get((scenario.name, judgement.theorem.id)),
            )
            for judgement in outcome.judgements
        ],
        "cross_checks": [
            {
                "id": check.id,
                "says": prose(check.says),
                "left": interval(check.left),
                "right": interval(check.right),
                "agree": check.agree,
            }
            for check in outcome.cross_checks
        ],
        "observations": [
            {
                "says": prose(seen.says),
                "value": interval(seen.value),
                "rigor": seen.rigor.value,
                "count": seen.count,
            }
            for seen in outcome.observations
        ],
        "findings": [prose(finding) for finding in outcome.findings],
        "figures": list(outcome.figures),
    }


def _judgement(judgement: Judgement, expected: Verdict, witness: str | None) -> dict[str, Any]:
    theorem, proof = judgement.theorem, judgement.proof
    source = theorem.source
    return {
        "id": theorem.id,
        "title": prose(theorem.title),
        "source": f"{source.authors.split(',')[0]} et al., {source.venue} {source.year}"
        if "," in source.authors
        else source.title,
        "verdict": judgement.verdict.value,
        "expected": expected.value,
        "as_expected": judgement.verdict is expected,
        "reason": prose(judgement.reason),
        "assumptions": [_assumption(a) for a in judgement.assumptions],
        "claims": [_claim(c, witness) for c in judgement.claims],
        "trusted_base": list(dict.fromkeys(fact.key for fact in theorem.trusted_base)),
        "proof": {
            "verdict": proof.verdict,
            "steps": len(proof.steps),
            "discharged": sum(step.status == "discharged" for step in proof.steps),
        },
    }


def _assumption(judged: JudgedAssumption) -> dict[str, Any]:
    value = judged.value
    return {
        "id": judged.assumption.id,
        "says": prose(judged.assumption.says),
        **formulas(judged.assumption.relation),
        "lhs": interval(value.lhs if value else None),
        "rhs": interval(value.rhs if value else None),
        "load": _middle(value.load) if value else None,
        "holds": judged.holds,
        "rigor": judged.rigor.value,
        "confidence": _confidence(judged.level),
        "how": prose(judged.why),
    }


def _claim(judged: JudgedClaim, witness: str | None) -> dict[str, Any]:
    value, claim = judged.value, judged.claim
    measured = interval(value.lhs) if value else None
    return {
        "id": claim.id,
        "says": prose(claim.says),
        **formulas(claim.relation),
        "display_typst": formula(claim.display).typst if claim.display is not None else None,
        "measured": {**measured, "how": prose(judged.how)} if measured else None,
        "bound": interval(value.rhs) if value else None,
        "slack": _middle(value.slack) if value else None,
        "rigor": judged.rigor.value,
        "confidence": _confidence(judged.level),
        "verdict": judged.verdict.value,
        "settle": prose(judged.settle) or None,
        "witness": witness if judged.verdict is ClaimVerdict.FAIL else None,
    }


def _confidence(level: Level | None) -> float | None:
    """The confidence of the interval behind one statistical statement; null for any other."""
    return None if level is None else 1 - level.error


def _middle(value: Interval | None) -> float | None:
    """A representative number for display; decisions never use it."""
    if value is None or not value.is_finite:
        return None
    return finite(value.lower / 2 + value.upper / 2)


def command_line(arguments: Iterable[str] | None = None) -> str:
    """The command as one would type it again."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return shlex.join(["perturbproof", *words])
