"""Small studies for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STUDY = """
kind = "study"
name = "small"
title = "Small"
data = "uniform"
perturbation = "l2"
vary = "noise_samples"
points = [
  { noise_samples = 20, seeds = [0, 1] },
  { noise_samples = 60, train = true },
]
[sizes]
dimension = 120
samples = 20
noise_samples = 10
eps = 0.9
[training]
width = 4
time = 50.0
"""


def write_study(
    folder: Path,
    published: dict[float, float] | None = None,
    *,
    text: str = STUDY,
    extra: str = "",
    name: str = "small.toml",
) -> Path:
    """The study as a file, with published accuracies by number of noise samples."""
    if published is not None:
        rows = "".join(f"L2,N_adv,{value:g},{y}\n" for value, y in published.items())
        (folder / "curve.csv").write_text(f"# made up\nnorm,sweep,value,accuracy\n{rows}")
        text += '\n[published]\nfile = "curve.csv"\nnorm = "L2"\nsweep = "N_adv"\n' + extra
    path = folder / name
    path.write_text(text)
    return path


def without_times(value: Any) -> Any:
    """The same data without seconds and times of start."""
    if isinstance(value, dict):
        left_out = {"seconds", "milliseconds", "started"}
        return {k: without_times(v) for k, v in value.items() if k not in left_out}
    return [without_times(v) for v in value] if isinstance(value, list | tuple) else value
