"""A measured value: an enclosure of the true number, how it was obtained, what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..theory.exact.interval import Interval


# How work reports that it goes on.

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all; a remark has 0 of 0.

Perhaps from another thread than that of the work."""


def unwatched(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


# The five verdicts, the rigor behind them, and the exit code of a run.


class _Truthless(Enum):
    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value: compare it, as in `verdict is Verdict.PASS`")


class Verdict(_Truthless):
    """What a run says of one theorem on one scenario. It has no truth value."""

    PASS = "PASS"
    FAIL = "FAIL"
    VACUOUS = "VACUOUS"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"

    @property
    def unasked(self) -> Verdict:
        """What stands for the verdict expected where none is: PASS for what is wrong anywhere."""
        return Verdict.PASS if self in (Verdict.FAIL, Verdict.ERROR) else self


class ClaimVerdict(_Truthless):
    """What a run says of one claim. Under a failed assumption it is at best observed."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"
    OBSERVED = "OBSERVED"
    NOT_OBSERVED = "NOT OBSERVED"


class Rigor(Enum):
    """What a value rests on, from firm to soft."""

    PROVED = "proved"
    ENCLOSED = "enclosed"
    STATISTICAL = "statistical"
    NUMERIC = "numeric"
    NONE = "none"

    @property
    def softness(self) -> int:
        return list(Rigor).index(self)

    @property
    def is_soft(self) -> bool:
        """Too soft to satisfy an assumption or to refute a claim."""
        return self.softness >= Rigor.NUMERIC.softness


def softest(rigors: Iterable[Rigor]) -> Rigor:
    """The rigor of something that rests on all of these (`PROVED` when on none)."""
    return max(rigors, key=lambda r: r.softness, default=Rigor.PROVED)


SEVERITY = (Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.VACUOUS, Verdict.PASS)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most severe verdict.

    Raises:
        ValueError: there is none.
    """
    return min(verdicts, key=SEVERITY.index)


class ExitCode:
    """What the command line returns (see the README)."""

    AS_EXPECTED = 0
    FAILED = 1
    BAD_INPUT = 2
    INTERNAL = 3
    UNDECIDED = 4
    INTERRUPTED = 130


Standing = Literal["as expected", "undecided", "failed"]


def standing(verdict: Verdict, expected: Verdict, strict: bool = False) -> Standing:
    """How a verdict stands to the one expected.

    ERROR has failed, whatever was expected; so has any other verdict that was not expected, except
    that a PASS which turned out VACUOUS or INCONCLUSIVE is undecided. `strict` makes no exception.
    """
    if verdict is expected and verdict is not Verdict.ERROR:
        return "as expected"
    if expected is Verdict.PASS and verdict in (Verdict.VACUOUS, Verdict.INCONCLUSIVE):
        return "failed" if strict else "undecided"
    return "failed"


def exit_code(judged: Iterable[tuple[Verdict, Verdict]], strict: bool = False) -> int:
    """The exit code for pairs of (verdict, expected verdict): the worst standing among them."""
    stands = {standing(verdict, expected, strict) for verdict, expected in judged}
    if "failed" in stands:
        return ExitCode.FAILED
    return ExitCode.UNDECIDED if "undecided" in stands else ExitCode.AS_EXPECTED


def interval(value: Interval | None) -> dict[str, float | None] | None:
    """An interval as plain data; an infinite end is null."""
    if value is None:
        return None
    return {"lower": finite(value.lower), "upper": finite(value.upper)}


def finite(value: float) -> float | None:
    """A float that JSON can hold, else null."""
    return value if math.isfinite(value) else None


# Numbers inside sentences.


def factor(load: Interval) -> str:
    """A load as `7.2` or `1.16 × 10^10`: its lower end to three digits, so never overstated."""
    mantissa, _, exponent = f"{load.lower:.3g}".partition("e")
    return f"{mantissa} × 10^{int(exponent)}" if exponent else mantissa


def middle(value: Interval | None) -> float | None:
    """A representative number for display, None where none is finite; decisions never use it."""
    if value is None or not value.is_finite:
        return None
    return value.lower / 2 + value.upper / 2


def shown(value: Interval | None) -> str:
    """The middle of an interval to three digits; `-` where there is none that is finite."""
    return number(middle(value))


def number(value: float | None) -> str:
    """A number to three digits, whole above 1000; `-` for none."""
    if value is None:
        return "-"
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e6:
        return f"{value:.0f}" if size >= 1000 or value == int(value) else f"{value:.3g}"
    return f"{value:.1e}"


@dataclass(frozen=True)
class Trials:
    """How many of so many independent trials, a number fixed beforehand, certainly succeeded.

    `undecided` are further ones of which rounding leaves open whether they did: a probability is
    read as if all of them had failed, and as if all had succeeded.
    """

    successes: int
    trials: int
    undecided: int = 0

    def __str__(self) -> str:
        most = f" to {self.successes + self.undecided}" if self.undecided else ""
        return f"{self.successes}{most} of {self.trials}"


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
    def counted(cls, successes: int, trials: int, what: str, undecided: int = 0) -> Measured:
        """The probability of what certainly happened in `successes` of `trials`."""
        from ..theory.exact.interval import Interval  # verdicts are asked for before flint is

        counts = Trials(successes, trials, undecided)
        return cls(Interval.between(0, 1), f"{counts} {what}", Rigor.STATISTICAL, counts)

    @classmethod
    def counted_in(cls, events: Iterable[bool | None], what: str) -> Measured:
        """The probability of an event, from one decision a trial; None where it is not decided."""
        found = tuple(events)
        return cls.counted(sum(e is True for e in found), len(found), what, found.count(None))


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
