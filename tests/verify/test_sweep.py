"""Sweeps: what is kept is not run again, what fails is recorded, and workers change nothing."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.theory.theorems import catalog
from perturbproof.verify.api import SweepResult
from perturbproof.verify.measure.measuring import measure_symbols
from perturbproof.verify.run import store as module
from perturbproof.verify.run import sweep
from perturbproof.verify.run.study_record import sweep_entry
from perturbproof.verify.run.sweep import POINTS, Swept, run_sweep
from perturbproof.verify.scenarios.grid import load_grid, parse_shard

TEXT = """
name = "small"
theorems = ["half-aware", "exact-multipliers"]
expect = "VACUOUS"
[data]
kind = "uniform"
samples = 4
dimension = 10
[network]
width = 4
[training]
steps = 3
[sweep]
seed = [0, 1, 2]
"network.slope" = [0.5, 0.9]
"""


def grid_in(folder: Path, text: str = TEXT):
    path = folder / "small.toml"
    path.write_text(text)
    return load_grid(path)


def swept(folder: Path, text: str = TEXT, **options) -> Swept:
    return run_sweep(grid_in(folder, text), catalog(), folder / "out", **options)


def rows(one: Swept) -> list[dict]:
    """The table of a sweep, times aside."""
    table = sweep_entry(one, {}).model_dump(mode="json")["points"]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in table]


def test_points_are_kept_and_a_rerun_computes_only_what_is_missing(tmp_path: Path) -> None:
    first = swept(tmp_path)
    assert (first.ran, first.missing, first.failed) == (6, 0, 0)
    assert len(list((tmp_path / "out" / POINTS).iterdir())) == 6
    files = sorted((tmp_path / "out" / POINTS).iterdir())
    files[1].unlink()
    files[4].write_text(files[4].read_text()[:100])
    again = swept(tmp_path)
    assert again.ran == 2
    assert rows(again) == rows(first)
    assert swept(tmp_path).ran == 0


def test_a_wider_grid_runs_only_the_new_points(tmp_path: Path) -> None:
    swept(tmp_path)
    wider = swept(tmp_path, TEXT.replace("[0, 1, 2]", "[0, 1, 2, 3]"))
    assert (wider.ran, len(wider.points)) == (2, 8)


def test_shards_share_the_points_and_the_report_waits_for_all(tmp_path: Path) -> None:
    parts = [swept(tmp_path, shard=(i, 4)) for i in (1, 2, 3, 4)]
    assert [part.ran for part in parts] == [2, 2, 1, 1]
    assert [part.missing for part in parts] == [4, 2, 1, 0]
    assert parts[0].run is None
    (tmp_path / "serial").mkdir()
    assert rows(parts[3]) == rows(swept(tmp_path / "serial"))


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", ""])
def test_what_is_no_shard_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"shard: must be i/n"):
        parse_shard(text)


def test_a_point_that_fails_is_recorded_and_retried_when_asked(tmp_path: Path) -> None:
    text = TEXT.replace(
        '"network.slope" = [0.5, 0.9]',
        'data = [{ kind = "file", path = "none.npz" }, '
        '{ kind = "uniform", samples = 4, dimension = 9 }]',
    )
    one = swept(tmp_path, text)
    assert (one.failed, one.missing, one.ran) == (3, 0, 6)
    errors = [row["error"] for row in rows(one)]
    assert all("none.npz: no such file" in error for error in errors[::2])
    assert errors[1::2] == [None] * 3
    assert swept(tmp_path, text).ran == 0
    assert swept(tmp_path, text, retry_failed=True).ran == 3


def test_values_that_make_no_scenario_are_recorded_too(tmp_path: Path) -> None:
    text = TEXT.replace('"uniform"', '"orthogonal"').replace(
        '"network.slope" = [0.5, 0.9]', "data.dimension = [3, 20]"
    )
    one = swept(tmp_path, text)
    assert (one.failed, one.missing, one.ran) == (3, 0, 3)
    assert "do not fit in dimension 3" in rows(one)[0]["error"]


def test_a_changed_data_file_is_another_point(tmp_path: Path) -> None:
    text = TEXT.replace(
        'kind = "uniform"\nsamples = 4\ndimension = 10', 'kind = "file"\npath = "mine.npz"'
    )

    def write(seed: int) -> None:
        x = np.random.default_rng(seed).standard_normal((4, 10))
        np.savez(tmp_path / "mine.npz", x=x, y=np.array([1, -1, 1, -1]))

    write(0)
    first = swept(tmp_path, text)
    assert (first.ran, swept(tmp_path, text).ran) == (6, 0)
    write(1)
    assert swept(tmp_path, text).ran == 6
    write(0)
    back = swept(tmp_path, text)
    assert (back.ran, rows(back)) == (0, rows(first))


def test_a_changed_program_or_device_is_another_point(tmp_path: Path, monkeypatch) -> None:
    swept(tmp_path)
    monkeypatch.setattr(module, "source_digest", lambda: "changed")
    assert swept(tmp_path).ran == 6


def test_points_that_travel_as_they_do_to_a_process_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, work, sent = swept(tmp_path), sweep._in_a_worker, []

    def elsewhere(*given):
        sent.append(pickle.dumps(given))
        return pickle.loads(pickle.dumps(work(*pickle.loads(sent[-1]))))

    monkeypatch.setattr(sweep, "_in_a_worker", elsewhere)
    (tmp_path / "two").mkdir()
    two = swept(tmp_path / "two")
    assert sent
    assert rows(one) == rows(two)


@pytest.mark.slow
def test_processes_give_the_same_points(tmp_path: Path) -> None:
    one = swept(tmp_path)
    (tmp_path / "two").mkdir()
    two = swept(tmp_path / "two", jobs=2)
    assert rows(one) == rows(two)


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    with pytest.raises(InputError, match=r"scheduler tcp://127\.0\.0\.1:9: cannot be reached"):
        swept(tmp_path, scheduler="tcp://127.0.0.1:9")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # a worker that dies is reported by many
def test_a_cluster_that_loses_a_worker_ends_as_serial(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    text = TEXT.replace("[0, 1, 2]", "{ from = 0, to = 19, step = 1 }")
    serial = swept(tmp_path, text)
    (tmp_path / "cluster").mkdir()
    store = tmp_path / "cluster" / "out" / POINTS
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        victim = next(iter(cluster.workers.values())).pid
        killed = threading.Event()

        def kill() -> None:
            while not (store.is_dir() and any(store.iterdir())):
                time.sleep(0.02)
            os.kill(victim, signal.SIGKILL)
            killed.set()

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        lost = swept(tmp_path / "cluster", text, scheduler=cluster.scheduler_address)
        assert killed.wait(10)
    assert lost.missing == 0
    assert rows(lost) == rows(serial)


def test_a_killed_process_costs_its_own_point_only(tmp_path: Path, monkeypatch) -> None:
    """The points left are run alone, and of one that is killed again it is said."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    whole, alone = swept(tmp_path), []

    def dying(tasks, jobs, scheduler):
        key, task = next(iter(tasks.items()))
        yield key, task()
        raise TerminatedWorkerError("killed")

    def again(key, task):
        alone.append(key)
        return None if len(alone) == 2 else task()

    monkeypatch.setattr(sweep, "_in_parallel", dying)
    monkeypatch.setattr(sweep, "_alone", again)
    (tmp_path / "killed").mkdir()
    found = swept(tmp_path / "killed")
    assert (len(alone), found.missing, found.failed) == (5, 0, 1)
    (lost,) = [one for one in found.measured if one is not None and one.error is not None]
    assert lost.error == "the process that measured it was killed, for lack of memory?"
    kept = [a == b for a, b in zip(rows(whole), rows(found), strict=True)]
    assert sum(kept) == len(kept) - 1


