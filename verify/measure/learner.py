"""A labelled set on its way to a boundary: Gram matrix, exact solution, trained network.

Each part is computed when first asked for.
"""

from __future__ import annotations

import abc
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

import numpy as np

from ...numerics.boundary.certificates import Form, RowWise, row_wise
from ...numerics.boundary.gram import GramStatistics, gram_statistics
from ...numerics.boundary.margin_program import linear_kkt_point
from ...numerics.boundary.multipliers import Multipliers, linear_normal
from ...numerics.data import Sample
from ...numerics.enclose.precise_array import affordable, why_in_balls
from ...numerics.enclose.real_array import RealArray
from ...numerics.limit.anchor import Anchored, anchored
from ...numerics.limit.capture import Capture, CaptureWatch
from ...numerics.limit.convex_limit import ConvexLimit
from ...numerics.limit.follow import Followed, follow
from ...numerics.limit.own_pattern import all_active
from ...numerics.network import (
    LeakyNetwork,
    OutputWeights,
    initial_weights,
    output_weights,
    preactivations,
)
from ...numerics.train.convergence import (
    AngleEstimate,
    CertifiedAngle,
    KktResiduals,
    RecoveredMultipliers,
    angle_estimator,
    certified_angle,
    kkt_residuals,
    recovered_multipliers,
)
from ...numerics.train.training import Checkpoint, Trained, checkpoint_steps, train, train_batch
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Progress, unwatched

ANCHORED = "capture-anchored"
"""The theorem whose certificate training waits for where a scenario names it."""
NO_PATTERN = "at slope 0 no pattern makes a boundary linear"
OTHER_WEIGHTS = "the exact solution is that of output weights of one size, half of each sign"
_TRIES = 64
"""How often, at most, capture is tried while training, evenly in the logarithm of the step."""
_LAST_TRIES = 4
"""How many states are recorded of those where the certificate had something to say."""


class Missing(Exception):
    """What a symbol needs is not there in this scenario; the message says why."""


@dataclass(frozen=True)
class CurvePoint:
    """A network on its way: plain floating point, for the figure."""

    step: int
    log_loss: float
    angle: AngleEstimate


@dataclass(frozen=True)
class Training:
    """A trained network and the curve that led there (empty without an exact limit).

    `tries` are the steps at which the capture certificate was tried, and what it said; `recorded`
    are some states on the way, the last where the certificate had something to say among them.
    """

    network: Trained
    curve: tuple[CurvePoint, ...]
    tries: tuple[tuple[int, Capture], ...] = ()
    recorded: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True)
