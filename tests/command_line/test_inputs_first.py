"""Every input of a run is looked at before any work, and before anything heavy is loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from .commands import Ended, refused, scenario_text, tree

HEAVY = ("sympy", "z3", "torch", "scipy", "matplotlib")
_RUN = f"""
import sys
from perturbproof.verify.command_line.cli import main
try:
    main()
finally:
    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.__stdout__)
"""

X, Y = np.eye(4, 6), np.array([0, 1, 0, 1])
FILE = 'kind = "file"\npath = "{}"'
LABELS = (
    '[perturbed]\nbase = "uniform"\nsamples = 4\nlabels = "file"\nlabel_file = "{}"\n'
    '[perturbed.perturbation]\nkind = "l2"\neps = 1.0'
)
NATURAL = (
    '[perturbed]\nbase = "natural"\nsamples = 9\n[perturbed.perturbation]\nkind = "l2"\neps = 1.0'
)
NOISE = (
    '[perturbed]\nbase = "uniform"\nsamples = 9\n[perturbed.perturbation]\nkind = "l0-sign"\n'
    "{}\neps = 1.0"
)
BROUGHT = '[perturbed]\nbase = "file"\npath = "{}"'

# A scenario file by what is wrong with it, and what the line must name.
BAD = {
    "missing data": (scenario_text(FILE.format("none.npz")), "none.npz: no such file"),
    "a folder for a data file": (scenario_text(FILE.format("folder.npz")), "is a folder"),
    "an unknown type of file": (scenario_text(FILE.format("data.abc")), "unknown type"),
    "no archive": (scenario_text(FILE.format("text.npz")), "not a readable .npz"),
    "no torch archive": (scenario_text(FILE.format("text.pt")), "not a file of plain tensors"),
    "no safetensors": (scenario_text(FILE.format("text.safetensors")), "not a readable"),
    "a wrong shape": (scenario_text(FILE.format("wrong.npz")), "'y' must have shape (4,)"),
    "a wrong shape, large": (scenario_text(FILE.format("large.npz")), "'y' must have shape"),
    "NaN": (scenario_text(FILE.format("nan.npz")), "row 1, column 2"),
    "NaN far down": (scenario_text(FILE.format("deep.npz")), "row 49999, column 3"),
    "NaN in tensors": (scenario_text(FILE.format("nan.pt")), "nan.pt: row 1, column 2"),
    "NaN in safetensors": (scenario_text(FILE.format("nan.safetensors")), "row 1, column 2"),
    "a ragged table": (scenario_text(FILE.format("long.csv")), "line 50001 has 2 cells, not 3"),
    "a word in a table": (
        scenario_text(FILE.format("word.csv")),
        "line 50001, column 2: 'two' is not a finite number",
    ),
    "a cut image file": (scenario_text(FILE.format("cut-images-idx3-ubyte")), "cut-images"),
    "one sample of a class": (
        scenario_text(FILE.format("good.npz"), top="held_out = 0.1"),
        "each class needs samples on both sides",
    ),
    "too many samples to perturb": (
        scenario_text(FILE.format("good.npz"), extra=NATURAL),
        "9 were asked for, there are 4",
    ),
    "a set of another dimension": (
        scenario_text(FILE.format("good.npz"), extra=BROUGHT.format("narrow.npz")),
        "samples of dimension 3; the natural ones have 6",
    ),
    "NaN in a set": (
        scenario_text(FILE.format("good.npz"), extra=BROUGHT.format("own.npz")),
        "own.npz (base_x, y), perturbed: row 1, column 2",
    ),
    "more coordinates than there are": (
        scenario_text(FILE.format("good.npz"), extra=NOISE.format("k = 7")),
        "k: 7 coordinates were asked for, the data have 6",
    ),
    "a negative learning rate": (
        scenario_text(FILE.format("good.npz"), training="learning_rate = -1"),
        "learning_rate: must be positive, found -1",
    ),
    "a size below 0": (
        scenario_text(FILE.format("good.npz"), extra=NOISE.format("k = 2").replace("1.0", "-1.0")),
        "eps: must be greater than 0, found -1.0",
    ),
    "a size that is missing": (
        scenario_text(FILE.format("good.npz"), extra=NOISE.format("k = 2").replace("eps", "#")),
        "l0-sign perturbation: eps is missing",
    ),
    "data for a scenario": ("\ud800", "is no text; a scenario file (TOML) is needed"),
    "missing labels": (scenario_text(extra=LABELS.format("none.csv")), "none.csv: no such file"),
    "too few labels": (scenario_text(extra=LABELS.format("two.csv")), "4 labels are needed"),
    "a mistyped theorem": (
        scenario_text().replace('["standard-boundary"]', '["half-awrae"]'),
        "no theorem 'half-awrae'; did you mean 'half-aware'?",
    ),
    "an expected theorem": (scenario_text(top='expect = { rows = "PASS" }'), "no theorem 'rows'"),
    "too many digits": (
        scenario_text('kind = "digits"\nclasses = [3, 8]\nsamples = 400'),
        "needs 200 of digit 3, there are 183",
    ),
    "a mistyped key": (scenario_text(top="sed = 1"), "unknown key 'sed'"),
    "a mistyped kind": (scenario_text('kind = "unifrom"'), "no kind 'unifrom'; there are: 'orthog"),
    "a number in quotes": (scenario_text(network='slope = "0.5"'), "without quotes"),
    "no TOML": ("name = ", "not valid TOML"),
}
SWEEP = "\n[sweep]\nseed = [0, 1]\n"

# Words of a command in a folder where good.toml and good.npz are sound.
BAD_WORDS = {
    "missing scenario": (["verify", "none.toml"], "none.toml: no such scenario file"),
    "a folder for a scenario": (["verify", "folder.npz"], "is a folder"),
    "no such suite": (["verify", "--suite", "slow"], "no suite 'slow'"),
    "a later scenario": (["verify", "good.toml", "missing-data.toml"], "none.npz: no such file"),
    "two of one name": (["verify", "good.toml", "good.toml"], "two scenarios are named"),
    "missing theorem": (["verify", "good.toml", "--theorem", "none.py"], "none.py: no such file"),
    "theorem of another kind": (["verify", "good.toml", "--theorem", "good.toml"], "ending in .py"),
    "theorem that is no Python": (["verify", "good.toml", "--theorem", "no.py"], "line 1"),
    "no device": (["verify", "good.toml", "--device", "tpu"], "must be auto, cpu, cuda"),
    "too few bits": (["verify", "good.toml", "--precision", "5"], "precision: must"),
    "a file for the folder": (["verify", "good.toml", "--out", "good.toml"], "cannot be written"),
    "sweep: missing file": (["sweep", "none.toml"], "none.toml: no such scenario file"),
    "sweep: no table": (["sweep", "good.toml"], "needs a table [sweep]"),
    "sweep: missing theorem": (["sweep", "sweep.toml", "--theorem", "none.py"], "none.py"),
    "sweep: shard": (["sweep", "sweep.toml", "--shard", "3/2"], "shard: must"),
    "sweep: data of a later point": (["sweep", "later.toml"], "none.npz: no such file"),
    "check: missing file": (["check", "none.npz"], "none.npz: no such file"),
    "check: a folder": (["check", "folder.npz"], "is a folder"),
    "check: missing labels": (["check", "x.npy", "--labels", "none.npy"], "none.npy"),
    "check: missing labels of a table": (["check", "long.csv", "--labels", "none.csv"], "none.csv"),
    "check: no such column": (["check", "long.csv", "--label-column", "z"], "no column 'z'"),
    "check: a ragged table": (["check", "long.csv"], "line 50001 has 2 cells, not 3"),
    "check: a wrong shape": (["check", "wrong.npz"], "'y' must have shape"),
    "check: no such class": (["check", "good.npz", "--classes", "0", "7"], "no sample has the"),
    "check: slope": (["check", "good.npz", "--slope", "2"], "slope: must"),
    "check: a word": (["check", "good.npz", "--slope", "a"], "'--slope': must be a number (see"),
    "check: too few": (["check", "good.npz", "--samples", "1"], "'--samples': must be at least 2"),
    "check: turned": (["check", "turned.npz"], "is it transposed? A row is a sample"),
    "check: thousands": (["check", "thousands.csv"], "has numbers beside '1.234,5'"),
    "check: a file for the folder": (["check", "good.npz", "--out", "no.py"], "cannot be written"),
    "prove: a mistyped theorem": (["prove", "half-awrae"], "no theorem 'half-awrae'"),
    "prove: missing theorem": (["prove", "--theorem", "none.py"], "none.py: no such file"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("inputs")
    for case, (text, _) in BAD.items():
        for name, content in ((case, text), (f"sweep {case}", text + SWEEP)):
            path = here / f"{name.replace(' ', '-')}.toml"
            path.write_text(content, encoding="utf-8", errors="surrogatepass")
    good = scenario_text(FILE.format("good.npz")).replace('"small"', '"good"')
    (here / "good.toml").write_text(good)
    (here / "sweep.toml").write_text(scenario_text(FILE.format("good.npz")) + SWEEP)
    later = '\n[sweep]\n"data.path" = ["good.npz", "none.npz"]\n'
    (here / "later.toml").write_text(scenario_text(FILE.format("good.npz")) + later)
    np.savez(here / "good.npz", x=X, y=Y)
    np.savez(here / "wrong.npz", x=X, y=Y[:3])
    np.savez(here / "turned.npz", x=X.T, y=Y)
    (here / "thousands.csv").write_text("1.234,5;2;0\n1,5;3;1\n")
    np.savez(here / "large.npz", x=np.zeros((4, 2**16)), y=Y[:3])
    holed = np.where(np.arange(24).reshape(4, 6) == 8, np.nan, X)
    np.savez(here / "nan.npz", x=holed, y=Y)
    np.savez(here / "own.npz", base_x=X, x=holed, y=2 * Y - 1)
    np.savez(here / "narrow.npz", base_x=X[:, :3] + 1, x=X[:, :3] + 2, y=2 * Y - 1)
    deep = np.ones((50_000, 4), dtype="f2")
    deep[-1, 3] = np.nan
    np.savez(here / "deep.npz", x=deep, y=np.arange(50_000) % 2 > 0)
    save_file({"x": holed, "y": Y}, here / "nan.safetensors")
    torch.save({"x": torch.tensor(holed), "y": torch.tensor(Y)}, here / "nan.pt")
    images, labels = (here / f"cut-{of}-ubyte" for of in ("images-idx3", "labels-idx1"))
    images.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(15))
    labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 0, 1]))
    np.save(here / "x.npy", X)
    (here / "long.csv").write_text("1,2,0\n2,1,1\n" * 25000 + "1,2\n")
    (here / "word.csv").write_text("1,2,0\n2,1,1\n" * 25000 + "1,two,0\n")
    (here / "folder.npz").mkdir()
    (here / "data.abc").touch()
    (here / "two.csv").write_text("1\n-1\n")
    for name in ("text.npz", "text.pt", "text.safetensors", "no.py"):
        (here / name).write_text("no such thing\n")
    return here


@pytest.fixture
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes after the inputs have been looked at ends in exit code 3."""
    monkeypatch.setattr("perturbproof.verify.api.resolve_device", None)
    monkeypatch.setattr("perturbproof.verify.scenarios.own_theorem.own_theorems", None)


