"""The journal of a run: what it keeps comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.theory import theorem
from perturbproof.theory.symbols import p_max
from perturbproof.verify.api import verify
from perturbproof.verify.measure.measuring import MeasuredScenario, measure_scenario
from perturbproof.verify.run import folder as report_folder_module
from perturbproof.verify.run import run
from perturbproof.verify.run.folder import locked
from perturbproof.verify.run.store import (
    FOLDER,
    Journal,
    circumstances,
    from_plain,
    journal_in,
    to_plain,
)

from .small_scenarios import FAR_OUTSIDE, scenario
from .test_report_json import without_times

THEOREM = theorem("standard-boundary")
SCENARIO = scenario()
PERTURBED = scenario(
    name="perturbed",
    theorems=None,
    data={"kind": "uniform", "samples": 6, "dimension": 300},
    perturbed={"base": "natural", "perturbation": {"kind": "l2", "eps": 0.5}},
    chance={"draws": 20},
)


@pytest.fixture(scope="module")
def measured() -> MeasuredScenario:
    return measure_scenario(SCENARIO, [THEOREM])


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / FOLDER, circumstances("cpu", []))


def resumed(journal: Journal, one=SCENARIO, about=THEOREM) -> bool:
    again = Journal(journal.folder, journal.circumstances)
    return bool(again.resume([(one, [about])]))


def kept(journal: Journal, measured: MeasuredScenario) -> Path:
    """The one entry, once it is written."""
    journal.resume([(SCENARIO, [THEOREM])])
    journal.keep(measured)
    (entry,) = journal.folder.iterdir()
    return entry


@pytest.mark.parametrize("one", [SCENARIO, PERTURBED], ids=lambda one: one.name)
def test_what_is_kept_comes_back_as_it_was(journal: Journal, one) -> None:
    about = run.select(one, [THEOREM] if one is SCENARIO else run.catalog())
    made = measure_scenario(one, about)
    assert made.error is None
    journal.resume([(one, about)])
    journal.keep(made)
    back = Journal(journal.folder, journal.circumstances).resume([(one, about)])[one.name]
    assert back.scenario == one
    names = [field for field in made.__dataclass_fields__ if field != "scenario"]
    for name in names:
        old, new = getattr(made, name), getattr(back, name)
        assert type(new) is type(old), name
        assert to_plain(new) == to_plain(old), name
    # The very ends of every interval, not numbers near them.
    for symbol, value in made.measured.items():
        if value.value is not None:
            again = back.measured[symbol].value
            assert again is not None
            assert again.low == value.value.low
            assert again.high == value.value.high


def test_what_is_of_no_known_type_is_refused() -> None:
    with pytest.raises(TypeError, match="Path"):
        to_plain({"x": [Path()]})
    for plain in ({"Path": "x"}, {}, {"Rigor": "certain"}, {"Interval": []}):
        with pytest.raises((ValueError, TypeError)):
            from_plain(plain)


def test_an_error_is_not_kept(journal: Journal, measured) -> None:
    journal.resume([(SCENARIO, [THEOREM])])
    journal.keep(replace(measured, error="OverflowError: too large"))
    assert not journal.folder.exists()


def test_an_entry_is_found_again_and_removed(journal: Journal, measured) -> None:
    assert not resumed(journal)
    kept(journal, measured)
    assert resumed(journal)
    journal.remove()
    assert not journal.folder.exists()


# ---------------------------------------------------------------- damaged, foreign, stale


def changed_digit(text: str) -> str:
    """One hexadecimal digit of the first end of an interval: still JSON, another number."""
    at = text.index("0x", text.index('"Interval"')) + 2
    return text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]


DAMAGES = {
    "empty": lambda text: "",
    "cut off": lambda text: text[: len(text) // 2],
    "a digit": changed_digit,
    "not JSON": lambda text: "}" + text,
    "another JSON": lambda text: "[1, 2]",
    "deep": lambda text: "[" * 100_000,
    "no key": lambda text: json.dumps({"name": "x"}),
    "a verdict slipped in": lambda text: text.replace('"error": null', '"error": "no"'),
    "bytes": lambda text: "\udcff" + text,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_ignored(journal: Journal, measured, damage: str) -> None:
    entry = kept(journal, measured)
    text = DAMAGES[damage](entry.read_text(encoding="utf-8"))
    entry.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert not resumed(journal)


def test_an_entry_under_the_name_of_another_is_ignored(journal: Journal, measured) -> None:
    entry = kept(journal, measured)
    other = scenario(seed=1)
    names = Journal(journal.folder, journal.circumstances)
    names.resume([(other, [THEOREM])])
    entry.rename(journal.folder / f"{names._names['small']}.json")
    assert not resumed(journal, other)


@pytest.mark.parametrize(
    "changes",
    [{"seed": 1}, {"precision": 300}, {"data": FAR_OUTSIDE}, {"tolerance": {"angle": 0.1}}],
)
def test_another_scenario_is_measured_anew(journal: Journal, measured, changes) -> None:
    kept(journal, measured)
    assert not resumed(journal, scenario(**changes))


def test_other_relations_device_or_theorem_file_are_measured_anew(
    journal: Journal, measured, tmp_path: Path
) -> None:
    kept(journal, measured)
    weaker = replace(THEOREM.assumptions[0], relation=p_max < 1)
    assert not resumed(journal, about=replace(THEOREM, assumptions=(weaker,)))
    own = tmp_path / "own.py"
    own.write_text("THEOREM = 1")
    for other in (circumstances("cuda:0", []), circumstances("cpu", [own])):
        assert not resumed(replace(journal, circumstances=other))
    assert resumed(journal)


@pytest.mark.parametrize("how", ["content", "labels"])
def test_changed_data_files_are_measured_anew(tmp_path: Path, how: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 50)), np.array([0, 1] * 3)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    one = scenario(data={"kind": "file", "path": str(tmp_path / "x.npy")})
    journal = Journal(tmp_path / FOLDER, circumstances("cpu", []))
    journal.resume([(one, [THEOREM])])
    journal.keep(measure_scenario(one, [THEOREM]))
    assert resumed(journal, one)
    name, changed = ("x.npy", x + 1) if how == "content" else ("y.npy", 1 - y)
    before = (tmp_path / name).stat()
    np.save(tmp_path / name, changed)
    # Of the same size, and with the old time of change put back.
    os.utime(tmp_path / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not resumed(journal, one)


def test_changed_source_is_measured_anew(journal: Journal, measured) -> None:
    kept(journal, measured)
    (first, *rest) = journal.circumstances["source"]
    newer = [[first[0], first[1], first[2] + 1], *rest]
    assert not resumed(replace(journal, circumstances={**journal.circumstances, "source": newer}))


# ---------------------------------------------------------------- what stays after a run


def fail_after_keeping(out: Path, measured, fault: BaseException | None) -> None:
    with journal_in(out, circumstances("cpu", [])) as journal:
        kept(journal, measured)
        if fault is not None:
            raise fault


@pytest.mark.parametrize(
    ("fault", "stays"),
    [
        (None, False),
        (InputError("bad"), False),
        (AttributeError("a bug"), False),
        (KeyboardInterrupt(), True),
        (OSError(28, "No space left on device"), True),
        (MemoryError(), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_finished_stays_if_the_run_can_be_resumed(
    tmp_path: Path, measured, fault: BaseException | None, stays: bool
) -> None:
    ended = nullcontext() if fault is None else pytest.raises(type(fault))
    with ended:
        fail_after_keeping(tmp_path, measured, fault)
    assert (tmp_path / FOLDER).exists() is stays


def test_bad_input_leaves_what_an_earlier_run_had_finished(tmp_path: Path, measured) -> None:
    with pytest.raises(KeyboardInterrupt):
        fail_after_keeping(tmp_path, measured, KeyboardInterrupt())
    journal = Journal(tmp_path / FOLDER, shared := circumstances("cpu", []))
    with pytest.raises(InputError), journal_in(tmp_path, shared):
        raise InputError("bad")
    assert resumed(journal)


def test_files_that_are_not_the_journals_are_left(tmp_path: Path, measured) -> None:
    with journal_in(tmp_path, circumstances("cpu", [])) as journal:
        kept(journal, measured)
        (journal.folder / "notes.txt").write_text("mine")
    assert [path.name for path in journal.folder.iterdir()] == ["notes.txt"]


# ---------------------------------------------------------------- a run that resumes


@pytest.fixture
def unrendered(monkeypatch) -> None:
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())


@pytest.mark.usefixtures("unrendered")
def test_a_resumed_run_measures_the_rest_and_reports_the_same(tmp_path: Path, monkeypatch) -> None:
    three = [scenario(name=name, seed=seed) for seed, name in enumerate("abc")]
    told: list[tuple[str, int, int]] = []
    measured: list[str] = []
    right = run.measure_scenario

    def noted(one, about, **options):
        measured.append(one.name)
        if interrupting and one.name == "c":
            raise KeyboardInterrupt
        return right(one, about, **options)

    monkeypatch.setattr(run, "measure_scenario", noted)

    def report(folder: str):
        result = verify(
            *three, out=tmp_path / folder, device="cpu", progress=lambda *p: told.append(p)
        )
        return without_times(result.report)

    interrupting = False
    undisturbed = report("undisturbed")
    assert measured == ["a", "b", "c"]
    interrupting = True
    with pytest.raises(KeyboardInterrupt):
        report("disturbed")
    measured.clear()
    told.clear()
    interrupting = False
    assert report("disturbed") == undisturbed
    assert measured == ["c"]
    assert ("resuming: 2 of 3 scenarios were finished", 0, 0) in told
    assert {path.name for path in (tmp_path / "disturbed").iterdir()} == {"report.json"}
    # Nothing is left to resume, and nothing is said.
    told.clear()
    assert report("disturbed") == undisturbed
    assert not [what for what, *_ in told if "resuming" in what]


def test_two_runs_in_one_folder_at_once(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(InputError, match="another run is writing there"),
        locked(tmp_path),
    ):
        pytest.fail("both hold it")
    # Free again, and nothing is left.
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_left_by_a_killed_run_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / ".perturbproof-lock").touch()
    with locked(tmp_path):
        pass


@pytest.mark.usefixtures("unrendered")
def test_what_a_killed_run_left_half_made_is_swept_away(tmp_path: Path) -> None:
    half = tmp_path / ".perturbproof-new-abc" / "figures"
    half.mkdir(parents=True)
    (half / "x.svg").write_text("<sv")
    verify(SCENARIO, out=tmp_path, device="cpu")
    assert {path.name for path in tmp_path.iterdir()} == {"report.json"}
