"""Builds report.json from judged scenarios, studies, a sweep and proofs, as the records of reports.

What a record cannot hold is refused as it is built: infinite ends are null, NaN never appears, and
times stand only under `seconds`, `milliseconds` and `started`, so that two runs with one seed agree
elsewhere.
"""

from __future__ import annotations

import datetime
import platform
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

import torch

from ...theory.notation import prose
from ..judge import JudgedAssumption, JudgedClaim, Judgement
from ..reporting import schema, steps_told
from ..statistics import FAMILY_ERROR, Level
from ..values import ClaimVerdict, Verdict, exit_code, interval, middle, worst
from .image_record import image_entry
from .image_verdicts import ImageOutcome
from .proof_witness import ProofWitness
from .run import Run, ScenarioOutcome
from .study_record import study_entry, sweep_entry
from .study_verdicts import StudyOutcome
from .sweep import Swept
from .theorem_record import notation_entry, proof_entry, record_of, setting_entry, theorem_entry
from .wide_studies import WideOutcome, wide_entry
from .witness import FOLDER as WITNESSES
from .witness import Witness

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


AnyOutcome = StudyOutcome | ImageOutcome | WideOutcome
"""A judged study."""


@dataclass(frozen=True)
class RunInfo:
    """How a run was started: for the report's first page and for doing it again.

    `started` is ISO 8601 in UTC, to the second; `clock` the seconds of `time.perf_counter` then.
    """

    command: str
    device: str
    seed: int | None
    started: str = field(
        default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    )
    clock: float = field(default_factory=time.perf_counter)


def _git_revision() -> str | None:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None


def build_report(
    run: Run,
    info: RunInfo,
    strict: bool = False,
    witnesses: Mapping[tuple[str, str], Witness | ProofWitness] | None = None,
    studies: Sequence[AnyOutcome] = (),
    sweep: Swept | None = None,
    check: schema.Check | None = None,
) -> schema.Report:
    """The whole report; of a sweep, `run` is that of its points. `strict` is as in `standing`.

    `witnesses` are shown with a FAIL, by names of scenario and theorem, and with a proof that
    fails, where the scenario's name is empty. Of a `check` no expectation is written.
    """
    shown = {
        names: f"{WITNESSES}/{witness.name}\nreplay: {witness.command}"
        for names, witness in (witnesses or {}).items()
    }
    # Those that networks were trained in; whatever is enclosed is float64 or exact.
    dtypes = {one.scenario.training.dtype for one in run.outcomes} | {"float32" for _ in studies}
    images = [one for one in studies if isinstance(one, ImageOutcome)]
    levels = [*run.levels, *(claim.level for one in images for claim in one.claims)]
    outcomes = run.outcomes if sweep is None else ()
    return schema.Report(
        schema_version=schema.SCHEMA_VERSION,
        environment=record_of(
            schema.Environment,
            info,
            perturbproof=version("perturbproof"),
            python=platform.python_version(),
            platform=f"{platform.system()} {platform.machine()}",
            packages={name: version(name) for name in _PACKAGES},
            dtype=", ".join(sorted(dtypes)) or "float64",
            git_revision=_git_revision(),
            threads=torch.get_num_threads(),
        ),
        check=check,
        started=info.started,
        seconds=time.perf_counter() - info.clock,
        # Of deep networks on images no theorem speaks.
        setting=()
        if images and not (run.theorems or len(images) < len(studies))
        else setting_entry(),
        notation=notation_entry(),
        proofs=tuple(proof_entry(t, run.proofs[t.id], shown.get(("", t.id))) for t in run.theorems),
        theorems=tuple(map(theorem_entry, run.theorems)),
        statistics=schema.Statistics(
            family_confidence=1 - FAMILY_ERROR,
            method="Holm",
            statements=max((level.statements for level in levels), default=0),
        ),
        scenarios=tuple(_scenario(outcome, shown, check is None) for outcome in outcomes),
        studies=tuple(map(_study, studies)),
        sweeps=() if sweep is None else (sweep_entry(sweep, shown),),
        summary=summary(outcomes, strict, studies, sweep, check is None),
    )


def _study(outcome: AnyOutcome) -> schema.Study:
    if isinstance(outcome, ImageOutcome):
        return image_entry(outcome)
    return wide_entry(outcome) if isinstance(outcome, WideOutcome) else study_entry(outcome)


