"""Witnesses of proofs that fail: exact data sets and open steps that can be replayed alone."""

from __future__ import annotations

import copy
import json
import shlex
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.theory import catalog, theorem
from perturbproof.theory.refute import families
from perturbproof.theory.refute.search import search
from perturbproof.theory.refute.setting import Setting
from perturbproof.theory.refute.values import Values
from perturbproof.verify.api import verify
from perturbproof.verify.command_line import cli
from perturbproof.verify.command_line import prove as command
from perturbproof.verify.run import folder as report_folder_module
from perturbproof.verify.run.proof_witness import SETTING, replay

from .false_theorems import load_theorem, write

WEAK = """\
from dataclasses import replace
from perturbproof.theory import theorem
from perturbproof.theory.symbols import N, R_max, R_min, gamma, p_max
t = theorem("standard-boundary")
relation = p_max < gamma**3 * R_min**4 / ({constant} * N * R_max**2)
THEOREM = replace(t, id="weak", assumptions=(replace(t.assumptions[0], relation=relation),))
"""


def weak(folder: Path, constant: str = "2") -> Path:
    """The paper's theorem with another constant; 3 is the paper's, with 2 it is false."""
    file = folder / "weak.py"
    file.write_text(WEAK.format(constant=constant))
    return file


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weakened theorem and, under `out`, what `prove` writes against it."""
    folder = tmp_path_factory.mktemp("written")
    assert command.prove(own=[weak(folder)], quiet=True, out=folder / "out") == 1
    return folder


@pytest.fixture
def witness(written: Path, tmp_path: Path) -> Path:
    """The witness, in a copy of that folder."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    (folder,) = (tmp_path / "out").iterdir()
    return folder / "witness.json"


def test_the_replay_says_the_same(witness: Path, tmp_path: Path, capsys) -> None:
    assert command.prove(replay=witness, own=[tmp_path / "weak.py"], quiet=True) == 1
    told = capsys.readouterr().out
    assert "gap at step '4-bounds'" in told
    assert "refuted" in told
    assert "lambda_max < 3/(2*R_min**2*gamma**2) fails" in " ".join(told.split())
    assert command.prove(replay=witness, own=[tmp_path / "weak.py"], as_json=True, quiet=True) == 1
    plain = json.loads(capsys.readouterr().out)
    assert plain["stands"] is True
    assert plain["open_steps"] == ["4-bounds"]
    assert plain["closed_steps"] == []


def test_the_data_set_is_that_of_the_search_in_exact_rationals(
    witness: Path, tmp_path: Path
) -> None:
    own = load_theorem(tmp_path / "weak.py")
    found = replay(witness, {own.id: own})
    assert found.refutation == search(own).refutation
    assert found.refutation is not None
    assert isinstance(found.refutation.setting.data.gram[0][1], Fraction)


def test_the_query_of_the_open_step_is_satisfiable_for_any_solver(witness: Path) -> None:
    content = json.loads(witness.read_text())
    (step,) = content["open_steps"]
    solver = z3.Solver()
    solver.from_string((witness.parent / step["smt"]).read_text())
    assert solver.check() == z3.sat
    # The countermodel is one of them.
    for name, value in step["countermodel"].items():
        solver.add(z3.Real(name) == z3.Q(*map(int, [*value.split("/"), "1"][:2])))
    assert solver.check() == z3.sat


def test_a_mended_theorem_is_refuted_no_more(witness: Path, tmp_path: Path, capsys) -> None:
    own = weak(tmp_path, "3")
    assert command.prove(replay=witness, own=[own], quiet=True) == 0
    told = capsys.readouterr().out
    assert "step '4-bounds' is open no more" in told
    assert "stands no more" in told
    assert "refuted" not in told


def test_proofs_that_hold_leave_no_folder(tmp_path: Path) -> None:
    assert command.prove(["half-aware"], quiet=True, out=tmp_path / "out") == 0
    assert not (tmp_path / "out").exists()


