"""Symbols of capture by an anchor: slack, departure from the line, and answers that are final."""

from __future__ import annotations

from collections.abc import Iterator

from ...theory.exact.interval import Interval
from ..values import CrossCheck, Measured, Observation, Rigor
from .experiment import Experiment, measures
from .learner import ANCHORED, Missing
from .limit import until_captured

_SYMBOLS = ("anchor_slack", "anchor_activation", "anchor_departure", "settled_contrary")


@measures("anchor_slack", until_captured)
def anchor_slack(experiment: Experiment) -> Measured:
    found = experiment.anchored
    if not found.captured:
        # Short of the certificate nothing is refuted: training on may reach it.
        raise Missing(found.reason)
    return Measured(found.slack, f"at step {experiment.training.network.steps}")


for _what in ("activation", "departure", "contrary"):
    _name = "settled_contrary" if _what == "contrary" else f"anchor_{_what}"

    @measures(_name, until_captured)
    def seen(experiment: Experiment, what: str = _what) -> Measured:
        followed = experiment.followed_line
        how = f"followed on for {followed.steps} steps, to tau = {followed.tau:.3g}"
        return Measured(Interval.exact(getattr(followed, what)), how, Rigor.NUMERIC)


def _asked(experiment: Experiment) -> bool:
    """Whether the scenario is judged by the anchor, and the network captured by it."""
    theorems = experiment.scenario.theorems
    if not until_captured(experiment.scenario) or (theorems and ANCHORED not in theorems):
        return False
    try:
        return experiment.anchored.captured
    except Missing:
        return False


def anchor_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    """The exact limit against its enclosure, and what was seen later against the certificate."""
    if not _asked(experiment) or (line := experiment.anchored.line) is None:
        return
    seen, limit, symbols = experiment.followed_line, line.limit.proposal, frozenset(_SYMBOLS)
    yield CrossCheck(
        "anchor-limit",
        "‖W*‖² between the two values of the margin program, and as the sum of the multipliers",
        Interval.between((2 * limit.total - limit.square).lower, (limit.ratio**2).upper),
        line.limit.multipliers.sum().interval(),
        symbols,
    )
    yield CrossCheck(
        "anchor-departure",
        "the distance from the line on the way on, over what was certified for ever",
        Interval.exact(seen.departure),
        Interval.between(0, 1),
        symbols,
    )
    yield CrossCheck(
        "anchor-activation",
        "the least own activation on the way on, against what was certified for ever",
        Interval.exact(seen.activation),
        Interval.between(experiment.anchored.slack.lower, float("inf")),
        symbols,
    )


def anchor_observations(experiment: Experiment) -> Iterator[Observation]:
    """At how many points the network's answer certainly never changes again."""
    if not _asked(experiment):
        return
    rest, final = experiment.anchored.settled(experiment.limit_points), []
    for name, sample in experiment.natural_points.items():
        signs, rest = rest[: sample.n], rest[sample.n :]
        final.append((f"{name} certainly answered as labelled for ever", signs == sample.y))
        final.append((f"{name} whose answer certainly never changes again", signs != 0))
    final.append(("isotropic points whose answer certainly never changes again", rest != 0))
    for says, those in final:
        count, size = Interval.exact(int(those.sum())), len(those)
        yield Observation(f"{says}, of {size}", count, Rigor.ENCLOSED, size)
