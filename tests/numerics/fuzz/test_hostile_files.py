"""Files made to harm: sizes that lie, archives that unfold, names that lead elsewhere, hidden code.

Each is refused in one line, at once, and before anything is allocated on its word.
"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.file import FromFile
from perturbproof.numerics.data.files.reading import read_labels

from ...fuzzing import assert_one_line, timed
from . import sample_files as files

# What reading a file of a few hundred kilobytes may take, in bytes, unless it is sound.
MEMORY = 64 * 2**20
TRILLION = 10**12


def refusal(path: Path, **options: object) -> str:
    """The line by which a data file is refused."""
    with pytest.raises(InputError) as caught:
        timed(lambda: FromFile(path=str(path), **options).draw(np.random.default_rng(0)))
    assert_one_line(str(caught.value))
    return str(caught.value)


def lying_archive(members: Iterable[tuple[str, bytes]], method: int, size: int) -> bytes:
    """A zip archive whose directory claims one size for all members, beyond 2^32 as zip64."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
        for entry in made.infolist():
            entry.file_size = entry.compress_size = size
    return stream.getvalue()


def bomb(size: int) -> bytes:
    """An archive that is sound in every respect, and unfolds to `size` bytes of zeros."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        with made.open("x.npy", "w") as member:
            member.write(files.npy_with(files.header("|u1", (size // 2**20, 2**20))))
            for _ in range(size // 2**20):
                member.write(bytes(2**20))
        made.writestr("y.npy", files.npy(files.Y))
    return stream.getvalue()


ROWS = files.npy_with(files.header("<f8", (TRILLION, 2)))
ONE = files.npy_with(files.header("|u1", (TRILLION,)))
HUGE_HEADER = b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1)
ENTRY = {"dtype": "F64", "shape": [TRILLION, 2], "data_offsets": [0, 16 * TRILLION]}
REPEATED = torch.ones(1, 1).expand(10**6, 10**6)

LIES: dict[str, Callable[[], bytes]] = {
    "rows.npy": lambda: ROWS + bytes(64),
    "overflow.npy": lambda: files.npy_with(files.header("<f8", (2**32, 2**32))),
    "empty.npy": lambda: files.npy_with(files.header("<f8", (0, 10**30))),
    "no_width.npy": lambda: files.npy_with(files.header("<U0", (TRILLION,))),
    "header.npy": lambda: HUGE_HEADER,
    "rows.npz": lambda: files.archive([("x.npy", ROWS), ("y.npy", ONE)]),
    "header.npz": lambda: lying_archive([("x.npy", HUGE_HEADER)], zipfile.ZIP_STORED, 2**32),
    "zip64.npz": lambda: lying_archive(
        [("x.npy", ROWS), ("y.npy", ONE)], zipfile.ZIP_STORED, len(ROWS) + 16 * TRILLION
    ),
    "zip64_deflated.npz": lambda: lying_archive(
        [("x.npy", ROWS), ("y.npy", ONE)], zipfile.ZIP_DEFLATED, len(ROWS) + 16 * TRILLION
    ),
    "bomb.npz": lambda: bomb(300 * 2**20),
    "lzma.npz": lambda: files.npz(method=zipfile.ZIP_LZMA),
    "twice.npz": lambda: files.archive([("x.npy", files.npy(files.X)), ("x.npy", ROWS)]),
    "rows.safetensors": lambda: files.safetensors_with({"x": ENTRY, "y": ENTRY}, bytes(64)),
    "header.safetensors": lambda: files.safetensors_with(b"{}", length=2**63),
    "overlap.safetensors": lambda: files.safetensors_with(
        {
            "x": {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]},
            "y": {"dtype": "I64", "shape": [3], "data_offsets": [24, 48]},
        },
        bytes(48),
    ),
    "expanded.pt": lambda: files.pt({"x": REPEATED, "y": torch.tensor(files.Y)}),
    "images-idx3-ubyte": lambda: files.idx_with((2**32 - 1,) * 3, bytes(64)),
    "images-idx4-ubyte": lambda: files.idx_with((0,) + (2**32 - 1,) * 3),
    "images-idx3-ubyte.gz": lambda: files.zipped(files.idx_with((300, 2**10, 2**10), bytes(2**20))),
    "long_label.csv": lambda: b"1,2,a\n" * 5_000 + b"1,2," + b"b" * 100_000 + b"\n",
    "long_cell.csv": lambda: b"1,2,0\n" * 5_000 + b"c" * 130_000 + b",2,0\n",
    "field.csv": lambda: b"1,2,0\n" + b"1" * 2**20 + b",2,0\n",
    "quote.csv": lambda: b'1,"2,0\n' * 100_000,
    "columns.csv": lambda: b"1," * 40_000 + b"0\n" + b"1,2\n",
    "zeros.csv": lambda: bytes(2**20),
}


@pytest.mark.parametrize("name", LIES)
def test_lies_are_refused_before_allocation(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(LIES[name]())
    for beside in ("labels.npy", "labels-idx1-ubyte"):
        np.save(tmp_path / beside, files.Y)
    labels = {".npy": "labels.npy", "byte": "labels-idx1-ubyte"}.get(name.removesuffix(".gz")[-4:])
    tracemalloc.start()
    try:
        line = refusal(tmp_path / name, labels=labels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert name in line
    assert "fit in memory" not in line, "refused only because the allocation failed"
    # A million cells are Python strings before they are numbers.
    assert peak <= MEMORY + 100 * (tmp_path / name).stat().st_size


READ_ALL = """
import resource, sys
import torch, safetensors
from pathlib import Path
import numpy as np
from perturbproof.numerics.data.file import FromFile
from perturbproof.numerics.input_error import InputError
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + int(sys.argv[1]),) * 2)
for path in sorted(Path(sys.argv[2]).iterdir()):
    try:
        FromFile(path=str(path), labels=None).draw(np.random.default_rng(0))
    except InputError as error:
        print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_lies_are_refused_where_there_is_no_memory_for_them(tmp_path: Path) -> None:
    """In a process that may take 512 MiB more, which also holds what torch allocates."""
    pairs = ("npy", "byte", "gz")  # these need a second file
    kept = {name: make() for name, make in LIES.items() if not name.endswith(pairs)}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ_ALL, str(512 * 2**20), tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [Path(line.split(": ")[0]).name for line in lines] == sorted(kept)
    assert not any("fit in memory" in line for line in lines)


