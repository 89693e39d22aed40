"""Grids: which points a sweep file stands for, and what is wrong with those that stand for none."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.verify.scenarios.grid import Range, load_grid

BASE = """
name = "s"
[data]
kind = "uniform"
samples = 4
dimension = 50
"""


def written(folder: Path, sweep: str, base: str = BASE) -> Path:
    path = folder / "s.toml"
    path.write_text(f"{base}\n{sweep}")
    return path


def test_every_combination_once_the_last_field_fastest(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "[sweep]\nseed = [3, 1]\ndata.dimension = [60, 70, 80]\n"
        '"network.slope" = { from = 0.25, to = 0.75, count = 3 }',
    )
    grid = load_grid(path)
    points = list(grid.points())
    assert len(grid) == len(points) == 18
    seen = [(p.scenario.seed, p.scenario.data.dimension, p.scenario.network.slope) for p in points]
    assert seen == list(itertools.product([3, 1], [60, 70, 80], [0.25, 0.5, 0.75]))
    assert [p.index for p in points] == list(range(18))
    assert [p.name for p in points[:2]] == ["s-0000", "s-0001"]
    assert dict(points[-1].at) == {"seed": 1, "data.dimension": 80, "network.slope": 0.75}


def test_a_whole_table_may_be_varied(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "[sweep]\ndata = [{kind = 'uniform', samples = 4, dimension = 5}, "
        "{kind = 'orthogonal', samples = 4, dimension = 9}]",
    )
    assert [p.scenario.data.kind for p in load_grid(path).points()] == ["uniform", "orthogonal"]


@given(start=st.integers(-50, 50), width=st.integers(1, 100), count=st.integers(2, 30))
def test_a_range_is_evenly_spaced(start: int, width: int, count: int) -> None:
    end = float(start + width)
    values = Range.model_validate({"from": float(start), "to": end, "count": count}).values()
    assert values == pytest.approx([start + k * width / (count - 1) for k in range(count)])
    assert (values[0], values[-1]) == (start, end)


@pytest.mark.parametrize(
    ("given_range", "values"),
    [
        ({"from": 1, "to": 1000, "count": 4, "spacing": "log"}, [1, 10, 100, 1000]),
        ({"from": 0.1, "to": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"from": 5, "to": 1, "step": -2}, [5, 3, 1]),
        ({"from": 7, "to": 7, "count": 1}, [7]),
        ({"from": 0, "to": 10, "count": 5}, [0, 2, 5, 8, 10]),
    ],
)
def test_ranges(given_range: dict, values: list) -> None:
    made = Range.model_validate(given_range).values()
    assert made == pytest.approx(values)
    assert [type(value) for value in made] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        ("", r"needs a table \[sweep\]"),
        ("[sweep]", r"needs a table \[sweep\]"),
        ("[sweep]\nseed = 3", r"'sweep.seed': must be a list of values or a range"),
        ("[sweep]\nseed = []", r"'sweep.seed': must be a list"),
        ("[sweep]\nseed = [1, 1]", "the same value stands twice"),
        ("[sweep]\nname = ['a']", "'sweep.name': the points are named by the sweep"),
        ("[sweep]\nseed = {from = 0, to = 3}", "needs either 'count' or 'step'"),
        ("[sweep]\nseed = {from = 0, to = 3, count = 2, step = 1}", "needs either"),
        ("[sweep]\nseed = {from = 0, to = 3, step = -1}", "does not lead from 0 to 3"),
        ("[sweep]\nseed = {from = 0, to = 3, step = 0}", "does not lead from 0 to 3"),
        ("[sweep]\nseed = {from = 0, to = 1e300, step = 1}", "more than 1000000 values"),
        ("[sweep]\nseed = {from = 0, to = 9, count = 3, spacing = 'log'}", "positive ends"),
        ("[sweep]\nseed = {from = 1, to = 9, step = 1, spacing = 'log'}", "give 'count'"),
        ("[sweep]\nseed = {from = 1, to = 9, count = 1}", "one value cannot reach"),
        ("[sweep]\nseed = {from = 1, to = 9, cuont = 1}", "unknown key 'cuont'"),
        (
            "[sweep]\nseed = {from = 1, to = nan, count = 3}",
            "to.: must be a finite number, found nan",
        ),
        (
            "[sweep]\nseed = {from = true, to = 3, count = 3}",
            "from.: must be a finite number, found True",
        ),
        (
            "[sweep]\na = {from = 0, to = 1, count = 2000}\nb = {from = 0, to = 1, count = 2000}",
            "4000000 points",
        ),
    ],
)
def test_what_is_no_grid_is_named(tmp_path: Path, sweep: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        load_grid(written(tmp_path, sweep))
    assert str(raised.value).startswith(str(tmp_path / "s.toml"))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        (
            '[sweep]\n"network.slope" = [2.0]',
            "slope = 2.0: no valid scenario: 'network",
        ),
        ('[sweep]\n"network.slpoe" = [0.5]', "unknown key 'network.slpoe'"),
        ('[sweep]\n"name.x" = [0.5]', "'name' is no table"),
    ],
)
def test_a_grid_without_any_valid_combination_is_named(
    tmp_path: Path, sweep: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        load_grid(written(tmp_path, sweep))


def test_a_combination_that_is_no_scenario_does_not_stop_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, '[sweep]\n"network.slope" = [2.0, 0.5]')
    bad, good = load_grid(path).points()
    assert bad.scenario is None
    assert "must lie in [0, 1], found 2.0" in str(bad.error)
    assert good.scenario is not None
    assert (good.name, good.error) == ("s-0001", None)


def test_a_seed_of_the_command_replaces_that_of_the_file_but_no_swept_one(tmp_path: Path) -> None:
    path = written(tmp_path, '[sweep]\n"network.slope" = [0.5]')
    assert next(load_grid(path, seed=7).points()).scenario.seed == 7
    with pytest.raises(InputError, match="the sweep varies the seed itself"):
        load_grid(written(tmp_path, "[sweep]\nseed = [1]"), seed=7)
