"""The files that `perturbproof verify` runs: scenarios, and studies by their `kind = "study"`."""

from __future__ import annotations

from pathlib import Path

from .scenario import Scenario, load_scenario, read_toml
from .study import LoadedStudy, study_from

STUDY = "study"


def load_run_file(path: Path, seed: int | None = None) -> Scenario | LoadedStudy:
    """Read and validate a file; `seed` replaces that of a scenario or all those of a study.

    Raises:
        InputError: as `load_scenario` and `study_from`.
    """
    content = read_toml(path)
    if content.get("kind") == STUDY:
        return study_from(content, path, seed)
    return load_scenario(path, seed)
