"""`perturbproof report`: everything that report.json is turned into, once more."""

from __future__ import annotations

import sys
from pathlib import Path

import pydantic
from rich.table import Table

from ...numerics.configuration import InputError
from ...numerics.data import DATASETS
from ...numerics.perturb import PERTURBATIONS
from ...theory.theorems import catalog
from ..reporting import ReportError, load_report, render, schema
from ..suites import load_suite, suite_names
from ..values import ExitCode, Verdict, exit_code
from .console import print_json, results

# `perturbproof list`: what there is.


def run_list(as_json: bool) -> int:
    """Print theorems, datasets, perturbations and suites. Returns the exit code."""
    theorems = [(t.id, t.title) for t in catalog()]
    datasets = [_described(kind) for kind in DATASETS]
    perturbations = [_described(kind) for kind in PERTURBATIONS]
    suites = [(s, ", ".join(scenario.name for scenario in load_suite(s))) for s in suite_names()]
    groups = {
        "theorems": theorems,
        "datasets": datasets,
        "perturbations": perturbations,
        "suites": suites,
    }
    if as_json:
        print_json({name: dict(entries) for name, entries in groups.items()})
        return ExitCode.AS_EXPECTED
    console = results()
    for name, entries in groups.items():
        console.print(f"[bold]{name}[/]")
        table = Table(box=None, show_header=False, padding=(0, 2))
        for entry in entries:
            table.add_row(*entry)
        console.print(table)
    told = ", ".join(f"{len(entries)} {name}" for name, entries in groups.items())
    console.print(f"\n{told}")
    return ExitCode.AS_EXPECTED


def _described(kind: type[pydantic.BaseModel]) -> tuple[str, str]:
    """The name of a kind of dataset or perturbation, and the first sentence written about it."""
    first = " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())
    return kind.model_fields[
        "kind"
    ].default, f"{first.replace('`', '').split('. ')[0].rstrip('.')}."


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


def _judged(report: schema.Report) -> list[tuple[Verdict, Verdict]]:
    pairs = []
    for scenario in report.scenarios:
        if scenario.error is not None:
            pairs.append((Verdict.ERROR, Verdict.PASS))
        pairs += [(Verdict(one.verdict), Verdict(one.expected)) for one in scenario.theorems]
    return pairs + [(Verdict(one.verdict), Verdict(one.expected)) for one in report.studies]
