"""`verify` killed at any moment: what is on disk is whole, and the rerun ends as if undisturbed."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from perturbproof.reports.files import load_report
from perturbproof.verify.api import verify
from perturbproof.verify.run import folder as report_folder_module

from ..command_line.commands import SCRIPT
from .small_scenarios import OUTSIDE, toml
from .test_report_json import without_times

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is one of POSIX")

KILLS = 20
SEED = 20260101
NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Path, float]:
    """A folder with scenarios and the report of a run that nobody disturbed, and its seconds."""
    folder = tmp_path_factory.mktemp("undisturbed")
    # Long enough in training that many a kill falls into it.
    write_scenarios(folder, steps=8000)
    started = time.perf_counter()
    finish(folder)
    return folder, time.perf_counter() - started


def write_scenarios(folder: Path, steps: int, names: tuple[str, ...] = NAMES) -> None:
    for seed, name in enumerate(names):
        changes = {"data": OUTSIDE, "expect": "VACUOUS"} if name == "d" else {}
        (folder / f"{name}.toml").write_text(
            toml(name=name, seed=seed, training={"steps": steps}, **changes)
        )


def command(folder: Path) -> list[str]:
    """A run of all scenarios in a folder."""
    return [SCRIPT, "verify", *sorted(one.name for one in folder.glob("*.toml")), "--out", "report"]


def finish(folder: Path) -> str:
    done = subprocess.run(command(folder), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def copied(undisturbed: Path, folder: Path) -> Path:
    for name in NAMES:
        shutil.copy(undisturbed / f"{name}.toml", folder)
    return folder


def content(folder: Path):
    return without_times(json.loads((folder / "report" / "report.json").read_text()))


def whole(path: Path) -> None:
    """Fails unless a file is whole, judged by its own format."""
    data = path.read_bytes()
    if path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".pdf":
        assert data.startswith(b"%PDF")
        assert data.rstrip().endswith(b"%%EOF")
    elif path.suffix in (".xml", ".svg"):
        ElementTree.fromstring(data)
    elif path.suffix == ".html":
        assert data.rstrip().endswith(b"</html>")
    elif path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            assert len(arrays["x"]) == len(arrays["y"])
    elif path.suffix in (".csv", ".md"):
        assert data.endswith(b"\n")
    else:
        assert path.name == ".perturbproof-lock", f"what is {path}?"
        assert data == b""


def look_over(folder: Path) -> int:
    """See that everything under a final name is whole; the number of scenarios that are kept."""
    report = folder / "report"
    if not report.exists():
        return 0
    # What is being made has a name that says so.
    temporary = re.compile(r"\.perturbproof-new-[^/]*/|\.[^/]*\.part$|\.perturbproof-probe$")
    for path in report.rglob("*"):
        if path.is_file() and not temporary.search(str(path.relative_to(folder))):
            whole(path)
    if (report / "report.json").exists():
        load_report(report)
    return len(list((report / ".perturbproof-journal").glob("*.json")))


def left_clean(folder: Path, undisturbed: Path) -> None:
    """The same files as in an undisturbed run, and none besides."""

    def names(where: Path) -> set[str]:
        return {str(path.relative_to(where)) for path in (where / "report").rglob("*")}

    assert names(folder) == names(undisturbed)


def killed(folder: Path, moment) -> None:
    """Start the run and kill it when `moment(started)` says so, or let it end before."""
    process = subprocess.Popen(
        command(folder), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    started = time.perf_counter()
    while process.poll() is None and not moment(started):
        time.sleep(0.002)
    process.kill()
    process.wait()


def kept(folder: Path) -> int:
    return len(list((folder / "report" / ".perturbproof-journal").glob("*.json")))


def test_killed_once(tmp_path: Path, monkeypatch) -> None:
    """Killed when the first scenario is finished; the killed run is a fork of this process, which
    has all libraries loaded, and nothing is drawn."""
    names = ("a", "d")
    write_scenarios(tmp_path, 600, names)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    files = [f"{name}.toml" for name in names]
    undisturbed = verify(*files, command="x")
    forked = forked_run(files)
    deadline = time.perf_counter() + 100
    while kept(tmp_path) < 1 and time.perf_counter() < deadline:
        time.sleep(0.002)
    os.kill(forked, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(forked, 0)[1]) == signal.SIGKILL
    found = look_over(tmp_path)
    assert found >= 1
    told: list[str] = []
    resumed = verify(*files, out="report", command="x", progress=lambda what, *_: told.append(what))
    assert f"resuming: {found} of {len(names)} scenarios were finished" in told
    assert without_times(resumed.report) == without_times(undisturbed.report)
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"report.json"}


def forked_run(files: list[str]) -> int:
    """The process, forked from this one, of a run that waits with its report to be killed."""
    with warnings.catch_warnings():
        # Of other threads, which hold nothing here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    try:
        # Threads do not outlive a fork.
        torch.set_num_threads(1)
        report_folder_module.render = lambda folder, strict: time.sleep(600)
        verify(*files, out="report", command="x")
    finally:
        os._exit(1)


@pytest.mark.slow
def test_killed_at_random_moments(undisturbed, tmp_path: Path) -> None:
    original, seconds = undisturbed
    draw = random.Random(SEED)
    expected = content(original)
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        folder.mkdir()
        copied(original, folder)
        after = draw.uniform(0, seconds)
        killed(folder, lambda started, after=after: time.perf_counter() - started > after)
        found = look_over(folder)
        told = finish(folder)
        print(f"killed after {after:.2f} of {seconds:.2f} s: {found} scenarios kept")
        resumed = f"resuming: {found} of {len(NAMES)} scenarios were finished"
        assert (resumed in told) == (found > 0), told
        assert content(folder) == expected
        left_clean(folder, original)


@pytest.mark.slow
def test_killed_again_and_again(undisturbed, tmp_path: Path) -> None:
    """One folder, killed as soon as each further scenario is finished, and then while writing."""
    original, _ = undisturbed
    folder = copied(original, tmp_path)
    for count in range(1, len(NAMES) + 1):
        killed(folder, lambda _, count=count: kept(folder) >= count)
        assert look_over(folder) >= count
    writing = folder / "report"
    killed(folder, lambda _: any(writing.glob(".perturbproof-new-*")))
    assert look_over(folder) == len(NAMES)
    told = finish(folder)
    assert f"resuming: {len(NAMES)} of {len(NAMES)} scenarios were finished" in told
    assert content(folder) == content(original)
    left_clean(folder, original)


@pytest.mark.slow
def test_an_earlier_report_outlives_a_killed_run(undisturbed, tmp_path: Path) -> None:
    original, _ = undisturbed
    folder = copied(original, tmp_path)
    shutil.copytree(original / "report", folder / "report")
    (folder / "a.toml").write_text(toml(name="a", seed=99))
    killed(folder, lambda _: kept(folder) >= 2)
    look_over(folder)
    assert content(folder) == content(original)
    finish(folder)
    assert content(folder) != content(original)
