"""A second opinion on the queries that Z3 found unsatisfiable: cvc5 is asked the same text.

cvc5 shares no code with Z3. It runs in processes of its own, since not all of its algorithms keep a
limit of time: the system ends a process that has used up the processor time of its query, and the
query is left open. So what is confirmed does not depend on how busy the machine is, but for queries
at the limit. This file is what these processes run, and cvc5 is loaded in them only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from queue import SimpleQueue
from subprocess import DEVNULL, PIPE, Popen
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .engine import ProofReport, StepReport

SECONDS = 3.0
"""Processor time for a query under each way of solving."""
WAYS = (
    {"nl-cov": "true", "nl-ext": "none"},  # cylindrical algebraic coverings
    {"nl-cov": "false", "nl-ext": "full", "nl-ext-tplanes": "true"},  # tangent planes
)
"""Options of cvc5, tried in this order until one decides: neither confirms all that the other does.
"""
_MEMORY = 4 << 30  # bytes

Answer = Literal["confirmed", "left open", "denied"]
_MEANING: dict[str, Answer] = {"unsat": "confirmed", "sat": "denied"}


@dataclass(frozen=True)
class Opinion:
    """What cvc5 says of one query of a step: `denied` is "sat" where `by` says "unsat"."""

    theorem: str
    step: str
    query: str
    answer: Answer
    by: str = "Z3"  # or "a certificate"


def is_installed() -> bool:
    """Whether there is a cvc5 to ask: the extra `second-opinion` of this package."""
    return find_spec("cvc5") is not None


def second_opinions(
    proofs: Iterable[ProofReport],
    *,
    processes: int = 1,
    seconds: float = SECONDS,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> tuple[Opinion, ...]:
    """What cvc5 says of each query behind a discharged step, in the order of the proofs.

    A query that stands in several steps is asked once. `processes` (from 1) run side by side.
    `seconds` (above 0) is the processor time for a query under each of `WAYS`; one that cvc5 cannot
    read, or decide in that time, is left open.
    """
    asked = [
        (proof.theorem, step.id, query, "Z3" if certificate is None else "a certificate")
        for proof in proofs
        for step in proof.steps
        if step.status == "discharged"
        for query, certificate in zip(step.queries, step.certificates, strict=True)
    ]
    distinct = list(dict.fromkeys(_without_title(query) for _, _, query, _ in asked))
    answers: dict[str, Answer] = {}
    with ExitStack() as stack:
        idle: SimpleQueue[_Solver] = SimpleQueue()
        for _ in range(processes):
            idle.put(stack.enter_context(closing(_Solver(seconds))))

        def answer(query: str) -> Answer:
            solver = idle.get()
            try:
                return solver.answer(query)
            finally:
                idle.put(solver)

        pool = ThreadPoolExecutor(processes)
        stack.callback(pool.shutdown, cancel_futures=True)
        for query, said in zip(distinct, pool.map(answer, distinct), strict=True):
            answers[query] = said
            progress("asking cvc5", len(answers), len(distinct))
    return tuple(
        Opinion(theorem, step, query, answers[_without_title(query)], by)
        for theorem, step, query, by in asked
    )


def with_opinions(proof: ProofReport, opinions: Iterable[Opinion]) -> ProofReport:
    """The proof with what cvc5 says of its steps: confirmed where it confirms every query, and
    undecided where it denies one, since cvc5 errs there or what showed it."""
    said: dict[str, list[Opinion]] = {}
    for o in opinions:
        if o.theorem == proof.theorem:
            said.setdefault(o.step, []).append(o)
    steps = tuple(_told(step, said.get(step.id, [])) for step in proof.steps)
    denied = any(step.disputed for step in steps)
    verdict = "unknown" if denied and proof.verdict == "proved" else proof.verdict
    return replace(proof, verdict=verdict, steps=steps)


def _told(step: StepReport, opinions: list[Opinion]) -> StepReport:
    if by := contradicted(opinions):
        detail = f"{by} says that it follows, cvc5 that it does not"
        return replace(step, status="unknown", detail=detail, disputed=True)
    sure = opinions and all(o.answer == "confirmed" for o in opinions)
    return replace(step, confirmed=(*step.confirmed, "cvc5")) if sure else step


def contradicted(opinions: Iterable[Opinion]) -> str:
    """What shows that the queries follow which cvc5 denies, in words; empty if it denies none."""
    return " and ".join(sorted({o.by for o in opinions if o.answer == "denied"}))


def _without_title(query: str) -> str:
    return "".join(line for line in query.splitlines(True) if not line.startswith(";"))


class _Solver:
    """A process that answers one query after the other, and is replaced where one ended it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.process: Popen[str] | None = None

    def answer(self, query: str) -> Answer:
        for options in WAYS:
            if (said := self._ask(options, query)) in _MEANING:
                return _MEANING[said]
        return "left open"

    def _ask(self, options: dict[str, str], query: str) -> str:
        if self.process is None:
            worker = [sys.executable, "-P", __file__]
            self.process = Popen(worker, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True)
        assert self.process.stdout
        with suppress(BrokenPipeError):
            ask = json.dumps([options, self.seconds, query])
            print(ask, file=self.process.stdin, flush=True)
            if line := self.process.stdout.readline():
                return line.strip()
        self.close()
        return "ended"

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def _serve() -> None:
    """Answer the queries on stdin, one a line, each within its processor time."""
    import resource
    import signal

    with suppress(ValueError):  # where the system has a lower limit, or none to set
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
    cvc5 = import_module("cvc5")
    for line in sys.stdin:
        options, seconds, query = json.loads(line)
        # Nobody handles this signal, so it ends the process wherever it is.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        solver, said = cvc5.Solver(cvc5.TermManager()), ""
        for name, value in options.items():
            solver.setOption(name, value)
        parser = cvc5.InputParser(solver)
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, query, "query")
        while not (command := parser.nextCommand()).isNull():
            said += command.invoke(solver, parser.getSymbolManager())
        print(said.strip().replace("\n", " "), flush=True)
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    _serve()
