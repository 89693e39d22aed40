"""Faults around a run: interrupts, full and read-only disks, no memory, closed streams.

Each ends with one line and the right exit code; what an earlier run left is as it was, and nothing
but the journal, from which the next run goes on, is left of this one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .small_scenarios import toml

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and mounts are those of POSIX")

SCRIPT = Path(sys.executable).with_name("perturbproof")
EARLIER = {"report.json": b"{}", "report.pdf": b"%PDF earlier", "figures/a.svg": b"<svg/>"}
JOURNAL = ".perturbproof-journal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario that takes seconds, and one that would take hours."""
    (tmp_path / "small.toml").write_text(toml())
    (tmp_path / "long.toml").write_text(toml(training={"steps": 1_000_000}))
    return tmp_path


def earlier_report(out: Path) -> Path:
    """What an earlier run might have left in a folder."""
    for name, content in EARLIER.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    return out


def assert_as_it_was(out: Path) -> None:
    found = {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and JOURNAL not in path.parts
    }
    assert found == EARLIER


def command(folder: Path, *words: str, **options) -> subprocess.CompletedProcess[str]:
    """The installed script, run to its end."""
    options = {"capture_output": True, "text": True, "timeout": 300, **options}
    return subprocess.run([SCRIPT, *words], cwd=folder, check=False, **options)


def said(errors: str) -> list[str]:
    """What the script wrote to stderr, without the stages of its work."""
    return [line for line in errors.splitlines() if not line.endswith((" ...", " so far"))]


# ---------------------------------------------------------------- interrupts


def _listening() -> None:
    """Tests that run in the background of a shell ignore SIGINT, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(folder: Path, stage: str, sent: signal.Signals, wait: float = 0.0) -> None:
    out = earlier_report(folder / "report")
    scenario = "small.toml" if stage == "writing the report" else "long.toml"
    process = subprocess.Popen(
        [SCRIPT, "verify", scenario, "--out", "report"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_listening,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if stage in line:
            break
    time.sleep(wait)
    process.send_signal(sent)
    output, errors = process.communicate(timeout=900)
    assert (process.returncode, output) == (130, "")
    assert said(errors) == ["perturbproof: interrupted"]
    assert_as_it_was(out)


@pytest.mark.slow
def test_the_end_of_a_job_is_an_interrupt(folder: Path) -> None:
    """SIGTERM is what cluster schedulers and containers send first.

    Sent before torch is loaded, which takes most of the time; test_installed interrupts training.
    """
    interrupted(folder, "proving", signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("stage", ["proving", "data and exact", "training", "writing the report"])
def test_interrupts_at_every_stage(
    folder: Path, stage: str, wait: float, sent: signal.Signals
) -> None:
    if stage == "writing the report" and wait > 0.1:
        pytest.skip("by then the report may be written")
    interrupted(folder, stage, sent, wait)


# ---------------------------------------------------------------- disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, 256 KiB, with an earlier report on it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let its root mount a file system")
    earlier_report(place / "report")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk(folder: Path, disk: Path) -> None:
    done = command(folder, "verify", "small.toml", "--out", str(disk / "report"))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = said(done.stderr)
    assert line.startswith("perturbproof: No space left on device")
    assert_as_it_was(disk / "report")


@pytest.mark.slow
def test_a_disk_without_room_for_anything(folder: Path, disk: Path) -> None:
    (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free))
    done = command(folder, "verify", "small.toml", "--out", str(disk / "report"))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = said(done.stderr)
    assert line.startswith("perturbproof: No space left on device")
    assert_as_it_was(disk / "report")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["report", "new"])
def test_a_read_only_folder(folder: Path, disk: Path, name: str) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = command(folder, "verify", "small.toml", "--out", str(disk / name))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = said(done.stderr)
    assert line.startswith(f"perturbproof: out {disk / name}: cannot be written")
    assert_as_it_was(disk / "report")
    done = command(folder, "report", str(disk / "report"))
    assert (done.returncode, done.stdout, len(said(done.stderr))) == (2, "", 1)


# ---------------------------------------------------------------- memory


def limited(kibibytes: int, *words: str) -> list[str]:
    """A command that may have so much address space."""
    return ["sh", "-c", f'ulimit -v {kibibytes}; exec "$0" "$@"', str(SCRIPT), *words]


def run_limited(folder: Path, kibibytes: int, scenario: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        limited(kibibytes, "verify", scenario, "--out", "report"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


@LINUX
@pytest.mark.parametrize("kibibytes", [200_000, 600_000, 800_000])
def test_no_memory_for_the_libraries(folder: Path, kibibytes: int) -> None:
    """With so little OpenBLAS gives up, PyTorch aborts, or both wait for ever."""
    out = earlier_report(folder / "report")
    done = run_limited(folder, kibibytes, "small.toml")
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = said(done.stderr)
    assert line.startswith("perturbproof: out of memory: the address space is limited to 0.")
    assert_as_it_was(out)


@LINUX
@pytest.mark.slow
def test_no_memory_for_the_data(folder: Path) -> None:
    """The scenario is an ERROR that says so; the report tells it, and the exit code is 1."""
    data = {"kind": "orthogonal", "samples": 4000, "dimension": 20_000}
    (folder / "large.toml").write_text(toml(data=data))
    done = run_limited(folder, 2_200_000, "large.toml")
    assert done.returncode == 1, done.stderr
    assert "MemoryError" in done.stdout
    assert "1 ERROR" in done.stdout
    assert (folder / "report/report.json").is_file()


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize(
    "words", [("--help",), pytest.param(("list", "--json"), marks=pytest.mark.slow)], ids=" ".join
)
def test_output_that_nobody_reads_to_its_end(folder: Path, words: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=900)
    assert errors == ""
    assert process.returncode in (0, -signal.SIGPIPE)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("prove", "exact-chain", "-q")])
def test_output_to_a_full_disk(folder: Path, words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = command(folder, *words, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert (done.returncode, done.stderr) == (2, "perturbproof: No space left on device\n")


@pytest.mark.slow
def test_errors_to_a_full_disk(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        done = command(folder, "report", "none", stdout=full, stderr=full, capture_output=False)
    assert done.returncode == 2
