"""The slack of claims along training: both sides at all networks on the way at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from ....numerics.compiler import sides_along
from ....numerics.limit.capture import Certified
from ....numerics.limit.follow import follow
from ....numerics.limit.linear_outside import linear_form
from ....numerics.network import output_weights
from ....theory.notation import formula
from ....theory.statement import Theorem
from ....theory.symbols import symbols_of
from ...values import finite, middle
from ..experiment import Experiment, measure
from .boundaries import figure
from .waypoints import Waypoint, end_before_further, trained_on

# What is counted over test points is counted over so many of them, at most.
_POINTS = 100

Along = Callable[[Experiment, Sequence[Waypoint]], np.ndarray]
"""A symbol at each network on the way, float64 (C,) in plain floating point; NaN if unknown."""


def slack_figure(
    experiment: Experiment, way: Sequence[Waypoint], theorems: tuple[Theorem, ...]
) -> dict[str, Any] | None:
    """The slack of each claim about the trained network; None where no theorem has one."""
    lines = []
    known: dict[str, np.ndarray] = {}
    for relation, names in _claims(theorems).items():
        symbols = [symbol.name for symbol in symbols_of(relation)]
        known |= {s: ALONG[s](experiment, way) for s in symbols if s in ALONG and s not in known}
        fixed = measure(experiment, [s for s in symbols if s not in ALONG])
        # NaN where it is not known, so that nothing is shown.
        middles = {name: np.array(middle(one.value), float) for name, one in fixed.items()}
        values = {**middles, **{s: known[s] for s in symbols if s in ALONG}}
        lhs, rhs, slack = (
            list(map(finite, side.tolist()))
            for side in sides_along(relation, values, experiment.device)
        )
        if all(value is None for value in slack):
            continue
        strict = isinstance(relation, sp.Lt | sp.Gt)
        lines.append(
            {
                "name": f"{names[0]} (+{len(names) - 1})" if names[1:] else names[0],
                "formula": formula(relation).text,
                "left": lhs,
                "right": rhs,
                "slack": slack,
                "holds": [None if v is None else v > 0 or (v == 0 and not strict) for v in slack],
            }
        )
    # A count of exceptions that stays 0 shows nothing by itself.
    if not any(value for line in lines for value in line["slack"]):
        return None
    return figure(
        experiment,
        "slack",
        "Slack along training",
        "By how much each claim about the trained network holds at the networks on its way, in "
        "plain floating point: no verdict rests on it. Above 0, filled, the claim holds; below, "
        "hollow, it does not. Each line is one claim, in its own units; (+n): so many further "
        "theorems claim the same. What a theorem says of all later times is read at the later "
        "networks." + trained_on(way),
        {
            "steps": [one.step for one in way],
            "ended": end_before_further(way),
            "lines": lines,
        },
    )


def _claims(theorems: tuple[Theorem, ...]) -> Mapping[Relational, list[str]]:
    """Inequalities claimed of what changes along training, and which claims they are."""
    found: dict[Relational, list[str]] = {}
    for theorem in theorems:
        for claim in theorem.claims:
            for part in _inequalities(claim.relation):
                if any(symbol.name in ALONG for symbol in symbols_of(part)):
                    found.setdefault(part, []).append(f"{theorem.id}: {claim.id}")
    return found


def _inequalities(relation: Boolean) -> Iterator[Relational]:
    parts = relation.args if isinstance(relation, sp.And) else (relation,)
    return (part for part in parts if isinstance(part, sp.Lt | sp.Le | sp.Gt | sp.Ge))


# Symbols that change with the network. What is not here stands as it is at the end of training.


def _tau(experiment: Experiment, way: Sequence[Waypoint]) -> np.ndarray:
    curve = {point.step: point.angle.tau for point in experiment.training.curve}
    return np.array([curve.get(one.step, np.nan) for one in way])


def _activation(experiment: Experiment, way: Sequence[Waypoint]) -> np.ndarray:
    sample, width = experiment.sample, experiment.scenario.network.width
    signs = width * np.outer(sample.y, output_weights(width))
    return np.array([(signs * (sample.x @ one.weights.T)).min() for one in way])


def _contrary(experiment: Experiment, way: Sequence[Waypoint]) -> np.ndarray:
    points, slope = experiment.limit_points, experiment.slope
    few = points[:: -(-len(points) // _POINTS)]
    forms = (linear_form(one.weights, few, slope, experiment.output) for one in way)
    return np.array([float(form.contrary) for form in forms])


def _certified(read: Callable[[Certified], float]) -> Along:
    """What the certificate of a captured network gives."""
    return lambda experiment, way: np.array(
        [np.nan if one.certified is None else read(one.certified) for one in way]
    )


def _anchor_slack(experiment: Experiment, way: Sequence[Waypoint]) -> np.ndarray:
    return np.array([np.nan if (a := one.anchored) is None else a.slack.lower for one in way])


def _later(values: Sequence[float], extreme: np.ufunc) -> np.ndarray:
    """What is seen from each network on: the extreme over it and those that follow."""
    # fmin and fmax pass over what is not known.
    found = extreme.accumulate(np.array(values)[::-1])[::-1]
    return np.where(np.isnan(values), np.nan, found)


def _seen(what: str, extreme: np.ufunc) -> Along:
    """The same of captured networks, as `follow` sees each."""

    def along(experiment: Experiment, way: Sequence[Waypoint]) -> np.ndarray:
        loss = experiment.scenario.training.loss
        seen = [
            float(getattr(follow(one.weights, one.found, loss, 0), what))
            if one.found is not None and one.found.captured
            else np.nan
            for one in way
        ]
        return _later(seen, extreme)

    return along


def _anchor_activation(experiment: Experiment, way: Sequence[Waypoint]) -> np.ndarray:
    seen = [
        (one.found.certified.activation * one.found.certified.rho).lower
        if one.anchored is not None and one.found is not None and one.found.certified is not None
        else np.nan
        for one in way
    ]
    return _later(seen, np.fmin)


_slack = _certified(lambda certified: certified.slack.min(certified.activation).lower)
_distance = _certified(lambda certified: certified.distance.upper)
ALONG: Mapping[str, Along] = {
    "tau": _tau,
    "trained_activation": _activation,
    "outside_contrary": _contrary,
    "anchor_slack": _anchor_slack,
    "anchor_activation": _anchor_activation,
    "tau_ever": _certified(lambda c: np.nan if c.angle is None else c.angle.upper),
    **dict.fromkeys(("capture_slack", "general_slack"), _slack),
    **dict.fromkeys(("capture_distance", "general_radius"), _distance),
    **dict.fromkeys(("followed_activation", "general_activation"), _seen("activation", np.fmin)),
    **dict.fromkeys(("followed_distance", "general_distance"), _seen("distance", np.fmax)),
}
"""The symbols that are followed."""
