"""Builds report.json from judged scenarios, studies, a sweep and proofs, as the records of reports.

What a record cannot hold is refused as it is built: infinite ends are null, NaN never appears, and
times stand only under `seconds`, `milliseconds` and `started`, so that two runs with one seed agree
elsewhere.
"""

from __future__ import annotations

import datetime
import platform
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import torch

from ...theory.engine import ProofReport
from ...theory.exact.interval import Interval
from ...theory.notation import prose
from ...theory.statement import Theorem
from ..judge import JudgedAssumption, JudgedClaim, Judgement
from ..reporting import schema
from ..statistics import FAMILY_ERROR, Level
from ..values import ClaimVerdict, Verdict, exit_code, finite, interval, worst
from .run import ScenarioOutcome
from .study_record import study_entry, sweep_entry
from .study_verdicts import StudyOutcome
from .sweep import Swept
from .theorem_record import displayed, proof_entry, stated, theorem_entry

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


def environment(info: RunInfo, dtypes: Iterable[str] = ()) -> schema.Environment:
    """Versions and machine; the git revision of the working folder, if it is in a checkout.

    `dtypes` are those that networks were trained in; whatever is enclosed is float64 or exact.
    """
    return schema.Environment(
        perturbproof=version("perturbproof"),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={name: version(name) for name in _PACKAGES},
        device=info.device,
        dtype=", ".join(sorted(set(dtypes))) or "float64",
        seed=info.seed,
        command=info.command,
        git_revision=_git_revision(),
        threads=torch.get_num_threads(),
    )


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
) -> schema.Report:
    """The whole report. `strict` is that of `values.standing`.

    `witnesses` are the texts shown with a FAIL, by names of scenario and theorem, and with a proof
    that fails, where the scenario's name is empty.
    """
    witnesses = witnesses or {}
    outcomes, theorems, studies = tuple(outcomes), tuple(theorems), tuple(studies)
    judged = outcomes if sweep is None else tuple(one for one in sweep.outcomes if one is not None)
    dtypes = [one.scenario.training.dtype for one in judged] + ["float32" for _ in studies]
    return schema.Report(
        schema_version=schema.SCHEMA_VERSION,
        environment=environment(info, dtypes),
        started=info.started,
        seconds=info.seconds,
        proofs=tuple(proof_entry(t, proofs[t.id], witnesses.get(("", t.id))) for t in theorems),
        theorems=tuple(map(theorem_entry, theorems)),
        statistics=_statistics(judged),
        scenarios=tuple(_scenario(outcome, witnesses) for outcome in outcomes),
        studies=tuple(map(study_entry, studies)),
        sweeps=() if sweep is None else (sweep_entry(sweep, witnesses),),
        summary=summary(outcomes, strict, studies, sweep),
    )


def _statistics(outcomes: tuple[ScenarioOutcome, ...]) -> schema.Statistics:
    """The level of confidence of the whole run, and how many statements share it."""
    parts = (p for o in outcomes for j in o.judgements for p in (*j.assumptions, *j.claims))
    statements = max((p.level.statements for p in parts if p.level is not None), default=0)
    return schema.Statistics(
        family_confidence=1 - FAMILY_ERROR, method="Holm", statements=statements
    )


def summary(
    outcomes: tuple[ScenarioOutcome, ...],
    strict: bool = False,
    studies: tuple[StudyOutcome, ...] = (),
    sweep: Swept | None = None,
) -> schema.Summary:
    """Counts, the exit code, and the one line that sums up a run."""
    swept = () if sweep is None else (sweep,)
    judged = [pair for outcome in (*outcomes, *studies, *swept) for pair in outcome.judged]
    counts = Counter(verdict for verdict, _ in judged)
    unexpected = sum(verdict is not expected for verdict, expected in judged)
    parts = [f"{counts[v]} {v.value}" for v in Verdict if counts[v]]
    ending = "all as expected" if not unexpected else f"{unexpected} not as expected"
    return schema.Summary(
        scenarios=len(outcomes),
        studies=len(studies),
        theorems=len({j.theorem.id for o in outcomes for j in o.judgements})
        + sum(len(one.theorems) for one in swept),
        verdicts={v.value: counts[v] for v in Verdict},
        as_expected=not unexpected,
        exit_code=exit_code(judged, strict),
        line=f"{', '.join(parts) or 'nothing judged'}; {ending}",
    )


