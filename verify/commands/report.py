"""`perturbproof report`: everything that report.json is turned into, once more."""

from __future__ import annotations

import sys
from pathlib import Path

from ...numerics.input_error import InputError
from ...reports.load import ReportError, load_report
from ...reports.render import render
from ...reports.schema import Report
from ..verdict import ExitCode, Verdict, exit_code


def run_report(directory: Path, strict: bool, quiet: bool) -> int:
    """Render a report and print the paths. Returns 0 once it is written.

    With `strict` it returns that of the verdicts: 1 where one is not as expected.

    Raises:
        InputError: the report cannot be read or drawn.
    """
    try:
        written = render(directory, strict)
        verdicts = _judged(load_report(directory))
    except ReportError as error:
        raise InputError(str(error)) from None
    if not quiet:
        for path in written:
            sys.stdout.write(f"{path}\n")
    return exit_code(verdicts, strict) if strict else ExitCode.AS_EXPECTED


def _judged(report: Report) -> list[tuple[Verdict, Verdict]]:
    pairs = []
    for scenario in report.scenarios:
        if scenario.error is not None:
            pairs.append((Verdict.ERROR, Verdict.PASS))
        pairs += [(Verdict(one.verdict), Verdict(one.expected)) for one in scenario.theorems]
    return pairs + [(Verdict(one.verdict), Verdict(one.expected)) for one in report.studies]
