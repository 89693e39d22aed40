"""Built-in suites: folders of scenario or study files, run in order of file name."""

from importlib.resources import as_file, files
from pathlib import Path

from ...numerics.configuration import InputError
from ..scenarios.load import load_run_file
from ..scenarios.scenario import Scenario
from ..scenarios.study import LoadedStudy


def suite_names() -> tuple[str, ...]:
    """The names of the built-in suites."""
    return tuple(sorted(p.name for p in files(__name__).iterdir() if _is_suite(p)))


def _is_suite(folder) -> bool:  # importlib's Traversable has no public name in 3.11
    return folder.is_dir() and any(p.name.endswith(".toml") for p in folder.iterdir())


def load_suite(name: str, seed: int | None = None) -> tuple[Scenario | LoadedStudy, ...]:
    """The scenarios and studies of a suite.

    Raises:
        InputError: there is no such suite.
    """
    if name not in suite_names():
        raise InputError(f"no suite {name!r}; known: {', '.join(suite_names())}")
    folder = files(__name__) / name
    found = sorted(p.name for p in folder.iterdir() if p.name.endswith(".toml"))
    loaded = []
    for entry in found:
        with as_file(folder / entry) as path:
            loaded.append(load_run_file(Path(path), seed))
    return tuple(loaded)
