"""A data set or a perturbation is listed as soon as its class is in a module of its package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from perturbproof.numerics.configuration import found_kinds
from perturbproof.numerics.data import DATASETS
from perturbproof.numerics.perturb import PERTURBATIONS

BASE = """
import abc
from perturbproof.numerics.configuration import Configuration

class Base(Configuration, frozen=True, extra="forbid"):
    kind: str

class Drawn(Base, abc.ABC, frozen=True, extra="forbid"):
    @abc.abstractmethod
    def draw(self): ...
"""
KIND = """
from .base import {base}

class {name}({base}, frozen=True, extra="forbid"):
    kind: str = "{name}"
    def draw(self): ...
"""


def test_the_order_is_the_published_one() -> None:
    def names(kinds) -> list[str]:
        return [kind.model_fields["kind"].default for kind in kinds]

    def among(kinds, published: list[str]) -> list[str]:
        """Those published, in the order found: others may have come since."""
        return [name for name in names(kinds) if name in published]

    data = ["orthogonal", "near-orthogonal", "uniform", "gaussian", "digits", "file"]
    assert among(DATASETS, data) == data
    geometric = ["l2", "linf-sign", "linf-rescaled", "l0-value", "l0-sign"]
    perturbations = [*geometric, "gradient", "pgd", "pixel"]
    assert among(PERTURBATIONS, perturbations) == perturbations


def test_a_new_file_is_all_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kinds_of_a_test"
    folder.mkdir()
    files = {
        "__init__": "",
        "base": BASE,
        # Abstract classes are no kinds, and those derived from them come where they stand.
        "zebra": KIND.format(base="Drawn", name="Zebra"),
        "apple": KIND.format(base="Base", name="Apple"),
        "made": "raise AssertionError('reads what is found')",
    }
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    base = __import__(f"{folder.name}.base", fromlist=["Base"]).Base
    try:
        found = found_kinds(base, folder.name, without="made")
        assert [kind.__name__ for kind in found] == ["Zebra", "Apple"]
    finally:
        for name in [name for name in sys.modules if name.startswith(folder.name)]:
            del sys.modules[name]
