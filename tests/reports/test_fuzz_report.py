"""Malformed reports: read, or refused in one line, and nothing else; the same for their figures."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from perturbproof.reports.figures import draw
from perturbproof.reports.files import ReportError, load_report
from perturbproof.reports.render import render
from perturbproof.reports.schema import FigureRecord

from ..fuzzing import fuzz, mutated
from .sample_figures import figures
from .sample_report import report
from .sample_scenarios import passing

Place = tuple[str | int, ...]

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 10**30, -(10**400), 0.5, -0.0, 5e-324, 1e308, -1e308),
    *("", "PASS", "yes", "..", "../../x", "/etc/x", "a/b\\c", "a\0b", "a\nb", "\ud800", "\x1b[2J"),
    *("n" * 5000, "#x", "$x$", "<script>", "]]>", "&amp;", "_", "x^", "(" * 500, "frac(" * 200),
    *([], [[]], [1], [1, 2], ["a"], {}, {"a": 1}, {"lower": 2, "upper": 1}, {"lower": 1e308}),
]
# What json itself does not write: constants, numbers no float holds, depth, a key twice.
RAW = ["NaN", "-Infinity", "1e999", "9" * 5000, "[" * 5000, "[" * 300 + "]" * 300, '{"a":1,"a":2}']
RAW += ['{"a":' * 300 + "1" + "}" * 300, "01", "1.", "tru", "'a'", '"a', "", "\ufeff"]


def places(tree: Any, here: Place = ()) -> list[Place]:
    """Every place in a report, as keys and indices from its root."""
    found = [here] if here else []
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            found += places(value, (*here, key))
    return found


def changed(original: Any, most: int = 3) -> st.SearchStrategy[str]:
    """The JSON text of a tree with some of its values replaced, removed or doubled."""
    text = json.dumps(original)
    every = places(original)
    value = st.integers(0, len(VALUES) + len(RAW) + 1)
    changes = st.lists(st.tuples(st.integers(0, len(every) - 1), value), min_size=1, max_size=most)

    def apply(chosen: list[tuple[int, int]]) -> str:
        tree = json.loads(text)
        raw: dict[str, str] = {}
        for place, value in chosen:
            _replace(tree, every[place], value, raw)
        result = json.dumps(tree)
        for mark, literal in raw.items():
            result = result.replace(f'"{mark}"', literal)
        return result

    return changes.map(apply)


def _replace(tree: Any, place: Place, value: int, raw: dict[str, str]) -> None:
    *above, last = place
    try:
        for key in above:
            tree = tree[key]
        if value < len(VALUES):
            tree[last] = copy.deepcopy(VALUES[value])
        elif value < len(VALUES) + len(RAW):
            mark = f"raw-{len(raw)}"
            raw[mark] = RAW[value - len(VALUES)]
            tree[last] = mark
        elif value == len(VALUES) + len(RAW):
            del tree[last]
        elif isinstance(tree, list):
            tree.append(tree[last])
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took the place away


WHOLE = report()
SMALL = report([passing("one")])
SMALL["scenarios"][0]["figures"] = SMALL["scenarios"][0]["figures"][:1]
INPUTS = changed(WHOLE).map(lambda text: text.encode("utf-8", "surrogatepass"))
BYTES = mutated(json.dumps(SMALL).encode())


def malformed_reports(folder: Path, wanted: int) -> None:
    path = folder / "report.json"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        load_report(folder)

    print(f"\nreport.json: {fuzz(INPUTS | BYTES, read, ReportError, wanted)}")


def test_some_malformed_reports(tmp_path: Path) -> None:
    malformed_reports(tmp_path, 60)


@pytest.mark.slow
def test_many_malformed_reports(tmp_path: Path, fuzz_share: Callable[[int], int]) -> None:
    malformed_reports(tmp_path, fuzz_share(10_000))


FIGURES = {figure["kind"]: figure["data"] for figure in figures(samples=6)}
FIGURES["decision-map"]["values"] = [[-1.0, 0.5, 1.0], [0.0, -0.5, 2.0], [1.0, 1.0, 1.0]]
FIGURES["convergence"] = {
    key: value[:4] if isinstance(value, list) else value
    for key, value in FIGURES["convergence"].items()
}


def malformed_figures(kind: str, wanted: int) -> None:
    def read(text: str) -> None:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise ReportError("refused when the report was read") from None
        if not isinstance(data, dict):
            raise ReportError("refused when the report was read")
        draw(FigureRecord(id="one", kind=kind, data=data))

    print(f"\n{kind}: {fuzz(changed(FIGURES[kind], most=2), read, ReportError, wanted)}")


def test_a_name_that_leaves_a_figure_no_room_is_refused() -> None:
    first, *others = FIGURES["boundaries"]["networks"]
    data = {**FIGURES["boundaries"], "networks": [{**first, "name": "W" * 500}, *others]}
    with pytest.raises(ReportError, match="cannot be drawn"):
        draw(FigureRecord(id="one", kind="boundaries", data=data))


@pytest.mark.parametrize("kind", FIGURES)
def test_some_malformed_figures(kind: str) -> None:
    malformed_figures(kind, 4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIGURES)
def test_many_malformed_figures(kind: str, fuzz_share: Callable[[int], int]) -> None:
    malformed_figures(kind, fuzz_share(300))


def rendered(folder: Path, wanted: int) -> None:
    """Render what can be read, until so many were refused; all that is written is in the folder."""
    inside = folder / "report"
    inside.mkdir()

    def read(text: str) -> None:
        (inside / "report.json").write_bytes(text.encode("utf-8", "surrogatepass"))
        load_report(inside)
        render(inside)

    print(f"\nrendered: {fuzz(changed(SMALL), read, ReportError, wanted)}")
    assert list(folder.iterdir()) == [inside]
    assert {path.name for path in inside.iterdir()} <= {
        *("report.json", "report.pdf", "report.html", "junit.xml", "summary.md", "figures"),
    }
    for path in (inside / "figures").iterdir():
        assert path.suffix in (".svg", ".csv")


@pytest.mark.slow
def test_what_can_be_read_is_rendered(tmp_path: Path, fuzz_share: Callable[[int], int]) -> None:
    rendered(tmp_path, fuzz_share(60))