class Learner(abc.ABC):
    """A labelled set and the network of the scenario that learns it.

    `progress` is called with what is being done, the steps done and the steps in all.
    """

    scenario: Scenario
    device: str = "cpu"
    progress: Progress = unwatched

    weights_stream: ClassVar[str] = "weights"
    """The stream of random numbers that the initial weights come from."""
    watched: ClassVar[bool] = True
    """Whether capture ends its training where the scenario trains until captured."""
    named: ClassVar[str] = ""
    """What the set is called where it is not the natural one."""

    @abc.abstractmethod
    def draw(self) -> Sample:
        """Make the labelled set."""

    @cached_property
    def sample(self) -> Sample:
        """The labelled set, made once."""
        return self.draw()

    @property
    def slope(self) -> float:
        return self.scenario.network.slope

    @cached_property
    def gram(self) -> GramStatistics:
        return gram_statistics(self.sample.x, precise=self.precise)

    @property
    def precise(self) -> bool:
        """Whether what decides is computed at the scenario's precision, not in float64 balls."""
        return self.scenario.precision is not None and affordable(self.sample.n, self.sample.d)

    @property
    def why_not_precise(self) -> str:
        """Why the precision asked for was not applied; empty when it was, or none was asked for."""
        if self.scenario.precision is None or self.precise:
            return ""
        return why_in_balls(self.sample.n, self.sample.d, self.scenario.precision)

    @cached_property
    def output(self) -> OutputWeights | None:
        """The a_j, where they are not the paper's."""
        return self.scenario.network.output

    @property
    def _unlike_paper(self) -> str:
        """Why the paper's linear pattern says nothing of this network; empty where it does."""
        return NO_PATTERN if not self.slope else OTHER_WEIGHTS if self.output else ""

    @cached_property
    def multipliers(self) -> Multipliers:
        """The exact solution for the linear activation pattern, zero multipliers allowed."""
        if why := self._unlike_paper:
            return Multipliers(None, None, None, None, why)
        return linear_kkt_point(self.gram, self.sample.y, Fraction(self.slope))

    @cached_property
    def normal(self) -> RealArray | None:
        """q (d,) of the linear-pattern solution, also where it is not known to be a KKT point."""
        lam = self.multipliers.lam
        return None if lam is None else linear_normal(self.sample.x, lam, self.sample.y)

    @property
    def form(self) -> RealArray | None:
        """What perturbations follow: q of the captured limit, where its boundary is linear; else q
        of the linear-pattern solution."""
        return self.normal if self.captured_limit is None else self.captured_limit.normal

    @property
    def captured_limit(self) -> ConvexLimit | None:
        """The limit of the captured network, where its boundary is linear."""
        if self.scenario.training.until != "captured" or not self.captured.captured:
            return None
        limit = self.captured.limit
        linear = limit is not None and limit.pattern.all_active and self.slope > 0
        return limit if linear else None

    @property
    def exact_normal(self) -> RealArray:
        """The same for symbols that need it. Raises Missing."""
        if self.normal is None:
            raise Missing(self.why_no_limit)
        return self.normal

    def row_wise(self, form: Form) -> RowWise:
        """The row-wise certificate in one of its forms, decided once. Raises Missing at slope 0,
        and for output weights that are not the paper's."""
        if why := self._unlike_paper:
            raise Missing(why)
        if form not in self._row_wise:
            self._row_wise[form] = row_wise(
                self.gram.gram, Fraction(self.slope), form=form, labels=self.sample.y
            )
        return self._row_wise[form]

    @cached_property
    def _row_wise(self) -> dict[Form, RowWise]:
        return {}

    @cached_property
    def training(self) -> Training:
        """The trained network; with an exact limit, the angle to it is followed on the way.

        Where the scenario trains until captured, the certificate is tried on the way and ends it,
        once the angle that it certifies is as small as the scenario asks.
        """
        scenario, sample = self.scenario, self.sample
        start, recipe = self._starts[0], scenario.training.resolve()
        curve: list[CurvePoint] = []
        estimate = None
        if (lam := self.limit_multipliers) is not None:
            estimate = angle_estimator(sample, start, self.slope, lam.mid)

        spaced = frozenset(checkpoint_steps(recipe.steps))
        # Each of them is as large as the network's coefficients.
        kept = frozenset(sorted(spaced)[1::2])
        recorded: list[Checkpoint] = []
        last: deque[Checkpoint] = deque(maxlen=_LAST_TRIES)
        tried: frozenset[int] = frozenset()
        if self.watched and scenario.training.until == "captured":
            tried = frozenset(checkpoint_steps(recipe.steps, _TRIES))
        tries: list[tuple[int, Capture]] = []

        def at(point: Checkpoint) -> bool:
            if estimate is not None and point.step in spaced:
                curve.append(CurvePoint(point.step, point.log_loss, estimate(point.coefficients)))
            if point.step in kept:
                recorded.append(point)
            if point.step not in tried or point.log_loss >= 0:
                return False
            weights = start + point.coefficients.T @ sample.x
            found = self._watch.at(weights)
            tries.append((point.step, found))
            if found.certified is not None and point.step not in kept:
                last.append(point)
            return found.within(scenario.tolerance.angle) and self._by_anchor(found, weights)

        trained = train(
            sample,
            start,
            self.slope,
            recipe,
            dtype=scenario.training.dtype,
            device=self.device,
            gram=self.gram.gram.mid,
            output=self.output,
            checkpoints=tuple(spaced | tried),
            on_checkpoint=at,
            progress=lambda done, total: self.progress("training", done, total),
        )
        states = sorted((*recorded, *last), key=lambda point: point.step)
        return Training(trained, tuple(curve), tuple(tries), tuple(states))

    def _by_anchor(self, found: Capture, weights: np.ndarray) -> bool:
        """Whether its anchor captures the network, too, where the scenario names that theorem."""
        if ANCHORED not in (self.scenario.theorems or ()) or found.limit is None:
            return True
        return anchored(weights, found.limit, self.scenario.training.loss).captured

    @cached_property
    def _watch(self) -> CaptureWatch:
        return CaptureWatch(self.sample, self.slope, self.scenario.training.loss, self.output)

    @cached_property
    def limit(self) -> ConvexLimit:
        """The convex limit with every own pair active, whatever the network does."""
        return self._watch.limit_of(all_active(self.sample.y, self.output))

    @cached_property
    def captured(self) -> Capture:
        """Whether the trained network is captured by its limit."""
        last = self.training.tries[-1:]
        if last and last[0][0] == self.training.network.steps and last[0][1].captured:
            return last[0][1]
        return self.capture_of(self.training.network.weights())

    def capture_of(self, weights: np.ndarray) -> Capture:
        """Whether a trained network of weights (m, d) is captured."""
        return self._watch.finally_at(weights)

    @cached_property
    def anchored(self) -> Anchored:
        """Whether the trained network is captured by its anchor. Raises Missing without a limit."""
        if (limit := self.captured.limit) is None or not limit.feasible:
            raise Missing(self.captured.reason)
        return anchored(self.training.network.weights(), limit, self.scenario.training.loss)

    @cached_property
    def followed(self) -> Followed | None:
        """The captured network followed on; None where it was not captured."""
        if not self.captured.captured:
            return None
        weights = self.training.network.weights()
        return follow(weights, self.captured, self.scenario.training.loss)

    @cached_property
    def own_pairs(self) -> RealArray:
        """m y_n a_j <w_j, x_n> of the trained network, (N, m)."""
        weights = self.training.network.weights()
        signs = np.outer(self.sample.y, np.sign(output_weights(len(weights))))
        root = Interval.exact(len(weights)).sqrt()
        return preactivations(weights, self.sample.x) * signs * root

    @cached_property
    def _starts(self) -> tuple[np.ndarray, ...]:
        """Initial weights (m, d), one after the other: the first does not depend on how many."""
        network, rng = self.scenario.network, self.scenario.generator(self.weights_stream)
        return tuple(
            initial_weights(
                network.width,
                self.sample.d,
                rng,
                scale=network.initial_scale,
                distribution=network.initial_distribution,
            )
            for _ in range(self.scenario.training.starts)
        )

    @cached_property
    def others(self) -> tuple[Trained, ...]:
        """The networks from the further starts, trained as one batch."""
        starts, training = self._starts[1:], self.scenario.training
        if not starts:
            return ()
        self.progress(f"training from {len(starts)} more starts", 0, 1)
        return train_batch(
            [self.sample] * len(starts),
            starts,
            self.slope,
            training.resolve(),
            dtype=training.dtype,
            device=self.device,
            output=self.output,
        )

    @cached_property
    def network(self) -> LeakyNetwork:
        """The trained network as a function."""
        return LeakyNetwork(self.training.network.weights(), self.slope, self.output)

    @property
    def has_limit(self) -> bool:
        """Whether the linear-pattern candidate certainly is a KKT point."""
        return self.multipliers.consistent is True

    @property
    def limit_multipliers(self) -> RealArray | None:
        """The multipliers (N,), where they certainly are those of a KKT point."""
        return self.multipliers.lam if self.has_limit else None

    @property
    def exact_multipliers(self) -> RealArray:
        """The same for symbols that need them. Raises Missing."""
        if (lam := self.limit_multipliers) is None:
            raise Missing(self.why_no_limit)
        return lam

    @property
    def why_no_limit(self) -> str:
        """Why the linear-pattern candidate is not known to be a KKT point."""
        return f"{self.named}: {self.multipliers.reason}" if self.named else self.multipliers.reason

    @cached_property
    def angle(self) -> CertifiedAngle | None:
        """How far the trained network certainly is from the limit; None without a limit."""
        if (lam := self.limit_multipliers) is None:
            return None
        return certified_angle(self.training.network.weights(), self.sample, self.slope, lam)

    @cached_property
    def farthest_tau(self) -> Interval | None:
        """The largest tau over all starts; None without a limit."""
        if self.angle is None or (lam := self.limit_multipliers) is None:
            return None
        tau = self.angle.tau
        for other in self.others:
            tau = tau.max(certified_angle(other.weights(), self.sample, self.slope, lam).tau)
        return tau

    @cached_property
    def residuals(self) -> KktResiduals:
        """How nearly the trained network is a KKT point."""
        weights = self.training.network.weights()
        return kkt_residuals(weights, self.sample, self.slope, self.output)

    @cached_property
    def recovered(self) -> RecoveredMultipliers:
        """The multipliers read off the trained network, without the exact solution."""
        return recovered_multipliers(self.training.network, self.residuals)
