"""`perturbproof check`: both sides by independent NumPy formulas, and what would make each hold."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pymupdf
import pytest
from perturbproof import verify
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.streaming_gram import stream_gram, summarised
from perturbproof.numerics.data import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.theory import theorem
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems.boundary.uniform_data import smallest_dimension
from perturbproof.verify.assumptions import ladder, rungs
from perturbproof.verify.assumptions import report as check_report
from perturbproof.verify.assumptions.ladder import check_data
from perturbproof.verify.assumptions.rungs import CheckedCertificate, Rungs, smallest_slope
from perturbproof.verify.command_line import cli
from perturbproof.verify.judge import judge
from perturbproof.verify.measure import measure
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.run import folder as report_folder_module
from perturbproof.verify.values import Verdict

from .small_scenarios import PROVED, scenario


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def check(monkeypatch, capsys) -> Callable[..., Ended]:
    """Run the command in this process, as the installed script would."""

    def command(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["perturbproof", "check", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, out, err)

    return command


def near(samples=6, dimension=40, coherence=0.05, seed=0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors, nearly orthogonal, and labels 3 and 8."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0][:samples]
    x = basis + coherence * rng.standard_normal((samples, dimension)) / np.sqrt(dimension)
    return x * rng.uniform(1, 1.05, (samples, 1)), np.where(np.arange(samples) % 2, 3, 8)


def save(tmp_path, x, y):
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    return tmp_path / "mine.npz"


def loads(x, gamma):
    """Both sides of the three conditions, from the formulas written out by hand."""
    gram = abs(x @ x.T)
    r, big = gram.diagonal().min(), gram.diagonal().max()
    n = len(x)
    p = (gram - np.diag(gram.diagonal())).max()
    total = (n - 1) * p
    return {
        "paper": (p, gamma**3 * r**2 / (3 * n * big)),
        "exact chain": (total, gamma**3 * r**2 / (big + gamma * (1 + gamma) * r)),
        "half-aware": (
            total,
            gamma * (1 + gamma**2) * r**2 / ((1 + gamma**2) * big + 2 * gamma * (1 + gamma) * r),
        ),
    }


def middle(interval):
    return (interval["lower"] + interval["upper"]) / 2


@pytest.mark.parametrize("centre", [False, True])
def test_both_sides_against_numpy(check, tmp_path, centre):
    x, y = near()
    options = ["--classes", 8, 3, "--scale", 0.5]
    options += ["--centre", "--slope", 0.5] if centre else []
    done = check(save(tmp_path, x, y), *options, "--json", "--quiet")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    seen = (x - x.mean(axis=0) if centre else x) / 2
    slopes = [0.5] if centre else [0.01, 0.1, 0.5, 0.9]
    assert [entry["slope"] for entry in found["slopes"]] == slopes
    assert found["data"]["positive"] == found["data"]["negative"] == 3
    for entry in found["slopes"]:
        ladder = {c["name"]: c for c in entry["certificates"]}
        for name, (left, right) in loads(seen, entry["slope"]).items():
            c = ladder[name]
            assert middle(c["left"]) == pytest.approx(left, rel=1e-9)
            assert middle(c["right"]) == pytest.approx(right, rel=1e-9)
            assert middle(c["load"]) == pytest.approx(left / right, rel=1e-9)
            assert c["holds"] == ("yes" if left < right else "no")
            needed = max(40, 40 * (left / right) ** 2)
            assert c["dimension_extrapolated"] == pytest.approx(needed, rel=1e-6)
            assert c["dimension_uniform"] == smallest_dimension(
                6, Fraction(entry["slope"]), "0.01", name
            )
    size = abs(seen @ seen.T)
    upper = sorted(((size[n, k], [n, k]) for k in range(6) for n in range(k)), reverse=True)
    assert [pair["rows"] for pair in found["pairs"]] == [rows for _, rows in upper[:5]]
    assert [middle(pair["inner_product"]) for pair in found["pairs"]] == pytest.approx(
        [value for value, _ in upper[:5]]
    )


def test_original_rows_and_responsible_pair(check, tmp_path):
    """Samples of other classes are left out; rows are those of the file."""
    x, y = near(samples=8)
    y[[1, 4]] = 5
    x[6] = x[2] + 0.2 * x[7]
    done = check(save(tmp_path, x, y), "--classes", 3, 8, "--json", "--quiet", "--slope", 0.5)
    found = json.loads(done.out)
    assert found["data"]["samples"] == 6
    assert found["pairs"][0]["rows"] == [2, 6]
    assert found["pairs"][0]["labels"] == [-1, -1]
    half = next(c for c in found["slopes"][0]["certificates"] if c["name"] == "half-aware")
    assert half["holds"] == "no"
    rows = half["chosen_rows"]
    assert len({2, 6} & set(rows)) == 1
    assert set(rows) <= {0, 2, 3, 5, 6, 7}
    left, right = loads(x[rows], 0.5)["half-aware"]
    assert left < right
    assert half["at_random"]["lowest"] <= half["at_random"]["median"] <= len(rows)


def test_smallest_slope_is_where_the_relation_turns(check, tmp_path):
    x, y = near()
    found = json.loads(check(save(tmp_path, x, y), "--json", "-q", "--slope", 0.3).out)
    for c in found["slopes"][0]["certificates"][:3]:
        slope = c["smallest_slope"]
        left, right = loads(x, slope)[c["name"]]
        assert left < right
        left, right = loads(x, slope * 0.985)[c["name"]]
        assert left >= right


def test_search_for_the_smallest_slope():
    assert smallest_slope(lambda slope: slope >= 0.12345) == pytest.approx(0.124)
    assert smallest_slope(lambda slope: slope >= 1) == 1
    assert smallest_slope(lambda slope: True) == 0
    assert smallest_slope(lambda slope: False) is None


def row_sums(sample: Sample, summary, slope: float) -> CheckedCertificate:
    """The rung of that name."""
    return next(c for c in Rungs(sample, summary, 0).at(slope) if c.name == "row sums")


@pytest.mark.parametrize("coherence", [0.005, 0.05, 0.3])
@pytest.mark.parametrize("slope", [0.1, 0.9])
def test_a_rung_holds_where_the_judge_says_that_its_theorem_does(
    undemanding, tmp_path, slope, coherence
):
    """What `check` calls proved is what a run on the same data does not call vacuous."""
    x, y = near(samples=5, coherence=coherence)
    path = save(tmp_path, x, y)
    data = {"kind": "file", "path": str(path)}
    one = Experiment(scenario(data=data, network={"slope": slope}))
    (checked,) = check_data(one.sample, [slope]).slopes
    assert {c.name for c in checked.theorems} >= {"row sums", "row half"}
    for rung in checked.theorems:
        stated = theorem(rung.theorem)
        names = {s.name for a in stated.assumptions for s in symbols_of(a.relation)}
        judged = judge(stated, PROVED[stated.id], measure(one, names))
        assert (judged.verdict is Verdict.VACUOUS) == (rung.holds == "no")
        assert (rung in checked.holding) == all(a.holds == "yes" for a in judged.assumptions)
        values = [a.value for a in judged.assumptions]
        sides = [str((v.lhs, v.rhs)) for v in values if v is not None]
        assert str((rung.left, rung.right)) in sides


@pytest.fixture
def undemanding(monkeypatch):
    """Rungs are decided, and what would make them hold, which takes most of the time, not asked."""
    for name in ("smallest_slope", "random_sizes", "smallest_dimension"):
        monkeypatch.setattr(rungs, name, lambda *_, **__: None)
    for name in ("_chosen", "_chosen_rows", "_rows_at_random"):
        monkeypatch.setattr(rungs.Rungs, name, lambda *_: None)


@pytest.mark.parametrize(
    "seed", [0, 1, 3, *(pytest.param(s, marks=pytest.mark.slow) for s in (2, 4, 5))]
)
@pytest.mark.parametrize("slope", [0.05, 0.3, 0.7, 1.0])
def test_row_sums_stand_between_half_aware_and_its_row_wise_form(undemanding, slope, seed):
    x, y = near(samples=8, coherence=0.02 + 0.15 * slope * seed, seed=seed)
    sample = Sample(x, np.where(y == 8, 1, -1), "near", np.arange(8))
    ladder = {c.name: c for c in check_data(sample, [slope]).slopes[0].certificates}
    if ladder["half-aware"].holds == "yes":
        assert ladder["row sums"].holds == "yes"
    if ladder["row sums"].holds == "yes":
        assert ladder["row half"].holds == "yes"
    # By hand: the constant vector 2/M in place of the solution of the row system.
    gram = abs(x @ x.T)
    diagonal = gram.diagonal()
    sums = gram.sum(axis=1) - diagonal
    t = 2 / ((1 + slope**2) * diagonal - (1 + slope) * sums).min()
    low = (2 - (1 + slope) * sums * t) / ((1 + slope**2) * diagonal)
    proved = t > 0 and (slope * diagonal * low - sums.max() * t > 0).all()
    if ladder["row sums"].holds == "yes":
        assert t > 0
        assert (slope * diagonal * low - sums * t > 0).all()
    assert proved <= (ladder["row sums"].holds == "yes")
    streamed = row_sums(sample, stream_gram(x), slope)
    assert streamed.holds in (ladder["row sums"].holds, "unknown")


def test_streamed_and_whole_matrix_agree(monkeypatch):
    x, y = near(samples=12, dimension=60)
    sample = Sample(x, np.where(y == 8, 1, -1), "near", np.arange(12))
    whole = check_data(sample, [0.5])
    monkeypatch.setattr(ladder, "FULL_MATRIX", 5)
    streamed = check_data(sample, [0.5])
    assert (whole.full_matrix, streamed.full_matrix) == (True, False)
    assert [p.rows for p in whole.pairs] == [p.rows for p in streamed.pairs]
    for one, other in zip(
        streamed.slopes[0].certificates, whole.slopes[0].certificates, strict=False
    ):
        assert (one.name, one.holds, one.chosen_rows) == (
            other.name,
            other.holds,
            other.chosen_rows,
        )
        assert one.at_random == other.at_random
    assert summarised(gram_statistics(x)).p_max.intersects(stream_gram(x).p_max)


def test_text(check, tmp_path):
    x, y = near()
    done = check(save(tmp_path, x, y), "--slope", 0.02, "--slope", 0.9)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 100
    shown = " ".join(done.out.split())
    assert "6 samples in dimension 40; +1 is 8 (3 samples), -1 is 3 (3)" in shown
    assert "slope 0.02" in shown
    assert shown.startswith("slope 0.02: the theory applies")
    assert "It would hold for " in shown
    assert "slope 0.9: the theory applies to all 6 samples, by: paper, " in shown
    assert "an extrapolation, not a promise" not in shown
    long = check(tmp_path / "mine.npz", "-q", "--slope", 0.9, "--long").out
    assert "an extrapolation, not a promise" in " ".join(long.split())
    assert "reading" in done.err
    assert check(tmp_path / "mine.npz", "-q", "--slope", 0.9).err == ""


def test_at_slope_zero_the_limit_is_told_and_no_boundary(check, tmp_path):
    path = save(tmp_path, *near())
    done = check(path, "--json", "-q", "--slope", 0, "--slope", 0.5)
    assert done.code == 0
    relu, leaky = json.loads(done.out)["slopes"]
    assert (relu["limit"]["holds"], leaky["limit"]["holds"]) == ("yes", "yes")
    assert relu["certificates"] == []
    assert leaky["certificates"]
    shown = " ".join(check(path, "-q", "--slope", 0).out.split())
    assert "slope 0: the theory applies in part: a limit with every own pair active" in shown
    assert "its boundary need not be linear" in shown


def test_one_seed_one_result(check, tmp_path):
    path = save(tmp_path, *near())
    first, second = (check(path, "--json", "-q", "--seed", 4, "--slope", 0.2).out for _ in range(2))
    assert first == second


def test_hopeless_data(check, tmp_path):
    """Equal samples with different labels: nothing holds, nothing crashes, and it is no failure."""
    x = np.ones((4, 3))
    done = check(save(tmp_path, x, [0, 1, 0, 1]), "-q")
    assert done.code == 0
    shown = " ".join(done.out.split())
    assert "the theory does not apply" in shown
    assert "Of all pairs of opposite labels none meets one." in shown
    assert "No slope tried up to 1 makes one hold for all samples, nor does centring" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--slope", -0.5], r"slope: must lie in \[0, 1\], found -0.5"),
        (["--slope", 1.5], "found 1.5"),
        (["--slope", "nan"], "found nan"),
        (["--slope", 0.5, "--slope", 0.5], "the same slope is given twice"),
        (["--scale", 0], "scale: "),
        (["--scale", "inf"], "scale: "),
        (["--classes", 3, 3], "two different labels are needed"),
        (["--classes", 3, 7], "no sample has the label '7'"),
        (["--labels", "y.npy"], "holds its own labels"),
    ],
)
def test_bad_options(check, tmp_path, options, message):
    done = check(save(tmp_path, *near()), *options, "-q")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert re.search(message, done.err)


def test_bad_data_leaves_no_folder_behind(check, tmp_path):
    done = check(tmp_path / "none.npz", "-q", "--out", tmp_path / "a" / "b")
    assert done.code == 2
    assert "no such file" in done.err
    assert not (tmp_path / "a").exists()


def test_report_of_the_assumptions_alone(check, tmp_path, monkeypatch):
    monkeypatch.setattr(ladder, "FULL_MATRIX", 5)
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    monkeypatch.setattr(check_report, "proved", lambda *_: PROVED)
    path = save(tmp_path, *near())
    out = tmp_path / "report"
    done = check(path, "-q", "--slope", 0.1, "--slope", 0.9, "--out", out)
    assert done.code == 0
    report = json.loads((out / "report.json").read_text())
    assert [s["name"] for s in report["scenarios"]] == ["mine-slope-0.1", "mine-slope-0.9"]
    for entry in report["scenarios"]:
        assert entry["as_expected"]
        assert entry["expected"] is None
        for shown in entry["theorems"]:
            held = {a["holds"] for a in shown["assumptions"]}
            # The ladder's claims speak of the data alone; all others speak of a network.
            met = "PASS" if shown["id"] == "certificate-ladder" else "INCONCLUSIVE"
            assert shown["verdict"] == ("VACUOUS" if "no" in held else met)
            for claim in shown["claims"]:
                if shown["id"] != "certificate-ladder":
                    assert claim["verdict"] == "INCONCLUSIVE"
                    assert "only the assumptions are checked" in claim["settle"]


def test_report_of_trained_networks(check, tmp_path, monkeypatch):
    """Page 1 is the answer of the terminal; the samples are those checked; nothing is expected."""
    scenario = check_report.scenario_of

    def quick(data, slope):
        made = scenario(data, slope)
        return made.model_copy(
            update={
                "theorems": ("standard-boundary", "half-aware"),
                "network": made.network.model_copy(update={"width": 4, "initial_scale": 1e-4}),
            }
        )

    monkeypatch.setattr("perturbproof.verify.assumptions.report.scenario_of", quick)
    out = tmp_path / "report"
    # Squares of these leave the range of float64: rescaled for the check and for the report.
    x, y = near(coherence=0.005)
    path = save(tmp_path, x * 2.0**600, y)
    taken = ("--samples", 4, "--take", "random", "--seed", 1)
    done = check(path, "-q", "--slope", 0.4, *taken, "--out", out)
    assert done.code == 0
    report = json.loads((out / "report.json").read_text())
    entry = report["scenarios"][0]
    verdicts = {t["id"]: (t["verdict"], t["expected"]) for t in entry["theorems"]}
    assert verdicts == {"standard-boundary": ("PASS", None), "half-aware": ("PASS", None)}
    assert "expect" not in entry["configuration"]
    assert "expected" not in report["summary"]["line"]
    checked = verify.check(path, slopes=[0.4], samples=4, take="random", seed=1)
    assert entry["data"]["hash"] == checked.sample.fingerprint()
    assert any("checked times 2^-" in told for told in entry["data"]["told"])
    with pymupdf.open(out / "report.pdf") as pdf:
        first_page = pdf[0].get_text()
    page = (out / "report.html").read_text()
    for certificate in checked.by_slope[0.4]:
        assert certificate.name in first_page.replace("\n", " ")
        assert certificate.name in page
    for text in (first_page, page):
        assert "expected" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_a_chosen_subset_counts_only_where_the_theorems_assumptions_hold(monkeypatch):
    """Whatever the search believes of its subset: all samples, of data that nothing covers."""
    x = np.ones((4, 3))
    sample = Sample(x, np.array([1, -1, 1, -1]), "equal", np.arange(4))
    monkeypatch.setattr(rungs, "greedy_subset", lambda *given, **named: np.arange(4))
    monkeypatch.setattr(rungs, "chosen_subset", lambda *given, **named: np.arange(4))
    searched = [c for c in check_data(sample, [0.5]).slopes[0].theorems if c.name != "row sums"]
    assert len(searched) == 6
    assert [c.chosen_rows for c in searched] == [None] * 6


def test_enclosures_too_wide_to_decide_are_unknown():
    x, _ = near()
    summary = summarised(gram_statistics(x))
    sample = Sample(x, np.array([1, -1] * 3), "near", np.arange(6))
    assert row_sums(sample, summary, 0.5).holds == "yes"
    wide = BallArray(summary.row_sums.mid, 10 * summary.row_sums.mid)
    found = row_sums(sample, replace(summary, row_sums=wide), 0.5)
    assert found.holds == "unknown"
    # The slope given is one at which it certainly holds, if there is any.
    assert found.smallest_slope is None


def answers(x, y, slope=0.5):
    """What is decided of each certificate, and the limit."""
    sample = Sample(x, np.where(y == 8, 1, -1), "given", np.arange(len(x)))
    (checked,) = check_data(sample, [slope], advise=False).slopes
    return [(c.name, c.holds, c.chosen_rows) for c in checked.certificates], checked.limit.holds


@pytest.mark.parametrize("full", [1000, 5])
def test_the_scale_of_the_data_changes_no_answer(undemanding, monkeypatch, full):
    """Squared norms beyond the range of float64 included: every certificate is homogeneous."""
    monkeypatch.setattr(ladder, "FULL_MATRIX", full)
    x, y = near()
    expected = answers(x, y)
    assert "yes" in {holds for _, holds, _ in expected[0]}
    for exponent in (600, -600):
        assert answers(np.ldexp(x, exponent), y) == expected


def test_what_no_scale_can_hold_is_not_decided():
    """Entries of 1e200 and 1e-200 in one set: nothing is called impossible."""
    x = np.diag([1e200, 1e-200])
    sample = Sample(x, np.array([1, -1]), "both", np.arange(2))
    found = check_data(sample, [0.5])
    assert {c.holds for c in found.slopes[0].certificates} == {"unknown"}
    assert found.slopes[0].applies == "unknown"
    assert "use --scale" in found.left_out
    assert "No slope" not in found.words[0]
    assert "not decided" in found.words[0]


def test_every_pair_of_opposite_labels_is_searched():
    """One pair far from any start of the search is orthogonal; all others are nearly parallel."""
    rng = np.random.default_rng(0)
    x = np.ones((60, 40)) + 0.1 * rng.standard_normal((60, 40))
    x[:, 39] = 0
    x[17] = 6 * np.eye(40)[39]
    y = np.where(np.arange(60) % 2, 3, 8)
    certificates, _ = answers(x, y)
    chosen = {name: rows for name, _, rows in certificates}
    assert all(17 in chosen[name] for name in ("paper", "exact chain", "half-aware", "row half"))


SIGNED = [[1.0, 0.0, 2.0, 1.0], [0.0, 3.0, -2.0, -1.0]]


def test_a_form_that_is_not_monotone_is_not_called_so():
    """It holds at small and at large slopes and not between, by its own theorem."""
    sample = Sample(np.array(SIGNED), np.array([1, -1]), "signed", np.arange(2))
    found = {s: check_data(sample, [s], advise=False) for s in (0.1, 0.4, 0.8)}
    rung = {s: one.slopes[0].certificates[6] for s, one in found.items()}
    assert [rung[s].holds for s in found] == ["yes", "no", "yes"]
    assert (rung[0.4].smallest_slope, rung[0.4].monotone) == (0.05, False)
    assert "'row signed' at slope 0.05, not at every larger one" in found[0.4].words[0]


def test_what_makes_a_certificate_hold_is_tried_and_said():
    x, signs = np.array(SIGNED), np.array([1, -1])
    found = check_data(Sample(x, signs, "signed", np.arange(2)), [0.4])
    assert "With --unit-norm it applies: 'row signed' then holds on all samples." in found.words[0]
    x /= np.sqrt((x**2).sum(axis=1, keepdims=True))
    (done,) = check_data(Sample(x, signs, "signed", np.arange(2)), [0.4], advise=False).slopes
    assert [c.name for c in done.holding] == ["row signed"]


def test_strict_asks_that_the_theory_applies(check, tmp_path):
    path = save(tmp_path, *near())
    assert check(path, "-q", "--strict", "--slope", 0.9).code == 0
    assert check(path, "-q", "--strict", "--slope", 0.02).code == 4


def test_changes_of_features_are_tried_without_the_whole_gram_matrix_too(monkeypatch) -> None:
    """A change is advised where a few samples and then all meet a certificate; else it is not."""
    rng = np.random.default_rng(3)
    rows, y = rng.uniform(-1, 1, (12, 4000)), np.tile([1, -1], 6)
    monkeypatch.setattr(ladder, "FULL_MATRIX", 4)
    monkeypatch.setattr("perturbproof.verify.assumptions.advice._SOME", 4)
    lengths = np.geomspace(1, 1000, 12)[:, None]
    (uneven,) = check_data(Sample(lengths * rows, y, "uneven", np.arange(12)), [0.9]).slopes
    assert not uneven.holding
    assert uneven.advice is not None
    assert "--unit-norm" in uneven.advice.says(0.9)
    twice = np.repeat(rows[:6], 2, axis=0)  # each sample under both labels
    (doubled,) = check_data(Sample(twice, y, "doubled", np.arange(12)), [0.9]).slopes
    assert doubled.advice is None
