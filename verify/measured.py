"""A measured value: an enclosure of the true number, how it was obtained, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from ..numerics.enclosure import Interval
from .verdict import Rigor


@dataclass(frozen=True)
class Trials:
    """How many of so many independent trials, a number fixed beforehand, succeeded."""

    successes: int
    trials: int

    def __str__(self) -> str:
        return f"{self.successes} of {self.trials}"


@dataclass(frozen=True)
class Measured:
    """A value for a symbol. `value` is None when it could not be measured; `how` then says why.

    A probability known by `trials` alone has the value [0, 1]: how much narrower it may be read
    depends on how many such statements the run makes (`statistics`).
    """

    value: Interval | None
    how: str
    rigor: Rigor = Rigor.ENCLOSED
    trials: Trials | None = None

    @classmethod
    def missing(cls, why: str) -> Measured:
        return cls(None, why, Rigor.NONE)

    @classmethod
    def counted(cls, successes: int, trials: int, what: str) -> Measured:
        """The probability of what happened in `successes` of `trials`."""
        counts = Trials(successes, trials)
        return cls(Interval.between(0, 1), f"{counts} {what}", Rigor.STATISTICAL, counts)


@dataclass(frozen=True)
class CrossCheck:
    """Two computations of one quantity. If they exclude each other the code is at fault.

    `symbols` are the measured symbols that such a fault makes worthless.
    """

    id: str
    says: str
    left: Interval
    right: Interval
    symbols: frozenset[str]

    @property
    def agree(self) -> bool:
        return self.left.intersects(self.right)


@dataclass(frozen=True)
class Observation:
    """Something seen that no claim depends on; `count` is the number of trials behind it."""

    says: str
    value: Interval | None
    rigor: Rigor
    count: int | None = None
