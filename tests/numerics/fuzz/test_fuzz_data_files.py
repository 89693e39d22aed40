"""Malformed data files of every format: read, or refused in one line, and nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.file import FromFile
from perturbproof.numerics.data.files.reading import read_labels

from ...fuzzing import fuzz, mutated
from . import sample_files as files

SHORT = 80


@dataclass(frozen=True)
class Target:
    """A file to be written, the inputs, how it is read, and its share of the long run."""

    name: str
    inputs: st.SearchStrategy[bytes]
    share: int
    beside: dict[str, bytes]
    read: Callable[[Path], object]


def draw(path: Path) -> object:
    return FromFile(path=str(path)).draw(np.random.default_rng(0))


def labels(path: Path) -> object:
    return read_labels(str(path), 3)


SIZES = st.sampled_from([0, 1, 2, 3, 4, 6, -1, 2**31, 2**32 - 1, 2**63, 10**12, 10**30])
SHAPES = st.one_of(
    st.lists(SIZES, max_size=5).map(tuple),
    st.sampled_from([None, 3, "3, 2", (3.0, 2), ("3", 2), (True, 2), [3, 2], {}, ((3,), 2)]),
)
DESCRIPTIONS = st.sampled_from(
    [
        *(
            "<f8",
            ">f8",
            "<f4",
            "<f2",
            "<f16",
            "<i8",
            "|u1",
            "|b1",
            "<c16",
            "|O",
            "<U3",
            "<U0",
            "|S4",
        ),
        *("|V8", "|V0", "<M8[s]", "<m8", "f8,f8", "", "q", "<f3", "\0", "(2,)f8", "<U268435456", 8),
        *([("a", "<f8")], [("a",)], [], (), ("<f8", (2,)), {"names": []}, None, 1j, b"<f8"),
    ]
)
BODIES = st.sampled_from([b"", bytes(24), files.X.tobytes(), files.X.tobytes()[:-1], b"\xff" * 48])
HEADERS = st.one_of(
    st.builds(files.header, DESCRIPTIONS, SHAPES, st.sampled_from([False, True, None, 2, "no"])),
    st.sampled_from(
        [
            *(
                "",
                "{",
                "{}",
                "[",
                "(" * 300,
                "{" * 9000,
                "{'descr': '<f8'}",
                "__import__('os')",
                "1 + 1",
            ),
            *("{[]: 1}", "{'shape': (3L, 2L), 'descr': '<f8', 'fortran_order': False}", "  {\n\t}"),
            *("'''", "{'a': \\", "0" * 9000, "-" * 9000 + "1", "\t\t {'a'", "0x", "{**{}}", "\x0c"),
        ]
    ),
)
VERSIONS = st.sampled_from([b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\0\0", b"\xff\xff"])
FORGED_NPY = st.builds(files.npy_with, HEADERS, BODIES, VERSIONS)
NPY = mutated(
    files.npy(files.X), files.npy(files.X.astype("f4")), files.npy(np.asfortranarray(files.X))
)
MEMBERS = st.sampled_from(
    ["x.npy", "y.npy", "x", "../../x.npy", "/x.npy", "x.npy/", "X.npy", "z.npy", "x.npy\0.npy"]
)


@st.composite
def forged_npz(pick: st.DrawFn) -> bytes:
    """Arrays with lying headers, other names, doubled members."""
    members = [("x.npy", pick(FORGED_NPY | NPY)), ("y.npy", pick(FORGED_NPY))]
    if pick(st.booleans()):
        members[1] = ("y.npy", files.npy(files.Y))
    members += pick(
        st.lists(st.tuples(MEMBERS, st.sampled_from([b"", files.npy(files.X)])), max_size=2)
    )
    return files.archive(members, pick(st.sampled_from([0, 8, 12])))


NPZ_FILES = [files.npz(method=0), files.npz(), files.npz(y=np.array(["dog", "cat", "dog"]))]
CELLS = st.sampled_from(
    [
        *(
            "1",
            "2.5",
            "-3",
            "0",
            "nan",
            "inf",
            "1e999",
            "",
            " ",
            "a",
            "y",
            "label",
            '"',
            '"1"',
            '"a\nb"',
        ),
        *(
            "\0",
            "1_0",
            "0x1",
            "\ud800",
            "٣",
            "\u2028",
            "\ufeff",
            "9" * 400,
            "b" * 5000,
            "1;2",
            "=1+1",
        ),
    ]
)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=5).map(",".join), max_size=8)
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\x85"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"])
CSV_TEXT = st.builds(
    lambda lines, end, encoding: end.join(lines).encode(encoding, "ignore"), LINES, ENDS, ENCODINGS
)

TENSORS = {"x": torch.tensor(files.X), "y": torch.tensor(files.Y)}
PT_FILES = [
    files.pt(TENSORS),
    files.pt((TENSORS["x"].bfloat16(), TENSORS["y"])),
    files.pt({"x": TENSORS["x"].to_sparse(), "y": TENSORS["y"]}),
    files.pt({**TENSORS, "x": torch.nn.Parameter(TENSORS["x"])}),
]


def repacked(content: bytes) -> st.SearchStrategy[bytes]:
    """A sound archive, with right checksums, around a changed pickle."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    (name,) = (name for name in members if name.endswith("data.pkl"))
    return mutated(members[name]).map(
        lambda pickle: files.archive({**members, name: pickle}.items(), zipfile.ZIP_STORED)
    )


