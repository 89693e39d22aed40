"""A theorem from a user's file: the documented example, and files that are not of that form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.theory import catalog, prove
from perturbproof.verify import sweep, verify
from perturbproof.verify.command_line.prove import prove as prove_command
from perturbproof.verify.command_line.verify import verify as verify_command
from perturbproof.verify.scenarios.own_theorem import own_theorems

from .false_theorems import load_theorem

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "my_theorem.py"


def test_the_documented_example_is_short_and_proved() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 60
    theorem = load_theorem(EXAMPLE)
    assert theorem.id not in {entry.id for entry in catalog()}
    assert prove(theorem).verdict == "proved"


def test_the_example_is_judged_on_data(tmp_path: Path) -> None:
    scenario = tmp_path / "small.toml"
    scenario.write_text(
        'name = "small"\ntheorems = ["multiplier-spread"]\n'
        '[data]\nkind = "near-orthogonal"\nsamples = 4\ndimension = 20\ncoherence = 0.01\n'
        "[training]\nsteps = 20\n"
    )
    out = tmp_path / "report"
    assert verify_command([scenario], out=out, device="cpu", own=[EXAMPLE], quiet=True) == 0
    (judged,) = json.loads((out / "report.json").read_text())["scenarios"][0]["theorems"]
    assert judged["id"] == "multiplier-spread"
    assert judged["verdict"] == "PASS"


def weakened(tmp_path: Path, body: str) -> Path:
    file = tmp_path / "weak.py"
    file.write_text(
        "from dataclasses import replace\n"
        "from perturbproof.theory import theorem\n"
        "from perturbproof.theory.symbols import N, R_max, R_min, gamma, p_max\n"
        't = theorem("standard-boundary")\n' + body
    )
    return file


def test_a_false_theorem_is_a_gap_and_refuted_by_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = weakened(
        tmp_path,
        "relation = p_max < gamma**3 * R_min**4 / (2 * N * R_max**2)\n"
        "weaker = replace(t.assumptions[0], relation=relation)\n"
        'THEOREM = replace(t, id="constant-two", assumptions=(weaker,))\n',
    )
    assert prove_command(own=[file], quiet=True, out=tmp_path / "out") == 1
    out = capsys.readouterr().out
    assert "4-bounds" in out
    assert "countermodel" in out
    assert "refuted by a data set" in out


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "must define THEOREM"),
        ("THEOREM = 3\n", "found int"),
        ("THEOREM = (\n", "line 5: SyntaxError"),
        ("raise RuntimeError('no')\n", "line 5: RuntimeError: no"),
        ("import sys\nsys.exit(0)\n", "SystemExit"),
        ("THEOREM = t\n", "is taken"),
        ('THEOREM = replace(t, id="x", proof=t.proof[:3])\n', "no step concludes"),
        (
            "weak = replace(t.assumptions[0], relation=p_max < 0.1 * R_min)\n"
            'THEOREM = replace(t, id="x", assumptions=(weak,))\n',
            "'nearly-orthogonal' holds a decimal number",
        ),
        ('THEOREM = replace(t, id="x", proof=t.proof + t.proof)\n', "used twice"),
        (
            "import sympy as sp\nfrom perturbproof.theory import Identity\n"
            'odd = Identity("odd", "Odd.", sp.tanh(-gamma), -sp.tanh(gamma))\n'
            'THEOREM = replace(t, id="x", proof=(*t.proof, odd))\n',
            "no notation for tanh",
        ),
    ],
)
def test_other_files_get_one_clear_line(tmp_path: Path, body: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        load_theorem(weakened(tmp_path, body))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_or_another_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_theorem(tmp_path / "none.py")
    (tmp_path / "text.txt").write_text("THEOREM = 1")
    with pytest.raises(InputError, match=r"ending in \.py"):
        load_theorem(tmp_path / "text.txt")


@pytest.mark.parametrize("order", [("one.py", "other.py"), ("other.py", "one.py")])
@pytest.mark.parametrize("command", ["verify", "sweep", "prove"])
def test_two_theorems_of_one_id_are_an_error_that_names_both(
    tmp_path: Path, order: tuple[str, str], command: str
) -> None:
    """Neither is dropped: which of them is judged would decide between PASS and FAIL."""
    scenario = tmp_path / "small.toml"
    scenario.write_text(
        'name = "small"\ntheorems = ["multiplier-spread"]\n'
        '[data]\nkind = "near-orthogonal"\nsamples = 4\ndimension = 20\ncoherence = 0.01\n'
        + ("[sweep]\nseed = [1, 2]\n" if command == "sweep" else "")
    )
    for name in order:
        (tmp_path / name).write_text(EXAMPLE.read_text())
    given = {"prove": "own"}.get(command, "theorems")
    words: dict[str, Any] = {given: [tmp_path / name for name in order], "out": tmp_path / "out"}
    entry = {
        "verify": lambda: verify(scenario, **words),
        "sweep": lambda: sweep(scenario, **words),
        "prove": lambda: prove_command(quiet=True, **words),
    }[command]
    with pytest.raises(InputError, match="'multiplier-spread' is taken") as caught:
        entry()
    for name in order:
        assert str(tmp_path / name) in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_id_of_an_object_is_taken_as_well(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'multiplier-spread' is taken by another theorem given"):
        own_theorems([load_theorem(EXAMPLE), EXAMPLE])
    with pytest.raises(InputError, match="'exact-chain' is taken by the catalog"):
        own_theorems([catalog()[1]])


@pytest.mark.parametrize(
    "error",
    [ValueError, KeyError, TypeError, RecursionError, NotImplementedError, ZeroDivisionError],
)
def test_whatever_the_engine_says_of_a_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fails(_):
        raise error("no such\nproof")

    monkeypatch.setattr("perturbproof.verify.scenarios.own_theorem.prove", fails)
    with pytest.raises(InputError) as caught:
        load_theorem(weakened(tmp_path, 'THEOREM = replace(t, id="x")\n'))
    assert "weak.py" in str(caught.value)
    assert "\n" not in str(caught.value)