class TestNothingIsRunAndNothingWritten:
    @pytest.fixture
    def mine(self, tmp_path: Path) -> Path:
        """A folder below the one that is looked at afterwards."""
        folder = tmp_path / "a" / "b"
        folder.mkdir(parents=True)
        return folder

    @pytest.mark.parametrize(
        "name", ["../../evil.npy", "/tmp/perturbproof-evil.npy", "..\\evil.npy"]
    )
    def test_names_in_an_archive_are_not_followed(self, mine: Path, name: str) -> None:
        members = [("x.npy", files.npy(files.X)), ("y.npy", files.npy(files.Y)), (name, b"evil")]
        (mine / "data.npz").write_bytes(files.archive(members))
        assert FromFile(path=str(mine / "data.npz")).draw(np.random.default_rng(0)).n == 3
        (mine / "data.npz").write_bytes(files.archive([members[0], members[2]]))
        assert "no array 'y'" in refusal(mine / "data.npz")
        assert [path.name for path in mine.parents[1].rglob("*")] == ["a", "b", "data.npz"]
        assert not Path("/tmp/perturbproof-evil.npy").exists()

    @pytest.mark.parametrize("suffix", ["npz", "npy", "pt", "safetensors", "csv", "bin"])
    def test_pickles_under_every_name(self, mine: Path, suffix: str) -> None:
        """One that would make a file when it is loaded, bare and inside arrays."""
        spell = f"cbuiltins\nexec\n(Vopen({str(mine / 'evil')!r}, 'w')\ntR."
        objects = files.npy_with(files.header("|O", (3, 2)), spell.encode())
        for content in (spell.encode(), objects, files.archive([("x.npy", objects)])):
            (mine / f"x.{suffix}").write_bytes(content)
            np.save(mine / "y.npy", files.Y)
            refusal(mine / f"x.{suffix}")
            assert not (mine / "evil").exists()

    def test_code_in_the_pickle_of_a_sound_archive(self, mine: Path) -> None:
        path = mine / "data.pt"
        sound = files.pt({"x": torch.tensor(files.X), "y": torch.tensor(files.Y)})
        with zipfile.ZipFile(io.BytesIO(sound)) as archive:
            members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
        for spell in (
            f"cbuiltins\nexec\n(Vopen({str(mine / 'evil')!r}, 'w')\ntR.".encode(),
            f"cposix\nsystem\n(Vtouch {mine / 'evil'}\ntR.".encode(),
        ):
            evil = [(n, spell if n.endswith("data.pkl") else content) for n, content in members]
            path.write_bytes(files.archive(evil, zipfile.ZIP_STORED))
            assert "nothing was run" in refusal(path)
            evil = [*members, ("archive/other.pkl", spell)]
            path.write_bytes(files.archive(evil, zipfile.ZIP_STORED))
            assert "nothing was run" in refusal(path)
        assert not (mine / "evil").exists()

    def test_a_tuple_that_holds_itself_many_times_over(self, mine: Path) -> None:
        """Sixty doublings as a key: hashing it would outlast the sun, and no signal stops it."""
        doubled = b"".join(b"q%ch%c\x86" % (n, n) for n in range(1, 61))
        spell = b"\x80\x02}()" + doubled + b"K\x01u."
        members = [("a/data.pkl", spell), ("a/version", b"3\n"), ("a/byteorder", b"little")]
        (mine / "data.pt").write_bytes(files.archive(members, zipfile.ZIP_STORED))
        assert "not a file of plain tensors" in refusal(mine / "data.pt")


