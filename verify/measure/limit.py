"""Symbols of the limit certificate: the limit that the data have, and capture of the network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import binomtest

from ...numerics.enclose.ball_array import BallArray
from ...numerics.limit.capture import Certified, capture
from ...numerics.limit.convex_limit import ConvexLimit
from ...numerics.limit.follow import Followed
from ...numerics.limit.linear_outside import linear_form
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import CrossCheck, Measured, Observation, Rigor
from .experiment import Experiment, measures
from .learner import Learner, Missing

LEVEL = 0.99
"""Confidence of an interval that stands by itself."""
SEED = 1024
"""How far the limit is scaled up as a start that it attracts."""


def until_captured(scenario: Scenario) -> bool:
    return scenario.training.until == "captured"


def limit_value(limit: ConvexLimit) -> Measured:
    """The least own activation of the limit that the data have with every own pair active."""
    if not limit.feasible:
        if limit.impossible:
            return Measured(Interval.exact(0), limit.impossible)
        raise Missing("no weights with positive margins were found, nor that there are none")
    return Measured(limit.own_activation, described(limit))


def described(limit: ConvexLimit) -> str:
    """How the limit was enclosed, and what floating point says of it."""
    return (
        f"enclosed in float64 balls by the duality gap of the margin program; {limit.supports} of "
        f"{limit.sample.n} samples support it, {limit.kinks} of them at a kink"
    )


@measures("own_activation")
def own_activation(learner: Learner) -> Measured:
    return limit_value(learner.limit)


@measures("contrary_points")
def contrary_points(experiment: Experiment) -> Measured:
    limit = _existing(experiment)
    answer, lean = limit.answers(experiment.limit_points)
    contrary = int((answer * lean).negative.sum())
    undecided = int((~(answer.positive | answer.negative)).sum())
    how = f"counted over {len(answer)} test points, {undecided} of them within rounding of 0"
    return Measured(Interval.exact(contrary), how)


@measures("seed_slack")
def seed_slack(experiment: Experiment) -> Measured:
    limit = _existing(experiment)
    found = capture(
        limit.seed(SEED),
        experiment.sample,
        limit.slope,
        experiment.scenario.training.loss,
        output=limit.pattern.output,
    )
    if found.certified is None:
        raise Missing(found.reason)
    return Measured(found.certified.slack, f"the certificate at {SEED} W*")


@measures("support_min")
def support_min(experiment: Experiment) -> Measured:
    y = experiment.sample.y.astype(np.float64)
    signed = experiment.gram.gram * np.outer(y, y)
    return Measured(signed.min_enclosure(), "every entry of the Gram matrix")


@measures("trained_activation")
def trained_activation(experiment: Experiment) -> Measured:
    return Measured(experiment.own_pairs.min_enclosure(), "the pre-activations of the network")


@measures("outside_contrary")
def outside_contrary(experiment: Experiment) -> Measured:
    weights = experiment.training.network.weights()
    found = linear_form(weights, experiment.limit_points, experiment.slope, experiment.output)
    how = f"counted over the {int(found.outside.sum())} of {len(found.outside)} test points outside"
    return Measured(Interval.exact(found.contrary), how)


def _slack(learner: Learner) -> Measured:
    """The least bound of an own activation over rho, for ever; Missing short of capture."""
    found = learner.captured
    if found.certified is None or not found.captured:
        # Short of the certificate nothing is refuted: training on may reach it.
        raise Missing(f"{learner.named}: {found.reason}" if learner.named else found.reason)
    step = learner.training.network.steps
    return Measured(found.certified.slack.min(found.certified.activation), f"at step {step}")


def active_slack(learner: Learner) -> Measured:
    """The same of a network with every own pair active."""
    limit = learner.captured.limit
    if learner.captured.captured and limit is not None and not limit.pattern.all_active:
        raise Missing(f"{learner.captured.reason}: this theorem is about active own pairs")
    return _slack(learner)


def certified_angle(learner: Learner) -> Measured:
    """Sine of the angle outside which the network has its limit's sign for ever."""
    angle = _certified(learner).angle
    if angle is None:
        raise Missing("the limit's boundary is not known to be linear")
    return Measured(angle, "distance to the limit and diameters of the halves, for ever")


measures("capture_slack", until_captured)(active_slack)
measures("general_slack", until_captured)(_slack)
measures("tau_ever", until_captured)(certified_angle)


for _name in ("capture_distance", "general_radius"):

    @measures(_name, until_captured)
    def radius(experiment: Experiment) -> Measured:
        return Measured(_certified(experiment).distance, "sqrt(R² - 2 Lam + ‖W_l‖²)")


