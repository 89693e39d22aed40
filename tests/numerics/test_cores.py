"""No more cores than were granted, whoever grants them: affinity, container, batch system, user."""

from __future__ import annotations

import ast
import io
import os
from pathlib import Path

import perturbproof.numerics.configuration as inside
import pytest
import torch
from joblib.externals.loky.backend import context
from perturbproof.numerics.device import cores
from perturbproof.numerics.train.training import fitting_threads

CGROUP = "/sys/fs/cgroup"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    """A machine of 64 cores; call it with what grants fewer."""

    def made(affinity: int = 64, files: dict[str, str] | None = None, **environment: str) -> None:
        files = {f"{CGROUP}/{name}": text for name, text in (files or {}).items()}
        exists = os.path.exists

        def told(path) -> bool:
            return path in files if str(path).startswith(CGROUP) else exists(path)

        monkeypatch.setattr(os, "cpu_count", lambda: 64)
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(affinity)))
        monkeypatch.setattr(os.path, "exists", told)
        monkeypatch.setattr(context, "open", lambda path: io.StringIO(files[path]), raising=False)
        for name in ("SLURM_CPUS_PER_TASK", "LOKY_MAX_CPU_COUNT"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return made


V1 = {"cpu/cpu.cfs_quota_us": "250000\n", "cpu/cpu.cfs_period_us": "100000\n"}


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ({}, 64),
        ({"affinity": 5}, 5),
        ({"files": {"cpu.max": "max 100000\n"}}, 64),
        ({"files": {"cpu.max": "400000 100000\n"}}, 4),
        ({"files": V1}, 3),
        ({"SLURM_CPUS_PER_TASK": "6"}, 6),
        ({"SLURM_CPUS_PER_TASK": "128"}, 64),
        ({"SLURM_CPUS_PER_TASK": ""}, 64),
        ({"SLURM_CPUS_PER_TASK": "many"}, 64),
        ({"SLURM_CPUS_PER_TASK": "0"}, 1),
        ({"LOKY_MAX_CPU_COUNT": "2"}, 2),
        ({"affinity": 8, "files": {"cpu.max": "700000 100000"}, "SLURM_CPUS_PER_TASK": "9"}, 7),
        ({"affinity": 8, "files": {"cpu.max": "900000 100000"}, "SLURM_CPUS_PER_TASK": "3"}, 3),
        ({"affinity": 2, "files": {"cpu.max": "900000 100000"}, "SLURM_CPUS_PER_TASK": "3"}, 2),
    ],
)
def test_the_least_that_is_granted(machine, granted: dict, expected: int) -> None:
    machine(**granted)
    assert cores() == expected


def test_torch_follows(machine) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        machine(SLURM_CPUS_PER_TASK="3")
        with fitting_threads(2**40):
            assert torch.get_num_threads() == 3
        with fitting_threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)


def test_nothing_else_counts_cores() -> None:
    root = Path(inside.__file__).parents[1]
    sources = [
        p
        for part in ("theory", "numerics", "verify", "reports")
        for p in (root / part).rglob("*.py")
    ]
    assert len(sources) > 100
    counted = {
        (path.name, node.attr)
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("cpu_count", "sched_getaffinity", "process_cpu_count")
    }
    assert not counted
