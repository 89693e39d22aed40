"""The judge: one for all theorems.

It puts measured intervals into the theorem's own relations and reads off the verdict. Relations
with a probability known by trials are read at the level that the run gives them. What is not
certain is INCONCLUSIVE; a failed assumption makes the theorem VACUOUS and its claims merely
observed; plain floating point can support a claim but never refute one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ..numerics.compiler import RelationValue, evaluate_relation
from ..theory.engine import ProofReport
from ..theory.exact.interval import Interval
from ..theory.statement import LEAKY, Assumption, Claim, Theorem
from ..theory.symbols import Quantity, gamma, quantity, symbols_of
from .statistics import Level, Levels, counted_symbols, family_levels, values_at
from .values import ClaimVerdict, CrossCheck, Measured, Rigor, Verdict, factor, softest

Holds = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class JudgedAssumption:
    """An assumption on data. `value` is None when a symbol could not be measured (`why`).

    `level` is that of a statistical statement.
    """

    assumption: Assumption
    value: RelationValue | None
    holds: Holds
    rigor: Rigor
    why: str
    level: Level | None = None


@dataclass(frozen=True)
class JudgedClaim:
    """A claim on data: its verdict, the two sides, and what would settle it if it is open.

    `level` is that of a statistical statement.
    """

    claim: Claim
    value: RelationValue | None
    verdict: ClaimVerdict
    rigor: Rigor
    how: str
    settle: str
    level: Level | None = None


@dataclass(frozen=True)
class Judgement:
    """A theorem on one scenario; `beside` is what a reader of the verdict should know, too."""

    theorem: Theorem
    verdict: Verdict
    reason: str
    assumptions: tuple[JudgedAssumption, ...]
    claims: tuple[JudgedClaim, ...]
    proof: ProofReport
    beside: str = ""


def judge(
    theorem: Theorem,
    proof: ProofReport,
    measured: Mapping[str, Measured],
    cross_checks: Iterable[CrossCheck] = (),
    levels: Levels | None = None,
) -> Judgement:
    """Judge a theorem on measured values, one per symbol of its assumptions and claims.

    `levels` are those of the run for these values; without them the theorem is a run of its own.
    """
    if levels is None:
        (levels,) = family_levels([((theorem,), measured)])
    presumed = (LEAKY,) if theorem.leaky and _is_zero(measured.get(gamma.name)) else ()
    stated = (*presumed, *theorem.assumptions)
    assumptions = tuple(judge_assumption(a, measured, levels) for a in stated)
    regime: Holds = "yes"
    if any(a.holds == "no" for a in assumptions):
        regime = "no"
    elif any(a.holds == "unknown" for a in assumptions):
        regime = "unknown"
    fault = _fault(theorem, measured, cross_checks)
    claims = tuple(judge_claim(c, measured, levels, regime, fault) for c in theorem.claims)
    verdict, reason = _verdict(proof, assumptions, claims, fault)
    if theorem.kind == "prediction":
        reason = f"a prediction, not a theorem: {reason}"
    return Judgement(theorem, verdict, reason, assumptions, claims, proof)


def _is_zero(slope: Measured | None) -> bool:
    return slope is not None and slope.value is not None and slope.value.upper <= 0


def _evaluate(
    relation, measured: Mapping[str, Measured], level: Level | None
) -> tuple[RelationValue | None, Rigor, str]:
    names = [s.name for s in symbols_of(relation)]
    absent = [n for n in names if n not in measured or measured[n].value is None]
    if absent:
        reasons = (
            measured[n].how if n in measured else f"nothing here measures {n}" for n in absent
        )
        why = "; ".join(dict.fromkeys(reasons))
        return None, Rigor.NONE, why
    values = values_at(relation, measured, level.error if level else 1.0)
    assert values is not None  # none is absent
    left = [s.name for s in symbols_of(relation.args[0])] if relation.args else []
    told = dict.fromkeys((*(left or names), *counted_symbols(relation, measured)))
    how = "; ".join(dict.fromkeys(measured[n].how for n in told))
    if level is not None:
        how = f"{how}, exact binomial interval"
    return (
        evaluate_relation(relation, values),
        softest(measured[n].rigor for n in names),
        how,
    )


def judge_assumption(
    a: Assumption, measured: Mapping[str, Measured], levels: Levels
) -> JudgedAssumption:
    """One assumption on measured values; `levels` has those of statistical statements."""
    level = levels.get(a.relation)
    value, rigor, how = _evaluate(a.relation, measured, level)
    holds: Holds = "unknown"
    if value is not None and not rigor.is_soft and value.holds is not None:
        holds = "yes" if value.holds else "no"
    return JudgedAssumption(a, value, holds, rigor, how, level)


def judge_claim(
    c: Claim,
    measured: Mapping[str, Measured],
    levels: Levels = MappingProxyType({}),
    regime: Holds = "yes",
    fault: str = "",
) -> JudgedClaim:
    """Judge one claim on measured values.

    `regime` is whether the assumptions hold, `fault` what makes every verdict on it worthless.
    """
    level = levels.get(c.relation)
    value, rigor, how = _evaluate(c.relation, measured, level)
    verdict, settle = ClaimVerdict.INCONCLUSIVE, ""
    if fault:
        verdict, settle = ClaimVerdict.ERROR, fault
    elif value is None or rigor is Rigor.NONE:
        settle = how
    elif value.holds is True:
        verdict = ClaimVerdict.OBSERVED if regime == "no" else ClaimVerdict.PASS
    elif value.holds is None:
        endless = [
            symbol.name
            for symbol in symbols_of(c.relation)
            if (found := measured[symbol.name].value) is not None and not found.is_finite
        ]
        settle = "the enclosures overlap: more precision would decide it"
        if endless:
            settle = (
                f"the enclosures overlap, for nothing bounds {', '.join(endless)} yet: longer "
                "training would, or more precision"
            )
        elif level is not None:
            settle = (
                "the interval of the probability reaches across the bound: more draws would decide"
            )
    elif regime == "no":
        verdict = ClaimVerdict.NOT_OBSERVED
    elif c.limit:
        settle = c.settle
    elif rigor is Rigor.NUMERIC:
        settle = "measured in plain floating point only, which cannot refute"
    elif regime == "unknown":
        settle = "it does not hold, but whether the assumptions do is not certain"
    else:
        verdict = ClaimVerdict.FAIL
    return JudgedClaim(c, value, verdict, rigor, how, settle, level)


def _fault(
    theorem: Theorem, measured: Mapping[str, Measured], cross_checks: Iterable[CrossCheck]
) -> str:
    """A fault of the code that makes every verdict of the theorem worthless, or nothing."""
    names = {s.name for s in theorem.measured_symbols}
    for check in cross_checks:
        if not check.agree and names & check.symbols:
            return f"two computations exclude each other: {check.says}"
    for name in sorted(names):
        value = measured[name].value if name in measured else None
        q = quantity(name)
        if value is None:
            continue
        if _outside(value, q):
            return f"{name} was measured as {value}, outside its range {q.range_text}"
    return ""


def _outside(value: Interval, q: Quantity) -> bool:
    if q.low is not None:
        low = Interval.exact(q.low)
        if value.certainly_at_most(low) if q.open_low else value.certainly_less(low):
            return True
    if q.high is not None:
        high = Interval.exact(q.high)
        return high.certainly_at_most(value) if q.open_high else high.certainly_less(value)
    return False


def _verdict(
    proof: ProofReport,
    assumptions: tuple[JudgedAssumption, ...],
    claims: tuple[JudgedClaim, ...],
    fault: str,
) -> tuple[Verdict, str]:
    if fault:
        return Verdict.ERROR, fault
    if disputed := proof.disputed:
        return Verdict.ERROR, f"proof step '{disputed[0].id}': {disputed[0].detail}"
    if failed := [a for a in assumptions if a.holds == "no"]:
        return Verdict.VACUOUS, f"{_how_far(failed[0])}; claims: {_seen(claims)}"
    if unknown := [a for a in assumptions if a.holds == "unknown"]:
        why = "the two sides overlap" if unknown[0].value is not None else unknown[0].why
        return Verdict.INCONCLUSIVE, f"assumption '{unknown[0].assumption.id}': {why}"
    if broken := [c for c in claims if c.verdict is ClaimVerdict.FAIL]:
        return Verdict.FAIL, f"the assumptions hold and claim '{broken[0].claim.id}' does not"
    if proof.verdict != "proved":
        step = proof.open_steps[0]
        kind = "proof gap" if step.status == "gap" else "undecided proof step"
        return Verdict.INCONCLUSIVE, f"{kind} at step '{step.id}': {step.detail}"
    if open_ := [c for c in claims if c.verdict is not ClaimVerdict.PASS]:
        return Verdict.INCONCLUSIVE, f"claim '{open_[0].claim.id}': {open_[0].settle}"
    return Verdict.PASS, "assumptions hold, claims hold, every proof step is discharged"


_SEEN = {
    ClaimVerdict.OBSERVED: "observed all the same",
    ClaimVerdict.NOT_OBSERVED: "not observed",
    ClaimVerdict.INCONCLUSIVE: "undecided",
}
"""What claims are where nothing is claimed."""


def _seen(claims: tuple[JudgedClaim, ...]) -> str:
    counts = Counter(claim.verdict for claim in claims)
    told = [f"{counts[verdict]} {words}" for verdict, words in _SEEN.items() if counts[verdict]]
    return ", ".join(told) or "none"


def _how_far(failed: JudgedAssumption) -> str:
    load = failed.value.load if failed.value is not None else None
    if load is not None and load.is_finite:
        return f"assumption '{failed.assumption.id}' fails by a factor of {factor(load)}"
    return f"assumption '{failed.assumption.id}' does not hold"
