"""The journal of a run: what it keeps comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import json
import os
import threading
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
from perturbproof.verify.run import store as store_module
from perturbproof.verify.run.folder import locked, report_folder
from perturbproof.verify.run.run import JOURNAL
from perturbproof.verify.run.store import (
    Store,
    from_plain,
    kept,
    measured_from_plain,
    measured_to_plain,
    scenario_key,
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
def journal(tmp_path: Path) -> Store:
    return Store(tmp_path / JOURNAL)


def key(one=SCENARIO, about=THEOREM, device: str = "cpu", **more) -> str:
    return scenario_key(one, [about], device, **more)


def resumed(journal: Store, one=SCENARIO, *given, **more) -> bool:
    (found,) = kept([(key(one, *given, **more), one)], journal, measured_from_plain)
    return found is not None


def put(journal: Store, measured: MeasuredScenario) -> Path:
    """The one entry, once it is written."""
    journal.put(key(measured.scenario), measured_to_plain(measured))
    (entry,) = journal.folder.iterdir()
    return entry


@pytest.mark.parametrize("one", [SCENARIO, PERTURBED], ids=lambda one: one.name)
def test_what_is_kept_comes_back_as_it_was(journal: Store, one) -> None:
    about = run.select(one, [THEOREM] if one is SCENARIO else run.catalog())
    made = measure_scenario(one, about)
    assert made.error is None
    put(journal, made)
    (back,) = kept([(key(one), one)], journal, measured_from_plain)
    assert back is not None
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


def test_an_entry_is_found_again_and_removed(journal: Store, measured) -> None:
    assert not resumed(journal)
    put(journal, measured)
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
def test_a_damaged_entry_is_ignored(journal: Store, measured, damage: str) -> None:
    entry = put(journal, measured)
    text = DAMAGES[damage](entry.read_text(encoding="utf-8"))
    entry.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert not resumed(journal)


@pytest.mark.parametrize(
    "changes",
    [{"seed": 1}, {"precision": 300}, {"data": FAR_OUTSIDE}, {"tolerance": {"angle": 0.1}}],
)
def test_another_scenario_is_measured_anew(journal: Store, measured, changes) -> None:
    put(journal, measured)
    assert not resumed(journal, scenario(**changes))


def test_another_name_or_expectation_changes_no_measurement(journal: Store, measured) -> None:
    put(journal, measured)
    other = scenario(name="other", description="again", expect="VACUOUS")
    assert resumed(journal, other)


def test_whatever_else_a_measurement_depends_on_is_in_its_key(
    journal: Store, measured, monkeypatch
) -> None:
    put(journal, measured)
    weaker = replace(THEOREM.assumptions[0], relation=p_max < 1)
    assert not resumed(journal, SCENARIO, replace(THEOREM, assumptions=(weaker,)))
    assert not resumed(journal, SCENARIO, THEOREM, "cuda:0")
    assert not resumed(journal, SCENARIO, threads=[2])
    for name, changed in (("source_digest", "edited"), ("_versions", {"numpy": "0"})):
        with monkeypatch.context() as patch:
            patch.setattr(store_module, name, lambda changed=changed: changed)
            assert not resumed(journal)
    assert resumed(journal)


def test_the_source_is_known_by_its_content(tmp_path: Path, monkeypatch) -> None:
    """Not by size and time of change: an edit that keeps both is another program."""
    monkeypatch.setattr(store_module, "_PROJECT", tmp_path)
    (tmp_path / "verify").mkdir()
    file = tmp_path / "verify" / "a.py"
    found = []
    for text in ("x = 1\n", "x = 2\n", "x = 1\n"):
        file.write_text(text)
        os.utime(file, ns=(0, 0))
        store_module.source_digest.cache_clear()
        found.append(store_module.source_digest())
    store_module.source_digest.cache_clear()
    assert found[0] == found[2] != found[1]


@pytest.mark.parametrize("how", ["content", "labels"])
def test_changed_data_files_are_measured_anew(tmp_path: Path, journal: Store, how: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 50)), np.array([0, 1] * 3)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    one = scenario(data={"kind": "file", "path": str(tmp_path / "x.npy")})
    put(journal, measure_scenario(one, [THEOREM]))
    assert resumed(journal, one)
    name, changed = ("x.npy", x + 1) if how == "content" else ("y.npy", 1 - y)
    before = (tmp_path / name).stat()
    np.save(tmp_path / name, changed)
    # Of the same size, and with the old time of change put back.
    os.utime(tmp_path / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not resumed(journal, one)
    np.save(tmp_path / name, x if how == "content" else y)
    assert resumed(journal, one)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("images.idx", "labels.idx"),
    ],
)
def test_labels_that_are_sought_beside_images_are_in_the_key(
    tmp_path: Path, images: str, labels: str
) -> None:
    for name in (images, labels):
        (tmp_path / name).write_bytes(b"1")
    one = scenario(data={"kind": "file", "path": str(tmp_path / images)})
    before = key(one)
    (tmp_path / labels).write_bytes(b"2")
    assert key(one) != before


def test_files_that_are_not_the_journals_are_left(journal: Store, measured) -> None:
    put(journal, measured)
    (journal.folder / "notes.txt").write_text("mine")
    journal.remove()
    assert [path.name for path in journal.folder.iterdir()] == ["notes.txt"]


# ---------------------------------------------------------------- a run that resumes


@pytest.fixture
def unrendered(monkeypatch) -> None:
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())


FAULTS = (
    KeyboardInterrupt(),
    OSError(28, "No space left on device"),
    *(
        pytest.param(fault, marks=pytest.mark.slow)
        for fault in (InputError("bad"), AttributeError("a bug"), MemoryError())
    ),
)


THREE = [scenario(name=name, seed=seed) for seed, name in enumerate("abc")]


@pytest.fixture(scope="module")
def undisturbed() -> object:
    """The report of a run of the three that nothing ended."""
    return without_times(verify(*THREE, device="cpu").report)


@pytest.mark.usefixtures("unrendered")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_what_was_finished_outlives_whatever_ends_the_run(
    tmp_path: Path, monkeypatch, undisturbed: object, fault: BaseException
) -> None:
    told: list[tuple[str, int, int]] = []
    measured: list[str] = []
    right = run.measure_scenario

    def noted(one, about, **options):
        measured.append(one.name)
        if len(measured) == 3:
            raise fault
        return right(one, about, **options)

    monkeypatch.setattr(run, "measure_scenario", noted)

    def report():
        out = tmp_path / "report"
        result = verify(*THREE, out=out, device="cpu", progress=lambda *p: told.append(p))
        return without_times(result.report)

    with pytest.raises(type(fault)):
        report()
    assert measured == ["a", "b", "c"]
    measured.clear()
    told.clear()
    assert report() == undisturbed
    assert measured == ["c"]
    assert ("resuming: 2 of 3 scenarios were finished", 0, 0) in told
    # Nothing is left to resume.
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"report.json"}


@pytest.mark.usefixtures("unrendered")
def test_an_error_is_not_kept(tmp_path: Path, monkeypatch) -> None:
    broken = MeasuredScenario(SCENARIO, (THEOREM.id,), error="OverflowError: too large")
    monkeypatch.setattr(run, "measure_scenario", lambda *_, **__: broken)
    store = Store(tmp_path / JOURNAL)
    done = run.run_scenarios([SCENARIO], journal=store)
    assert done.outcomes[0].error == "OverflowError: too large"
    assert not store.folder.exists()


# ---------------------------------------------------------------- several runs in one folder


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


@pytest.mark.parametrize("how", ["a part of a sweep", "without locks"])
def test_a_report_that_another_run_is_making_is_left(tmp_path: Path, monkeypatch, how: str) -> None:
    half = tmp_path / ".perturbproof-new-abc"
    half.mkdir()
    if how == "without locks":
        monkeypatch.setattr(report_folder_module, "fcntl", None)
    with report_folder(tmp_path, exclusive=how == "without locks"):
        pass
    assert half.is_dir()


def _enter_and_leave(out: Path, times: int) -> int:
    """How many entries a part of a sweep fails; every second one ends in an error."""
    failed = 0
    for k in range(times):
        try:
            with report_folder(out, exclusive=False):
                if k % 2:
                    raise LookupError
        except LookupError:
            pass
        except InputError:
            failed += 1
    return failed


def test_many_enter_and_leave_one_folder_at_once(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    failed: list[int] = []
    threads = [
        threading.Thread(target=lambda: failed.append(_enter_and_leave(out, 200))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [0] * 8
    assert list(out.iterdir()) == []


def test_a_run_that_fails_and_one_that_enters_do_not_meet(tmp_path: Path) -> None:
    """A run that fails takes its empty folder away; one that comes then makes it again."""
    out, entered, told = tmp_path / "deep" / "out", 0, set()
    stop = threading.Event()

    def fail() -> None:
        while not stop.is_set():
            try:
                with report_folder(out):
                    raise LookupError
            except LookupError:
                pass
            except InputError as error:
                told.add(str(error))

    failing = [threading.Thread(target=fail) for _ in range(3)]
    for thread in failing:
        thread.start()
    for _ in range(300):
        with report_folder(out, exclusive=False):
            entered += 1
    stop.set()
    for thread in failing:
        thread.join()
    assert entered == 300
    assert all("another run is writing there" in one for one in told)
