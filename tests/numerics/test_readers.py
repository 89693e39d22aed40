"""Data files in every format: what is read, and the one line each bad file gets."""

import gzip
import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.file import FromFile
from safetensors.numpy import save_file

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]])
LABELS = np.array([0, 1, 0])
TYPES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def draw(path, **options):
    return FromFile(path=str(path), **options).draw(np.random.default_rng(0))


def refused(path, message, **options):
    with pytest.raises(InputError, match=message) as error:
        draw(path, **options)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def is_x(sample):
    return np.array_equal(sample.x, X) and sample.y.tolist() == [-1, 1, -1]


def idx(array, dtype="u1"):
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, TYPES[dtype], array.ndim]) + shape + array.astype(dtype).tobytes()


def mnist(folder: Path, images: np.ndarray, labels: np.ndarray, zipped=False) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        path = folder / f"train-{name}-ubyte{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    return folder


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


class TestNumPyPair:
    @pytest.mark.parametrize("dtype", ["f8", "f4", "i2", ">f8"])
    @pytest.mark.parametrize("names", [("x.npy", "y.npy"), ("train_x.npy", "train_y.npy")])
    def test_labels_beside_the_samples(self, tmp_path, dtype, names):
        np.save(tmp_path / names[0], X.astype(dtype))
        np.save(tmp_path / names[1], LABELS)
        assert is_x(draw(tmp_path / names[0]))

    def test_labels_named_relative_to_the_samples_or_not(self, tmp_path):
        np.save(tmp_path / "samples.npy", X)
        np.save(tmp_path / "truth.npy", LABELS)
        assert is_x(draw(tmp_path / "samples.npy", labels="truth.npy"))
        assert is_x(draw(tmp_path / "samples.npy", labels=str(tmp_path / "truth.npy")))

    def test_refusals(self, tmp_path):
        np.save(tmp_path / "samples.npy", X)
        np.save(tmp_path / "x.npy", X)
        refused(tmp_path / "none.npy", "where are the labels|no such file")
        refused(tmp_path / "samples.npy", "its labels are missing: no file .*labels.npy")
        np.save(tmp_path / "points.npy", X)
        refused(tmp_path / "points.npy", "where are the labels")
        refused(tmp_path / "x.npy", "its labels are missing: no file .*y.npy")
        np.save(tmp_path / "y.npy", LABELS[:2])
        refused(tmp_path / "x.npy", r"'y' must have shape \(3,\)")

    @pytest.mark.parametrize("keep", [0, 6, 40, 130])
    def test_truncated(self, tmp_path, keep):
        np.save(tmp_path / "x.npy", X)
        np.save(tmp_path / "y.npy", LABELS)
        content = (tmp_path / "x.npy").read_bytes()
        (tmp_path / "x.npy").write_bytes(content[:keep])
        refused(tmp_path / "x.npy", "not a readable .npy array|does not fit the size")

    def test_header_that_promises_an_absurd_size(self, tmp_path):
        np.save(tmp_path / "y.npy", LABELS)
        for shape in ((10**9, 10**6), (2**62, 2**62), (-1, 2)):
            with (tmp_path / "x.npy").open("wb") as file:
                np.lib.format.write_array_header_1_0(
                    file, {"descr": "<f8", "fortran_order": False, "shape": shape}
                )
                file.write(bytes(64))
            refused(tmp_path / "x.npy", "not a readable .npy array|does not fit the size")

    def test_pickled_objects_are_never_run(self, tmp_path):
        np.save(tmp_path / "y.npy", LABELS)
        bomb = np.array([[Bomb(tmp_path / "exploded")]], dtype=object)
        np.save(tmp_path / "x.npy", bomb, allow_pickle=True)
        refused(tmp_path / "x.npy", "holds Python objects, which are never unpickled")
        (tmp_path / "x.npy").write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
        refused(tmp_path / "x.npy", "not a readable .npy array")
        assert not (tmp_path / "exploded").exists()


