"""Whether the theory applies to the user's data, in words, and what would make it apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...numerics.boundary.gram import gram_statistics
from ...numerics.boundary.streaming_gram import stream_gram, summarised
from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.data.sample import centred, standardised
from ..values import number, shown
from .rungs import ROW_SUMS, CheckedCertificate, Rungs, smallest_slope

if TYPE_CHECKING:
    from .ladder import CheckedSlope

Applies = Literal["yes", "in part", "no", "unknown"]
"""yes: a certificate holds on all samples, or a network (trained here, or given) is captured; in
part: a limit with every own pair active exists, but not from every start; no: certainly none."""

_CHANGES = (("centred",), ("standardised",), ("unit_norm",), ("centred", "unit_norm"))
_OPTIONS = {"centred": "--centre", "standardised": "--standardise", "unit_norm": "--unit-norm"}
_ROWS_NAMED = 6
_SOME = 250
_A_KKT = "if training ends at a KKT point of the margin problem (A-KKT: cited, not proved here)"


@dataclass(frozen=True)
class Advice:
    """A change under which a worst-case certificate holds on all samples.

    changes: options that make it. certificate: what holds then. slope: from which on; that asked
    for, or a larger one.
    """

    changes: tuple[str, ...]
    certificate: str
    slope: float

    def says(self, asked: float) -> str:
        """The change as a sentence."""
        options = [_OPTIONS[change] for change in self.changes]
        if self.slope > asked:
            options.append(f"--slope {self.slope:g}")
        return f"With {' '.join(options)} it applies: '{self.certificate}' then holds"


def changed(sample: Sample, changes: Iterable[str]) -> Sample | None:
    """The sample centred, standardised, of norms 1; None where a row would be zero."""
    x = sample.x
    try:
        for change in changes:
            if change == "unit_norm":
                x = x / np.linalg.norm(x, axis=1, keepdims=True)
            else:
                made = centred if change == "centred" else standardised
                x = made(x, sample.rows, sample.source)
        return Sample(x, sample.y, sample.source, sample.rows)
    except InputError:
        return None


def advised(
    sample: Sample, slopes: Iterable[float], seed: int, *, whole: bool, device: str = "cpu"
) -> dict[float, Advice]:
    """At each slope the first change found by which a certificate holds, at it or a larger one.

    `whole` says whether the row-wise forms, which need the whole Gram matrix, are tried too.
    """
    found: dict[float, Advice] = {}
    for changes in _CHANGES:
        if (made := changed(sample, changes)) is None:
            continue
        if (rungs := _promising(made, seed, whole, device)) is None:
            continue
        least: float | None = None
        for slope in slopes:
            if slope in found and found[slope].slope <= slope:
                continue
            if (name := rungs.first_holding(slope)) is not None:
                found[slope] = Advice(changes, name, slope)
            elif slope not in found:
                least = least or smallest_slope(rungs.any_holds, 1.02)
                if least and (name := rungs.first_holding(least)) is not None:
                    found[slope] = Advice(changes, name, least)
    return found


def _promising(made: Sample, seed: int, whole: bool, device: str) -> Rungs | None:
    """The ladder, if a certificate holds at slope 1; nor at any smaller one where none does, but
    for the signed form."""
    if not whole:
        # What all samples meet, any of them do: most changes are seen to fail on a few.
        some = np.concatenate([np.flatnonzero(made.y == sign)[:_SOME] for sign in (1, -1)])
        few = Rungs(made.take(some), stream_gram(made.x[some]), seed, None, None, rows=False)
        if few.first_holding(1.0) is None:
            return None
        rungs = Rungs(made, stream_gram(made.x, device=device), seed, None, None, rows=False)
    else:
        statistics = gram_statistics(made.x)
        if not statistics.gram.is_finite:
            return None
        rungs = Rungs(made, summarised(statistics), seed, statistics, None, rows=True)
    return None if rungs.first_holding(1.0) is None else rungs


def applies(checked: CheckedSlope) -> Applies:
    """Whether the theory applies to the data at a slope."""
    limit = checked.limit
    given = checked.network is not None and checked.network.captured
    if checked.holding or given or (limit.capture is not None and limit.capture.captured):
        return "yes"
    if limit.holds == "yes":
        return "in part"
    decided = limit.holds == "no" and all(c.holds == "no" for c in checked.theorems)
    return "no" if decided else "unknown"


def verdict(checked: CheckedSlope, count: int) -> str:
    """Whether and by which certificate, in words."""
    at, limit = f"slope {checked.slope:g}", checked.limit
    if checked.holding:
        names = ", ".join(c.name for c in checked.holding)
        return (
            f"{at}: the theory applies to all {count} samples, by: {names}. The boundary of every "
            f"network trained on them tends to a hyperplane, {_A_KKT}."
        )
    if limit.capture is not None and limit.capture.captured:
        return (
            f"{at}: the theory applies to the network trained here, which is captured: its limit "
            "is proved, without A-KKT."
        )
    if checked.network is not None and checked.network.captured:
        return (
            f"{at}: the theory applies to the network given, which is captured: its limit is "
            "proved, without A-KKT."
        )
    if limit.holds == "yes":
        tried = limit.capture is not None
        but = (
            "a linear boundary exists and attracts an open set of starts, but no certificate holds "
            "for every network. "
            if checked.slope
            else "every own pair active exists and attracts an open set of starts, but its "
            "boundary need not be linear. "
        )
        return f"{at}: the theory applies in part: a limit with {but}" + (
            "The network trained here did not settle it; train longer or start smaller."
            if tried
            else "--train settles whether a network gets there."
        )
    if applies(checked) == "no":
        return f"{at}: the theory does not apply: no limit has every own pair active."
    undecided = [c.name for c in checked.theorems if c.holds == "unknown"]
    what = [*([] if limit.holds != "unknown" else ["the limit"]), *undecided]
    return f"{at}: not decided: {', '.join(what)}."


def mends(checked: CheckedSlope, pairs_searched: bool) -> Iterator[str]:
    """What comes nearest where no certificate holds on all samples, and what would settle it."""
    if checked.holding or not checked.slope:  # at slope 0 there is no ladder
        return
    ladder = checked.theorems
    if (advice := checked.advice) is not None:
        yield f"{advice.says(checked.slope)} on all samples."
    lower = [c for c in ladder if c.smallest_slope is not None]
    if lower:
        best = min(lower, key=lambda c: c.smallest_slope or 0.0)
        on = "from slope {} on" if best.monotone else "at slope {}, not at every larger one"
        yield f"All samples meet '{best.name}' {on.format(f'{best.smallest_slope:g}')}."
    unknown = [c.name for c in ladder if c.holds == "unknown"]
    if unknown and checked.limit.holds == "yes":  # else the first sentence says it
        yield f"Not decided: {', '.join(unknown)}."
    elif not unknown and not lower and all(c.smallest_slope_searched for c in ladder):
        also = "" if advice is not None else ", nor does centring, standardising or --unit-norm"
        yield f"No slope tried up to 1 makes one hold for all samples{also}."
    yield from _subset(ladder, pairs_searched)
    loads = [c for c in ladder if c.load is not None]
    if loads:
        nearest = min(loads, key=lambda c: c.load.lower if c.load is not None else 0.0)
        assert nearest.load is not None
        needed = nearest.dimension_extrapolated
        far = (
            f"; extrapolated, it would need dimension {number(needed)} if inner products grew like "
            "sqrt(d) only"
            if needed is not None
            else ""
        )
        yield (
            f"Nearest is '{nearest.name}': its left side is {shown(nearest.load)} times its right "
            f"side{far}."
        )


def _subset(ladder: tuple[CheckedCertificate, ...], pairs_searched: bool) -> Iterator[str]:
    widest = max(ladder, key=lambda c: len(c.chosen_rows or ()))
    if chosen := widest.chosen_rows:
        more = ", ..." if len(chosen) > _ROWS_NAMED else ""
        rows = ", ".join(map(str, chosen[:_ROWS_NAMED])) + more
        yield f"It would hold for {len(chosen)} chosen samples ({widest.name}: rows {rows})."
        return
    searched = [c for c in ladder if c.name != ROW_SUMS]
    decided = all(c.chosen_rows == () and c.holds == "no" for c in searched)
    if pairs_searched and decided:
        yield "Of all pairs of opposite labels none meets one."
