"""The workflow and the job that the docs offer: read as YAML, their shell steps run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .commands import OUTSIDE, SCRIPT, scenario_text

CI = Path(__file__).resolve().parents[2] / "docs/ci"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def read(name: str) -> dict[Any, Any]:
    return yaml.safe_load((CI / name).read_text(encoding="utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/small.toml").write_text(scenario_text())
    return tmp_path


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runners do: bash, ending at the first error. Nothing is installed."""
    assert not re.search(r"\bpip\b", command)
    path = f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.mark.slow
def test_the_github_workflow(repository: Path) -> None:
    workflow = read("github-workflow.yml")
    inputs = workflow[True]["workflow_call"]["inputs"]  # YAML reads the key "on" as true
    steps = workflow["jobs"]["verify"]["steps"]
    scripts = {step["name"]: step for step in steps if "run" in step}
    assert list(scripts) == ["Install", "Verify"]
    for step in scripts.values():
        assert not EXPRESSION.search(step["run"]), "inputs reach the shell as variables only"
        for value in step["env"].values():
            for expression in EXPRESSION.findall(value):
                assert set(re.findall(r"inputs\.(\w+)", expression)) <= set(inputs)
    assert scripts["Install"]["run"] == 'pip install "$PACKAGE"'
    # On no index: whoever calls it says what is installed.
    assert inputs["package"]["required"] is True
    assert "default" not in inputs["package"]
    # With STRICT what is VACUOUS fails: a step must hand on exit code 1.
    (repository / "scenarios/small.toml").write_text(scenario_text(OUTSIDE))
    summary = repository / "step-summary.md"
    done = shell(
        scripts["Verify"]["run"],
        repository,
        SCENARIOS="scenarios/*.toml",
        STRICT="--strict",
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert done.returncode == 1, done.stderr
    assert "::error file=scenarios/small.toml," in done.stderr
    assert "1 VACUOUS; 1 not as expected" in summary.read_text()
    (kept,) = [s["with"]["path"] for s in steps if "upload-artifact" in s.get("uses", "")]
    assert (repository / kept / "junit.xml").is_file()


@pytest.mark.slow
def test_the_gitlab_job(repository: Path) -> None:
    job = read("gitlab-ci.yml")["theorems"]
    assert [line.split('"')[0] for line in job["before_script"]] == ["pip install "]
    assert "${PERTURBPROOF:?" in job["before_script"][0]
    (repository / "scenarios/small.toml").write_text(scenario_text(training="steps = 3"))
    (step,) = job["script"]
    done = shell(step, repository)
    assert done.returncode == job["allow_failure"]["exit_codes"] == 4, done.stderr
    assert (repository / job["artifacts"]["reports"]["junit"]).is_file()
    assert all((repository / path).exists() for path in job["artifacts"]["paths"])
