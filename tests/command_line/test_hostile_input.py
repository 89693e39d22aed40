"""A sample of malformed and hostile input through the command line: one line, exit code 2."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from ..fuzzing import assert_one_line, mutate
from ..numerics.fuzz import sample_files as files
from .commands import refused, scenario_text, tree

DATA = {
    "x.npy": files.npy(files.X),
    "data.npz": files.npz(),
    "data.csv": files.csv(),
    "data.safetensors": files.safetensors(),
    "images-idx3-ubyte": files.idx(files.IMAGES),
    "data_batch_1.bin": files.CIFAR.tobytes(),
}


@pytest.mark.parametrize("command", ["check", "verify"])
@pytest.mark.parametrize("name", DATA)
def test_malformed_data(quick, here: Path, name: str, command: str) -> None:
    np.save(here / "y.npy", files.Y)
    (here / "labels-idx1-ubyte").write_bytes(files.idx(files.Y))
    (here / "bad.toml").write_text(scenario_text(f'kind = "file"\npath = "{name}"'))
    rng = random.Random(name)
    words = ["check", name] if command == "check" else ["verify", "bad.toml", "--out", "report"]
    for _ in range(6):
        # Cut short as well: what is still sound after a change would be run, which takes seconds.
        (here / name).write_bytes(mutate(DATA[name], rng.randbytes(12))[:-1] + b"\xff" * 3)
        before = tree(here)
        line = refused(quick(*words))
        assert name in line
        assert_one_line(line)
        assert tree(here) == before


def test_malformed_scenarios(quick, here: Path) -> None:
    rng = random.Random(0)
    for _ in range(20):
        text = mutate(scenario_text().encode(), rng.randbytes(18)) + b"\n= 1"
        (here / "bad.toml").write_bytes(text)
        before = tree(here)
        assert_one_line(refused(quick("verify", "bad.toml", "--out", "report")))
        assert tree(here) == before


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "a/b", "..", "a\\u0000b", "a\\nb", "n" * 81]
)
def test_names_of_scenarios_that_lead_elsewhere(quick, here: Path, name: str) -> None:
    (here / "bad.toml").write_text(scenario_text().replace('"small"', f'"{name}"'))
    before = tree(here)
    assert "'name'" in refused(quick("verify", "bad.toml", "--out", "report"))
    assert tree(here) == before


@pytest.mark.parametrize(
    "path", ["a\\u0000b.npz", "a\\nb.csv", "\\u001b[2J.pt", "n" * 400 + ".npz"]
)
def test_names_of_data_that_no_file_has(quick, here: Path, path: str) -> None:
    (here / "bad.toml").write_text(scenario_text(f'kind = "file"\npath = "{path}"'))
    before = tree(here)
    assert_one_line(refused(quick("verify", "bad.toml", "--out", "report")))
    assert tree(here) == before


@pytest.mark.parametrize("link", ["figures", "witnesses", ".perturbproof-journal"])
def test_links_in_the_folder_are_not_followed(quick, here: Path, link: str) -> None:
    (here / "elsewhere").mkdir()
    (here / "report").mkdir()
    (here / "report" / link).symlink_to(here / "elsewhere")
    before = tree(here)
    line = refused(quick("verify", "small.toml", "--out", "report"))
    assert f"{link} is a link" in line
    assert tree(here) == before


def test_a_report_is_rendered_into_its_folder_and_nowhere_else(run, here, report_folder) -> None:
    """Names in report.json become names of files; a link in the folder is not followed."""
    path = report_folder / "report.json"
    content = json.loads(path.read_text())
    scenario = content["scenarios"][0]
    scenario["name"] = "../../evil"
    for name, figure in zip(["/etc/evil", "..\\evil", "a\0b"], scenario["figures"], strict=False):
        figure["id"] = name
    path.write_text(json.dumps(content))
    outside = {name for name in tree(here) if not name.startswith("report/")}
    assert run("report", report_folder).code == 0
    assert {name for name in tree(here) if not name.startswith("report/")} == outside
    assert all(".." not in name for name in tree(report_folder))
    for drawn in (report_folder / "figures").iterdir():
        drawn.unlink()
    (report_folder / "figures").rmdir()
    (here / "elsewhere").mkdir()
    (report_folder / "figures").symlink_to(here / "elsewhere")
    assert "is a link" in refused(run("report", report_folder))
    assert not list((here / "elsewhere").iterdir())


def test_links_in_place_of_files_are_replaced_not_followed(run, here, report_folder) -> None:
    (here / "mine.txt").write_text("mine")
    for name in ("report.pdf", "junit.xml"):
        (report_folder / name).unlink()
        (report_folder / name).symlink_to(here / "mine.txt")
    assert run("report", report_folder).code == 0
    assert (here / "mine.txt").read_text() == "mine"
    assert not (report_folder / "report.pdf").is_symlink()
