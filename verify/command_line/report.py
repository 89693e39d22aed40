"""`perturbproof report`, everything that report.json is turned into once more, and `list`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..values import ExitCode, Verdict, exit_code
from .console import Json, Quiet, Strict, plain_table, print_json, results

if TYPE_CHECKING:
    import pydantic

    from ..reporting import schema


def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with report.json.")],
    strict: Strict = False,
    quiet: Quiet = False,
) -> int:
    """Render report.json again: PDF, HTML, JUnit, Markdown and figures.

    The exit code is 0 once they are written; with --strict it is that of the verdicts.
    """
    from ...numerics.input_error import InputError
    from ..reporting import ReportError, load_report, render

    try:
        written = render(directory, strict)
        verdicts = list(_judged(load_report(directory)))
    except ReportError as error:
        raise InputError(str(error)) from None
    if not quiet:
        for path in written:
            sys.stdout.write(f"{path}\n")
    return exit_code(verdicts, strict) if strict else ExitCode.AS_EXPECTED


def _judged(report: schema.Report) -> Iterator[tuple[Verdict, Verdict]]:
    points = (point for sweep in report.sweeps for point in sweep.points)
    for judged in (*report.scenarios, *points):
        if judged.error is not None:
            yield Verdict.ERROR, Verdict.PASS
        for one in judged.theorems:
            verdict = Verdict(one.verdict)
            yield verdict, Verdict(one.expected) if one.expected else verdict.unasked
    for one in report.studies:
        yield Verdict(one.verdict), Verdict(one.expected)


def list_(as_json: Json = False) -> int:
    """List theorems, datasets, perturbations and suites; as JSON also symbols and trusted facts."""
    from ...numerics.data import DATASETS
    from ...numerics.perturb import PERTURBATIONS
    from ...theory.theorems import catalog
    from ..scenarios.inputs import load_suite, suite_names

    groups = {
        "theorems": [(t.id, t.title) for t in catalog()],
        "datasets": [_described(kind) for kind in DATASETS],
        "perturbations": [_described(kind) for kind in PERTURBATIONS],
        "suites": [(s, ", ".join(one.name for one in load_suite(s))) for s in suite_names()],
    }
    if as_json:
        listed: dict[str, Any] = {name: dict(entries) for name, entries in groups.items()}
        print_json({**listed, "symbols": _measured(), "facts": _facts()})
        return ExitCode.AS_EXPECTED
    console = results()
    for name, entries in groups.items():
        console.print(f"[bold]{name}[/]")
        table = plain_table()
        table.pad_edge, table.padding = True, (0, 2)
        for entry in entries:
            table.add_row(*entry)
        console.print(table)
    told = ", ".join(f"{len(entries)} {name}" for name, entries in groups.items())
    console.print(f"\n{told}")
    return ExitCode.AS_EXPECTED


def _measured() -> dict[str, dict[str, str]]:
    """The symbols that something measures, with meaning and range."""
    from ...theory.symbols import quantity
    from ..measure import measured_symbols

    known = map(quantity, sorted(measured_symbols()))
    return {q.name: {"meaning": q.meaning, "range": q.range_text} for q in known}


def _facts() -> dict[str, dict[str, Any]]:
    """The facts that proofs may cite, by what one imports, with their arguments in order."""
    from ...theory.notation import formula
    from ...theory.steps import trusted_facts

    return {
        name: {
            "key": fact.key,
            "says": fact.says,
            "source": fact.source,
            "arguments": fact.arguments,
            "premises": [formula(premise).text for premise in fact.premises],
            "conclusions": [formula(conclusion).text for conclusion in fact.conclusions],
        }
        for name, fact in trusted_facts().items()
    }


def _described(kind: type[pydantic.BaseModel]) -> tuple[str, str]:
    """The name of a kind of dataset or perturbation, and the first sentence written about it."""
    first = " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())
    sentence = first.replace("`", "").split(". ")[0].rstrip(".")
    return kind.model_fields["kind"].default, f"{sentence}."
