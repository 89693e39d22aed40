"""Verdicts of studies of images, by exact binomial intervals and the run's one level of confidence.

Two claims a study. *accuracy*: for each of at least 3 seeds the learner of perturbed images answers
more natural test images than every control, and than chance where noise was perturbed. It fails
when for every seed the learner is certainly less than 0.01 above some control. *features*: the
perturbations aimed at a class resemble it, by a permutation test for each seed, which can support
and never refute. A statement is read at the error that the run gives it (`statistics`), split
evenly over the intervals of its seeds and arms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from ...numerics.images.setting import Arm
from ...theory.exact.interval import Interval
from ..scenarios.image_study import LEAST_SEEDS
from ..statistics import Level, binomial_interval, holm_errors
from ..values import ClaimVerdict, Verdict
from .image_studies import ImageRun

CLAIMS = 2
"""Statistical statements of a study."""
MARGIN = Fraction(1, 100)
"""What a learner must be above a control for the claim not to fail."""

Answered = Mapping[tuple[int, Arm], Interval]


@dataclass(frozen=True)
class ImageClaim:
    """A claim of a study; `says` in words, `settle` what would decide it where it is open."""

    id: str
    says: str
    verdict: ClaimVerdict
    level: Level
    settle: str = ""


@dataclass(frozen=True)
class ImageOutcome:
    """A judged study, and the interval of every learner's accuracy."""

    run: ImageRun
    claims: tuple[ImageClaim, ...]
    accuracies: Answered
    verdict: Verdict
    reason: str

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """The pair of verdict and expected verdict."""
        return ((self.verdict, self.run.study.expect),)


def judge_images(runs: Sequence[ImageRun], beside: int = 0) -> tuple[ImageOutcome, ...]:
    """Judge the studies of one run together; `beside` statistical statements are made elsewhere."""
    decisions = [partial(one, run) for run in runs for one in (_learnt, _resembling)]
    errors = holm_errors(decisions, beside)
    levels = [Level(error, len(decisions) + beside) for error in errors]
    pairs = zip(levels[::CLAIMS], levels[1::CLAIMS], strict=True)
    return tuple(_judged(run, *pair) for run, pair in zip(runs, pairs, strict=True))


def _answered(run: ImageRun, error: float) -> Answered:
    """The intervals of all accuracies, which together miss one with at most this chance."""
    learned = {at: point.learned for at, point in run.points.items() if point.learned is not None}
    each = error / len(learned) if learned else error
    return {
        (seed, arm): binomial_interval(one.right, one.total, each)
        for (seed, arm), one in learned.items()
        if arm is not None
    }


def _learnt(run: ImageRun, error: float) -> bool | None:
    """Whether the claim on accuracies is decided to hold, or to fail."""
    study = run.study
    found = _answered(run, error)
    if _fault(run) or len(study.seeds) < LEAST_SEEDS:
        return None
    own = {seed: found[seed, "perturbed"] for seed in study.seeds}
    controls = {seed: [found[seed, arm] for arm in study.controls] for seed in study.seeds}
    chance = [Interval.exact(Fraction(1, study.classes))] if study.base == "noise" else []
    if all(c.certainly_less(own[seed]) for seed in own for c in (*controls[seed], *chance)):
        return True
    margin = Interval.exact(MARGIN)
    if all(any(own[s].certainly_less(c + margin) for c in controls[s]) for s in own):
        return False
    return None


def _resembling(run: ImageRun, error: float) -> bool | None:
    """Whether the permutation test of every seed is at most the error; it never refutes."""
    return True if not _fault(run) and all(p <= error for p in _p_values(run)) else None


def _p_values(run: ImageRun) -> list[float]:
    every = (run.points[seed, None].perturbations for seed in run.study.seeds)
    return [found["p"] for found in every if found is not None]


def _fault(run: ImageRun) -> str:
    faults = (
        f"seed {seed}, {arm or 'perturbations'}: {point.fault}"
        for (seed, arm), point in run.points.items()
        if point.fault
    )
    return next(faults, "")


def _judged(run: ImageRun, accuracy: Level, resemblance: Level) -> ImageOutcome:
    study, fault = run.study, _fault(run)
    found = _answered(run, accuracy.error)
    least = 1 / (1 + study.permutations)
    claims = (
        ImageClaim(
            "accuracy",
            "For every seed, the learner of perturbed images answers more natural test images than "
            f"each control{' and than chance' if study.base == 'noise' else ''}.",
            _verdict(_learnt(run, accuracy.error), fault),
            accuracy,
            f"fewer than {LEAST_SEEDS} seeds decide nothing; name more"
            if len(study.seeds) < LEAST_SEEDS
            else "the intervals overlap: more test images would decide, or it is not so",
        ),
        ImageClaim(
            "features",
            "For every seed, perturbations aimed at a class resemble it more than chance allows.",
            _verdict(_resembling(run, resemblance.error), fault),
            resemblance,
            f"p = {max(_p_values(run), default=1.0):.2g} is not small enough over the run"
            + ("; more permutations would allow it" if least > resemblance.error else ""),
        ),
    )
    open_ = [claim for claim in claims if claim.verdict is not ClaimVerdict.PASS]
    if fault:
        verdict, reason = Verdict.ERROR, fault
    elif claims[0].verdict is ClaimVerdict.FAIL:
        verdict = Verdict.FAIL
        reason = f"claim 'accuracy' fails: {_told(run)}, less than {float(MARGIN)} above a control"
    elif open_:
        verdict = Verdict.INCONCLUSIVE
        reason = "; ".join(f"claim '{one.id}': {one.settle}" for one in open_) + f" ({_told(run)})"
    else:
        verdict = Verdict.PASS
        p = max(_p_values(run))
        reason = f"{_told(run)}; features p = {p:.2g}, in each of {len(study.seeds)} seeds"
    return ImageOutcome(run, claims, found, verdict, reason)


def _verdict(decided: bool | None, fault: str) -> ClaimVerdict:
    if fault:
        return ClaimVerdict.ERROR
    if decided is None:
        return ClaimVerdict.INCONCLUSIVE
    return ClaimVerdict.PASS if decided else ClaimVerdict.FAIL


def _told(run: ImageRun) -> str:
    """The accuracies of the learner and of the best control, over the seeds."""
    shares: dict[bool, list[float]] = {True: [], False: []}
    for (_, arm), point in run.points.items():
        if point.learned is not None:
            shares[arm == "perturbed"].append(point.learned.right / point.learned.total)
    own = shares[True]
    return (
        f"the learner of perturbed images is right on {min(own):.3f} to {max(own):.3f} of test "
        f"images, controls on at most {max(shares[False]):.3f}"
    )