for _prefix in ("followed", "general"):
    for _what in ("activation", "distance"):

        @measures(f"{_prefix}_{_what}", until_captured)
        def seen(experiment: Experiment, what: str = _what) -> Measured:
            return _seen(_followed(experiment), what)


def _seen(followed: Followed, what: str) -> Measured:
    how = f"followed on for {followed.steps} steps, to rho = {followed.rho:.3g}"
    return Measured(Interval.exact(getattr(followed, what)), how, Rigor.NUMERIC)


def _existing(learner: Learner) -> ConvexLimit:
    if not learner.limit.feasible:
        raise Missing(limit_value(learner.limit).how)
    return learner.limit


def _certified(learner: Learner) -> Certified:
    if learner.captured.certified is None:
        raise Missing(learner.captured.reason)
    return learner.captured.certified


def _followed(experiment: Experiment) -> Followed:
    if experiment.followed is None:
        raise Missing(experiment.captured.reason)
    return experiment.followed


_CAPTURE = frozenset(
    {"capture_slack", "capture_distance", "followed_activation", "followed_distance", "tau_ever"}
    | {"general_slack", "general_radius", "general_activation", "general_distance"}
)
OF_LIMIT = frozenset({"own_activation", "contrary_points", "seed_slack"}) | _CAPTURE
"""The symbols that rest on the convex limit."""


def limit_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    """The limit against the exact multipliers, and what was seen later against the certificate."""
    limit, lam = experiment.limit, experiment.limit_multipliers
    if lam is not None and limit.feasible:
        yield CrossCheck(
            "limit-norm",
            "‖W*‖² between the two values of the margin program, and as the sum of the exact "
            "multipliers",
            Interval.between((2 * limit.total - limit.square).lower, (limit.ratio**2).upper),
            lam.sum().interval(),
            OF_LIMIT,
        )
    if not until_captured(experiment.scenario) or (seen := experiment.followed) is None:
        return
    certified = _certified(experiment)
    inf = float("inf")
    for id, says, value, within in (
        (
            "followed-activation",
            "the least own activation over rho on the way on, against what was certified for ever",
            seen.activation,
            Interval.between(certified.slack.lower, inf),
        ),
        (
            "followed-distance",
            "the distance to the limit on the way on, against what was certified for ever",
            seen.distance,
            Interval.between(0, certified.distance.upper),
        ),
        (
            "followed-growth",
            "how much ‖W‖ - M rho grew on the way on, which it certainly does not",
            seen.growth,
            Interval.between(-inf, 0),
        ),
    ):
        yield CrossCheck(id, says, Interval.exact(value), within, _CAPTURE)


def counted(says: str, signed: BallArray) -> Observation:
    """How many of the values (B,) certainly are positive, and of how many the sign is uncertain."""
    right, undecided = int(signed.positive.sum()), int((~signed.positive & ~signed.negative).sum())
    says = f"{says}, of {len(signed)} ({undecided} undecided)"
    return Observation(says, Interval.exact(right), Rigor.ENCLOSED, len(signed))


def limit_observations(experiment: Experiment) -> Iterator[Observation]:
    """When the network was captured, what its limit answers, and how often a start is captured."""
    found = experiment.captured
    limit = found.limit if found.captured and found.limit is not None else experiment.limit
    if found.captured:
        step = Interval.exact(experiment.training.network.steps)
        yield Observation(
            "training steps after which the network is captured", step, Rigor.ENCLOSED
        )
        idle, pairs = found.inactive
        says = f"own pairs of neuron and sample that are inactive for ever, of {pairs}"
        yield Observation(says, Interval.exact(idle), Rigor.ENCLOSED, pairs)
    if limit.feasible:
        what = "the limit of the network's own pattern certainly classifies as labelled"
        for name, sample in experiment.natural_points.items():
            answer, _ = limit.answers(sample.x)
            yield counted(f"{name} that {what}", answer * sample.y.astype(np.float64))
    if experiment.others:
        weights = [other.weights() for other in experiment.others]
        events = [found.captured, *(experiment.capture_of(w).captured for w in weights)]
        held, starts = sum(events), len(events)
        share = binomtest(held, starts).proportion_ci(LEVEL, "exact")
        says = (
            f"share of random starts from which the network is captured: {held} of {starts} "
            f"(exact {LEVEL:.0%} binomial interval of its own)"
        )
        value = Interval.between(float(share.low), float(share.high))
        yield Observation(says, value, Rigor.STATISTICAL, starts)
