"""Use from Python: what `verify` and `check` return, and what they refuse."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.theory import theorem
from perturbproof.theory.exact.interval import Interval
from perturbproof.theory.refute.search import Search
from perturbproof.verify import Result, Scenario, TheoremResult, Verdict, check, verify
from perturbproof.verify.measure import measuring as measuring_module
from perturbproof.verify.values import Measured

from .small_scenarios import OUTSIDE, scenario, toml


@pytest.fixture(scope="module")
def result() -> Result:
    """One scenario that passes, one outside the regime as expected, one that is so unexpectedly."""
    return verify(
        scenario(name="fine", theorems=["standard-boundary", "exact-multipliers"]),
        scenario(name="outside", data=OUTSIDE, expect="VACUOUS"),
        scenario(name="surprise", data=OUTSIDE),
        device="cpu",
    )


def names(lines: tuple[TheoremResult, ...]) -> list[tuple[str, str]]:
    return [(line.scenario, line.theorem) for line in lines]


def test_filters(result: Result) -> None:
    fine = [("fine", "standard-boundary"), ("fine", "exact-multipliers")]
    outside = [(name, "standard-boundary") for name in ("outside", "surprise")]
    assert names(result.results) == fine + outside
    assert names(result.not_passed) == outside
    assert names(result.unexpected) == outside[1:]
    assert result.failures == ()
    assert {k: len(v) for k, v in result.by_theorem.items()} == {
        "standard-boundary": 3,
        "exact-multipliers": 1,
    }
    assert list(result.by_scenario) == ["fine", "outside", "surprise"]
    assert [line.verdict for line in result] == [Verdict.PASS] * 2 + [Verdict.VACUOUS] * 2
    assert len(result) == 4


def test_strict_counts_what_is_undecided_but_not_what_was_expected(result: Result) -> None:
    strict = replace(result, strict=True)
    assert (result.exit_code, strict.exit_code) == (4, 1)
    assert names(strict.failures) == [("surprise", "standard-boundary")]
    assert not result.as_expected


def test_a_line_shows_both_sides(result: Result) -> None:
    line = result.by_scenario["outside"][0]
    (assumption,) = line.assumptions
    assert assumption.holds == "no"
    assert assumption.value is not None
    assert assumption.value.lhs.lower > assumption.value.rhs.upper
    assert {claim.verdict.value for claim in line.claims} <= {"OBSERVED", "NOT OBSERVED"}
    assert line.standing() == "as expected"


def test_nothing_can_be_changed_or_mistaken_for_a_truth_value(result: Result) -> None:
    with pytest.raises(FrozenInstanceError):
        result.results[0].verdict = Verdict.PASS  # type: ignore[misc]
    with pytest.raises(TypeError, match="no truth value"):
        bool(result)


def test_json_is_the_report(result: Result) -> None:
    content = json.loads(result.to_json())
    assert content == result.report
    assert content["summary"]["exit_code"] == result.exit_code
    assert content["environment"]["command"] == (
        "perturbproof.verify.verify(Scenario('fine'), Scenario('outside'), Scenario('surprise'))"
    )


class _Cells(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data) -> None:
        if self.cells:
            self.cells[-1] += data


def test_shown_in_a_shell_and_in_a_notebook(result: Result) -> None:
    assert repr(result) == "<Result: 2 PASS, 2 VACUOUS; 1 not as expected>"
    assert str(result).splitlines()[-1] == result.summary
    shown = _Cells(result._repr_html_())
    assert shown.cells[:4] == ["✔ PASS", "PASS", "fine", "standard-boundary"]
    assert len(shown.cells) == 20


def test_a_reason_cannot_become_markup(monkeypatch) -> None:
    right = measuring_module.measure

    def wrong(experiment, wanted):
        return {**right(experiment, wanted), "N": Measured(Interval.exact(-3), "a bug")}

    def broken(*_):
        raise OverflowError("<script>alert(1)</script> & more")

    monkeypatch.setattr(measuring_module, "measure", wrong)
    errors = verify(scenario(training={"steps": 3}), device="cpu").failures
    assert [line.verdict for line in errors] == [Verdict.ERROR]
    monkeypatch.setattr(measuring_module, "measure", broken)
    result = verify(scenario(), device="cpu")
    (line,) = result.failures
    assert (line.theorem, line.claims, line.assumptions) == ("", (), ())
    shown = _Cells(result._repr_html_())
    assert "script" not in shown.tags
    assert shown.cells[-1] == "OverflowError: <script>alert(1)</script> & more"


def test_files_seeds_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(toml(training={"steps": 400}))
    stages = []
    result = verify(
        str(tmp_path / "small.toml"),
        seed=3,
        device="cpu",
        out=tmp_path / "report",
        progress=lambda what, done, total: stages.append(what),
    )
    assert (result.exit_code, result.out) == (0, tmp_path / "report")
    assert (tmp_path / "report/report.json").read_text() == result.to_json()
    assert (tmp_path / "report/report.pdf").is_file()
    assert result.report["scenarios"][0]["configuration"]["seed"] == 3
    assert "writing the report" in stages


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        ("none.toml", {}, "none.toml: no such scenario file"),
        ("none", {}, "no suite 'none'; known: "),
        (3, {}, "found int"),
        ("quick", {"seed": -1}, "seed: must be from 0"),
        ("quick", {"device": "tpu"}, "device: must be auto"),
        ("quick", {"theorems": ["standard-boundary"]}, "standard-boundary: no such file"),
    ],
)
def test_bad_input_is_one_line(given, options, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        verify(given, **options)
    assert "\n" not in str(refused.value)


def points(samples: int = 6) -> tuple[np.ndarray, np.ndarray]:
    x = np.eye(samples, 40) + 0.001 * np.random.default_rng(0).standard_normal((samples, 40))
    return x, np.where(np.arange(samples) % 2, 3, 8)


def test_check_of_arrays_agrees_with_check_of_a_file(tmp_path: Path) -> None:
    x, y = points()
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    results = [
        check(x, y, slopes=(0.5,)),
        check((x, y), slopes=(0.5,)),
        check(tmp_path / "mine.npz", slopes=(0.5,)),
    ]
    assert len({result.sample.fingerprint() for result in results}) == 1
    texts = {result.to_json().replace(result.sample.source, "") for result in results}
    assert len(texts) == 1
    told = "6 samples: a linear limit at slope 0.5; a certificate covers all at slope 0.5"
    for result in results:
        assert next(c.name for c in result.holding[0.5]) == "paper"
        assert repr(result) == f"<CheckResult: {told}>"
        assert "✔ yes" in result._repr_html_()
        assert str(result).splitlines()[-1] == result.summary
        with pytest.raises(TypeError, match="no truth value"):
            bool(result)


def test_a_check_that_nothing_meets() -> None:
    x, y = points()
    result = check(x + 1, y, slopes=(0.01, 0.1))
    assert result.holding == {0.01: (), 0.1: ()}
    told = "6 samples: a linear limit at every slope; none covers all at any slope"
    assert result.summary == told


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x, y: check(x), "need labels"),
        (lambda x, y: check(x, y, slopes=0.5), "slopes: must be a list of numbers, found 0.5"),
        (lambda x, y: check(x, y[:3]), "must have shape"),
        (lambda x, y: check(x, np.arange(len(y))), "6 labels"),
        (lambda x, y: check([[1, 2], [3]], [0, 1]), "one matrix"),
        (lambda x, y: check("mine.npz", y), "the labels are a file as well"),
        (lambda x, y: check(x, y, slopes=(2.0,)), "must lie in"),
        (lambda x, y: check(x, y, scale=-1.0), "scale"),
        (lambda x, y: check(x, y, out="folder"), "save the arrays as .npz"),
        (lambda x, y: check("none.npz"), "none.npz: no such file"),
    ],
)
def test_bad_data_are_one_line(call, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        call(*points())
    assert "\n" not in str(refused.value)


def test_the_names_are_offered_without_loading_anything() -> None:
    code = (
        "import sys, perturbproof.verify as v\n"
        "assert {'verify', 'check', 'Result'} <= set(dir(v))\n"
        "try: v.nothing\nexcept AttributeError as error: assert 'nothing' in str(error)\n"
        "heavy = {'torch', 'sympy', 'numpy', 'pydantic', 'typer'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_theorem_object_beside_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = theorem("row-wise")
    with pytest.raises(InputError, match="is taken"):
        verify(scenario(), theorems=[taken], device="cpu")
    own = replace(taken, id="mine")
    monkeypatch.setattr("perturbproof.theory.refute.survey.search", lambda _: Search(None, 0))
    result = verify(scenario(theorems=["mine"]), theorems=[own], device="cpu")
    assert names(result.results) == [("small", "mine")]
    assert isinstance(Scenario, type)
