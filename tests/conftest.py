"""Slow tests run when asked for, and say so otherwise; no test speaks to the CI that runs it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: threads of theirs would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


# A crowded machine draws slowly; no timing decides a test.
for name, examples in (("some", 20), ("all", 100)):
    hypothesis.settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="also run the tests marked slow")
    parser.addoption(
        "--all-fuzz",
        action="store_true",
        help="with --run-slow: read over 100 000 malformed inputs, not a fifth of them",
    )
    parser.addoption(
        "--interpreter",
        action="append",
        default=[],
        help="with --run-slow: a Python that has the package; several times, for several",
    )


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("all" if config.getoption("--run-slow") else "some")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --run-slow")
    for item in items:
        if item.get_closest_marker("slow") is not None:
            item.add_marker(skip)


# Files whose tests share what takes long to make and is kept in one process: the proofs of the
# catalog, a rendered sample report, the report of a run.
TOGETHER = (
    (
        "tests/theory/test_catalog.py",
        "tests/theory/test_trials.py",
        "tests/theory/test_typeset.py",
        "tests/theory/theorems/",
    ),
    (
        "tests/reports/test_html.py",
        "tests/reports/test_pages.py",
        "tests/reports/test_pdf.py",
        "tests/reports/test_summary.py",
    ),
    ("tests/command_line/test_hostile_input.py", "tests/command_line/test_report.py"),
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As --dist=loadfile: a file goes to one worker, and so do those of `TOGETHER`."""
    from xdist.scheduler import LoadFileScheduling

    class ByWhatIsShared(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            together = (files[0] for files in TOGETHER if nodeid.startswith(files))
            return next(together, super()._split_scope(nodeid))

    return ByWhatIsShared(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def share(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """How many random instances a property is tried on: all with --run-slow, else a fifth."""
    divisor = 1 if pytestconfig.getoption("--run-slow") else 5
    return lambda instances: instances // divisor


@pytest.fixture
def fuzz_share(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """How many malformed inputs a slow test reads, of those of its share in the full run."""
    divisor = 1 if pytestconfig.getoption("--all-fuzz") else 5
    return lambda share: share // divisor
