"""Every interpreter of Python here for which the package is installed runs it alike."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_RUN = "from perturbproof.verify.command_line.cli import main; main()"


@pytest.mark.slow
@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_a_proof_and_a_run_by(minor: int, here: Path) -> None:
    """Nothing is installed: where an interpreter or the package for it is absent, it says so."""
    if (found := shutil.which(f"python3.{minor}")) is None:
        pytest.skip(f"no python3.{minor} here")

    def by(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([found, *words], cwd=here, capture_output=True, text=True)

    if by("-c", "import perturbproof, torch").returncode:
        pytest.skip(f"{found}: perturbproof is not installed for it")
    warned = [] if minor == sys.version_info.minor else ["-W", "error::SyntaxWarning"]
    ended = by(*warned, "-c", _RUN, "verify", "small.toml", "--out", "report", "-q", "--json")
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["summary"]["line"] == "1 PASS; all as expected"
    assert report["environment"]["python"].startswith(f"3.{minor}.")
    assert (here / "report/report.pdf").stat().st_size > 10_000
