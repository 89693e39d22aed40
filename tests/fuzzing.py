"""Hold a reader against many malformed inputs made by Hypothesis, and count what came of them."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
from hypothesis import strategies as st

# One input may take so many seconds of computing time (the clock on the wall also counts what other
# programs do); nor may the process grow by more bytes while reading many.
HANG = 10.0
GROWTH = 128 * 2**20
_BATCH = 2000
_MOST_CHARACTERS = 2000


class Hang(BaseException):
    """An input takes too long. No reader can catch it: none catches BaseException."""


@dataclass(frozen=True)
class Tally:
    """How many inputs were refused in one line, how many accepted, and the seconds in all."""

    refused: int
    accepted: int
    seconds: float


def fuzz(
    inputs: st.SearchStrategy[Any],
    read: Callable[[Any], object],
    refusal: type[Exception],
    wanted: int,
) -> Tally:
    """Read inputs until `wanted` of them were refused.

    Every input is either accepted or refused with `refusal`, whose text is one line; anything else
    fails and Hypothesis prints the smallest input that does it. Batch n is drawn with the seed n,
    so a longer run begins with the inputs of a shorter one.
    """
    refused = accepted = batch = 0
    started = time.perf_counter()

    def attempt(given: Any) -> None:
        nonlocal refused, accepted
        before = peak_memory()
        try:
            timed(lambda: read(given))
        except refusal as error:
            assert_one_line(str(error))
            refused += 1
        else:
            accepted += 1
        assert peak_memory() - before <= GROWTH, "it took more memory than stated"

    while refused < wanted:
        size = min(_BATCH, max(10, wanted - refused))
        before = refused
        test = hypothesis.given(inputs)(attempt)
        test = hypothesis.seed(batch)(test)
        hypothesis.settings(
            max_examples=size,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )(test)()
        # Inputs that are nearly all sound try nothing, and would never come to an end.
        assert refused - before >= size // 10, f"{refused - before} of {size} were malformed"
        batch += 1
    return Tally(refused, accepted, time.perf_counter() - started)


def timed(action: Callable[[], object]) -> None:
    """Run an action that may compute for `HANG` seconds at most, and wait for 12 times that."""

    def late(*_: object) -> None:
        raise Hang

    clocks = ((signal.SIGPROF, signal.ITIMER_PROF, HANG), (signal.SIGALRM, signal.ITIMER_REAL, 120))
    before = [signal.signal(alarm, late) for alarm, _, _ in clocks]
    for _, clock, seconds in clocks:
        signal.setitimer(clock, seconds)
    try:
        action()
    finally:
        for (alarm, clock, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(alarm, handler)


def assert_one_line(message: str) -> None:
    """A message is one line of printable text that a person would read."""
    assert message.strip()
    assert message.isprintable(), ascii(message)
    assert len(message) <= _MOST_CHARACTERS
    assert "Traceback" not in message


def peak_memory() -> int:
    """Bytes of memory this process has taken at most so far."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


# ---------------------------------------------------------------- mutations of bytes

_INSTRUCTION = 6
_RUNS = (
    b"\0" * 8,
    b"\xff" * 8,
    b"\x7f" + b"\xff" * 7,
    b"\n",
    b'"',
    b"\0",
    b"\xed\xa0\x80",
    b"9" * 40,
)


def mutated(*originals: bytes) -> st.SearchStrategy[bytes]:
    """One of the originals with a few bytes changed, flipped, deleted, doubled, moved or cut off.

    The changes are themselves encoded as bytes, six for each, which Hypothesis draws quickly and
    shrinks well.
    """
    programs = st.binary(min_size=_INSTRUCTION, max_size=4 * _INSTRUCTION)
    return st.tuples(st.sampled_from(originals), programs).map(lambda pair: mutate(*pair))


def mutate(original: bytes, program: bytes) -> bytes:
    """Apply every whole instruction of a program: what, where (two bytes), how far, which byte."""
    content = bytearray(original)
    for start in range(0, len(program) - _INSTRUCTION + 1, _INSTRUCTION):
        what, high, low, size, far, value = program[start : start + _INSTRUCTION]
        # A half of all changes go to the first 256 bytes, where the headers are.
        span = len(content) if high & 1 else min(len(content), 256)
        at = ((high << 8 | low) >> 1) % (span + 1)
        _change(content, what % 9, at, size, far, value)
    return bytes(content)


def _change(content: bytearray, what: int, at: int, size: int, far: int, value: int) -> None:
    length = 1 + size % 16
    if what == 0:
        content[at : at + 1] = bytes([value])
    elif what == 1 and at < len(content):
        content[at] ^= 1 << value % 8
    elif what == 2:
        del content[at : at + length]
    elif what == 3:
        content[at:at] = bytes([value]) * length
    elif what == 4:
        content[at:at] = content[at : at + length]
    elif what == 5:
        del content[at:]
    elif what == 6:
        run = _RUNS[value % len(_RUNS)]
        content[at : at + len(run)] = run
    elif what == 7:
        content[at:at] = content[far : far + length]
    else:
        # Numbers in text: sizes, offsets, shapes.
        digits = list(re.finditer(rb"\d+", bytes(content)))
        if digits:
            found = digits[at % len(digits)]
            numbers = (b"0", b"-1", b"1000000000000", b"9" * 400, b"1e999", b"18446744073709551616")
            content[found.start() : found.end()] = numbers[value % len(numbers)]
