"""Data as people have them: names, tables, tensors and folders not made for this program."""

import gzip

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.file import FromFile
from perturbproof.numerics.data.files.memory import arrays_given
from safetensors.numpy import save_file

from .fuzz.sample_files import idx

X = np.array([[1.5, 2.0, 9.0], [3.0, 4.0, 8.0], [5.0, -6.0, 7.0], [2.5, 1.0, 6.0]])
Y = np.array([0, 1, 0, 1])
SIGNS = [-1, 1, -1, 1]


def draw(path, **options):
    return FromFile(path=str(path), **options).draw(np.random.default_rng(0))


def refused(path, message, **options):
    with pytest.raises(InputError, match=message) as error:
        draw(path, **options)
    assert "\n" not in str(error.value)


def is_x(sample):
    return np.array_equal(sample.x, X) and sample.y.tolist() == SIGNS


NAMED = {
    "x y": ("x", "y"),
    "X y": ("X", "y"),
    "data target": ("data", "target"),
    "images labels": ("images", "labels"),
    "imgs label": ("imgs", "label"),
    "features targets": ("features", "targets"),
    "x_train y_train": ("x_train", "y_train"),
    "train_images train_labels": ("train_images", "train_labels"),
    "trainX trainY": ("trainX", "trainY"),
    "Xtrain ytrain": ("Xtrain", "ytrain"),
    "arr_0 arr_1": ("arr_0", "arr_1"),
    "adv_inputs labels": ("adv_inputs", "labels"),
    "X_test y_test": ("X_test", "y_test"),
}


class TestNames:
    @pytest.mark.parametrize("names", NAMED.values(), ids=NAMED)
    def test_arrays_by_the_names_people_give(self, tmp_path, names):
        x, y = names
        np.savez(tmp_path / "data.npz", **{x: X, y: Y})
        save_file({x: X, y: Y}, tmp_path / "data.safetensors")
        for suffix in ("npz", "safetensors"):
            sample = draw(tmp_path / f"data.{suffix}")
            assert is_x(sample)
            told = f"samples from {x!r}, labels from {y!r}"
            assert sample.told == (() if names == ("x", "y") else (told,))

    def test_training_before_test_and_what_is_left_is_said(self, tmp_path):
        made = {"x_test": X + 1, "y_test": Y, "x_train": X, "y_train": Y}
        np.savez(tmp_path / "data.npz", **made)
        sample = draw(tmp_path / "data.npz")
        assert is_x(sample)
        assert sample.told[0].endswith("labels from 'y_train'; not used: x_test, y_test")
        assert np.array_equal(draw(tmp_path / "data.npz", x="x_test", y="y_test").x, X + 1)

    def test_doubt_is_an_error_that_names_the_option(self, tmp_path):
        np.savez(tmp_path / "data.npz", data=X, images=X, labels=Y, target_labels=1 - Y)
        path = tmp_path / "data.npz"
        refused(path, "'data' and 'images' may be the samples; choose by the option x")
        refused(path, "'labels' and 'target_labels' may be the labels; .* option y", x="data")
        assert draw(path, x="data", y="target_labels").y.tolist() == [1, -1, 1, -1]
        refused(path, r"no array 'd' \(x\); there are: data, images", x="d")
        np.savez(path, a=X, b=Y)
        refused(path, "none named like samples; there are: a, b; choose one by the option x")

    def test_objects_are_refused_with_the_mend(self, tmp_path):
        np.savez(tmp_path / "data.npz", x=X.astype(object), y=Y)
        refused(tmp_path / "data.npz", r"never unpickled; in Python: d = numpy.load\('data.npz'")


