"""Bad data: one line that names file and place, exit code 2, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from .commands import refused, scenario_text, tree

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((6, 4)), np.array([0, 1, 0, 1, 0, 1])


def holed(value: float) -> np.ndarray:
    x = X.copy()
    x[2, 3] = value
    return x


BAD_ARRAYS = {
    "samples are no matrix": (X.ravel(), Y, "'x' must be a matrix"),
    "too few labels": (X, Y[:4], "'y' must have shape (6,)"),
    "labels are a matrix": (X, 2 * np.eye(6), "'y' must have shape (6,)"),
    "no samples": (np.empty((0, 4)), np.empty(0), "there are no samples"),
    "no features": (np.empty((6, 0)), Y, "shape"),
    "one class only": (X, np.ones(6), "only one label"),
    "three labels": (X, [0, 1, 2, 0, 1, 2], "3 labels"),
    "labels are measurements": (X, RNG.standard_normal(6), "6 labels"),
    "a label is not a number": (X, [0, 1, np.nan, 1, 0, 1], "row 2"),
    "NaN": (holed(np.nan), Y, "row 2, column 3"),
    "infinity": (holed(np.inf), Y, "row 2, column 3"),
    "minus infinity": (holed(-np.inf), Y, "row 2, column 3"),
    "a row of zeros": (np.vstack([X[:5], np.zeros(4)]), Y, "row 5"),
    "one sample": (X[:1], Y[:1], ""),
    "complex numbers": (X + 1j, Y, "real numbers"),
    "text": (X.astype(str), Y, "real numbers"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_data(quick, here: Path, case: str) -> None:
    x, y, named = BAD_ARRAYS[case]
    np.savez(here / "points.npz", x=x, y=y)
    (here / "bad.toml").write_text(scenario_text('kind = "file"\npath = "points.npz"'))
    before = tree(here)
    line = refused(quick("verify", "bad.toml", "--out", "report"))
    assert named in line
    assert "points.npz" in line
    assert tree(here) == before


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("none.npz", None, "no such file"),
        ("points.xls", b"", "is a spreadsheet; in Python: "),
        ("points.abc", b"", "unknown type of data file"),
        ("points.npz", b"PK no archive", "not a readable .npz archive"),
        ("points.csv", b"", "the file is empty"),
        ("points.csv", b"1,2,0\n3,1\n", "points.csv"),
        ("points.csv", b"1,2,0\n3,nan,1\n", "points.csv"),
        ("points.csv", b"1,2,0\n0,0,1\n", "row 1"),
        ("points.csv", b"1,2,0\n", "points.csv"),
    ],
)
def test_bad_files(quick, here: Path, name: str, content: bytes | None, named: str) -> None:
    if content is not None:
        (here / name).write_bytes(content)
    (here / "bad.toml").write_text(scenario_text(f'kind = "file"\npath = "{name}"'))
    before = tree(here)
    line = refused(quick("verify", "bad.toml", "--out", "report"))
    assert named in line
    assert tree(here) == before


def test_duplicated_samples_are_not_bad_input(quick, here: Path) -> None:
    x = RNG.standard_normal((6, 30))
    x[4] = x[0]
    np.savez(here / "points.npz", x=x, y=Y)
    (here / "twice.toml").write_text(
        scenario_text('kind = "file"\npath = "points.npz"', top='expect = "VACUOUS"')
    )
    ended = quick("verify", "twice.toml", "--out", "report")
    assert ended.code == 0
    (one,) = json.loads((here / "report/report.json").read_text())["scenarios"]
    assert any("Samples 0 and 4" in finding for finding in one["findings"])
