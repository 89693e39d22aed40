"""The rung that real data meet: the limit that the data have, and whether a network is captured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...numerics.captured_training import WIDTH, train_until_captured
from ...numerics.data import Sample
from ...numerics.limit.convex_limit import convex_limit
from ...numerics.limit.own_pattern import all_active
from ...theory.exact.interval import Interval
from ...theory.theorems import theorem
from ..judge import Holds
from ..measure.experiment import Missing
from ..measure.limit import limit_value
from ..values import Measured
from .rungs import deciding

THEOREM = "limit-candidate"


@dataclass(frozen=True)
class CheckedCapture:
    """Whether a network trained on the data is captured, at which step, and what is certain then.

    `slack` is the least bound of an own activation over rho, `angle` the sine of the angle about
    the boundary outside which its sign is that of the linear form for ever; None where unknown.
    """

    captured: bool
    step: int
    width: int
    start: float
    inactive_pairs: int
    own_pairs: int
    slack: Interval | None
    angle: Interval | None
    reason: str


@dataclass(frozen=True)
class CheckedLimit:
    """Whether the data have a limit with every own pair active, so with a linear boundary if the
    slope is positive.

    Attributes:
        theorem: whose assumption is judged.
        holds: "yes": it exists, is a strict local minimum and attracts an open set of starts; "no":
            certainly no limit has every own pair active.
        own_activation: the least scaled own activation at the solution of the margin program.
        supports, kinks: samples with a positive multiplier, and those of them at which a cross pair
            sits on its kink, as floating point tells; None without a solution.
        reason: how it was found, or why it was not.
        capture: of a network trained here, where that was asked for.
    """

    theorem: str
    holds: Holds
    own_activation: Interval | None
    supports: int | None
    kinks: int | None
    reason: str
    capture: CheckedCapture | None = None


def check_limit(
    sample: Sample, slope: float, capture: CheckedCapture | None = None
) -> CheckedLimit:
    """Decide the rung at a slope in [0, 1]; it needs no Gram matrix."""
    limit = convex_limit(sample, Fraction(slope), all_active(sample.y))
    try:
        measured = limit_value(limit)
    except Missing as missing:
        measured = Measured.missing(str(missing))
    holds = deciding(theorem(THEOREM).assumptions, {"own_activation": measured}).holds
    solved = limit.feasible
    return CheckedLimit(
        THEOREM,
        holds,
        measured.value if solved else None,
        limit.supports if solved else None,
        limit.kinks if solved else None,
        measured.how,
        capture,
    )


def check_capture(
    sample: Sample,
    slope: float,
    rng: np.random.Generator,
    *,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> CheckedCapture:
    """Train a network until captured, `STEPS` steps at most, and say whether it is."""
    trained = train_until_captured(sample, slope, rng, device=device, progress=progress)
    found = trained.capture
    certified = found.certified
    return CheckedCapture(
        found.captured,
        trained.steps,
        WIDTH,
        trained.start,
        *found.inactive,
        None if certified is None else certified.slack,
        None if certified is None else certified.angle,
        found.reason,
    )