def test_an_interrupted_chunk_loses_no_finished_point(tmp_path: Path, monkeypatch) -> None:
    measure, done = measure_symbols, []

    def interrupted(*given, **named):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(measure(*given, **named))
        return done[-1]

    monkeypatch.setattr(sweep, "_TASKS_PER_WORKER", 1)  # one chunk of all
    monkeypatch.setattr(sweep, "measure_symbols", interrupted)
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path)
    assert len(list((tmp_path / "out" / POINTS).glob("*.json"))) == 3


def test_the_result_of_a_sweep_has_its_verdicts(tmp_path: Path) -> None:
    result = SweepResult(swept(tmp_path), tmp_path, None, False, {})
    assert [(line.verdict, line.expected) for line in result.results] == [*result.swept.judged]
    assert len({line.scenario for line in result.results}) == len(result.swept.points)
    wrong = [line for line in result.results if line.verdict is not line.expected]
    assert list(result.unexpected) == wrong
    assert result.as_expected == (result.exit_code == 0)
    assert set(result.failures) <= set(result.unexpected)
    with pytest.raises(TypeError, match="no truth value"):
        bool(result)
    with pytest.raises(InputError, match="no report"):
        result.to_json()


def test_threads_are_no_more_than_are_allowed(monkeypatch) -> None:
    monkeypatch.setattr(sweep, "cores", lambda: 8)
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    assert [sweep._threads(count) for count in (1, 2, 4, 8, 16)] == [3, 3, 2, 1, 1]


@pytest.mark.slow
def test_a_task_that_kills_its_process_gives_nothing() -> None:
    def kill() -> dict[str, object]:
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    assert sweep._alone("a", kill) is None
    assert sweep._alone("b", lambda: {"b": 1}) == {"b": 1}
