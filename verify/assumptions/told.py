"""A check as it is told, on the terminal and on page 1 of its report: answers, data, two tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..reporting import schema
from ..values import number, shown
from .ladder import CheckedSlope, CheckResult
from .limits import CheckedCapture


def told(check: CheckResult) -> schema.Check:
    """The record of a check: a table's first cells and answers stand in words, without markup."""
    return schema.Check(
        answers=tuple(_answer(words) for words in check.words),
        about=tuple(_data(check)),
        tables=(*_network_table(check), _limit_table(check), _ladder_table(check)),
    )


def _answer(words: str) -> tuple[str, str]:
    head, _, tail = words.partition(": ")
    return head, tail


def _data(check: CheckResult) -> list[str]:
    sample, gram = check.sample, check.gram
    positive = int((sample.y > 0).sum())
    negative, named = sample.label_names
    lines = [
        f"{sample.source}: {sample.n} samples in dimension {sample.d}; +1 is {named} ({positive} "
        f"samples), -1 is {negative} ({sample.n - positive})",
        *sample.told,
        f"norms {shown(gram.R_min)} to {shown(gram.R_max)}; largest inner product of two "
        f"samples {shown(gram.p_max)}",
    ]
    if not check.full_matrix:
        lines.append(
            f"Not decided, for {check.left_out}: the row-wise forms and the consistent "
            "candidate, which need the whole Gram matrix; the row sums stand in for them."
        )
    if check.not_precise:
        lines.append(f"Decided {check.not_precise}.")
    return lines


def _network_table(check: CheckResult) -> Iterator[schema.CheckTable]:
    """A line a slope about the network given, if one was."""
    given = [(one.slope, one.network) for one in check.slopes if one.network is not None]
    if not given:
        return
    n = check.sample.n
    rows, notes = [], []
    for slope, network in given:
        angle = next((one.angle for one in network.captures if one.angle is not None), None)
        rows.append(
            (
                f"{slope:g}",
                f"{network.right} of {n}",
                f"{len(network.linear_rows)} of {n}",
                f"{network.inactive_pairs} of {network.own_pairs}",
                number(network.groups),
                *(one.holds for one in network.captures),
                shown(angle),
            )
        )
        for why in dict.fromkeys(one.reason for one in network.captures):
            losses = " and ".join(one.loss for one in network.captures if one.reason == why)
            notes.append(f"slope {slope:g}, {losses} loss: {why}.")
    yield schema.CheckTable(
        title="the network given",
        says=f"{given[0][1].width} hidden neurons; linear: the sign is certainly that of <Q, z>, "
        "Q = sum of a_j w_j; captured: no own pair ever changes its sign under gradient flow of "
        "the hidden layer on that loss",
        header=(
            "slope",
            "right",
            "linear",
            "own pairs inactive",
            "groups",
            *(f"captured ({one.loss[:3]}.)" for one in given[0][1].captures),
            "sine of angle",
        ),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _limit_table(check: CheckResult) -> schema.CheckTable:
    trained = any(one.limit.capture is not None for one in check.slopes)
    header = ("slope", "exists", "least own activation", "supports", "at a kink")
    rows = []
    for checked in check.slopes:
        limit, capture = checked.limit, checked.limit.capture
        cells = (
            f"{checked.slope:g}",
            limit.holds,
            shown(limit.own_activation),
            number(limit.supports),
            number(limit.kinks),
        )
        if capture is not None:
            answer = "yes" if capture.captured else "unknown"
            cells = (*cells, answer, str(capture.step), shown(capture.angle))
        rows.append(cells)
    notes = ((one.slope, _limit_words(one)) for one in check.slopes)
    return schema.CheckTable(
        title="the limit of training",
        says="a boundary that is linear, every own pair active",
        header=(*header, *(("captured", "at step", "sine of angle") if trained else ())),
        rows=tuple(rows),
        notes=tuple(f"slope {slope:g}: {words}" for slope, words in notes if words is not None),
    )


def _ladder_table(check: CheckResult) -> schema.CheckTable:
    """A line a certificate and a column a slope: whether it holds, and its load where not.

    Slope 0 has no column: certificates are about linear boundaries.
    """
    leaky = [one for one in check.slopes if one.slope]
    rows = []
    for rungs in zip(*(one.certificates for one in leaky), strict=True):
        cells = (
            c.holds + (f" {shown(c.load)}" if c.holds != "yes" and c.load is not None else "")
            for c in rungs
        )
        rows.append((rungs[0].name, *cells))
    return schema.CheckTable(
        title="worst-case certificates",
        says="for every network and every limit",
        header=("certificate", *(f"slope {one.slope:g}" for one in leaky)),
        rows=tuple(rows),
        notes=("load: left side / right side, below 1 where it holds",),
    )


def _limit_words(checked: CheckedSlope) -> str | None:
    """What the limit looks like where it is not linear or not known, and how training ended."""
    limit = checked.limit
    words: list[str] = [] if checked.slope else ["of a ReLU, so that it need not be linear"]
    if limit.holds == "no":
        words.append(
            "the solution of the margin program has an own pair that is not active, so that the "
            "boundary of the limit need not be linear"
            if limit.own_activation is not None
            else f"{limit.reason}: no network whose own pairs are all active classifies all samples"
        )
    elif limit.holds == "unknown":
        words.append(f"whether such a limit exists is not decided: {limit.reason}")
    if limit.capture is not None:
        words.append(_capture_words(limit.capture))
    return "; ".join(words) + "." if words else None


def _capture_words(capture: CheckedCapture) -> str:
    of = f"the network trained here (width {capture.width}, start {capture.start:.1g})"
    if not capture.captured:
        why = capture.reason.removeprefix("not captured: ")
        return f"{of} is not captured after {capture.step} steps: {why}"
    pairs = (
        f"{capture.inactive_pairs} of {capture.own_pairs} own pairs are inactive and stay so"
        if capture.inactive_pairs
        else "every own pair is active and stays so"
    )
    words = f"{of} is captured at step {capture.step}: {pairs} for ever under gradient flow"
    if capture.angle is None or not capture.angle.upper < 1:
        return f"{words}, which tends to the limit of that pattern"
    degrees = math.degrees(math.asin(capture.angle.upper))
    return (
        f"{words}, which tends to that limit, and its sign is that of <q, z> for ever outside "
        f"{math.ceil(degrees)} degrees of the boundary"
    )
