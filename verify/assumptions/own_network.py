"""The user's own network on the user's own data: where it is linear, and whether it is captured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.device import fitting
from ...numerics.given_network import GivenNetwork
from ...numerics.limit.anchor import anchored
from ...numerics.limit.capture import CaptureWatch, capture
from ...numerics.limit.linear_outside import linear_form
from ...numerics.limit.own_pattern import OwnPattern, own_pattern
from ...numerics.network import preactivations
from ...theory.exact.interval import Interval
from ...theory.symbols import symbols_of
from ...theory.theorems import theorem
from ..judge import Holds, judge_claim
from ..values import ClaimVerdict, Measured
from .rungs import deciding

LINEAR, CAPTURES = "linear-outside", ("capture", "capture-general", "capture-anchored")
_LOSSES = ("exponential", "logistic")
_MOST_GROUPS = 64
"""Of neurons whose own pairs agree: the program of more takes minutes, and none was captured."""
_BYTES_OF_PAIR = 160
"""That deciding capture takes for a sample and a neuron."""
_BLOCK = 2**21


@dataclass(frozen=True)
class NetworkCapture:
    """Whether the network is captured under gradient flow of its hidden layer on one loss.

    `theorem` is the one whose assumption was judged last, `slack` the least bound of an own
    activation that it asks to be positive, `angle` the sine of the angle about the boundary outside
    which the sign is that of a linear form for ever; None where unknown.
    """

    loss: str
    theorem: str
    holds: Holds
    slack: Interval | None
    angle: Interval | None
    reason: str


@dataclass(frozen=True)
class CheckedNetwork:
    """A network on the data, all of it certain; samples are rows of the source.

    Attributes:
        width: hidden neurons.
        right, wrong: samples certainly answered as labelled, and certainly not.
        linear_rows: samples at which the network certainly has the sign of <Q, z>, Q the sum of all
            a_j w_j (theorem "linear-outside").
        linear: the verdict on that theorem's claim at these samples.
        groups: of neurons whose own pairs have the same signs; None where a sign is not certain.
        inactive_pairs, own_pairs: own pairs of neuron and sample that are inactive, and in all.
        captures: for the exponential and the logistic loss.
    """

    width: int
    right: int
    wrong: int
    linear_rows: tuple[int, ...]
    linear: ClaimVerdict
    groups: int | None
    inactive_pairs: int
    own_pairs: int
    captures: tuple[NetworkCapture, ...]

    @property
    def captured(self) -> bool:
        """Whether it is captured under one of the losses."""
        return any(one.holds == "yes" for one in self.captures)


def check_fits(network: GivenNetwork, sample: Sample, bias: bool) -> None:
    """InputError unless the network takes these samples; ``bias`` says that they end in a 1."""
    if network.weights.shape[1] != sample.d:
        raise InputError(
            f"{network.path}: the network takes {network.inputs} features, the samples have "
            f"{sample.d - bias}"
        )


def check_network(network: GivenNetwork, sample: Sample, slope: float) -> CheckedNetwork:
    """Decide all of it at a slope in [0, 1]."""
    weights, output = network.weights, network.output
    width, block = len(weights), max(1, _BLOCK // len(weights))
    right, wrong, contrary, outside = 0, 0, 0, []
    for start in range(0, sample.n, block):
        part = slice(start, start + block)
        found = linear_form(weights, sample.x[part], slope, output)
        told = found.answer * sample.y[part].astype(np.float64)
        right, wrong = right + int(told.positive.sum()), wrong + int(told.negative.sum())
        contrary += found.contrary
        outside.append(found.outside)
    claim = theorem(LINEAR).claims[0]
    count = Measured(Interval.exact(contrary), "counted over the samples outside")
    judged = judge_claim(claim, {symbol.name: count for symbol in symbols_of(claim.relation)})
    rows = tuple(map(int, sample.rows[np.concatenate(outside)]))

    if fitting(lambda n: n * width * _BYTES_OF_PAIR, sample.n, "cpu") < sample.n:
        why = f"not tried: {sample.n} samples and {width} neurons do not fit into memory"
        captures = tuple(_unknown(loss, why) for loss in _LOSSES)
        pattern, inactive = None, 0
    else:
        hidden = preactivations(weights, sample.x)
        pattern = own_pattern(hidden, sample.y, slope, output)
        inactive = int((output.own(sample.y) & (hidden.mid <= 0)).sum())
        captures = tuple(_captures(network, sample, slope, pattern))
    own = sum(int((output.signs == y).sum()) for y in sample.y)
    groups = None if pattern is None else len(pattern.shares)
    return CheckedNetwork(
        width, right, wrong, rows, judged.verdict, groups, inactive, own, captures
    )


def _unknown(loss: str, reason: str, theorem: str = CAPTURES[1]) -> NetworkCapture:
    return NetworkCapture(loss, theorem, "unknown", None, None, reason)


def _captures(
    network: GivenNetwork, sample: Sample, slope: float, pattern: OwnPattern | None
) -> Iterator[NetworkCapture]:
    """Under each loss, by the certificate of the limit and then by that of the anchor."""
    if pattern is not None and len(pattern.shares) > _MOST_GROUPS:
        why = (
            f"not captured: its neurons are in {len(pattern.shares)} groups of different own "
            f"patterns, of more than {_MOST_GROUPS} no limit is computed; train on, or from a "
            "smaller start"
        )
        yield from (_unknown(loss, why) for loss in _LOSSES)
        return
    exact = Fraction(slope)
    watch = CaptureWatch(sample, exact, output=network.output)
    for loss in _LOSSES:
        found = capture(network.weights, sample, exact, loss, watch.limit_of, output=network.output)
        if found.certified is None or found.limit is None:
            yield _unknown(loss, found.reason)
            continue
        id = CAPTURES[0 if found.limit.pattern.all_active else 1]
        slack = found.certified.slack.min(found.certified.activation)
        if not found.captured:
            anchor = anchored(network.weights, found.limit, loss)
            if anchor.captured:
                yield _judged(loss, CAPTURES[2], anchor.slack, None, anchor.reason)
                continue
            # Short of a certificate nothing is refuted: training on may reach it.
            yield _unknown(loss, found.reason, id)
            continue
        yield _judged(loss, id, slack, found.certified.angle, found.reason)


def _judged(
    loss: str, id: str, slack: Interval, angle: Interval | None, reason: str
) -> NetworkCapture:
    """As the judge has it, from the assumption of the theorem."""
    assumptions = theorem(id).assumptions
    (symbol,) = symbols_of(*(one.relation for one in assumptions))
    holds = deciding(assumptions, {symbol.name: Measured(slack, reason)}).holds
    return NetworkCapture(loss, id, holds, slack, angle, reason)
