"""Built-in suites: folders of scenario or study files, run in order of file name."""

from pathlib import Path

from ...numerics.input_error import InputError

_FOLDER = Path(__file__).parent


def suite_names() -> tuple[str, ...]:
    """The names of the built-in suites."""
    return tuple(sorted({file.parent.name for file in _FOLDER.glob("*/*.toml")}))


def suite_files(name: str) -> tuple[Path, ...]:
    """The files of a suite, in the order in which they run.

    Raises:
        InputError: there is no such suite.
    """
    if name not in suite_names():
        raise InputError(f"no suite {name!r}; known: {', '.join(suite_names())}")
    return tuple(sorted((_FOLDER / name).glob("*.toml")))
