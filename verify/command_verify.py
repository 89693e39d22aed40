"""`perturbproof verify`: the main job."""

from __future__ import annotations

import datetime
import json
import tempfile
import time
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ..numerics.device import resolve_device
from ..numerics.input_error import InputError
from ..reports.atomic import write_atomic
from ..reports.render import render
from ..theory.catalog import catalog
from .cli import print_json
from .console import results, styled, watched
from .judge import Judgement
from .own_theorem import load_theorem
from .report import RunInfo, build_report, command_line
from .run import ScenarioOutcome, run_scenarios
from .scenario import load_scenario
from .suites import load_suite
from .verdict import Verdict, softest


def run_verify(
    paths: list[Path],
    suite: str,
    out: Path,
    seed: int | None,
    device: str,
    own: list[Path],
    as_json: bool,
    quiet: bool,
) -> int:
    """Run scenario files, or a suite, and leave the report in `out`. Returns the exit code.

    Raises:
        InputError: a scenario, its data, the device or the folder cannot be used. What an earlier
            run left in the folder stays.
    """
    started = time.perf_counter()
    clock = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    scenarios = (
        tuple(load_scenario(path, seed) for path in paths) if paths else load_suite(suite, seed)
    )
    resolved = resolve_device(device)
    known = (*catalog(), *(load_theorem(path) for path in own))
    made = prepare_folder(out)
    try:
        with watched(quiet) as progress:
            run = run_scenarios(scenarios, theorems=known, device=resolved, progress=progress)
            info = RunInfo(command_line(), resolved, seed, clock, time.perf_counter() - started)
            content = build_report(run.outcomes, run.theorems, run.proofs, info)
            progress("writing the report", 0, 1)
            text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
            write_report(out, text + "\n")
    except BaseException:
        for folder in made:
            remove_if_empty(folder)
        raise
    if as_json:
        print_json(content)
    else:
        _print(run.outcomes, content["summary"]["line"], out)
    return content["summary"]["exit_code"]


def write_report(out: Path, text: str) -> None:
    """Make the whole report beside the earlier one, and only then move it over file by file."""
    with tempfile.TemporaryDirectory(prefix=".perturbproof-", dir=out) as name:
        fresh = Path(name)
        write_atomic(fresh / "report.json", text)
        render(fresh)
        for path in sorted(fresh.rglob("*")):
            if path.is_file():
                target = out / path.relative_to(fresh)
                target.parent.mkdir(exist_ok=True)
                path.replace(target)


def prepare_folder(out: Path) -> list[Path]:
    """Make the folder and see that it can be written. Returns what was made, innermost first."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".perturbproof-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror})") from None
    return made


def remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _print(outcomes: tuple[ScenarioOutcome, ...], line: str, out: Path) -> None:
    console = results()
    for outcome in outcomes:
        console.print(f"[bold]{outcome.scenario.name}[/]  ({outcome.seconds:.1f} s)")
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in ("verdict", "theorem", "why"):
            width = 12 if heading == "verdict" else None
            table.add_column(heading, overflow="fold", min_width=width)
        if outcome.error is not None:
            table.add_row(styled("ERROR"), "", escape(outcome.error))
        for judgement in outcome.judgements:
            expected = outcome.scenario.expected(judgement.theorem.id)
            why = _why(judgement)
            if judgement.verdict is not expected:
                why = f"expected {expected.value}: {why}"
            table.add_row(styled(judgement.verdict.value), judgement.theorem.id, escape(why))
        console.print(table)
    console.print(f"\n{line}")
    console.print(f"report: {out}/report.pdf (also report.html, report.json, junit.xml, figures)")


def _why(judgement: Judgement) -> str:
    """What a PASS rests on; of any other verdict, the reason."""
    if judgement.verdict is not Verdict.PASS:
        return judgement.reason
    rigor = softest(claim.rigor for claim in judgement.claims).value
    kind = judgement.theorem.kind
    return rigor if kind == "theorem" else f"{rigor} ({kind}, not a theorem)"