class TestLabels:
    @pytest.mark.parametrize(
        ("labels", "names"),
        [
            (Y, ("0", "1")),
            (Y + 1, ("1", "2")),
            (2 * Y - 1, ("-1", "1")),
            (Y.astype(bool), ("False", "True")),
            (Y.astype(float), ("0", "1")),
            (Y + 0.5, ("0.5", "1.5")),
            (np.array(["benign", "malignant"])[Y], ("benign", "malignant")),
            (np.array([b"a", b"b"])[Y], ("a", "b")),
            (np.eye(2)[Y], ("0", "1")),
            (np.eye(3, dtype=int)[Y + 1], ("1", "2")),
            (Y[:, None], ("0", "1")),
        ],
        ids=lambda value: str(value)[:20] if isinstance(value, tuple) else "",
    )
    def test_every_type_and_which_is_which(self, tmp_path, labels, names):
        np.savez(tmp_path / "data.npz", x=X, y=labels)
        sample = draw(tmp_path / "data.npz")
        assert is_x(sample)
        assert sample.label_names == names
        assert sample.take([0, 1]).label_names == names

    def test_blank_text_is_no_class(self, tmp_path):
        np.savez(tmp_path / "data.npz", x=X, y=["", "pos", "pos", "pos"])
        refused(tmp_path / "data.npz", "row 0 .*without a label")

    def test_whole_numbers_beyond_floats_are_said(self, tmp_path):
        np.savez(tmp_path / "data.npz", x=np.diag([2**53 + 1] * 4), y=Y)
        assert draw(tmp_path / "data.npz").told[-1] == (
            "whole numbers beyond 2^53 are rounded to float64"
        )


def table(separator=",", decimal=".", header="a,b,c,label", index=False):
    lines = [header.replace(",", separator)] if header else []
    for row, (x, y) in enumerate(zip(X, Y, strict=True)):
        cells = [str(row)] * index + [str(value).replace(".", decimal) for value in x] + [str(y)]
        lines.append(separator.join(cells))
    return "\n".join(lines) + "\n"


TABLES = {
    "commas": (table(), "data.csv", "labels from column 4 (label)"),
    "tabs": (table("\t"), "data.tsv", "cells separated by tabs"),
    "spaces": (table(" ", header=""), "data.txt", "cells separated by spaces"),
    "a spreadsheet's": (table(";", ","), "data.csv", "cells separated by ';'"),
    "a line for it": ("sep=;\n" + table(";"), "data.csv", "as its line sep=; says"),
    "UTF-16": (table("\t").encode("utf-16"), "data.csv", "cells separated by tabs"),
    "gzipped": (gzip.compress(table().encode()), "data.csv.gz", "labels from column 4 (label)"),
    "an index": (table(header=",a,b,c,label", index=True), "data.csv", "column 1 left out: its"),
    "an index by name": (table(header="id,a,b,c,label", index=True), "data.csv", "(id) left out"),
    "counted names": (table(header=",0,1,2,3", index=True), "data.csv", "column 5 (3), the last"),
    "counted names only": (table(header="0,1,2,3"), "data.csv", "labels from column 4 (3), the l"),
    "nothing named": (table(header="a,b,c,d"), "data.csv", "column 4 (d), the last one, as none"),
    "a blank column": (
        table().replace("\n", ",\n").replace("label,", "label,e"),
        "data.csv",
        "column 5 (e) left out: it is blank",
    ),
    "one-hot": (
        table(header="a,b,c,no,yes").replace(",1\n", ",0,1\n").replace(".0,0\n", ".0,1,0\n"),
        "data.csv",
        "labels from column 4 (no) and column 5 (yes), one-hot",
    ),
    "text in front": (
        "".join(f"{'NY'[y]},{','.join(map(str, x))}\n" for x, y in zip(X, Y, strict=True)),
        "data.csv",
        "labels from column 1, the only one that holds text",
    ),
    "class in front": (
        "class,a,b,c\n"
        + "".join(f"{y},{','.join(map(str, x))}\n" for x, y in zip(X, Y, strict=True)),
        "data.csv",
        "labels from column 1 (class)",
    ),
}


class TestTables:
    @pytest.mark.parametrize("case", TABLES)
    def test_read_and_what_was_taken_is_said(self, tmp_path, case):
        content, name, told = TABLES[case]
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        sample = draw(tmp_path / name)
        assert is_x(sample)
        assert told in "; ".join(sample.told)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("a,b,label\n1,2,x\n3,4,\n", r"line 3 has no label \(''\)"),
            ("a,b,label\n1,2,x\n3,4,NA\n", r"line 3 has no label \('NA'\)"),
            ("0,5,1\n1,6,0\n0,7,0\n", "column 1, of 2 .* column 3, of 2, may hold .*label_column"),
            (",a,label\n1,2,0\n1,3,1\n", "column 1 has no name and is no index; .* drop_columns"),
            ("a;b;y\n1.5;2;0\n1,5;3;1\n", "line 2 has a decimal point and line 3 a comma"),
            ("a,b,y\nu,2,0\nv,3,1\n", "line 2, column 1: 'u' is not .*; drop_columns leaves"),
        ],
    )
    def test_doubt_is_an_error(self, tmp_path, content, message):
        (tmp_path / "data.csv").write_text(content)
        refused(tmp_path / "data.csv", message)

    @pytest.mark.parametrize("column", ["kind", 1, "1", -4])
    def test_columns_by_name_or_number(self, tmp_path, column):
        (tmp_path / "data.csv").write_text("kind,who,a,b\n0,ann,1,2\n1,bob,3,5\n0,cy,4,6\n")
        sample = draw(tmp_path / "data.csv", label_column=column, drop_columns=("who",))
        assert (sample.x.tolist(), sample.y.tolist()) == ([[1, 2], [3, 5], [4, 6]], [-1, 1, -1])
        refused(tmp_path / "data.csv", "label_column: no column 'x'; there are 4", label_column="x")

    def test_a_count_without_a_name_is_said(self, tmp_path):
        (tmp_path / "data.csv").write_text("0,5.5,1\n1,6,0\n2,7,0\n")
        assert "column 1 counts the rows" in draw(tmp_path / "data.csv").told[-1]

    def test_labels_in_a_file_of_their_own(self, tmp_path):
        np.savetxt(tmp_path / "features.csv", X, delimiter=",")
        (tmp_path / "truth.csv").write_text("class\nno\nyes\nno\nyes\n")
        sample = draw(tmp_path / "features.csv", labels="truth.csv")
        assert is_x(sample)
        assert sample.label_names == ("no", "yes")


class TestTensors:
    def test_dictionaries_of_the_papers(self, tmp_path):
        """The base and target sets of learning from perturbations, and one file a tensor."""
        x, y = torch.tensor(X), torch.tensor(Y)
        made = {"data": x, "labels": y, "noise_data": x + 1, "target_labels": 1 - y}
        torch.save(
            {**made, "adv_data": x + 2, "acc": 0.5, "classifier": {"w": x}}, tmp_path / "a_.5"
        )
        assert is_x(draw(tmp_path / "a_.5"))
        other = draw(tmp_path / "a_.5", x="adv_data", y="target_labels")
        assert np.array_equal(other.x, X + 2)
        assert other.y.tolist() == [1, -1, 1, -1]
        torch.save({"imgs": x.reshape(4, 1, 1, 3), "labels": Y.tolist()}, tmp_path / "dataset")
        assert is_x(draw(tmp_path / "dataset"))
        (tmp_path / "follow").mkdir()
        for name, tensor in (("data", x), ("labels", y), ("advs", x + 2)):
            torch.save(tensor, tmp_path / "follow" / name)
        assert is_x(draw(tmp_path / "follow"))
        assert is_x(draw(tmp_path / "follow" / "data"))
        assert np.array_equal(draw(tmp_path / "follow", x="advs", y="labels").x, X + 2)
        assert len(FromFile(path=str(tmp_path / "follow" / "data")).files) == 2

    def test_one_tensor_a_file(self, tmp_path):
        torch.save(torch.tensor(X), tmp_path / "images.pt")
        refused(tmp_path / "images.pt", "its labels are missing: no file .*labels.pt")
        torch.save(torch.tensor(Y), tmp_path / "labels.pt")
        assert is_x(draw(tmp_path / "images.pt"))
        torch.save(torch.tensor(1 - Y), tmp_path / "others.pt")
        assert draw(tmp_path / "images.pt", labels="others.pt").y.tolist() == [1, -1, 1, -1]

    def test_what_is_in_the_way_is_named(self, tmp_path):
        pair = (torch.tensor(X), torch.tensor(Y))
        torch.save(torch.utils.data.TensorDataset(*pair), tmp_path / "set.pt")
        refused(tmp_path / "set.pt", "it holds torch.utils.data.dataset.TensorDataset, .*d.tensors")
        torch.save({"x": X, "y": Y}, tmp_path / "set.pt")
        refused(tmp_path / "set.pt", r"it holds numpy\.\S*_reconstruct.*torch.as_tensor")