class TestTorch:
    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.int16])
    @pytest.mark.parametrize("as_pair", [True, False])
    def test_tensors(self, tmp_path, dtype, as_pair):
        x, y = torch.tensor(X).to(dtype), torch.tensor(LABELS)
        torch.save((x, y) if as_pair else {"x": x, "y": y, "more": 1}, tmp_path / "data.pt")
        assert is_x(draw(tmp_path / "data.pt"))

    def test_images_and_parameters(self, tmp_path):
        images = torch.nn.Parameter(torch.arange(1.0, 13.0).reshape(3, 2, 2))
        torch.save({"x": images, "y": torch.tensor([0.0, 1.0, 0.0])}, tmp_path / "data.pth")
        assert draw(tmp_path / "data.pth").x.tolist() == [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
            [9, 10, 11, 12],
        ]

    def test_pickled_code_does_not_run(self, tmp_path):
        content = {"x": torch.tensor(X), "y": torch.tensor(LABELS)}
        torch.save({**content, "z": Bomb(tmp_path / "exploded")}, tmp_path / "data.pt")
        refused(tmp_path / "data.pt", "not a file of plain tensors .*nothing was run")
        torch.save(
            Bomb(tmp_path / "exploded"),
            tmp_path / "data.pt",
            _use_new_zipfile_serialization=False,
        )
        refused(tmp_path / "data.pt", "not a file of plain tensors .*nothing was run")
        (tmp_path / "data.pt").write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
        refused(tmp_path / "data.pt", "not a file of plain tensors")
        assert not (tmp_path / "exploded").exists()

    def test_shape_beyond_the_file_is_refused_before_allocation(self, tmp_path):
        x = torch.ones(1, 1).expand(10**7, 10**6)
        torch.save({"x": x, "y": torch.tensor(LABELS)}, tmp_path / "data.pt")
        refused(tmp_path / "data.pt", "claims shape .* does not fit the size of the file")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ({"x": torch.tensor(X)}, "no array 'y'.*; there are: x;"),
            ({"a": 1, "b": {}}, "x and y, or a pair of tensors, is needed; found: 'a', 'b'"),
            (torch.tensor(X), "its labels are missing: no file .*labels.pt"),
            ([torch.tensor(X), 3], "found: a list"),
            ((torch.tensor(X) * 1j, torch.tensor(LABELS)), "'x' must hold real numbers"),
            ((torch.tensor(X).to_sparse(), torch.tensor(LABELS)), "'x' must be dense"),
            ((torch.tensor(X), torch.tensor([0, 1])), r"'y' must have shape \(3,\)"),
            ((torch.tensor(X[:, 0]), torch.tensor(LABELS)), r"must be a matrix \(N, d\)"),
        ],
    )
    def test_other_content(self, tmp_path, content, message):
        torch.save(content, tmp_path / "data.pt")
        refused(tmp_path / "data.pt", message)

    @pytest.mark.parametrize("keep", [0, 30, 500])
    def test_truncated(self, tmp_path, keep):
        torch.save({"x": torch.tensor(X), "y": torch.tensor(LABELS)}, tmp_path / "data.pt")
        content = (tmp_path / "data.pt").read_bytes()
        (tmp_path / "data.pt").write_bytes(content[:keep])
        refused(tmp_path / "data.pt", "not a file of plain tensors")


