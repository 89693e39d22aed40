"""A rendered sample report, made once for all tests of this folder."""

import json
from pathlib import Path

import pytest
from perturbproof.reports.render import render

from .sample_report import report


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the five-outcome report and everything made from it. Not to be written to."""
    folder = tmp_path_factory.mktemp("rendered")
    (folder / "report.json").write_text(json.dumps(report()), encoding="utf-8")
    render(folder)
    return folder
