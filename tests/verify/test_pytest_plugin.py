"""The pytest plugin, run on scenario files by a pytest of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

# Loaded here, so that the pytest runs below, in this process, do not load torch a second time.
from perturbproof.verify import api
from perturbproof.verify.command_line import pytest_items
from perturbproof.verify.run import folder as report_folder_module

from .small_scenarios import OUTSIDE, toml

pytest_plugins = ["pytester"]

TOO_GOOD = """
from perturbproof.theory.statement import Conclusion
from perturbproof.theory.statement import PROJECT, Assumption, Claim, Theorem
from perturbproof.theory.symbols import R_max, lambda_max, p_max
THEOREM = Theorem(
    "too-good", "Too good", "False.", PROJECT,
    (Assumption("small", "Small.", p_max < R_max),),
    (Claim("bound", "Small multipliers.", lambda_max < R_max),),
    (Conclusion("claim", "Clearly.", "bound", by="small"),),
)
"""


@pytest.fixture
def write(pytester: pytest.Pytester):
    """Write `NAME.scenario.toml`, a small scenario with some fields replaced."""

    def file(name: str, **changes) -> Path:
        quick = {"training": {"steps": 400}}
        path = pytester.path / f"{name}.scenario.toml"
        path.write_text(toml(**{**quick, "name": name, **changes}), encoding="utf-8")
        return path

    return file


def test_every_verdict_and_how_it_ends(pytester: pytest.Pytester, write) -> None:
    write("fine", theorems=["standard-boundary", "row-wise"])
    write("outside", data=OUTSIDE)
    write("expected", data=OUTSIDE, expect="VACUOUS")
    write("early", training={"steps": 3})
    write("surprise", expect="VACUOUS")
    result = pytester.runpytest_inprocess("-rA", "--junitxml=junit.xml")
    result.assert_outcomes(passed=2, skipped=3, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "PASSED fine.scenario.toml::standard-boundary",
            "PASSED fine.scenario.toml::row-wise",
            "SKIPPED * outside.scenario.toml:0: VACUOUS: assumption 'nearly-orthogonal' fails *",
            "SKIPPED * expected.scenario.toml:0: VACUOUS, as expected: assumption *",
            "SKIPPED * early.scenario.toml:0: INCONCLUSIVE: claim 'trained': *",
            "FAILED surprise.scenario.toml::standard-boundary - *PASS where VAC*",
            "replay: perturbproof verify surprise.scenario.toml",
        ]
    )
    assert "scenario_items.py" not in result.stdout.str()
    cases = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    told = {p.get("name"): p.get("value") for case in cases for p in case.iter("property")}
    assert "verdict" in told


def test_strict_skips_nothing(pytester: pytest.Pytester, write) -> None:
    write("outside", data=OUTSIDE)
    write("expected", data=OUTSIDE, expect="VACUOUS")
    write("early", training={"steps": 3})
    result = pytester.runpytest_inprocess("--perturbproof-strict", "-rA")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["PASSED expected.scenario.toml::standard-boundary"])
    result.stdout.fnmatch_lines(["VACUOUS where PASS was expected: *"])


def test_a_refuted_theorem_shows_both_sides_the_witness_and_the_replay(
    pytester: pytest.Pytester, write, monkeypatch
) -> None:
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    (pytester.path / "own.py").write_text(TOO_GOOD)
    write("refuted", theorems=["too-good"])
    result = pytester.runpytest_inprocess(
        "--perturbproof-theorem=own.py", "--perturbproof-out=reports", "--perturbproof-seed=3"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "FAIL where PASS was expected: the assumptions hold and claim 'bound' does not",
            "assumption small: holds yes, measured [[]0.*], bound [[]*], load 0.*: p_max < R_max",
            "claim bound: FAIL: measured [[]*], bound [[]*], rigor enclosed: lambda_max < R_max",
            "  witness: witnesses/*",
            "replay: perturbproof verify refuted.scenario.toml --theorem own.py --seed 3",
        ]
    )
    folder = pytester.path / "reports/refuted.scenario"
    written = json.loads((folder / "report.json").read_text())
    assert written["scenarios"][0]["configuration"]["seed"] == 3
    assert (folder / "witnesses").is_dir()


def test_an_error_is_an_error_and_bad_data_are_one_line(
    pytester: pytest.Pytester, write, monkeypatch
) -> None:
    write("nodata", data={"kind": "file", "path": "none.npz"})
    write("broken", theorems=["standard-boundary", "row-wise"])
    right = pytest_items.verify
    calls = []

    def counted(scenario, **options):
        calls.append(scenario.name)
        if scenario.name == "broken":
            monkeypatch.setattr("perturbproof.verify.measure.measuring.measure", raises)
        return right(scenario, **options)

    def raises(*_):
        raise OverflowError("too large")

    monkeypatch.setattr(pytest_items, "verify", counted)
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines_random(
        ["perturbproof: scenario nodata: *none.npz: no such file", "*OverflowError: too large"]
    )
    assert "Traceback" not in result.stdout.str()
    assert "verify/scenario_items.py" not in result.stdout.str()
    assert sorted(calls) == ["broken", "nodata"], "each file is run once"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "*bad.scenario.toml: not valid TOML: *"),
        (toml(colour=1), "*bad.scenario.toml: unknown key 'colour'"),
        (toml(theorems=["fermat"]), "*no theorem 'fermat'; known: *"),
        (toml(expect="ERROR"), "*bad.scenario.toml: 'expect*': *"),
    ],
)
def test_a_bad_file_is_one_line(pytester: pytest.Pytester, text: str, told: str) -> None:
    (pytester.path / "bad.scenario.toml").write_text(text)
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    lines = result.stdout.lines
    at = next(
        i
        for i, line in enumerate(lines)
        if line.startswith("___ ERROR coll") or "_ ERROR collecting" in line
    )
    assert lines[at + 1].startswith("perturbproof: ")
    assert lines[at + 2].startswith("=")
    result.stdout.fnmatch_lines([told])


def test_a_mark_that_skips_does_not_end_the_run(pytester: pytest.Pytester, write) -> None:
    write("fine")
    pytester.makeconftest(
        "import pytest\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        item.add_marker(pytest.mark.skip(reason='not now'))\n"
    )
    result = pytester.runpytest_inprocess("-rs")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*fine.scenario.toml*not now*"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--perturbproof-seed=-1"], "*--perturbproof-seed: must be from 0*"),
        (["--perturbproof-seed=many"], "*--perturbproof-seed: must be from 0*"),
    ],
)
def test_bad_options(pytester: pytest.Pytester, write, words: list[str], told: str) -> None:
    write("fine")
    result = pytester.runpytest_inprocess(*words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--perturbproof-precision=8", "perturbproof: *precision*54*"),
        ("--perturbproof-device=tpu", "perturbproof: device: must be auto, cpu, *"),
        ("--perturbproof-theorem=none.py", "perturbproof: theorem none.py: no such file"),
        ("--perturbproof-out=fine.scenario.toml", "*fine.scenario.toml*: cannot be written (*"),
    ],
)
def test_options_that_cannot_be_used(
    pytester: pytest.Pytester, write, option: str, told: str
) -> None:
    write("fine")
    result = pytester.runpytest_inprocess(option)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])


def test_only_the_tests_chosen_are_measured(pytester: pytest.Pytester, write, monkeypatch) -> None:
    expect = {"standard-boundary": "PASS", "row-wise": "VACUOUS"}
    write("fine", theorems=["standard-boundary", "row-wise"], expect=expect)
    seen = []
    right = pytest_items.verify

    def counted(scenario, **options):
        seen.append(scenario.theorems)
        return right(scenario, **options)

    monkeypatch.setattr(pytest_items, "verify", counted)
    pytester.runpytest_inprocess("-k", "standard").assert_outcomes(passed=1, deselected=1)
    assert seen == [("standard-boundary",)]
    assert api.verify is right


@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["load", "loadfile"])
def test_under_xdist(
    pytester: pytest.Pytester, write, distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each report is written once, and the files by which the workers agree on that are gone."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write("one", theorems=["standard-boundary", "row-wise"])
    write("two", data=OUTSIDE)
    options = ("-n2", f"--dist={distribution}", "--perturbproof-out=reports", "-v")
    done = pytester.runpytest_subprocess(*options)
    done.assert_outcomes(passed=2, skipped=1)
    folders = sorted((pytester.path / "reports").iterdir())
    assert [path.name for path in folders] == ["one.scenario", "two.scenario"]
    assert all((path / "report.pdf").is_file() for path in folders)
    workers = re.findall(r"\[(gw\d)\] .* one\.scenario", done.stdout.str())
    assert len(workers) == 2
    if distribution == "loadfile":
        assert len(set(workers)) == 1


def test_nothing_heavy_is_loaded_without_a_scenario_file(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    code = (  # without pytest-randomly, which loads NumPy where it is there
        "import sys, pytest\n"
        "assert pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:randomly']) == 0\n"
        "assert 'perturbproof.verify.command_line.pytest_plugin' in sys.modules\n"
        "heavy = ('torch', 'sympy', 'numpy', 'scipy', 'pydantic', 'matplotlib', 'z3')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=pytester.path,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_the_options_are_told_by_help(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--help").stdout.str()
    for name in ("strict", "out", "device", "seed", "precision", "theorem"):
        assert f"--perturbproof-{name}" in shown


_BESIDE = {
    "hypothesis": (),
    "xdist": ("-n", "2"),
    "pytest_cov": ("--cov=.", "--cov-report=term"),
    "pytest_randomly": ("-p", "randomly"),
}


@pytest.mark.slow
@pytest.mark.parametrize("module", [*_BESIDE, "all of them"])
def test_beside_other_plugins(pytester: pytest.Pytester, write, module: str) -> None:
    """Those that are installed; each alone is on by itself, so that the others are turned off."""
    there = [name for name in _BESIDE if importlib.util.find_spec(name) is not None]
    chosen = there if module == "all of them" else [module]
    if not set(chosen) <= set(there):
        pytest.skip(f"{module} is not installed")
    entries = {"hypothesis": "hypothesispytest", "pytest_randomly": "randomly"}
    off = [f"-pno:{entries.get(name, name)}" for name in there if name not in chosen]
    write("fine")
    write("outside", data=OUTSIDE)
    property_test = (
        "from hypothesis import given, strategies\n"
        "@given(strategies.integers())\ndef test_own(n): assert n - n == 0\n"
    )
    plain = "def test_own(): pass\n"
    pytester.makepyfile(test_own=property_test if "hypothesis" in chosen else plain)
    words = [word for name in chosen for word in _BESIDE[name]]
    result = pytester.runpytest_subprocess(*off, *words)
    result.assert_outcomes(passed=2, skipped=1)
    if "pytest_cov" in chosen:
        result.stdout.fnmatch_lines(["*test_own.py*100%*"])