class TestSafetensors:
    def test_tensors(self, tmp_path):
        save_file({"x": X.astype("f4"), "y": LABELS}, tmp_path / "data.safetensors")
        assert is_x(draw(tmp_path / "data.safetensors"))

    def test_refusals(self, tmp_path):
        path = tmp_path / "data.safetensors"
        refused(path, "no such file")
        save_file({"x": X, "z": LABELS}, path)
        refused(path, "no array 'y', and none named like labels; there are: ")
        for content in (b"", b"\xff" * 8, pickle.dumps({"x": 1})):
            path.write_bytes(content)
            refused(path, "not a readable .safetensors file")

    def test_header_that_promises_an_absurd_size(self, tmp_path):
        path = tmp_path / "data.safetensors"
        entry = {"dtype": "F64", "shape": [10**9, 10**6], "data_offsets": [0, 8 * 10**15]}
        header = json.dumps({"x": entry}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
        refused(path, "not a readable .safetensors file")


class TestIdx:
    IMAGES = np.arange(1, 13).reshape(3, 2, 2)

    @pytest.mark.parametrize("zipped", [False, True])
    def test_folder_and_file(self, tmp_path, zipped):
        folder = mnist(tmp_path / "mnist", self.IMAGES, LABELS, zipped)
        images = next(folder.glob("*images*"))
        for sample in (draw(folder), draw(images)):
            assert np.array_equal(sample.x, self.IMAGES.reshape(3, 4))
            assert sample.y.tolist() == [-1, 1, -1]

    @pytest.mark.parametrize("dtype", TYPES)
    def test_every_type(self, tmp_path, dtype):
        (tmp_path / "a-idx2").write_bytes(idx(abs(X), dtype))
        (tmp_path / "b-idx1").write_bytes(idx(LABELS))
        assert np.array_equal(draw(tmp_path / "a-idx2", labels="b-idx1").x, abs(X))

    @pytest.mark.parametrize("zipped", [False, True])
    def test_truncated_and_too_long(self, tmp_path, zipped):
        folder = mnist(tmp_path / "mnist", self.IMAGES, LABELS, zipped)
        images = next(folder.glob("*images*"))
        for content in (idx(self.IMAGES)[:-1], idx(self.IMAGES) + b"1", idx(self.IMAGES)[:9]):
            images.write_bytes(gzip.compress(content) if zipped else content)
            refused(images, "truncated|too long")
        images.write_bytes(images.read_bytes()[:12])
        refused(images, "truncated|not a readable .gz file")

    @pytest.mark.parametrize(
        "magic", [b"", b"\0\0", b"\0\0\x08\x00", b"\0\0\x07\x03", b"\1\0\x08\x03", b"\x89PNG"]
    )
    def test_wrong_magic(self, tmp_path, magic):
        folder = mnist(tmp_path / "mnist", self.IMAGES, LABELS)
        images = next(folder.glob("*images*"))
        images.write_bytes(magic + idx(self.IMAGES)[4:] if magic else b"")
        refused(images, "wrong magic number")

    @pytest.mark.parametrize("zipped", [False, True])
    def test_header_that_promises_an_absurd_size(self, tmp_path, zipped):
        folder = mnist(tmp_path / "mnist", self.IMAGES, LABELS, zipped)
        images = next(folder.glob("*images*"))
        header = bytes([0, 0, 8, 3]) + b"\xff" * 12 + bytes(100)
        images.write_bytes(gzip.compress(header) if zipped else header)
        refused(images, "truncated or forged: it claims shape")

    def test_missing_labels_and_empty_folder(self, tmp_path):
        folder = mnist(tmp_path / "mnist", self.IMAGES, LABELS)
        next(folder.glob("*labels*")).unlink()
        refused(folder, "its labels are missing")
        (tmp_path / "empty").mkdir()
        refused(tmp_path / "empty", "is a folder without train-images")


RECORDS = np.random.default_rng(0).integers(0, 256, (4, 3073)).astype(np.uint8)
RECORDS[:, 0] = [3, 7, 9, 3]


class TestCifar:
    def folder(self, tmp_path):
        for name, part in (("data_batch_1.bin", slice(0, 3)), ("data_batch_2.bin", slice(3, 4))):
            (tmp_path / name).write_bytes(RECORDS[part].tobytes())
        return tmp_path

    def test_two_classes_of_a_folder_and_of_a_file(self, tmp_path):
        sample = draw(self.folder(tmp_path), classes=(7, 3))
        assert sample.y.tolist() == [-1, 1, -1]
        assert sample.rows.tolist() == [0, 1, 3]
        assert np.array_equal(sample.x, RECORDS[[0, 1, 3], 1:])
        assert draw(tmp_path / "data_batch_1.bin", classes=(7, 3)).n == 2

    def test_classes_that_are_not_there(self, tmp_path):
        refused(self.folder(tmp_path), "no sample has the label 4; the file has", classes=(3, 4))
        refused(tmp_path, "there are 3 labels .*choose two with 'classes'")

    def test_pickled_version_is_refused_unread(self, tmp_path):
        bomb = pickle.dumps(Bomb(tmp_path / "exploded"))
        (tmp_path / "data_batch_1").write_bytes(bomb)
        refused(tmp_path, "the Python version of CIFAR-10: a pickle, which is never unpickled")
        assert not (tmp_path / "exploded").exists()

    def test_truncated_and_labels_out_of_range(self, tmp_path):
        path = tmp_path / "data_batch_1.bin"
        for content in (b"", RECORDS.tobytes()[:-1]):
            path.write_bytes(content)
            refused(path, "truncated or no CIFAR-10 file")
        path.write_bytes(b"\x0a" + RECORDS.tobytes()[1:])
        refused(path, "record 0 .* has the label 10")


def test_labels_where_the_file_holds_its_own(tmp_path):
    np.savez(tmp_path / "data.npz", x=X, y=LABELS)
    refused(tmp_path / "data.npz", "holds its own labels", labels="y.npy")


def test_centred_and_scaled_in_every_format(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", LABELS)
    sample = draw(tmp_path / "x.npy", centred=True, scale=0.25)
    assert np.allclose(sample.x, (X - X.mean(axis=0)) / 4)
