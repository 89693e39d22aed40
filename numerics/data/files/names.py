"""Which arrays of a file are the samples and which the labels, by the names that people give."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ...configuration import InputError

SAMPLES = (
    *("x", "data", "images", "imgs", "features", "inputs", "samples"),
    *("image", "img", "feature", "input", "sample"),
)
LABELS = ("y", "label", "labels", "target", "targets", "class", "classes")
"""Names, in lower case, of labels, and of a column of labels."""
_TRAINING = ("train", "training")
_ELSEWHERE = ("test", "val", "valid", "validation", "extra")
_POSITIONAL = ("arr_0", "arr_1")


def chosen_names(
    path: str, there: Collection[str], x: str | None, y: str | None, *, labels: bool = True
) -> tuple[str, str | None, tuple[str, ...]]:
    """The names of the samples and of the labels, and in words what was chosen.

    `there` are the names of all arrays. `x` and `y` are what the user chose; without `labels` only
    samples are sought.

    Names are taken as they are (``x``, ``data``, ``labels``), else with ``train``, else with
    another word beside; two of one kind are ambiguous. What `numpy.savez` names by position is
    taken by position.
    Raises InputError where an array is not there, or there is more than one to choose from.
    """
    for option, name in (("x", x), ("y", y)):
        if name is not None and name not in there:
            raise InputError(f"{path}: no array {name!r} ({option}); there are: {_list(there)}")
    if x is None and y is None and labels and sorted(there) == list(_POSITIONAL):
        x, y = _POSITIONAL
    samples = x or _one(path, there, "x", SAMPLES, "samples", y)
    # Of several arrays of labels one may not belong to the samples that the user chose.
    every = x is not None
    found = (y or _one(path, there, "y", LABELS, "labels", samples, every)) if labels else None
    used = [name for name in (samples, found) if name is not None]
    if used in (["x", "y"], ["x"]):
        return samples, found, ()
    told = f"samples from {samples!r}" + (f", labels from {found!r}" if found is not None else "")
    if others := [name for name in there if name not in used]:
        told += f"; not used: {', '.join(others[:8])}{', ...' if len(others) > 8 else ''}"
    return samples, found, (told,)


def _one(
    path: str,
    there: Collection[str],
    option: str,
    words: Sequence[str],
    what: str,
    other: str | None,
    every: bool = False,
) -> str:
    ranked = {
        name: rank for name in there if name != other and (rank := _rank(name, words)) is not None
    }
    best = [name for name, rank in ranked.items() if every or rank == min(ranked.values())]
    if len(best) == 1:
        return best[0]
    if not best:
        raise InputError(
            f"{path}: no array {option!r}, and none named like {what}; there are: {_list(there)}; "
            f"choose one by the option {option}"
        )
    raise InputError(
        f"{path}: {' and '.join(map(repr, best[:4]))} may be the {what}; choose by the option "
        f"{option}"
    )


def _rank(name: str, words: Sequence[str]) -> int | None:
    """0 for a word alone, 1 beside train, 2 beside another word, 3 beside test; None if none is."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    split = re.sub(r"^([xy])(train|test)$", r"\1_\2", split)
    parts = [part for part in re.split(r"[\W_]+", split) if part]
    if not any(part in words for part in parts):
        return None
    if len(parts) == 1:
        return 0
    others = [part for part in parts if part not in words]
    if any(part in _ELSEWHERE for part in others):
        return 3
    return 1 if others and all(part in _TRAINING for part in others) else 2


def holds_labels(there: Collection[str]) -> bool:
    """Whether an array is named like labels."""
    return any(_rank(name, LABELS) is not None for name in there)


def label_stems(stem: str) -> list[str]:
    """What the file of labels beside that of samples may be called: ``train_y`` for ``train_x``."""
    parts = re.split(r"([\W_]+)", stem)
    stems: list[str] = []
    for place, part in enumerate(parts):
        if part.lower() not in SAMPLES:
            continue
        for word in ("y", *LABELS) if part.lower() == "x" else (*LABELS[2::2], *LABELS[1::2]):
            for spelt in (word.upper(), word) if part.isupper() else (word, word.capitalize()):
                stems.append("".join([*parts[:place], spelt, *parts[place + 1 :]]))
    return list(dict.fromkeys(stems))


def _list(there: Collection[str]) -> str:
    named = [name[:40] for name in list(there)[:8]]
    return ", ".join(named) + (", ..." if len(there) > 8 else "") if named else "none"