def summary(
    outcomes: Sequence[ScenarioOutcome],
    strict: bool = False,
    studies: Sequence[AnyOutcome] = (),
    sweep: Swept | None = None,
    expecting: bool = True,
) -> schema.Summary:
    """Counts, the exit code, and the one line that sums up a run."""
    swept = () if sweep is None else (sweep,)
    judged = [pair for outcome in (*outcomes, *studies, *swept) for pair in outcome.judged]
    counts = Counter(verdict for verdict, _ in judged)
    unexpected = sum(verdict is not expected for verdict, expected in judged)
    parts = [f"{counts[v]} {v.value}" for v in Verdict if counts[v]]
    ending = "; all as expected" if not unexpected else f"; {unexpected} not as expected"
    return schema.Summary(
        scenarios=len(outcomes),
        studies=len(studies),
        theorems=len({j.theorem.id for o in outcomes for j in o.judgements})
        + sum(len(one.theorems) for one in swept),
        verdicts={v.value: counts[v] for v in Verdict},
        as_expected=not unexpected,
        exit_code=exit_code(judged, strict),
        line=f"{', '.join(parts) or 'nothing judged'}{ending if expecting else ''}",
    )


def _scenario(
    outcome: ScenarioOutcome, witnesses: Mapping[tuple[str, str], str], expecting: bool
) -> schema.Scenario:
    scenario = outcome.scenario
    expect = scenario.expect
    expected = (
        expect.value
        if isinstance(expect, Verdict)
        else {name: verdict.value for name, verdict in expect.items()}
    )
    return record_of(
        schema.Scenario,
        outcome,
        scenario,
        configuration=scenario.model_dump(mode="json", exclude=None if expecting else {"expect"}),
        expected=expected if expecting else None,
        verdict=worst(verdict for verdict, _ in outcome.judged).value,
        as_expected=all(verdict is expected for verdict, expected in outcome.judged),
        theorems=tuple(
            _judgement(
                judgement,
                scenario.expected(judgement.theorem.id),
                expecting,
                witnesses.get((scenario.name, judgement.theorem.id)),
            )
            for judgement in outcome.judgements
        ),
        cross_checks=tuple(record_of(schema.CrossCheck, one) for one in outcome.cross_checks),
        observations=tuple(record_of(schema.Observation, one) for one in outcome.observations),
    )


def _judgement(
    judgement: Judgement, expected: Verdict, expecting: bool, witness: str | None
) -> schema.CheckedTheorem:
    theorem, proof = judgement.theorem, judgement.proof
    source = theorem.source
    return record_of(
        schema.CheckedTheorem,
        judgement,
        theorem,
        source=f"{source.authors.split(',')[0]} et al., {source.venue} {source.year}"
        if "," in source.authors
        else source.title,
        expected=expected.value if expecting else None,
        as_expected=judgement.verdict is expected,
        assumptions=tuple(map(_assumption, judgement.assumptions)),
        claims=tuple(_claim(claim, witness) for claim in judgement.claims),
        trusted_base=tuple(dict.fromkeys(fact.key for fact in theorem.trusted_base)),
        proof=schema.ProofSummary(
            verdict=proof.verdict,
            steps=len(proof.steps),
            discharged=len(proof.steps) - len(proof.open_steps),
            told=steps_told((step.status, step.basis) for step in proof.steps),
        ),
    )


def _assumption(judged: JudgedAssumption) -> schema.CheckedAssumption:
    value, assumption = judged.value, judged.assumption
    return record_of(
        schema.CheckedAssumption,
        judged,
        assumption,
        value,
        load=middle(value and value.load),
        confidence=_confidence(judged.level),
        how=prose(judged.why),
    )


def _claim(judged: JudgedClaim, witness: str | None) -> schema.CheckedClaim:
    value, claim = judged.value, judged.claim
    return record_of(
        schema.CheckedClaim,
        judged,
        claim,
        measured=value and {**(interval(value.lhs) or {}), "how": prose(judged.how)},
        bound=value and interval(value.rhs),
        slack=middle(value and value.slack),
        confidence=_confidence(judged.level),
        settle=prose(judged.settle) or None,
        witness=witness if judged.verdict is ClaimVerdict.FAIL else None,
    )


def _confidence(level: Level | None) -> float | None:
    """The confidence of the interval behind one statistical statement; null for any other."""
    return None if level is None else 1 - level.error
