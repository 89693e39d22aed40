"""What a sweep costs beyond its points: ten thousand tiny ones, in one process."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from perturbproof.theory.theorems import catalog
from perturbproof.verify.run.study_record import sweep_entry
from perturbproof.verify.run.sweep import run_sweep
from perturbproof.verify.scenarios.grid import load_grid
from timing import Section, verdict

POINTS, TARGET = 10_000, 5.0
TEXT = f"""
name = "tiny"
theorems = ["half-aware"]
[data]
kind = "uniform"
samples = 4
dimension = 10
[network]
width = 2
[training]
steps = 1
[sweep]
seed = {{ from = 0, to = {POINTS - 1}, step = 1 }}
"""


def section(repeats: int) -> Section:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tiny.toml").write_text(TEXT)
        started = time.perf_counter()
        grid = load_grid(folder / "tiny.toml")
        swept = run_sweep(grid, catalog(), folder / "out")
        entry = sweep_entry(swept, {})
        whole = time.perf_counter() - started
        started = time.perf_counter()
        run_sweep(grid, catalog(), folder / "out")
        again = time.perf_counter() - started
    measuring = entry.seconds or 0.0
    assert swept.run is not None
    proving = sum(proof.seconds for proof in swept.run.proofs.values())
    overhead = (whole - measuring - proving) / POINTS * 1e3
    return Section(
        "Sweeps",
        "Grid, keys, files, judging and the table of the report, over measuring and proving. Files "
        "are written one per point.",
        (
            f"{POINTS} points: {whole:.1f} s, of which measuring {measuring:.1f} s and proving "
            f"{proving:.1f} s; overhead {overhead:.2f} ms a point, target {TARGET:g} ms "
            f"{verdict(overhead < TARGET)}",
            f"nothing to do again: {again / POINTS * 1e3:.2f} ms a point",
        ),
        overhead < TARGET,
    )
