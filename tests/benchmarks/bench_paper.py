"""The suite `paper` from a new process to the report, and where its time goes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from timing import Section, seconds, verdict

EXACT, ON_A_GPU = 900.0, 600.0
"""Seconds that are asked for: uniform data, exact, one seed, on two cores; all of it on a GPU."""


def spent(report: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Seconds by data and kind of point; a point of several studies counts once."""
    points: dict[str, tuple[tuple[str, str], float]] = {}
    for study in report["studies"]:
        data, pool = study["configuration"]["data"], study["configuration"]["pool"]
        for point in study["points"]:
            about = [data, pool, point["setting"]]
            for number, record in enumerate(point["exact"]):
                kind = "exact, one seed" if number == 0 else "exact, more seeds"
                points[json.dumps([*about, record["seed"]])] = (data, kind), record["seconds"]
            if (trained := point["trained"]) is not None:
                key = json.dumps([*about, trained["width"]])
                points[key] = (data, "trained"), trained["seconds"]
    total: Counter[tuple[str, str]] = Counter()
    for kind, took in points.values():
        total[kind] += took
    return total


def section(repeats: int) -> Section:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        words = ["verify", "--suite", "paper", "--device", device, "--out", str(out)]
        code = "from perturbproof.verify.command_line.cli import main; main()"
        command = [sys.executable, "-c", code, *words]
        took = seconds(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=False))
        report = json.loads((out / "report.json").read_text())
    parts = spent(report)
    lines = [f"perturbproof {' '.join(words[:-2])}: {took / 60:.1f} min, report included"]
    lines += [
        f"{data}, {kind}: {part / 60:.1f} min" for (data, kind), part in sorted(parts.items())
    ]
    exact = parts["uniform", "exact, one seed"]
    met = exact < EXACT
    lines.append(
        f"uniform, exact, one seed: target {EXACT / 60:.0f} min on two cores {verdict(met)}"
    )
    if device == "cuda":
        met = met and took < ON_A_GPU
        lines.append(f"whole suite: target {ON_A_GPU / 60:.0f} min {verdict(took < ON_A_GPU)}")
    return Section(
        "Suite paper",
        "All 24 studies in a process of their own. Once each: a second run would find every point "
        "stored.",
        tuple(lines),
        met,
    )
