"""`perturbproof list`: what there is."""

from __future__ import annotations

from rich.table import Table

from ..numerics.datasets import DATASETS
from ..theory.catalog import catalog
from .cli import print_json
from .console import results
from .suites import load_suite, suite_names
from .verdict import ExitCode


def run_list(as_json: bool) -> int:
    """Print theorems, datasets and suites. Returns the exit code."""
    theorems = [(t.id, t.title) for t in catalog()]
    datasets = [(_kind(d), (d.__doc__ or "").strip().splitlines()[0]) for d in DATASETS]
    suites = [(s, ", ".join(scenario.name for scenario in load_suite(s))) for s in suite_names()]
    groups = {"theorems": theorems, "datasets": datasets, "suites": suites}
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
    return ExitCode.AS_EXPECTED


def _kind(dataset) -> str:
    return dataset.model_fields["kind"].default