class TestNamesAndKindsOfFiles:
    @pytest.mark.parametrize(
        "name", ["a\0b.npz", "a\nb.npz", "n" * 5000 + ".npz", "\x1b[2J.csv", ""]
    )
    def test_names(self, tmp_path: Path, name: str) -> None:
        refusal(tmp_path / name if name else Path("\0"))
        for suffix in (".npy", ".csv"):
            with pytest.raises(InputError) as caught:
                read_labels(str(tmp_path / (name + suffix)), 3)
            assert_one_line(str(caught.value))

    @pytest.mark.skipif(os.name != "posix", reason="devices and pipes are those of POSIX")
    @pytest.mark.parametrize("suffix", ["csv", "npz", "npy", "pt", "safetensors", "bin", "idx"])
    def test_devices_and_pipes_are_not_read(self, tmp_path: Path, suffix: str) -> None:
        """Reading them would never end, and a link looks like any other file."""
        endless, pipe = tmp_path / f"zero.{suffix}", tmp_path / f"pipe.{suffix}"
        endless.symlink_to("/dev/zero")
        os.mkfifo(pipe)
        for path in (endless, pipe):
            assert "is a device or a pipe" in refusal(path)
            if suffix in ("csv", "npy"):
                with pytest.raises(InputError, match="is a device or a pipe"):
                    read_labels(str(path), 3)

    def test_parts_of_a_folder_that_are_no_files(self, tmp_path: Path) -> None:
        for name in ("data_batch_1.bin", "train-images-idx3-ubyte"):
            folder = tmp_path / name[:4]
            folder.mkdir()
            (folder / name).symlink_to("/dev/zero")
            refusal(folder)

    def test_text_that_no_character_has(self, tmp_path: Path) -> None:
        forged = np.array(["a", "b", "a"])
        forged.view(np.uint32)[1] = 0x7FFFFFFF
        (tmp_path / "data.npz").write_bytes(files.npz(y=forged))
        assert "the label of row 1 (counted from 0) is no text" in refusal(tmp_path / "data.npz")

    def test_numbers_beyond_float64(self, tmp_path: Path) -> None:
        x = files.X.astype(np.longdouble)
        x[1, 1] = np.finfo(np.longdouble).max
        if np.isfinite(float(x[1, 1])):
            pytest.skip("no longer float here than float64")
        (tmp_path / "data.npz").write_bytes(files.npz(x=x))
        assert "row 1, column 1" in refusal(tmp_path / "data.npz")