def test_verify_writes_it_too(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    file, scenario = write(tmp_path, "data")
    result = verify(scenario, theorems=[file], device="cpu", out=tmp_path / "report")
    made = result.witnesses["", "too-small"]
    (proof,) = result.report["proofs"]
    assert proof["witness"] == f"witnesses/{made.name}\nreplay: {made.command}"
    path = tmp_path / "report" / "witnesses" / made.name / "witness.json"
    assert shlex.split(made.command)[-1] == str(path)
    assert command.prove(replay=path, own=[file], quiet=True) == 1


def test_the_command_of_the_terminal_works(tmp_path: Path, monkeypatch, capsys) -> None:
    weak(tmp_path)
    monkeypatch.chdir(tmp_path)

    def ran(command: str) -> str:
        monkeypatch.setattr("sys.argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 1
        return capsys.readouterr().out

    out = ran("perturbproof prove --theorem weak.py -q")
    (line,) = (x.strip() for x in out.splitlines() if x.strip().startswith("replay: "))
    assert "refuted" in ran(line.removeprefix("replay: "))
    monkeypatch.setattr("sys.argv", ["perturbproof", "prove", "growth", "--replay", "x.json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2


# ---------------------------------------------------------------- what is read back


def plain_setting(setting: Setting) -> Any:
    return json.loads(SETTING.dump_json(setting, exclude_none=True))


@pytest.fixture(scope="module")
def perturbed(pytestconfig: pytest.Config) -> tuple[Values, ...]:
    """Settings of the search: all with --run-slow, else those of two natural sets."""
    with pytest.MonkeyPatch.context() as patch:
        if not pytestconfig.getoption("--run-slow"):
            patch.setattr(families, "_NATURAL", families._NATURAL[3:5])
            patch.setattr(families, "_SIZES", families._SIZES[::4])
        return families.perturbed_settings.__wrapped__()


def test_every_perturbed_setting_comes_back_as_it_was(perturbed: tuple[Values, ...]) -> None:
    assert len(perturbed) > 100
    for values in perturbed[::10]:
        plain = plain_setting(values.setting)
        assert SETTING.validate_python(plain) == values.setting


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (["schema_version"], 7, "schema_version"),
        (["theorem"], "fermat", "no theorem 'fermat'"),
        (["theorem"], None, "'theorem'"),
        (["open_steps"], "none", "open_steps"),
        (["refutation"], "yes", "refutation"),
        (["refutation", "setting", "data", "slope"], "0", "slope"),
        (["refutation", "setting", "data", "slope"], "1/0", "p/q"),
        (["refutation", "setting", "data", "slope"], "1e9999999", "p/q"),
        (["refutation", "setting", "data", "labels"], [1, 0, 1, 1], "labels"),
        (["refutation", "setting", "data", "labels"], [1, -1], "gram"),
        (["refutation", "setting", "data", "gram", 0, 1], "1/7", "symmetric"),
        (["refutation", "setting", "point", "states"], [[1], [2]], "states"),
        (["refutation", "setting", "point", "multipliers"], ["1"] * 3, "multipliers"),
        (["refutation", "setting", "point", "multipliers", 0], "7", "no KKT point"),
        (["refutation", "setting", "perturbation"], {}, "setting"),
    ],
)
def test_a_witness_that_is_none_gets_one_line(
    witness: Path, tmp_path: Path, place: list, value, told: str
) -> None:
    content = json.loads(witness.read_text())
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    witness.write_text(json.dumps(content))
    with pytest.raises(InputError, match=told):
        command.prove(replay=witness, own=[tmp_path / "weak.py"], quiet=True)


def test_a_direction_that_is_not_the_theorys_is_refused(perturbed: tuple[Values, ...]) -> None:
    plain = plain_setting(perturbed[0].setting)
    turned = copy.deepcopy(plain)
    turned["perturbation"]["direction"] = ["1"] * len(plain["perturbation"]["direction"])
    with pytest.raises(ValueError, match="direction"):
        SETTING.validate_python(turned)


def test_files_that_are_no_witness(tmp_path: Path) -> None:
    known = {t.id: t for t in catalog()}
    for content in (b"", b"{", b"[" * 50_000, b"\xff\xfe", b"[]", b"{}"):
        (tmp_path / "w.json").write_bytes(content)
        with pytest.raises(InputError, match="not a witness"):
            replay(tmp_path / "w.json", known)
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            replay(path, known)


scalars = st.none() | st.booleans() | st.integers() | st.text("01/-ab", max_size=5) | st.just("1/2")
nested = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(data=st.data())
def test_any_other_plain_data_are_refused_cleanly(
    perturbed: tuple[Values, ...], data: st.DataObject
) -> None:
    """Each entry in turn replaced by something else: a setting of the right form or ValueError."""
    plain = plain_setting(perturbed[0].setting)
    inner: Any = plain
    while True:
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(inner[key], dict | list) and inner[key] and data.draw(st.booleans())):
            break
        inner = inner[key]
    inner[key] = data.draw(nested)
    try:
        setting = SETTING.validate_python(plain)
    except ValueError:
        return
    assert SETTING.validate_python(plain_setting(setting)) == setting


def test_a_known_true_theorem_is_not_refuted_by_the_witness_of_another(
    witness: Path, tmp_path: Path
) -> None:
    found = replay(witness, {"weak": theorem("standard-boundary")})
    assert found.refutation is None
    assert not found.stands
