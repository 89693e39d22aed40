"""The five verdicts, the rigor behind them, and the exit code of a run."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Literal


class Verdict(Enum):
    """What a run says of one theorem on one scenario. It has no truth value."""

    PASS = "PASS"
    FAIL = "FAIL"
    VACUOUS = "VACUOUS"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value: compare it, as in `verdict is Verdict.PASS`")


class ClaimVerdict(Enum):
    """What a run says of one claim. Under a failed assumption it is at best observed."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"
    OBSERVED = "OBSERVED"
    NOT_OBSERVED = "NOT OBSERVED"

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value: compare it")


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
