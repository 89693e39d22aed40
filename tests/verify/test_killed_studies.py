"""The paper suite, its sizes divided, killed at any moment: what is on disk is whole, and the rerun
ends as if undisturbed."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import time
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
import tomli_w
from perturbproof.reports.files import load_report
from perturbproof.verify import suites

from ..command_line.commands import SCRIPT
from .study_files import without_times

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is one of POSIX"),
]

KILLS = 20
SEED = 20260102
DIVIDED = 40
"""Sizes of the suite are divided by it: 24 studies in seconds, and not in half an hour."""

SIZES = ("dimension", "samples", "noise_samples")


def smaller(name: str, value: object) -> object:
    """A TOML value of a study with every size divided."""
    if isinstance(value, dict):
        return {key: smaller(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [smaller(name, each) for each in value]
    if name == "width":
        return 4
    if name == "eps":
        return max(value, 0.01)  # of few pixels a small share is none
    return max(2, value // DIVIDED) if name in SIZES and isinstance(value, int) else value


def distinct(study: dict) -> dict:
    """The study without points that the division made equal."""
    kept: dict[object, object] = {}
    for point in study["points"]:
        kept.setdefault(point.get(study["vary"]), point)
    return {**study, "points": list(kept.values())}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("studies")
    shutil.copy(Path(str(files(suites))) / "paper" / "paper-curves.csv", folder)
    named = []
    for source in sorted((files(suites) / "paper").iterdir(), key=lambda path: path.name):
        if source.name.endswith(".toml"):
            study = distinct(smaller("", tomllib.loads(source.read_text())))  # type: ignore
            # Sizes that were published are not among these.
            study.pop("published", None)
            path = folder / source.name
            path.write_text(tomli_w.dumps(study | {"expect": "INCONCLUSIVE"}))
            named.append(str(path))
    assert len(named) == 24
    return [SCRIPT, "verify", *named, "--device", "cpu", "--quiet", "--out", "report"]


def finish(command: list[str], report: Path) -> dict:
    done = subprocess.run(command, cwd=report.parent, capture_output=True, text=True, check=False)
    # At such sizes a point may be too ill-conditioned for float32, which is an ERROR.
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr
    load_report(report)
    return without_times(json.loads((report / "report.json").read_text()))


@pytest.fixture(scope="module")
def undisturbed(command, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, int, float]:
    """The report of a run that nobody disturbed, its number of points and its seconds."""
    report = tmp_path_factory.mktemp("undisturbed") / "report"
    started = time.perf_counter()
    content = finish(command, report)
    return content, len(points(report)), time.perf_counter() - started


def points(report: Path) -> dict[Path, int]:
    """The points that are stored, all of them whole, and when."""
    found = {path: path.stat().st_mtime_ns for path in (report / "points").glob("*.json")}
    for path in found:
        assert json.loads(path.read_text())["key"] == path.stem
    return found


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_killed_run_goes_on(command, undisturbed, tmp_path: Path, kill: int) -> None:
    content, count, seconds = undisturbed
    after = random.Random(SEED + kill).uniform(0, seconds)
    report = tmp_path / "report"
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        try:
            run.wait(after)
        except subprocess.TimeoutExpired:
            run.kill()
    temporary = re.compile(r"/\.perturbproof-|\.part$")
    for path in report.rglob("*"):
        if path.suffix == ".json" and not temporary.search(str(path)):
            json.loads(path.read_text())
    kept = points(report)
    print(f"killed after {after:.1f} of {seconds:.1f} s: {len(kept)} of {count} points kept")
    assert finish(command, report) == content
    # Nothing that was there was computed again.
    assert points(report).items() >= kept.items()
    assert len(points(report)) == count
