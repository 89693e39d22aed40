"""Files from users: what is read, and the one line each bad file gets."""

import io
import zipfile

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.file import FromFile

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]])


def draw(path, **options):
    return FromFile(path=str(path), **options).draw(np.random.default_rng(0))


def refused(path, message, **options):
    with pytest.raises(InputError, match=message) as error:
        draw(path, **options)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def npz(tmp_path, **arrays):
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    return path


def text(tmp_path, content, name="data.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestReading:
    @pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i4", "u1", ">f8"])
    def test_npz_of_any_real_type(self, tmp_path, dtype):
        sample = draw(npz(tmp_path, x=abs(X).astype(dtype), y=np.array([0, 1, 0])))
        assert np.array_equal(sample.x, abs(X))
        assert sample.y.tolist() == [-1, 1, -1]

    def test_compressed_npz(self, tmp_path):
        path = tmp_path / "data.npz"
        np.savez_compressed(path, x=np.ones((400, 500)) + np.arange(500), y=np.arange(400) % 2)
        assert draw(path).x.shape == (400, 500)

    def test_column_of_labels_fortran_order_and_text_labels(self, tmp_path):
        labels = np.array([["dog"], ["cat"], ["dog"]])
        sample = draw(npz(tmp_path, x=np.asfortranarray(X), y=labels))
        assert np.array_equal(sample.x, X)
        assert sample.y.tolist() == [1, -1, 1]

    @pytest.mark.parametrize(
        "content",
        [
            "1,2,0\n3,4,1\n5,-6,0\n",
            "a,b,c\n1,2,0\n3,4,1\n5,-6,0\n",
            "1,label,2\n1,0,2\n3,1,4\n5,0,-6",
            "y,a,b\r\n0,1,2\r\n\r\n1,3,4\r\n0,5,-6\r\n",
            "\ufeff1, 2, no\n3, 4,yes\n5,-6,no\n",
        ],
        ids=["bare", "header", "named in the middle", "windows", "text labels and byte order mark"],
    )
    def test_csv(self, tmp_path, content):
        sample = draw(text(tmp_path, content))
        assert np.array_equal(sample.x, X)
        assert sample.y.tolist() == [-1, 1, -1]
        assert sample.rows.tolist() == [0, 1, 2]

    def test_smaller_number_is_negative_not_smaller_text(self, tmp_path):
        assert draw(text(tmp_path, "1,10\n2,9\n")).y.tolist() == [1, -1]

    @pytest.mark.parametrize("classes", [(7, 3), ("7", "3"), (7.0, 3.0)])
    def test_two_of_many_classes_the_first_positive(self, tmp_path, classes):
        path = text(tmp_path, "1,3\n2,7\n4,9\n5,7\n")
        sample = draw(path, classes=classes)
        assert sample.y.tolist() == [-1, 1, 1]
        assert sample.rows.tolist() == [0, 1, 3]
        assert sample.x[:, 0].tolist() == [1, 2, 5]

    def test_centred_then_scaled(self, tmp_path):
        sample = draw(npz(tmp_path, x=X, y=[0, 1, 0]), centred=True, scale=0.5)
        assert np.allclose(sample.x, (X - X.mean(axis=0)) / 2)


class TestRefusals:
    def test_no_file_folder_and_suffix(self, tmp_path):
        refused(tmp_path / "none.csv", "no such file")
        (tmp_path / "folder.npz").mkdir()
        refused(tmp_path / "folder.npz", "is a folder")
        refused(text(tmp_path, "1,2", "data.abc"), "unknown type of data file; .npz, .csv, .npy")

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"x": X}, "no array 'y', .*there are: x;"),
            ({"x": X[0], "y": [0, 1]}, r"'x' must be a matrix \(N, d\), found shape \(2,\)"),
            ({"x": X, "y": [0, 1]}, r"'y' must have shape \(3,\) to match 'x', found \(2,\)"),
            ({"x": X * 1j, "y": [0, 1, 0]}, "'x' must hold real numbers, found type complex128"),
            ({"x": X.astype(str), "y": [0, 1, 0]}, "'x' must hold real numbers"),
            ({"x": X, "y": np.array([0, 1j, 0])}, "'y' must hold numbers or text"),
            ({"x": X.astype(object), "y": [0, 1, 0]}, "'x' holds Python objects.*never unpickled"),
            ({"x": X, "y": [1, 1, 1]}, r"exactly two labels are needed, there is only one .*\(1\)"),
            ({"x": X, "y": [0, 1, 2]}, "there are 3 labels .*choose two with 'classes'"),
            ({"x": X, "y": [0, 1, np.nan]}, "the label of row 2 .*is not finite"),
            ({"x": X[:1], "y": [0]}, "there is only one label"),
            ({"x": X[:0], "y": np.zeros(0)}, "there are no samples"),
            ({"x": X * [[1], [np.inf], [1]], "y": [0, 1, 0]}, "row 1, column 0 .* is inf"),
            ({"x": X * [[1], [0], [1]], "y": [0, 1, 0]}, "row 1 .* zero throughout"),
        ],
    )
    def test_unusable_arrays(self, tmp_path, arrays, message):
        refused(npz(tmp_path, **arrays), message)

    def test_zero_only_after_centring(self, tmp_path):
        path = npz(tmp_path, x=[[1.0], [3.0], [2.0]], y=[0, 1, 0])
        assert draw(path).n == 3
        refused(path, "row 2 .*zero throughout after centring", centred=True)

    def test_scaling_out_of_range(self, tmp_path):
        path = npz(tmp_path, x=X, y=[0, 1, 0])
        refused(path, "row 0, column 1 .* is inf", scale=1.7e308)

    def test_class_that_is_not_there(self, tmp_path):
        path = npz(tmp_path, x=X, y=[0, 1, 2])
        refused(path, "no sample has the label 5; the file has 0, 1, 2", classes=(5, 0))

    def test_pickle_in_disguise_is_never_run(self, tmp_path):
        import pickle

        class Bomb:
            def __reduce__(self):
                return (tmp_path.joinpath("exploded").touch, ())

        for name in ("data.npz", "data.csv"):
            refused(text(tmp_path, pickle.dumps(Bomb()), name), "not a readable|not a finite|need")
        assert not (tmp_path / "exploded").exists()

    def test_forged_header_is_refused_before_allocation(self, tmp_path):
        path = tmp_path / "data.npz"
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**6)}
        )
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", header.getvalue() + bytes(64))
            archive.writestr("y.npy", header.getvalue())
        refused(path, r"claims shape \(1000000000, 1000000\) .* does not fit the size")

    @pytest.mark.parametrize("keep", [10, 200, 0])
    def test_truncated_archive(self, tmp_path, keep):
        path = npz(tmp_path, x=X, y=[0, 1, 0])
        path.write_bytes(path.read_bytes()[:keep])
        refused(path, "not a readable .npz archive")

    def test_member_that_is_no_array(self, tmp_path):
        path = tmp_path / "data.npz"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", b"hello")
            archive.writestr("y.npy", b"hello")
        refused(path, "array 'x' is not a readable .npy array")

    def test_flipped_byte(self, tmp_path):
        path = npz(tmp_path, x=X, y=[0, 1, 0])
        content = bytearray(path.read_bytes())
        content[content.index(X.tobytes()) + 3] ^= 1
        path.write_bytes(content)
        refused(path, "not a readable .npz archive .*CRC")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "the file is empty"),
            ("\n\n", "the file is empty"),
            ("1\n2\n", "at least one feature and one label"),
            ("1,2,0\n3,x,1\n", "line 2, column 2: 'x' is not a finite number"),
            ("1,2,0\n\n3,,1\n", "line 3, column 2: '' is not a finite number"),
            ("y,a\n0,1\n1,nan\n", "line 3, column 2: 'nan' is not a finite number"),
            ("1,2,0\n3,inf,1\n", "line 2, column 2: 'inf' is not a finite number"),
            ("1,2,0\n3,1\n", "line 2 has 2 cells, not 3"),
            ("1,2,0\n3,1,1,1\n", "line 2 has 4 cells, not 3"),
            ("y,label,a\n1,2,3\n", r"column 1 \(y\) and column 2 \(label\) are named like labels"),
            ("a,y\n1,y\n2,n\n", "line 2: the label 'y' is also the header's name"),
            ("a,b\n", "there are 0 labels"),
            ("1,0\n2,0\n", "there is only one label"),
            ("1,0\n0,1\n", "row 1 .* zero throughout"),
            (b"\xff1,2\n", "not a readable .csv file .*not UTF-8"),
            ('1,"2\n', "not a readable .csv file"),
        ],
    )
    def test_unusable_csv(self, tmp_path, content, message):
        refused(text(tmp_path, content), message)

    def test_options(self, tmp_path):
        with pytest.raises(InputError, match="classes: two different labels"):
            FromFile(path="x.csv", classes=(1, 1))
        with pytest.raises(InputError, match="scale: "):
            FromFile(path="x.csv", scale=0)


def test_images_become_one_row_each(tmp_path) -> None:
    images = np.arange(1.0, 25.0).reshape(6, 2, 2)
    np.savez(tmp_path / "images.npz", x=images, y=[0, 1, 0, 1, 0, 1])
    sample = FromFile(path=str(tmp_path / "images.npz")).draw(np.random.default_rng(0))
    np.testing.assert_array_equal(sample.x, images.reshape(6, 4))
