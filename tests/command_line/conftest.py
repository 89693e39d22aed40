"""Most commands run in this process, which saves loading torch each time.

What only a process of its own can show (the installed script, signals, pipes) runs as one.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from perturbproof.verify.api import verify
from perturbproof.verify.command_line import cli
from perturbproof.verify.run import folder as report_folder_module

from .commands import SCRIPT, Ended, scenario_text, tree


@pytest.fixture
def run(monkeypatch, capsys) -> Callable[..., Ended]:
    """Run a command in this process, as the installed script would."""
    pipe = getattr(signal, "SIGPIPE", None)
    before = signal.getsignal(pipe) if pipe is not None else None

    def command(*words: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["perturbproof", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return Ended(int(ended.value.code or 0), shown.out, shown.err)

    yield command
    if pipe is not None:
        signal.signal(pipe, before)


@pytest.fixture
def quick(run, monkeypatch) -> Callable[..., Ended]:
    """The same without drawing the report, which takes seconds."""
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """An empty working folder with a scenario that passes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "small.toml").write_text(scenario_text(), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One real run of the installed script: its folder and what it printed. Not to be changed."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "small.toml").write_text(scenario_text(), encoding="utf-8")
    done = subprocess.run(
        [SCRIPT, "verify", "small.toml", "--out", "report"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return folder, done


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """The report of one run in this process. Not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "small.toml").write_text(scenario_text(), encoding="utf-8")
    verify(folder / "small.toml", out=folder / "report", device="cpu", command="perturbproof")
    return folder / "report"


@pytest.fixture
def report_folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of a finished report, to be changed."""
    folder = tmp_path / "report"
    for name, content in tree(finished).items():
        path = folder / name
        if content is None:
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder
