"""Samples and labels that are no file: arrays, tensors, frames and lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ...configuration import InputError
from .columns import ColumnLike, is_label, place_of
from .guards import Arrays, checked_pair
from .tensors import of_tensor

NAMED = "the arrays given"


def arrays_given(
    data: Any,
    labels: Any = None,
    label_column: ColumnLike | None = None,
    drop_columns: Collection[ColumnLike] = (),
) -> Arrays:
    """Samples (N, d) and labels (N,) from what NumPy, PyTorch, pandas or SciPy hold them in.

    `data` are the samples, a pair of samples and labels, or a frame one of whose columns holds the
    labels: that named `label_column`, else the one named like labels.

    Raises InputError for anything else, and as `checked_pair`.
    """
    told: tuple[str, ...] = ()
    samples: Any = data
    if isinstance(data, tuple) and len(data) == 2 and labels is None:
        samples, labels = data
    if hasattr(samples, "columns") and hasattr(samples, "to_numpy"):
        names = list(map(str, samples.columns))
        left = {place_of(NAMED, names, len(names), one, "drop_columns") for one in drop_columns}
        if labels is None:
            place = _label_column(names, label_column)
            labels, told = samples.iloc[:, place], (f"labels from column {names[place]!r}",)
            left.add(place)
        elif label_column is not None:
            raise InputError("label_column: the labels are given")
        samples = samples.iloc[:, [place for place in range(len(names)) if place not in left]]
    elif label_column is not None or drop_columns:
        raise InputError("label_column, drop_columns: an array has no columns by name")
    if samples is None or isinstance(samples, Mapping) or hasattr(samples, "tensors"):
        raise InputError(
            f"data: a {type(samples).__name__} is given; give its samples and its labels, as in "
            "check(x, y)"
        )
    if labels is None:
        raise InputError("labels: samples given as an array need labels (N,)")
    return checked_pair(NAMED, _array("x", samples), _array("y", labels), told)


def _label_column(names: list[str], wanted: ColumnLike | None) -> int:
    if wanted is not None:
        return place_of(NAMED, names, len(names), wanted, "label_column")
    found = [place for place, name in enumerate(names) if is_label(name)]
    if len(found) != 1:
        raise InputError(
            f"{NAMED}: {len(found)} columns are named like labels; choose one by label_column, or "
            f"give the labels; the columns: {', '.join(names[:8])}"
        )
    return found[0]


def _array(name: str, value: Any) -> np.ndarray:
    """The array in any of these, of numbers or text where its objects are that."""
    if hasattr(value, "detach") and hasattr(value, "layout"):
        return of_tensor(NAMED, name, value)
    if hasattr(value, "toarray"):
        value = value.toarray()
    try:
        array = value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
        if array.dtype.kind != "O":
            return array
        texts = [isinstance(one, str) for one in array.ravel()]
        return array.astype(np.str_ if texts and all(texts) else np.float64)
    except (TypeError, ValueError, RuntimeError):
        what = "samples must form one matrix (N, d) of numbers"
        what = what if name == "x" else "labels must be numbers or text, one a sample"
        raise InputError(f"{NAMED}: {what}") from None
