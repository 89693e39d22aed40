"""What is told of wide networks beside the verdicts: cross-checks, observations, and findings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import binomtest

from ....numerics.wide.predictors import alignments
from ....theory.exact.interval import Interval
from ...values import CrossCheck, Observation, Rigor
from ..experiment import measured_symbols
from ..limit import LEVEL
from ..one_set import GIVEN
from .pair import WidePair
from .symbols import RESIDUALS, certified, residual


def wide_checks(pair: WidePair) -> Iterator[CrossCheck]:
    """The identities that training, gradients and perturbations obey, and what is certified against
    what is seen: where one of them is broken, so is everything that is measured."""
    symbols = measured_symbols(pair.scenario) - GIVEN
    none = Interval.exact(0)
    for name in RESIDUALS:
        found = residual(pair, name)
        says = f"what is left of the identity '{name}', against what rounding may leave"
        yield CrossCheck(
            f"path-{name}",
            says,
            Interval.exact(found.value),
            Interval.between(0, found.rounding),
            symbols,
        )
    f, g = pair.lazy
    differ = int((certified(pair) & (f.value * g.value).negative).sum())
    for name, count in (("f", f.base_contrary), ("g", g.base_contrary), ("both", differ)):
        says = f"certified points at which {name} is seen to have the other sign, against none"
        yield CrossCheck(f"certified-{name}", says, Interval.exact(count), none, symbols)


def _share(says: str, held: np.ndarray) -> Observation:
    """Of independent points, with the exact binomial interval of its own."""
    found = binomtest(int(held.sum()), len(held)).proportion_ci(LEVEL, "exact")
    value = Interval.between(float(found.low), float(found.high))
    says = f"{says}: {int(held.sum())} of {len(held)} (exact {LEVEL:.0%} binomial interval)"
    return Observation(says, value, Rigor.STATISTICAL, len(held))


def _count(says: str, held: np.ndarray) -> Observation:
    value = Interval.exact(int(held.sum()))
    return Observation(f"{says}, of {len(held)}", value, Rigor.ENCLOSED, len(held))


def wide_observations(pair: WidePair) -> Iterator[Observation]:
    """How often f and g agree, what is certified, what is predicted, and where gradients point."""
    f, g = pair.lazy
    told = pair.predicted
    answers = g.value.mid > 0
    yield _share("test points at which g has the sign of f", (f.value.mid > 0) == answers)
    for what, held in (
        ("at which f certainly has the sign of f^", f.certified),
        ("at which g certainly has the sign of g^", g.certified),
        ("at which both have, and one sign", certified(pair)),
        ("at which the perturbations certainly outweigh the rest of g", pair.learned.outweighed),
    ):
        yield _count(f"test points {what}", held)
    for says, values in (
        ("the corrected predictor", told.g),
        ("the authors' predictor", told.authors),
    ):
        yield _share(f"test points at which g has the sign of {says}", (values > 0) == answers)
    cosines = alignments(pair.f)
    yield Observation(
        "median |cosine| of a perturbation and its predicted direction; that of a random one is "
        f"{np.sqrt(1 / pair.sample.d):.2g} in the root mean square",
        Interval.exact(float(np.median(cosines))),
        Rigor.NUMERIC,
        len(cosines),
    )
    imbalance = abs(float(pair.labels.mean()))
    says = "|mean label of g|, which the biases learn"
    yield Observation(says, Interval.exact(imbalance), Rigor.ENCLOSED, len(pair.labels))


def wide_notes(pair: WidePair) -> Iterator[str]:
    """Sentences on the regime: what the certificate covers."""
    held, size = int(certified(pair).sum()), len(pair.points)
    time = pair.setup.path_time.upper
    where = f"width {len(pair.starts[0].outer)} and path time {time:.3g}"
    if held:
        yield f"At {where} the certificate covers {held} of {size} test points."
    else:
        yield (
            f"At {where} the network has left its start too far for the certificate, which covers "
            "no test point; the path identities hold all the same."
        )
