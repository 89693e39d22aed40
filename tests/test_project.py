"""What stands beside the source: hooks as in CI, a changelog with this version, live links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def test_hooks_are_the_linters_of_ci() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    section = script.split("== linters and types")[1].split("echo ")[0]
    linters = [
        line.split(" --pythonpath")[0]
        for line in section.splitlines()
        if line.startswith(("ruff", "pyright"))
    ]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]] == linters


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert project["version"] in headings


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_and_paths_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith("https://")]
    paths = re.findall(r"`((?:theory|numerics|verify|reports|tests|docs)/[\w/.]+)`", text)
    for target in [*targets, *paths]:
        assert (ROOT / target).exists() or "my_theorem" in target or "FOLDER" in target, target


def test_every_folder_of_source_is_installed() -> None:
    """A folder that is not named is there in a checkout and missing where it is installed."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = set(settings["tool"]["setuptools"]["packages"])
    folders = {
        file.parent.relative_to(ROOT)
        for package in ("theory", "numerics", "verify", "reports")
        for file in (ROOT / package).rglob("*.py")
        if file.parent != ROOT / "verify/package"
    }
    assert {f"perturbproof.{'.'.join(folder.parts)}" for folder in folders} <= named