def _scenario(
    outcome: ScenarioOutcome, witnesses: Mapping[tuple[str, str], str]
) -> schema.Scenario:
    scenario = outcome.scenario
    expect = scenario.expect
    return schema.Scenario(
        name=scenario.name,
        description=scenario.description,
        configuration=scenario.model_dump(mode="json"),
        data=None if outcome.data is None else schema.Data(**outcome.data),
        expected=expect.value
        if isinstance(expect, Verdict)
        else {name: verdict.value for name, verdict in expect.items()},
        verdict=worst(verdict for verdict, _ in outcome.judged).value,
        as_expected=all(verdict is expected for verdict, expected in outcome.judged),
        seconds=outcome.seconds,
        error=outcome.error,
        theorems=tuple(
            _judgement(
                judgement,
                scenario.expected(judgement.theorem.id),
                witnesses.get((scenario.name, judgement.theorem.id)),
            )
            for judgement in outcome.judgements
        ),
        cross_checks=tuple(
            schema.CrossCheck(
                id=check.id,
                says=prose(check.says),
                left=_interval(check.left),
                right=_interval(check.right),
                agree=check.agree,
            )
            for check in outcome.cross_checks
        ),
        observations=tuple(
            schema.Observation(
                says=prose(seen.says),
                value=_bounds(seen.value),
                rigor=seen.rigor.value,
                count=seen.count,
            )
            for seen in outcome.observations
        ),
        findings=tuple(map(prose, outcome.findings)),
        figures=tuple(schema.FigureRecord(**figure) for figure in outcome.figures),
    )


def _judgement(
    judgement: Judgement, expected: Verdict, witness: str | None
) -> schema.CheckedTheorem:
    theorem, proof = judgement.theorem, judgement.proof
    source = theorem.source
    return schema.CheckedTheorem(
        id=theorem.id,
        title=prose(theorem.title),
        source=f"{source.authors.split(',')[0]} et al., {source.venue} {source.year}"
        if "," in source.authors
        else source.title,
        verdict=judgement.verdict.value,
        expected=expected.value,
        as_expected=judgement.verdict is expected,
        reason=prose(judgement.reason),
        assumptions=tuple(map(_assumption, judgement.assumptions)),
        claims=tuple(_claim(claim, witness) for claim in judgement.claims),
        trusted_base=tuple(dict.fromkeys(fact.key for fact in theorem.trusted_base)),
        proof=schema.ProofSummary(
            verdict=proof.verdict,
            steps=len(proof.steps),
            discharged=sum(step.status == "discharged" for step in proof.steps),
        ),
    )


def _assumption(judged: JudgedAssumption) -> schema.CheckedAssumption:
    value, assumption = judged.value, judged.assumption
    return schema.CheckedAssumption(
        **stated(assumption.id, assumption.says, assumption.relation),
        lhs=_bounds(value.lhs if value else None),
        rhs=_bounds(value.rhs if value else None),
        load=_middle(value.load) if value else None,
        holds=judged.holds,
        rigor=judged.rigor.value,
        confidence=_confidence(judged.level),
        how=prose(judged.why),
    )


def _claim(judged: JudgedClaim, witness: str | None) -> schema.CheckedClaim:
    value, claim = judged.value, judged.claim
    sides = (value.lhs, value.rhs) if value else (None, None)
    measured = interval(sides[0])
    return schema.CheckedClaim(
        **stated(claim.id, claim.says, claim.relation),
        display_typst=displayed(claim.display),
        measured=schema.Measured(**measured, how=prose(judged.how)) if measured else None,
        bound=_bounds(sides[1]),
        slack=_middle(value.slack) if value else None,
        rigor=judged.rigor.value,
        confidence=_confidence(judged.level),
        verdict=judged.verdict.value,
        settle=prose(judged.settle) or None,
        witness=witness if judged.verdict is ClaimVerdict.FAIL else None,
    )


def _interval(value: Interval) -> schema.Bounds:
    return schema.Bounds(lower=finite(value.lower), upper=finite(value.upper))


def _bounds(value: Interval | None) -> schema.Bounds | None:
    return None if value is None else _interval(value)


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
