"""T1 and T2 at test points, and where the deterministic matching theorem applies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import Observation
from ..verdict import Rigor


def parts(experiment: Experiment) -> Iterator[Observation]:
    """T1 and T2 at each set of points; every single value is in the figure's table."""
    for one in experiment.matching:
        name, size = one.points.name, len(one.ratio)
        outweigh = abs(one.values.T2_z), abs(one.values.T1_z)
        yield Observation(
            f"median of |T2(z)|/|T1(z)| on {name}",
            Interval.exact(float(np.median(one.ratio))),
            Rigor.NUMERIC,
            size,
        )
        yield Observation(
            f"{name} where |T2(z)| > |T1(z)|, of {size}",
            Interval.between(
                int((outweigh[0].lower > outweigh[1].upper).sum()),
                int((outweigh[0].upper > outweigh[1].lower).sum()),
            ),
            Rigor.ENCLOSED,
            size,
        )


def coverage(experiment: Experiment) -> Iterator[Observation]:
    """Which points the deterministic matching theorem covers, and that these agree."""
    covered = agreeing = 0
    for one in experiment.matching:
        count = int(one.covered.sum())
        covered += count
        agreeing += int((one.covered & (one.agreeing > 0)).sum())
        yield Observation(
            f"{one.points.name} that the deterministic matching theorem covers, of "
            f"{len(one.covered)}",
            Interval.exact(count),
            Rigor.ENCLOSED,
            len(one.covered),
        )
    if covered:
        yield Observation(
            f"covered points about which q and q^a certainly agree, of {covered}",
            Interval.exact(agreeing),
            Rigor.ENCLOSED,
            covered,
        )
