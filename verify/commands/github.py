"""Telling GitHub Actions how a run ended, when it runs there."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ...reports.github import SUMMARY_LIMIT, annotations, step_summary
from ...reports.load import load_report


def tell_github(folder: Path, files: Mapping[str, str], strict: bool) -> None:
    """Annotations and job summary of the report in `folder`, where the environment asks for them.

    With `GITHUB_ACTIONS=true` the annotations go to stderr, where GitHub finds them as well and
    where they are not mixed with results. With `GITHUB_STEP_SUMMARY` summary.md is appended to
    that file. A file that cannot be written is said on stderr: it changes no verdict.
    """
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(load_report(folder), files, strict):
            sys.stderr.write(f"{line}\n")
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _append(Path(target), (folder / "summary.md").read_text(encoding="utf-8"))
        except OSError as error:
            sys.stderr.write(f"perturbproof: GITHUB_STEP_SUMMARY: {target}: {error.strerror}\n")


def _append(target: Path, markdown: str) -> None:
    room = SUMMARY_LIMIT - (target.stat().st_size if target.exists() else 0)
    with target.open("a", encoding="utf-8", newline="\n") as file:
        file.write(step_summary(markdown, room))
