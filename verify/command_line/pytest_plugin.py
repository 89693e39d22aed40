"""pytest collects `*.scenario.toml` files: a test per theorem, whose outcome is the verdict.

Loaded with every pytest run where perturbproof is installed, so nothing heavy is imported before
there is a scenario file. See docs/ci.md.
"""

from __future__ import annotations

import uuid
from argparse import ArgumentTypeError
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

SUFFIX = ".scenario.toml"
_CLAIM = "perturbproof-claim"
_CLAIMS = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("perturbproof", f"theorems, tested on scenario files (*{SUFFIX})")
    group.addoption(
        "--perturbproof-strict",
        action="store_true",
        help="nothing is skipped: VACUOUS and INCONCLUSIVE pass where expected and fail elsewhere",
    )
    group.addoption(
        "--perturbproof-out",
        metavar="DIR",
        type=Path,
        help="write the report of each scenario file to a folder in DIR",
    )
    group.addoption(
        "--perturbproof-device",
        metavar="DEVICE",
        default="auto",
        help="auto, cpu, cuda or cuda:INDEX (default: auto)",
    )
    group.addoption(
        "--perturbproof-seed", metavar="SEED", type=_seed, help="replace the seed of every scenario"
    )
    group.addoption(
        "--perturbproof-precision",
        metavar="BITS",
        type=int,
        help="decide small data in balls of so many bits (from 54)",
    )
    group.addoption(
        "--perturbproof-theorem",
        metavar="FILE.py",
        type=Path,
        action="append",
        default=[],
        help="add a theorem from your own Python file; repeatable",
    )


def _seed(text: str) -> int:
    if not text.isdigit() or int(text) >= 2**63:
        raise ArgumentTypeError(f"must be from 0 to 2^63 - 1, found {text!r}")
    return int(text)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not file_path.name.endswith(SUFFIX):
        return None
    from .pytest_items import ScenarioFile

    claim = getattr(parent.config, "workerinput", {}).get(_CLAIM)
    return ScenarioFile.from_parent(parent, path=file_path, claim=claim)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say of a skip which scenario file it belongs to, not which line of this package."""
    report = yield
    if item.path.name.endswith(SUFFIX) and isinstance(report.longrepr, tuple):
        report.longrepr = (str(item.path), 0, report.longrepr[2])
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist: tell the workers how the marks begin by which they share out the reports."""
    config: pytest.Config = node.config
    node.workerinput[_CLAIM] = config.stash.setdefault(_CLAIMS, f".{_CLAIM}-{uuid.uuid4().hex}-")


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if _CLAIMS in config.stash and (out := config.getoption("--perturbproof-out")) is not None:
        for claim in out.glob(f"{config.stash[_CLAIMS]}*"):
            claim.unlink(missing_ok=True)