def started(folder: Path, *words: str) -> tuple[Ended, list[str]]:
    """A command in a process of its own, and what heavy it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *words], cwd=folder, capture_output=True, text=True
    )
    out, _, last = done.stdout.rstrip("\n").rpartition("\n")
    return Ended(done.returncode, out, done.stderr), ast.literal_eval(last)


@pytest.mark.parametrize("command", ["verify", "sweep"])
@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_one_line_and_nothing_is_made(
    run, folder: Path, monkeypatch, command: str, case: str
) -> None:
    no_work(monkeypatch)
    name = f"{'sweep-' if command == 'sweep' else ''}{case.replace(' ', '-')}.toml"
    before = tree(folder)
    assert BAD[case][1] in refused(run(command, name, "--out", "report"))
    assert tree(folder) == before


@pytest.mark.parametrize("case", BAD_WORDS)
def test_bad_words_are_one_line_and_nothing_is_made(
    run, folder: Path, monkeypatch, case: str
) -> None:
    words, named = BAD_WORDS[case]
    no_work(monkeypatch)
    before = tree(folder)
    assert named in refused(run(*words))
    assert tree(folder) == before


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "good.toml", "a-word-in-a-table.toml"],
        ["verify", "no-torch-archive.toml", "--theorem", "own.py"],
        ["sweep", "later.toml"],
        ["check", "long.csv"],
        pytest.param(["verify", "good.toml", "missing-data.toml"], marks=pytest.mark.slow),
        pytest.param(["verify", "good.toml", "too-many-digits.toml"], marks=pytest.mark.slow),
        pytest.param(["verify", "a-mistyped-theorem.toml"], marks=pytest.mark.slow),
        pytest.param(["prove", "--theorem", "none.py"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded_before(folder: Path, words: list[str]) -> None:
    (folder / "own.py").write_text("import sympy\n")
    before = tree(folder)
    ended, loaded = started(folder, *words)
    refused(ended)
    assert loaded == []
    assert tree(folder) == before


def test_what_is_heavy_is_seen_when_it_is_loaded(folder: Path) -> None:
    (folder / "own.py").write_text("import sympy\nraise ValueError\n")
    ended, loaded = started(folder, "prove", "--theorem", "own.py")
    assert "line 2" in refused(ended)
    assert "sympy" in loaded
