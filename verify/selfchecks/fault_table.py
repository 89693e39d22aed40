"""The table of planted faults and what catches each, as Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from .fault_trial import Catch

_HEAD = """# Planted faults

What happens when the numerics are wrong. Each fault is planted alone while a small scenario runs in
which every theorem passes without it. The table is written by

    perturbproof selftest --markdown docs/planted-faults.md

and a test holds it against a run. An ERROR comes from two computations of one quantity that exclude
each other (cross-checks) or from a promise that is broken; INCONCLUSIVE says what is missing.

| fault | what is wrong | verdict | caught by |
|---|---|---|---|
"""


def fault_table(catches: Iterable[Catch]) -> str:
    """The page; no times and no numbers that depend on the machine."""
    return _HEAD + "".join(
        f"| {c.fault.id} | {c.fault.says} | {_verdicts(c)} | {c.by or 'nothing'} |\n"
        for c in catches
    )


def _verdicts(catch: Catch) -> str:
    return ", ".join(sorted({verdict.value for verdict in catch.verdicts.values()})) or "PASS"
