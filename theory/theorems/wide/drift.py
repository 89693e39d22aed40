"""How far neurons can drift: the ones that may have changed sides, and what they can change.

For the identity loss, l' = 1, a path weight is 1/N times the mean slope over the steps, times the
path time t, the total weight of the steps. So neuron j moves at z by |a_j| t B(z) at most, B(z) =
mean_n |<x_n, z> + 1|, and keeps its side unless |h_j(0; z)| is at most that.

Source: derived here, after Kumano, Kera and Yamasaki, NeurIPS 2024.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from ...statement import Citation, Definition, Inequality, Let, Step
from ...steps.motion import EQUAL_STEPS, INDUCTION
from ...steps.own_pattern import slope_of
from ...steps.sums import WEIGHTS
from ...symbols import Eq, N, declare, gamma, quantity
from .descent import Probe, Symbols, Weights, momentum, rate

loss_weight_min = declare(
    "loss_weight_min",
    "smallest slope l' of the loss over samples and steps of both trainings: 1 for the identity "
    "loss, below 1 for the logistic loss",
    low=0,
    high=1,
    latex="\\ell'_{\\mathrm{min}}",
)


@dataclass(frozen=True)
class Time(Symbols):
    """The total weight of the steps: `total` is that of all so far, `gain` what a step adds to it,
    `horizon` what the path time t is: the total of all steps that are looked at."""

    gain_first: sp.Symbol
    gain: sp.Symbol
    gain_next: sp.Symbol
    total_first: sp.Symbol
    total: sp.Symbol
    total_next: sp.Symbol
    horizon: sp.Symbol

    @property
    def gains(self) -> tuple[sp.Symbol, ...]:
        """At the first step, now, after the next one."""
        return self.gain_first, self.gain, self.gain_next

    @property
    def totals(self) -> tuple[sp.Symbol, ...]:
        """At the first step, now, after the next one."""
        return self.total_first, self.total, self.total_next


def _over_time(name: str, meaning: str) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol]:
    def when(end: str, words: str, index: str) -> sp.Symbol:
        return declare(f"{name}{end}", f"{meaning} {words}", index=index)

    return (
        when("_first", "at the start", ""),
        when("", "at the step t", "t"),
        when("_next", "after that step", "t"),
    )


time = Time(
    *_over_time("gain_t", "what a step adds to the total weight of the steps,"),
    *_over_time("total_t", "total weight of the steps"),
    declare("path_time", "path time: the total weight of all steps", low=0, latex="t"),
)

TIME: tuple[Step, ...] = (
    Definition(
        "time",
        "A step with step size eta weighs eta in all velocities from it on; t is one of the steps "
        "looked at, none of which has a larger total than the last.",
        (
            Eq(time.gain_first, 0),
            Eq(time.total_first, 0),
            Eq(time.gain_next, momentum * time.gain + rate),
            Eq(time.total_next, time.total + time.gain_next),
            time.total <= time.horizon,
        ),
    ),
    Inequality(
        "time-step <- time momentum",
        "Totals do not fall.",
        sp.Implies(
            sp.Min(time.gain, time.total) >= 0, sp.Min(time.gain_next, time.total_next) >= 0
        ),
    ),
    Citation(
        "time-sign <- time time-step",
        "So they are not negative.",
        INDUCTION(*(sp.Min(*at) for at in zip(time.gains, time.totals, strict=True))),
    ),
)


def bounded(w: Weights, tag: str) -> tuple[Step, ...]:
    """Steps to "gamma total <= N c <= total" for the path weights c; they rest on the assumptions
    `momentum` and `identity`, and on `TIME`."""

    def room(weight: sp.Symbol, total: sp.Symbol) -> sp.Expr:
        return sp.Min(N * weight - gamma * total, total - N * weight)

    in_speed = [room(*at) for at in zip(w.speeds, time.gains, strict=True)]
    in_path = [room(*at) for at in zip(w.paths, time.totals, strict=True)]
    return (
        Definition(
            f"{tag}-weights",
            "Path weights, step by step; the slope of the loss is at most 1, that of phi in "
            "[gamma, 1], and labels are 1 or -1.",
            (
                Eq(w.path_first, 0),
                Eq(w.speed_first, 0),
                Eq(w.speed_next, momentum * w.speed + w.push),
                Eq(w.path_next, w.path + w.speed_next),
                w.loss >= loss_weight_min,
                w.loss <= 1,
                w.unit >= gamma,
                Eq(w.label**2, 1),
            ),
        ),
        Inequality(
            f"{tag}-push <- {tag}-weights identity",
            "With the identity loss a step pushes by its size and the slope of phi.",
            Eq(N * w.speed_next, momentum * (N * w.speed) + rate * w.unit),
        ),
        Inequality(
            f"{tag}-speed-step <- {tag}-push {tag}-weights time momentum",
            "In the velocity, weights between gamma and 1 times what the steps gave stay there.",
            sp.Implies(in_speed[1] >= 0, in_speed[2] >= 0),
        ),
        Citation(
            f"{tag}-speed <- {tag}-speed-step {tag}-weights time",
            "So they always are.",
            INDUCTION(*in_speed),
        ),
        Inequality(
            f"{tag}-bound-step <- {tag}-speed {tag}-speed-step {tag}-weights time",
            "So are the path weights,",
            sp.Implies(in_path[1] >= 0, in_path[2] >= 0),
        ),
        Citation(
            f"{tag}-bound <- {tag}-bound-step {tag}-weights time",
            "always.",
            INDUCTION(*in_path),
        ),
    )


@dataclass(frozen=True)
class Sides(Symbols):
    """Where a neuron is at a probe: `reach_sum` is sum_n |<x_n, z> + 1|, `slope` its slope of phi
    now and `slope_first` at the start, `flip` 1 if it may have changed sides by the path time."""

    reach_sum: sp.Symbol
    slope: sp.Symbol
    slope_first: sp.Symbol
    flip: sp.Symbol


def range_of(w: Weights, s: Sides) -> sp.Expr:
    """|a_j| t B(z): how far the neuron can move."""
    return sp.Abs(w.output) * time.horizon * s.reach_sum / N


def sided(w: Weights, p: Probe, s: Sides, tag: str, of: str) -> tuple[Step, ...]:
    """Steps to "a neuron that cannot have changed sides has its first slope": `TAG-kept`; the steps
    on the weights w are named after `of`."""
    weights = replace(WEIGHTS, over=quantity(w.label).index)
    reach = range_of(w, s)
    return (
        Inequality(
            f"{tag}-weight <- {of}-bound {of}-weights time-sign",
            "Every weight is at most total/N.",
            sp.And(w.label * w.path <= time.total / N, w.label * w.path >= -time.total / N),
        ),
        Citation(
            f"{tag}-size <- {tag}-weight time-sign",
            "So the sum of the weights moves no further than this.",
            weights(p.path, w.label * w.path, time.total / N, s.reach_sum),
        ),
        Inequality(
            f"{tag}-drift <- {tag}-path {tag}-size time time-sign",
            "and the neuron no further than |a_j| t B(z).",
            sp.Abs(p.height - p.height_first) <= reach,
        ),
        Definition(
            f"{tag}-slopes",
            "The slopes are those of phi, now and at the start.",
            (slope_of(s.slope, p.height), slope_of(s.slope_first, p.height_first)),
        ),
        Let(
            f"{tag}-flip",
            "A neuron may have changed sides only if it was that near.",
            s.flip,
            sp.Piecewise((1, sp.Abs(p.height_first) <= reach), (0, True)),
        ),
        Inequality(
            f"{tag}-kept <- {tag}-drift {tag}-slopes {tag}-flip",
            "Any other neuron has the slope that it had at the start.",
            sp.And(
                sp.Implies(Eq(s.flip, 0), Eq(s.slope, s.slope_first)),
                sp.Or(Eq(s.flip, 0), Eq(s.flip, 1)),
            ),
        ),
    )


def still(w: Weights, s: Sides, tag: str, of: str) -> tuple[Step, ...]:
    """Steps to "N c = s_0 total where the neuron cannot have changed sides at the sample", for the
    weights w, whose steps are named after `of`."""
    held = 1 - s.flip

    def pair(weight: sp.Symbol, total: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
        return held * N * weight, held * s.slope_first * total

    def kept(now: tuple[sp.Expr, sp.Expr], after: tuple[sp.Expr, sp.Expr]) -> sp.Basic:
        return sp.Implies(Eq(*now), Eq(*after))

    speed = [pair(*at) for at in zip(w.speeds, time.gains, strict=True)]
    path = [pair(*at) for at in zip(w.paths, time.totals, strict=True)]
    return (
        Inequality(
            f"{tag}-still-speed-step <- {of}-push {tag}-kept time",
            "With one slope at all steps the velocity's weight is that slope times its total.",
            kept(*speed[1:]),
        ),
        Citation(
            f"{tag}-still-speed <- {tag}-still-speed-step {of}-weights time",
            "At every step.",
            EQUAL_STEPS(*(one for one, _ in speed), *(other for _, other in speed)),
        ),
        Inequality(
            f"{tag}-still-step <- {tag}-still-speed {tag}-still-speed-step {of}-weights time",
            "So is the path weight.",
            kept(*path[1:]),
        ),
        Citation(
            f"{tag}-still <- {tag}-still-step {of}-weights time",
            "At every step.",
            EQUAL_STEPS(*(one for one, _ in path), *(other for _, other in path)),
        ),
    )
