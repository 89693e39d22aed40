"""The command line as its users meet it: exit codes, streams, files, and every way to misuse it.

Most commands run in this process, which saves loading torch each time; what only a process of its
own can show (the installed script, signals, pipes) runs as one.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.enclosure import Interval
from perturbproof.reports import render as render_module
from perturbproof.reports.load import load_report
from perturbproof.verify import cli, command_verify
from perturbproof.verify import measuring as measuring_module
from perturbproof.verify.measured import Measured
from perturbproof.verify.run import run_scenario

SCRIPT = Path(sys.executable).with_name("perturbproof")
RENDERED = {"report.pdf", "report.html", "junit.xml", "summary.md", "figures"}


def scenario_text(
    data: str = 'kind = "near-orthogonal"\nsamples = 8\ndimension = 60\ncoherence = 0.004',
    top: str = "",
    network: str = "slope = 0.5\nwidth = 4\ninitial_scale = 1e-4",
    training: str = "steps = 400",
    extra: str = "",
) -> str:
    return (
        f'name = "small"\ntheorems = ["standard-boundary"]\n{top}\n[data]\n{data}\n'
        f"[network]\n{network}\n[training]\n{training}\n{extra}\n"
    )


OUTSIDE = 'kind = "near-orthogonal"\nsamples = 8\ndimension = 60\ncoherence = 0.01'


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys) -> Callable[..., Ended]:
    """Run a command in this process, as the installed script would."""
    pipe = getattr(signal, "SIGPIPE", None)
    before = signal.getsignal(pipe) if pipe is not None else None

    def command(*words: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["perturbproof", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return Ended(int(ended.value.code or 0), shown.out, shown.err)

    yield command
    if pipe is not None:
        signal.signal(pipe, before)


@pytest.fixture
def quick(run, monkeypatch) -> Callable[..., Ended]:
    """The same without drawing the report, which takes seconds."""
    monkeypatch.setattr(command_verify, "render", lambda folder: ())
    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch) -> Path:
    """An empty working folder with a scenario that passes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "small.toml").write_text(scenario_text(), encoding="utf-8")
    return tmp_path


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder with its bytes; None for a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(ended: Ended) -> str:
    """The one line of a refusal, after checking that it is one."""
    assert ended.code == 2, ended.err
    assert ended.out == ""
    lines = [line for line in ended.err.splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("perturbproof: ")
    assert "Traceback" not in ended.err
    return lines[0]


# ---------------------------------------------------------------- the installed script


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """One real run of the installed script: its folder and what it printed. Not to be changed."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "small.toml").write_text(scenario_text(), encoding="utf-8")
    done = subprocess.run(
        [SCRIPT, "verify", "small.toml", "--out", "report"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return folder, done


def test_a_run_of_the_installed_script(installed) -> None:
    folder, done = installed
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == {"small.toml", "report"}
    assert {path.name for path in (folder / "report").iterdir()} == RENDERED | {"report.json"}
    assert (folder / "report/report.pdf").read_bytes().startswith(b"%PDF")
    assert len(list((folder / "report/figures").iterdir())) == 6
    assert load_report(folder / "report").summary.exit_code == 0


def test_results_go_to_stdout_and_progress_to_stderr(installed) -> None:
    _, done = installed
    assert re.search(r"^small .*\nPASS +standard-boundary +enclosed$", done.stdout, re.MULTILINE)
    assert "1 PASS; all as expected" in done.stdout
    assert "report/report.pdf" in done.stdout
    for stage in ("proving", "small: training", "writing the report"):
        assert stage in done.stderr
        assert stage not in done.stdout


def test_piped_output_is_plain_text(installed) -> None:
    _, done = installed
    for text in (done.stdout, done.stderr):
        assert "\x1b" not in text
        assert "\r" not in text


def test_the_report_tells_how_to_do_it_again(installed) -> None:
    folder, _ = installed
    told = json.loads((folder / "report/report.json").read_text())["environment"]["command"]
    assert shlex.split(told) == [
        "perturbproof",
        "verify",
        "small.toml",
        "--out",
        "report",
    ]


def test_help_is_quick_because_it_imports_little(record_property) -> None:
    """Under 0.4 s; what is held here is the cause, and the time is only written down."""
    took = []
    for _ in range(5):
        started = time.perf_counter()
        done = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=False)
        took.append(time.perf_counter() - started)
        assert done.returncode == 0
    record_property("help_median_seconds", sorted(took)[2])
    for word in ("verify", "prove", "report", "list"):
        assert word in done.stdout
    assert done.stderr == ""
    heavy = ("torch", "sympy", "numpy", "scipy", "matplotlib", "z3", "pydantic", "typst")
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from perturbproof.verify.cli import main\n"
        "try: main()\n"
        f"finally: sys.stderr.write(repr([m for m in {heavy!r} if m in sys.modules]))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stderr == "[]"


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_an_interrupt_ends_with_130_one_line_and_no_folder(here: Path) -> None:
    (here / "long.toml").write_text(scenario_text(training="steps = 10_000_000"), encoding="utf-8")
    before = tree(here)
    process = subprocess.Popen(
        [SCRIPT, "verify", "long.toml", "--out", "report"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "training" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == ("", "perturbproof: interrupted\n")
    assert tree(here) == before


@pytest.mark.skipif(os.name != "posix", reason="pipes are those of POSIX")
def test_a_pipe_that_closes_early_is_left_to_the_system(run) -> None:
    run("--help")
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL


# ---------------------------------------------------------------- exit codes


def test_0_as_expected(quick, here: Path) -> None:
    ended = quick("verify", "small.toml", "--out", "report")
    assert ended.code == 0
    assert "1 PASS; all as expected" in ended.out


def test_0_when_vacuous_is_expected(quick, here: Path) -> None:
    (here / "v.toml").write_text(scenario_text(OUTSIDE, top='expect = "VACUOUS"'))
    assert quick("verify", "v.toml", "--out", "report").code == 0


def test_1_when_a_pass_was_not_expected(quick, here: Path) -> None:
    (here / "v.toml").write_text(scenario_text(top='expect = "VACUOUS"'))
    ended = quick("verify", "v.toml", "--out", "report")
    assert ended.code == 1
    assert "expected VACUOUS" in ended.out
    assert "1 not as expected" in ended.out


def test_1_when_data_refute_a_theorem(quick, here: Path) -> None:
    """A theorem with a false claim, from the user's own file; its proof has a gap as well."""
    (here / "own.py").write_text(
        "from perturbproof.theory.proof import Conclusion\n"
        "from perturbproof.theory.statement import PROJECT, Assumption, Claim, Theorem\n"
        "from perturbproof.theory.symbols import R_max, lambda_max, p_max\n"
        "THEOREM = Theorem(\n"
        "    'too-good', 'Too good', 'False.', PROJECT,\n"
        "    (Assumption('small', 'Small.', p_max < R_max),),\n"
        "    (Claim('bound', 'Small multipliers.', lambda_max < R_max),),\n"
        "    (Conclusion('claim', 'Clearly.', 'bound', uses=('small',)),),\n"
        ")\n"
    )
    text = scenario_text().replace("standard-boundary", "too-good")
    (here / "f.toml").write_text(text)
    ended = quick("verify", "f.toml", "--theorem", "own.py", "--out", "report")
    assert ended.code == 1
    assert re.search(r"^small .*\nFAIL +too-good", ended.out, re.MULTILINE)
    written = json.loads((here / "report/report.json").read_text())
    assert written["summary"]["verdicts"]["FAIL"] == 1
    # The same theorem, without data, is a proof gap: also red.
    gap = quick("prove", "--theorem", "own.py")
    assert gap.code == 1
    assert gap.out.startswith("gap")
    assert "countermodel" in gap.out


def test_1_on_an_error_of_the_code(quick, here: Path, monkeypatch) -> None:
    right = measuring_module.measure

    def wrong(experiment, names):
        return {**right(experiment, names), "N": Measured(Interval.exact(-3), "a bug")}

    monkeypatch.setattr(measuring_module, "measure", wrong)
    ended = quick("verify", "small.toml", "--out", "report")
    assert ended.code == 1
    assert re.search(r"^small .*\nERROR ", ended.out, re.MULTILINE)


def test_1_when_a_scenario_cannot_be_run_and_the_others_still_are(
    quick, here: Path, monkeypatch
) -> None:
    right = measuring_module.measure

    def sometimes(experiment, names):
        if experiment.scenario.name == "bad":
            raise OverflowError("too large")
        return right(experiment, names)

    monkeypatch.setattr(measuring_module, "measure", sometimes)
    (here / "bad.toml").write_text(scenario_text().replace('"small"', '"bad"'))
    ended = quick("verify", "bad.toml", "small.toml", "--out", "report")
    assert ended.code == 1
    assert re.search(r"^bad .*\nERROR +OverflowError: too large", ended.out, re.MULTILINE)
    assert re.search(r"^small .*\nPASS ", ended.out, re.MULTILINE)


def test_3_on_an_internal_error_with_the_traceback(quick, here: Path, monkeypatch) -> None:
    def broken(*_):
        raise AttributeError("nobody thought of this")

    monkeypatch.setattr(command_verify, "build_report", broken)
    before = tree(here)
    ended = quick("verify", "small.toml", "--out", "report", "--quiet")
    assert ended.code == 3
    assert ended.out == ""
    assert ended.err.startswith("perturbproof: internal error, please report it")
    assert "nobody thought of this" in ended.err
    assert tree(here) == before


@pytest.mark.parametrize(
    "text",
    [scenario_text(OUTSIDE), scenario_text(training="steps = 3")],
    ids=["vacuous", "inconclusive"],
)
def test_4_when_a_pass_was_expected_and_nothing_failed(quick, here: Path, text: str) -> None:
    (here / "u.toml").write_text(text)
    ended = quick("verify", "u.toml", "--out", "report")
    assert ended.code == 4
    assert "expected PASS" in ended.out


def test_130_on_an_interrupt_in_the_middle(quick, here: Path, monkeypatch) -> None:
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    before = tree(here)
    monkeypatch.setattr(command_verify, "run_scenarios", interrupted)
    ended = quick("verify", "small.toml", "--out", "report", "--quiet")
    assert (ended.code, ended.out, ended.err) == (130, "", "perturbproof: interrupted\n")
    assert tree(here) == before


# ---------------------------------------------------------------- streams


def test_json_is_the_report_and_nothing_else(quick, here: Path) -> None:
    ended = quick("verify", "small.toml", "--out", "report", "--json")
    assert json.loads(ended.out) == json.loads((here / "report/report.json").read_text())
    assert ended.code == 0


def test_quiet_says_nothing_on_stderr(quick, here: Path) -> None:
    assert quick("verify", "small.toml", "--out", "report", "--quiet").err == ""
    assert quick("prove", "exact-chain", "-q").err == ""
    assert quick("list").err == ""


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_colour_on_a_terminal_and_not_with_no_color(quick, here: Path, monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = quick("prove", "exact-chain", "-q")
    assert "\x1b[32m" in coloured.out
    monkeypatch.setenv("NO_COLOR", "1")
    plain = quick("prove", "exact-chain", "-q")
    # NO_COLOR forbids colours; bold and dim may stay.
    codes = {code for found in COLOUR.findall(plain.out) for code in found[2:-1].split(";")}
    assert codes <= {"0", "1", "2", "3", "4", "22", "24", ""}
    assert COLOUR.sub("", plain.out) == COLOUR.sub("", coloured.out)


def test_seed_replaces_that_of_the_scenarios(quick, here: Path) -> None:
    hashes = set()
    for seed in ("1", "2", "1"):
        content = json.loads(
            quick("verify", "small.toml", "--out", "r", "--json", "--seed", seed).out
        )
        assert content["environment"]["seed"] == int(seed)
        assert content["scenarios"][0]["configuration"]["seed"] == int(seed)
        hashes.add(content["scenarios"][0]["data"]["hash"])
    assert len(hashes) == 2


def test_two_runs_with_one_seed_write_the_same_report(quick, here: Path) -> None:
    texts = []
    for _ in range(2):
        quick("verify", "small.toml", "--out", "report", "--seed", "3")
        text = (here / "report/report.json").read_text()
        texts.append(re.sub(r'"(seconds|milliseconds|started)": [^,\n]*', r'"\1": 0', text))
    assert texts[0] == texts[1]


# ---------------------------------------------------------------- prove, list, report


def test_prove_shows_statement_steps_and_trusted_base(run) -> None:
    ended = run("prove", "standard-boundary", "--show")
    assert ended.code == 0
    flat = " ".join(ended.out.split())
    for words in (
        "proved standard-boundary",
        "assume nearly-orthogonal",
        "p_max < R_min^4*gamma^3/(3*N*R_max^2)",
        "claim boundary",
        "A-KKT: Gradient flow",
        "1 of 1 theorems proved",
    ):
        assert words in flat.replace("gamma^3*R_min^4", "R_min^4*gamma^3")


def test_prove_as_json(run) -> None:
    content = json.loads(run("prove", "exact-chain", "half-aware", "--json", "-q").out)
    assert [proof["theorem"] for proof in content["proofs"]] == ["exact-chain", "half-aware"]
    assert {proof["verdict"] for proof in content["proofs"]} == {"proved"}


def test_prove_names_a_theorem_once(run) -> None:
    ended = run("prove", "exact-chain", "exact-chain", "-q")
    assert "1 of 1 theorems proved" in ended.out


@pytest.fixture
def smt_files(run, tmp_path: Path) -> Path:
    ended = run("prove", "exact-chain", "--smt", tmp_path / "smt", "-q")
    assert ended.code == 0, ended.err
    return tmp_path / "smt" / "exact-chain"


def test_every_smt_file_is_unsat_for_z3_without_a_complaint(smt_files: Path) -> None:
    """Run by the solver's own program, each file alone, as a reader would."""
    solver = Path(sys.executable).with_name("z3")
    files = sorted(smt_files.rglob("*.smt2"))
    assert len(files) > 15
    for path in files:
        asked = path.read_text().count("(check-sat)")
        done = subprocess.run([solver, path], capture_output=True, text=True, check=False)
        assert done.stdout.split("\n")[:-1] == ["unsat"] * asked, f"{path}\n{done.stdout}"
        assert done.returncode == 0


def test_queries_of_one_smt_file_do_not_lean_on_each_other(smt_files: Path) -> None:
    """Without a reset the first negated goal makes every later query unsat."""
    for path in smt_files.rglob("*.smt2"):
        parts = path.read_text().split("(check-sat)")
        assert all("(reset)" in part for part in parts[1:-1]), path


def test_list_names_what_there_is(run) -> None:
    ended = run("list")
    assert ended.code == 0
    for name in ("standard-boundary", "row-wise", "near-orthogonal", "digits", "quick"):
        assert name in ended.out
    content = json.loads(run("list", "--json").out)
    assert set(content) >= {"theorems", "datasets", "suites"}
    assert "standard-boundary" in content["theorems"]


@pytest.fixture
def report_folder(installed, tmp_path: Path) -> Path:
    """A copy of a finished report, to be changed."""
    folder = tmp_path / "report"
    for name, content in tree(installed[0] / "report").items():
        path = folder / name
        if content is None:
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def test_report_renders_the_same_files_again(run, report_folder: Path) -> None:
    before = tree(report_folder)
    for name in before:
        if name != "report.json" and (report_folder / name).is_file():
            (report_folder / name).unlink()
    ended = run("report", report_folder)
    assert ended.code == 0
    assert tree(report_folder) == before
    assert {Path(line) for line in ended.out.splitlines()} == {
        path for path in report_folder.rglob("*") if path.is_file() and path.name != "report.json"
    }


@pytest.mark.parametrize(
    ("where", "fault"),
    [("pdf", KeyboardInterrupt), ("write_atomic", OSError(28, "No space left on device"))],
)
def test_an_interrupted_rendering_leaves_the_earlier_report_whole(
    run, report_folder: Path, monkeypatch, where: str, fault
) -> None:
    before = tree(report_folder)
    calls = 0
    right = getattr(render_module, where)

    def fails(*given):
        nonlocal calls
        calls += 1
        if where == "pdf" or calls == 4:
            raise fault
        return right(*given)

    monkeypatch.setattr(render_module, where, fails)
    ended = run("report", report_folder)
    assert ended.code == (130 if fault is KeyboardInterrupt else 2)
    assert len(ended.err.splitlines()) == 1
    assert tree(report_folder) == before


def test_a_run_interrupted_while_rendering_leaves_no_mixture(
    run, here: Path, report_folder: Path, monkeypatch
) -> None:
    """A new report.json beside the PDF of an older run would be a report of nothing."""

    def interrupted(*_):
        raise KeyboardInterrupt

    before = tree(report_folder)
    monkeypatch.setattr(render_module, "pdf", interrupted)
    ended = run("verify", "small.toml", "--seed", "9", "--out", report_folder)
    assert ended.code == 130
    assert tree(report_folder) == before


# ---------------------------------------------------------------- bad input


def test_no_command_shows_the_help_as_it_is(run) -> None:
    ended = run()
    text = ended.out + ended.err
    assert text.startswith("Usage: perturbproof")
    assert "Commands:" in text
    assert ended.code in (0, 2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["verfy"], "verfy"),
        (["verify", "--outt", "x"], "--outt"),
        (["verify", "small.toml", "--seed", "-1"], "--seed"),
        (["verify", "small.toml", "--seed", "many"], "--seed"),
        (["verify", "small.toml", "--device", "tpu"], "must be auto, cpu, cuda or cuda:INDEX"),
        (["verify", "small.toml", "--device", "cuda:"], "must be auto, cpu, cuda or cuda:INDEX"),
        (["verify", "small.toml", "--device", "cuda:99"], "this machine has"),
        (["verify", "--suite", "slow"], "no suite 'slow'; known: "),
        (["verify", "none.toml"], "none.toml: no such scenario file"),
        (["verify", "."], "is a folder, not a scenario file"),
        (["verify", "small.toml", "small.toml"], "two scenarios are named 'small'"),
        (["verify", "small.toml", "--theorem", "none.py"], "none.py: no such file"),
        (["prove", "fermat"], "no theorem 'fermat'; known: standard-boundary"),
        (["prove", "exact-chain", "--smt", "small.toml/x"], "small.toml/x"),
        (["report"], "DIR"),
        (["report", "none"], "none"),
        (["report", "."], "no such file"),
        (["report", "small.toml"], "not JSON"),
    ],
    ids=" ".join,
)
def test_bad_usage(quick, here: Path, words: list[str], named: str) -> None:
    before = tree(here)
    assert named in refused(quick(*words))
    assert tree(here) == before


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "missing"),
        ("name = ", "not valid TOML"),
        (scenario_text(top="colour = 1"), "unknown key 'colour'"),
        (scenario_text(extra="[tolerance]\nangel = 0.1"), "unknown key 'tolerance.angel'"),
        (scenario_text(network="slope = 0.0"), "(0, 1]"),
        (scenario_text(network="slope = 1.5"), "(0, 1]"),
        (scenario_text(network="slope = -0.5"), "(0, 1]"),
        (scenario_text(network="slope = nan"), "(0, 1]"),
        (scenario_text(network="slope = inf"), "(0, 1]"),
        (scenario_text(network="width = 7"), "even"),
        (scenario_text(network="width = 0"), "even"),
        (scenario_text(network="initial_scale = -1.0"), "scale"),
        (scenario_text(network="initial_scale = nan"), "scale"),
        (scenario_text(training="steps = 0"), "'training.steps'"),
        (scenario_text(training="learning_rate = -1.0"), "learning_rate"),
        (scenario_text(training="momentum = 1.0"), "momentum"),
        (scenario_text('kind = "moons"'), "kind"),
        (scenario_text('kind = "uniform"\nsamples = 1\ndimension = 5'), "samples"),
        (scenario_text('kind = "uniform"\nsamples = 4\ndimension = 0'), "dimension"),
        (scenario_text('kind = "uniform"\nsamples = 4'), "dimension"),
        (scenario_text('kind = "digits"\nclasses = [3, 3]'), "classes"),
        (scenario_text('kind = "digits"\nclasses = [3, 11]'), "classes"),
        (scenario_text().replace('"standard-boundary"', '"fermat"'), "no theorem 'fermat'"),
        (scenario_text().replace('["standard-boundary"]', "[]"), "theorems"),
        (scenario_text(top='expect = "FINE"'), "expect"),
        (scenario_text(top='"a\\nb" = 1'), "unknown key"),
    ],
)
def test_bad_scenarios(quick, here: Path, text: str, named: str) -> None:
    (here / "bad.toml").write_text(text, encoding="utf-8")
    before = tree(here)
    line = refused(quick("verify", "bad.toml", "--out", "report"))
    assert named in line
    assert tree(here) == before


RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((6, 4)), np.array([0, 1, 0, 1, 0, 1])


def holed(value: float) -> np.ndarray:
    x = X.copy()
    x[2, 3] = value
    return x


BAD_ARRAYS = {
    "samples are no matrix": (X.ravel(), Y, "'x' must be a matrix"),
    "too few labels": (X, Y[:4], "'y' must have shape (6,)"),
    "labels are a matrix": (X, np.eye(6), "'y' must have shape (6,)"),
    "no samples": (np.empty((0, 4)), np.empty(0), "label"),
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
        ("points.xls", b"", "unknown type of data file"),
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


@pytest.mark.parametrize("out", ["small.toml", "small.toml/x", "small.toml/x/y"])
def test_a_folder_that_cannot_be_written(quick, here: Path, out: str) -> None:
    before = tree(here)
    line = refused(quick("verify", "small.toml", "--out", out))
    assert f"--out {out}" in line
    assert tree(here) == before


def test_bad_data_leave_none_of_the_folders_made_for_the_report(quick, here: Path) -> None:
    (here / "bad.toml").write_text(scenario_text('kind = "file"\npath = "none.npz"'))
    before = tree(here)
    refused(quick("verify", "bad.toml", "--out", "a/b/c"))
    assert tree(here) == before


def test_bad_data_in_the_second_scenario_leave_nothing_of_the_first(quick, here: Path) -> None:
    bad = scenario_text('kind = "file"\npath = "none.npz"').replace('"small"', '"bad"')
    (here / "bad.toml").write_text(bad)
    before = tree(here)
    refused(quick("verify", "small.toml", "bad.toml", "--out", "report"))
    assert tree(here) == before


def test_bad_data_leave_an_earlier_report_as_it_was(run, here: Path, report_folder: Path) -> None:
    (here / "bad.toml").write_text(scenario_text('kind = "file"\npath = "none.npz"'))
    before = tree(report_folder)
    refused(run("verify", "bad.toml", "--out", report_folder))
    assert tree(report_folder) == before


def test_a_disk_that_fills_up_is_one_line(quick, here: Path, monkeypatch) -> None:
    def full(*_):
        raise OSError(28, "No space left on device", "report/report.json")

    monkeypatch.setattr(command_verify, "write_atomic", full)
    before = tree(here)
    line = refused(quick("verify", "small.toml", "--out", "report"))
    assert line == "perturbproof: No space left on device: report/report.json"
    assert tree(here) == before


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("x = 1\n", "must define THEOREM"),
        ("def\n", "line 1"),
        ("x = 1\nraise RuntimeError('two\\nlines')\n", "line 2"),
        ("raise SystemExit(0)\n", "own.py"),
        ("THEOREM = 3\n", "found int"),
        ("from perturbproof.theory.theorems.exact_chain import THEOREM\n", "taken"),
    ],
)
def test_bad_theorem_files(quick, here: Path, code: str, named: str) -> None:
    (here / "own.py").write_text(code)
    line = refused(quick("prove", "--theorem", "own.py", "-q"))
    assert named in line


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


def test_the_default_folder_is_named_and_written(quick, here: Path) -> None:
    ended = quick("verify", "small.toml")
    assert "perturbproof-report/report.pdf" in ended.out
    assert (here / "perturbproof-report/report.json").is_file()


def test_in_process_and_installed_runs_agree(installed) -> None:
    """What the tests above run in this process is what the script runs."""
    assert run_scenario.__module__ == "perturbproof.verify.run"
    folder, _ = installed
    one = load_report(folder / "report").scenarios[0]
    assert (one.name, one.verdict) == ("small", "PASS")
