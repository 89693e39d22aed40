"""Every interpreter of Python here for which the package is installed runs it alike.

Tried are python3.11 to python3.14 on PATH, and one without the package is skipped. Or those that
are named, which must have it: `pytest --run-slow --interpreter some/venv/bin/python` and this file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

_VERSION = "import sys, perturbproof, torch; print('%d.%d.' % sys.version_info[:2])"
_RUN = "from perturbproof.verify.command_line.cli import main; main()"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    named = [str(Path(path).absolute()) for path in metafunc.config.getoption("interpreter")]
    metafunc.parametrize("name", named or [f"python3.{minor}" for minor in range(11, 15)])


@pytest.mark.slow
def test_a_proof_and_a_run_by(name: str, here: Path, pytestconfig: pytest.Config) -> None:
    missing = pytest.fail if pytestconfig.getoption("interpreter") else pytest.skip
    if (found := shutil.which(name)) is None:
        missing(f"no {name} here")

    def by(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([found, *words], cwd=here, capture_output=True, text=True)

    if (there := by("-c", _VERSION)).returncode:
        missing(f"perturbproof is not installed for {found}: {there.stderr.splitlines()[-1]}")
    words = ("verify", "small.toml", "--out", "report", "-q", "--json")
    ended = by("-W", "error::SyntaxWarning", "-c", _RUN, *words)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["summary"]["line"] == "1 PASS; all as expected"
    assert report["environment"]["python"].startswith(there.stdout.strip())
    assert (here / "report/report.pdf").stat().st_size > 10_000
