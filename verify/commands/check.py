"""`perturbproof check`: the assumptions of the theorems on the user's own data."""

from __future__ import annotations

from pathlib import Path

from ..cli import print_json
from ..data_checks.api import check
from ..report import command_line
from ..verdict import ExitCode
from .check_output import as_data, print_check
from .console import results, watched


def run_check(
    path: Path,
    labels: Path | None,
    classes: tuple[str, str] | None,
    centre: bool,
    scale: float,
    slopes: list[float] | None,
    seed: int,
    precision: int | None,
    device: str,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Check a data file. Returns the exit code: 0, as a check is no test to pass.

    Raises:
        InputError: as `data_checks.api.check`.
    """
    with watched(quiet) as progress:
        result = check(
            path,
            labels,
            classes=classes,
            centred=centre,
            scale=scale,
            slopes=slopes or [],
            seed=seed,
            precision=precision,
            device=device,
            out=out,
            progress=progress,
            command=command_line(),
        )
    if as_json:
        print_json(as_data(result.check))
    else:
        console = results()
        print_check(console, result.check)
        if out is not None:
            console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, figures)")
        console.print(f"\n{result.summary}")
    return ExitCode.AS_EXPECTED
