"""`perturbproof list`: what there is."""

from __future__ import annotations

import pydantic
from rich.table import Table

from ...numerics.datasets import DATASETS
from ...numerics.perturbations import PERTURBATIONS
from ...theory.catalog import catalog
from ..cli import print_json
from ..suites import load_suite, suite_names
from ..verdict import ExitCode
from .console import results


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