class TestFolders:
    def write(self, folder, name, content):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    @pytest.mark.parametrize("outer", [".", "MNIST", "MNIST/raw"])
    def test_images_a_level_or_two_down(self, tmp_path, outer):
        images = np.arange(1, 17).reshape(4, 2, 2)
        self.write(tmp_path / "MNIST/raw", "train-images-idx3-ubyte", idx(images))
        self.write(tmp_path / "MNIST/raw", "train-labels-idx1-ubyte", idx(Y))
        sample = draw(tmp_path / outer)
        assert sample.x.tolist() == images.reshape(4, 4).tolist()
        if outer == ".":
            self.write(tmp_path / "FashionMNIST/raw", "train-images-idx3-ubyte", idx(images))
            refused(tmp_path, "holds more than one data set; choose .*FashionMNIST/raw.* or ")

    def test_each_file_in_a_folder_of_its_name(self, tmp_path):
        for name, array in (("images-idx3", np.ones((4, 2, 2))), ("labels-idx1", Y)):
            name = f"train-{name}-ubyte"
            self.write(tmp_path / name, name, idx(array))
        assert draw(tmp_path).y.tolist() == SIGNS

    def test_cifar_in_an_outer_folder(self, tmp_path):
        records = np.ones((2, 3073), dtype=np.uint8)
        records[0, 0] = 0
        inside = tmp_path / "cifar-10-batches-bin"
        self.write(inside, "data_batch_1.bin", records.tobytes())
        assert draw(tmp_path).y.tolist() == [-1, 1]

    def test_arrays_by_name(self, tmp_path):
        np.save(tmp_path / "X.npy", X)
        np.save(tmp_path / "y.npy", Y)
        assert is_x(draw(tmp_path))
        assert draw(tmp_path / "X.npy").told == ("labels from y.npy",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.parquet",
            b"",
            r"a Parquet file; in Python: .*pandas.read_parquet\('a.parquet'\)",
        ),
        ("a.h5", b"", "an HDF5 file; in Python: d = h5py.File"),
        ("a.mat", b"", "a MATLAB file; in Python: d = scipy.io.loadmat"),
        ("a.pkl", b"", "a pickle, which is never unpickled here; in Python: .*only if you trust"),
        ("a9a", b"-1 3:1 11:0.5\n", "a LIBSVM file; in Python: .*load_svmlight_file"),
        ("cells", b"\x89HDF\r\n", "an HDF5 file"),
        ("data_batch_1", b"\x80\x04N.", r"pickle.load\(open\('data_batch_1', 'rb'\)"),
    ],
)
def test_what_is_not_read_is_named_with_two_lines_of_python(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, message)


