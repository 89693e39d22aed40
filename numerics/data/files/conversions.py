"""What is not read, and the two lines of Python that turn it into what is."""

from __future__ import annotations

import re
from pathlib import Path

_TRUSTED = " (which runs what is in it: only if you trust where it comes from)"
_TABLE = "frame.to_csv('data.csv', index=False)"
_ARRAYS = "numpy.savez('data.npz', x=x, y=y)"
_PICKLE = (
    "a pickle, which is never unpickled here",
    "d = pickle.load(open({0}, 'rb'), encoding='bytes')",
    "numpy.savez('data.npz', x=d[b'data'], y=d[b'labels'])" + _TRUSTED,
)
_HDF5 = (
    "an HDF5 file",
    "d = h5py.File({0})",
    "numpy.savez('data.npz', x=d['x'][()], y=d['y'][()])",
)
_MATLAB = (
    "a MATLAB file",
    "d = scipy.io.loadmat({0})",
    "numpy.savez('data.npz', x=d['X'], y=d['y'].ravel())",
)
_PARQUET = ("a Parquet file", "frame = pandas.read_parquet({0})", _TABLE)
_LIBSVM = (
    "a LIBSVM file",
    "x, y = sklearn.datasets.load_svmlight_file({0})",
    "numpy.savez('data.npz', x=x.toarray(), y=y)",
)
_EXCEL = ("a spreadsheet", "frame = pandas.read_excel({0})", _TABLE)
_IMAGE = (
    "an image",
    "x = numpy.stack([numpy.asarray(PIL.Image.open(path)) for path in paths])",
    _ARRAYS,
)
_BY_NAME = {
    (".parquet", ".pq"): _PARQUET,
    (".feather", ".arrow"): ("an Arrow file", "frame = pandas.read_feather({0})", _TABLE),
    (".xlsx", ".xls", ".ods"): _EXCEL,
    (".h5", ".hdf5", ".hdf", ".he5"): _HDF5,
    (".mat",): _MATLAB,
    (".libsvm", ".svm", ".svmlight"): _LIBSVM,
    (".pkl", ".pickle", ".p", ".joblib"): _PICKLE,
    (".json", ".jsonl"): ("a JSON file", "frame = pandas.read_json({0})", _TABLE),
    (".arff",): (
        "an ARFF file",
        "rows, _ = scipy.io.arff.loadarff({0})",
        "pandas.DataFrame(rows).to_csv('data.csv', index=False)",
    ),
    (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"): _IMAGE,
}
_BY_BEGINNING = (
    (re.compile(rb"\x89HDF"), _HDF5),
    (re.compile(rb"PAR1"), _PARQUET),
    (re.compile(rb"MATLAB 5"), _MATLAB),
    (re.compile(rb"\x80[\x02-\x05]"), _PICKLE),
    (re.compile(rb"\x89PNG|\xff\xd8\xff"), _IMAGE),
    (re.compile(rb"[-+]?[\d.]+( +\d+:\S+)+ *\r?\n"), _LIBSVM),
)
_BEGINNING = 2**12


def how_to_convert(path: str) -> str | None:
    """What the file is and how to convert it, where it is of a known kind that is not read."""
    found = next((made for ends, made in _BY_NAME.items() if path.lower().endswith(ends)), None)
    if found is None and Path(path).is_file():
        with open(path, "rb") as file:
            beginning = file.read(_BEGINNING)
        found = next((made for begins, made in _BY_BEGINNING if begins.match(beginning)), None)
    return None if found is None else _told(path, *found)


def pickled(path: str) -> str:
    """How to convert a pickle."""
    return _told(path, *_PICKLE)


def python_objects(path: str, name: str | None) -> str:
    """How to convert an array of Python objects, of that name in an archive."""
    stored = "d" if name is None else f"d[{name!r}]"
    load = f"d = numpy.load({Path(path).name!r}, allow_pickle=True){_TRUSTED}"
    return f"in Python: {load}; then save numpy.stack(list({stored})).astype(float) by numpy.savez"


def _told(path: str, what: str, first: str, second: str) -> str:
    return f"{what}; in Python: {first.format(repr(Path(path).name))}; {second}"