DTYPES = st.sampled_from(
    ["F64", "F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "C64", "F128", 3]
)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "dtype": DTYPES,
        "shape": st.one_of(st.lists(SIZES, max_size=4), st.sampled_from(["3", None, [3.5], [[3]]])),
        "data_offsets": st.lists(
            st.sampled_from([0, 1, 24, 48, 72, -1, 2**63, 10**30]), max_size=3
        ),
        "more": st.just(1),
    },
)
WHOLE = st.sampled_from(
    [
        {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]},
        {"dtype": "I64", "shape": [3], "data_offsets": [48, 72]},
    ]
)
SAFETENSORS_HEADERS = st.one_of(
    st.dictionaries(
        st.sampled_from(["x", "y", "z", "__metadata__", "a\nb"]), ENTRIES | WHOLE, max_size=4
    ),
    st.sampled_from([b"", b"{", b"[]", b"[" * 5000, b"\xff", b'{"x":1,"x":2}', b"{}" + b" " * 99]),
)
FORGED_SAFETENSORS = st.builds(
    files.safetensors_with,
    SAFETENSORS_HEADERS,
    st.sampled_from(
        [bytes(72), files.X.tobytes() + files.Y.tobytes(), b"", bytes(71), bytes(5000)]
    ),
    st.sampled_from([None, None, None, 0, 1, 2**31, 2**63, 2**64 - 1]),
)
FORGED_IDX = st.builds(
    files.idx_with,
    st.lists(st.sampled_from([0, 1, 2, 3, 2**16, 2**31, 2**32 - 1]), max_size=6).map(tuple),
    st.sampled_from([b"", bytes(12), bytes(range(1, 13)), bytes(13)]),
    st.sampled_from([8, 9, 11, 12, 13, 14, 0, 10, 255]),
)
IDX_FILES = [
    files.idx(files.IMAGES),
    files.idx(files.X, 0x0E, ">f8"),
    files.idx(files.X, 0x0D, ">f4"),
]
IDX_LABELS = {"train-labels-idx1-ubyte": files.idx(files.Y)}

TARGETS = (
    Target("x.npy", NPY | FORGED_NPY, 16_000, {"y.npy": files.npy(files.Y)}, draw),
    Target("data.npz", mutated(*NPZ_FILES) | forged_npz(), 18_000, {}, draw),
    Target("data.csv", mutated(files.csv()) | CSV_TEXT, 16_000, {}, draw),
    Target("data.pt", mutated(*PT_FILES) | st.one_of(map(repacked, PT_FILES)), 8_000, {}, draw),
    Target("data.safetensors", mutated(files.safetensors()) | FORGED_SAFETENSORS, 12_000, {}, draw),
    Target("train-images-idx3-ubyte", mutated(*IDX_FILES) | FORGED_IDX, 8_000, IDX_LABELS, draw),
    Target(
        "train-images-idx3-ubyte.gz",
        mutated(*map(files.zipped, IDX_FILES)) | FORGED_IDX.map(files.zipped),
        4_000,
        IDX_LABELS,
        draw,
    ),
    Target("data_batch_1.bin", mutated(files.CIFAR.tobytes()), 2_000, {}, draw),
    Target("labels.npy", mutated(files.npy(np.array([1, -1, 1]))) | FORGED_NPY, 4_000, {}, labels),
    Target("labels.csv", mutated(b"label\n1\n-1\n1\n") | CSV_TEXT, 4_000, {}, labels),
)
EVERY = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


def malformed(target: Target, folder: Path, wanted: int) -> None:
    for name, content in target.beside.items():
        (folder / name).write_bytes(content)
    path = folder / target.name

    def read(content: bytes) -> None:
        path.write_bytes(content)
        target.read(path)

    tally = fuzz(target.inputs, read, InputError, wanted)
    # What the formats hold is never written anywhere, by any name.
    assert {entry.name for entry in folder.iterdir()} == {target.name, *target.beside}
    print(f"\n{target.name}: {tally}")


@EVERY
def test_some_malformed_files(target: Target, tmp_path: Path) -> None:
    malformed(target, tmp_path, SHORT)


@pytest.mark.slow
@EVERY
def test_many_malformed_files(
    target: Target, tmp_path: Path, fuzz_share: Callable[[int], int]
) -> None:
    malformed(target, tmp_path, fuzz_share(target.share))
