"""The figures of the limit certificate: what is certified along training, and the limit's plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....numerics.enclose.ball_array import BallArray
from ....numerics.limit.anchor import Anchored
from ....numerics.limit.capture import Capture
from ....numerics.limit.convex_limit import ConvexLimit
from ....theory.statement import Theorem
from ...values import finite
from ..experiment import Experiment
from ..learner import ANCHORED
from ..limit import OF_LIMIT, until_captured
from .boundaries import figure, plane
from .waypoints import Waypoint, anchors_affordable, end_before_further, trained_on

# Samples that support nothing are drawn up to this many.
_SAMPLES = 400


def capture_figure(experiment: Experiment, way: Sequence[Waypoint]) -> dict[str, Any] | None:
    """What is certified along training; None where it was not asked."""
    seen = dict(experiment.training.tries)
    seen |= {one.step: one.found for one in way if one.found is not None}
    tries = [
        (step, seen[step], certified)
        for step in sorted(seen)
        if (certified := seen[step].certified) is not None
    ]
    if not tries:
        return None
    points, named = experiment.limit_points, experiment.scenario.theorems or ()
    by_anchor = ANCHORED in named and anchors_affordable(experiment)
    half = len(points) // 2
    also = ", those held out among them," if half > experiment.sample.n else ""
    # Of a limit that need not be linear only the anchor says something at a point.
    linear = all(c.angle is not None for _, found, c in tries if found.captured)
    certain: list[np.ndarray | None] = []
    if linear or by_anchor:
        anchors = {one.step: one.anchored for one in way} if by_anchor else {}
        certain = [
            # An anchor needs the network, which is not recorded at every try.
            None
            if by_anchor and step not in anchors
            else _certain(found, anchors.get(step), points)
            for step, found, _ in tries
        ]

    def share(part: slice) -> list[float | None] | None:
        return [None if one is None else float(one[part].mean()) for one in certain] or None

    return figure(
        experiment,
        "capture",
        "Capture",
        "The least own activation of the network on its way, and what the certificate bounds it by "
        "for ever. Below, what is certified for ever: the share of own pairs that keep their sign"
        + (
            f", and of {half} natural samples{also} and as many isotropic points z the share about "
            "which the answer never changes again: "
            + " or ".join(["|cos(z, Q*)| > τ"] * linear + ["by the anchor"] * by_anchor)
            if certain
            else ""
        )
        + f". From the step marked on, no own pair ever changes its sign.{trained_on(way)}",
        {
            "steps": [step for step, _, _ in tries],
            "activation": [finite(certified.activation.lower) for _, _, certified in tries],
            "bound": [finite(certified.slack.lower) for _, _, certified in tries],
            "share": [found.share for _, found, _ in tries],
            "natural": share(slice(half)),
            "isotropic": share(slice(half, None)),
            "captured": next((step for step, found, _ in tries if found.captured), None),
            "ended": end_before_further(way),
        },
    )


def _certain(found: Capture, anchored: Anchored | None, points: np.ndarray) -> np.ndarray:
    """Where the sign is certified for ever, by the angle or the anchor, bool (B,)."""
    certain = np.zeros(len(points), dtype=bool)
    angle = found.certified.angle if found.captured and found.certified is not None else None
    if found.limit is not None and angle is not None:
        z = BallArray.exact(points)
        reach = (z * z).sum(axis=1).sqrt() * (angle * found.limit.normal.norm())
        certain |= (abs(z @ found.limit.normal) - reach).positive
    if anchored is not None:
        certain |= anchored.settled(points) != 0
    return certain


def plane_figure(experiment: Experiment, theorems: tuple[Theorem, ...]) -> dict[str, Any] | None:
    """The plane of the limit's two vectors; None where no theorem asked for is about a limit.

    It is that of the captured network where its boundary is linear.
    """
    scenario = experiment.scenario
    asked = until_captured(scenario) or scenario.theorems is not None
    symbols = {symbol.name for theorem in theorems for symbol in theorem.measured_symbols}
    limit = _linear_limit(experiment) if asked and symbols & OF_LIMIT else None
    if limit is None:
        return None
    directions = dict(zip(limit.pattern.halves.tolist(), limit.directions.mid, strict=True))
    v, u, q = directions[1], directions[-1], limit.normal.mid
    axes = plane(q, v)
    x = experiment.sample.x
    supports = limit.multipliers > 0
    roles = np.where(limit.at_kink, 2, supports.astype(int))
    shown = np.union1d(np.flatnonzero(supports), np.arange(min(len(x), _SAMPLES)))
    projected = x @ axes.T
    part = float((projected**2).sum() / (x**2).sum())
    some = f" (the first {_SAMPLES} and those that support)" if len(shown) < len(x) else ""
    whose = (
        "the captured network"
        if limit is experiment.captured_limit
        else "the limit with every own pair active, which need not be this network's"
    )
    return figure(
        experiment,
        "limit-plane",
        "Plane of the limit",
        f"The plane of v and u, the vectors of the positive and the negative half of {whose}, with "
        f"the natural samples{some} projected onto it. The limit's values are known from it, so "
        "each sample is on its true side of every line. Where <v, z> = 0 the positive half bends, "
        "where <u, z> = 0 the negative; samples of the other class that support the limit may sit "
        "there, at a kink. Arrows: v and u to one scale; of q the direction.",
        {
            "arrows": [
                {"name": name, "x": float(x), "y": float(y)}
                for name, (x, y) in (("v", axes @ v), ("u", axes @ u), ("q", axes @ q))
            ],
            "samples": [
                [*projected[n].tolist(), int(experiment.sample.y[n]), int(roles[n])] for n in shown
            ],
            "part": part,
        },
    )


def _linear_limit(experiment: Experiment) -> ConvexLimit | None:
    """The limit of the captured network, else that with every own pair active, if linear."""
    if (limit := experiment.captured_limit) is not None:
        return limit
    limit = experiment.limit
    return limit if limit.feasible and limit.own_activation.lower > 0 else None