class TestOptions:
    @pytest.fixture
    def path(self, tmp_path):
        np.savez(tmp_path / "data.npz", x=X, y=Y)
        return tmp_path / "data.npz"

    def test_standardised(self, path):
        deviation = np.sqrt(((X - X.mean(0)) ** 2).mean(0))
        assert np.allclose(draw(path, standardised=True).x, (X - X.mean(0)) / deviation)
        np.savez(path, x=np.column_stack([X, np.ones(4)]), y=Y)
        assert draw(path, standardised=True).x[:, 3].tolist() == [0] * 4

    def test_unit_norm_after_the_rest(self, path):
        sample = draw(path, centred=True, scale=3, unit_norm=True)
        shifted = X - X.mean(0)
        expected = [row / np.sqrt((row**2).sum()) for row in shifted]
        assert np.allclose(sample.x, expected)

    def test_a_part_of_a_file(self, path):
        assert draw(path, samples=3).rows.tolist() == [0, 1, 2]
        described = FromFile(path="given", samples=3, take="random")
        arrays = arrays_given(X, Y)
        rows = {
            tuple(described.labelled(arrays, np.random.default_rng(seed)).rows.tolist())
            for seed in range(8)
        }
        assert len(rows) > 1
        assert all(list(taken) == sorted(set(taken)) and len(taken) == 3 for taken in rows)
        np.savez(path, x=X, y=[0, 0, 1, 1])
        refused(path, "the first 2 have one label; take = 'random' draws them", samples=2)
        refused(path, "samples: 9 were asked for, there are 4", samples=9)
        assert draw(path, samples=3).told == ("the first 3 of 4 samples",)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"take": "random"}, "take: at random needs a number of samples"),
            ({"centred": True, "standardised": True}, "standardised subtracts the mean, too"),
            ({"label_column": "y"}, "is no table"),
        ],
    )
    def test_what_cannot_be_together(self, path, options, message):
        refused(path, message, **options)


class Frame:
    """As much of a pandas frame as is asked for."""

    def __init__(self, columns, values):
        self.columns, self._values = columns, np.array(values, dtype=object)

    def to_numpy(self):
        return self._values

    @property
    def iloc(self):
        return self

    def __getitem__(self, key):
        return Frame(self.columns, self._values[key])


class TestInMemory:
    @pytest.mark.parametrize(
        "x",
        [
            torch.tensor(X).bfloat16(),
            torch.tensor(X).requires_grad_(),
            torch.tensor(X).reshape(4, 1, 3),
            X.tolist(),
            X.astype(object),
        ],
    )
    @pytest.mark.parametrize("y", [torch.tensor(Y), Y.tolist(), ["a", "b", "a", "b"]])
    def test_tensors_and_lists(self, x, y):
        arrays = arrays_given(x, y)
        assert is_x(FromFile(path="given").labelled(arrays, np.random.default_rng(0)))

    def test_frames(self):
        rows = [[*x, int(y)] for x, y in zip(X, Y, strict=True)]
        for frame, options in (
            (Frame(["a", "b", "c", "target"], rows), {}),
            (Frame(["a", "b", "c", "kind"], rows), {"label_column": "kind"}),
        ):
            arrays = arrays_given(frame, **options)
            assert np.array_equal(arrays.x, X)
            assert arrays.y.tolist() == Y.tolist()
        with pytest.raises(InputError, match="0 columns are named like labels; choose one by"):
            arrays_given(Frame(["a", "b", "c", "d"], rows))

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ((X * 1j, Y), "real numbers"),
            ((torch.tensor(X).to_sparse(), Y), "must be dense"),
            (([[1.0], [2.0, 3.0]], Y), "must form one matrix"),
            ((X, [object()] * 4), "labels must be numbers or text"),
            (X, "need labels"),
            ({"x": X, "y": Y}, "a dict is given; give its samples and its labels"),
            (torch.utils.data.TensorDataset(torch.tensor(X)), "a TensorDataset is given"),
            (None, "a NoneType is given"),
        ],
    )
    def test_refusals(self, data, message):
        with pytest.raises(InputError, match=message):
            arrays_given(data)
