import json
import shutil
import sys
from pathlib import Path
from subprocess import run

import pytest
from perturbproof.reports.files import ReportError
from perturbproof.reports.render import render

from .sample_figures import figures
from .sample_report import report
from .sample_scenarios import passing


def write(folder: Path, raw: object) -> None:
    (folder / "report.json").write_text(json.dumps(raw), encoding="utf-8")


def test_writes_all_files_and_only_those(tmp_path: Path) -> None:
    write(tmp_path, report([passing()]))
    paths = render(tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in paths}
    drawn = {f"figures/orthogonal-in-the-regime-{figure['id']}" for figure in figures()}
    expected = {"report.pdf", "appendix.pdf", "report.html", "junit.xml", "summary.md"}
    assert names == expected | {f"{name}.{suffix}" for name in drawn for suffix in ("svg", "csv")}
    there = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert there == names | {"report.json"}


def test_equal_and_unsafe_names_get_files_of_their_own(tmp_path: Path) -> None:
    items = [passing("../../etc/passwd"), passing("A"), passing("a"), passing("方")]
    for item in items:
        item["figures"] = item["figures"][:1]
    write(tmp_path, report(items))
    drawings = [path for path in render(tmp_path) if path.suffix == ".svg"]
    assert len({path.name.lower() for path in drawings}) == 4
    assert {path.parent for path in drawings} == {tmp_path / "figures"}


def test_a_smaller_report_removes_the_figures_of_the_larger_one_and_nothing_else(
    tmp_path: Path,
) -> None:
    items = [passing(name) | {"figures": figures()[:1]} for name in ("first", "second")]
    write(tmp_path, report(items))
    render(tmp_path)
    drawn = {path.name for path in (tmp_path / "figures").iterdir()}
    outside = tmp_path / "elsewhere.svg"
    shutil.copy(tmp_path / "figures/second-multipliers.svg", outside)
    (tmp_path / "figures/linked.svg").symlink_to(outside)
    own = {"second-notes.csv": "mine", "second-own.svg": "<svg/>", "second-own.csv": "mine"}
    for name, text in own.items():
        (tmp_path / "figures" / name).write_text(text)
    write(tmp_path, report(items[:1]))
    render(tmp_path)
    left = {path.name for path in (tmp_path / "figures").iterdir()}
    first = {name for name in drawn if name.startswith("first-")}
    assert first < drawn
    assert left == first | set(own) | {"linked.svg"}
    assert outside.exists()


@pytest.mark.parametrize("kind", ["pie", "multipliers"])
def test_a_bad_figure_is_an_error_with_its_path_and_nothing_is_written(
    tmp_path: Path, kind: str
) -> None:
    raw = report([passing() | {"figures": []}, passing("second")])
    raw["scenarios"][1]["figures"][0] |= {"kind": kind, "data": {}}
    write(tmp_path, raw)
    with pytest.raises(ReportError, match=r"^scenarios\[1\]\.figures\[0\]\.(kind|data)"):
        render(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_strict_reaches_junit(tmp_path: Path) -> None:
    item = passing() | {"figures": []}
    item["theorems"][0] |= {"verdict": "VACUOUS", "as_expected": False}
    write(tmp_path, report([item]))
    render(tmp_path)
    assert "<skipped" in (tmp_path / "junit.xml").read_text()
    render(tmp_path, strict=True)
    assert "<skipped" not in (tmp_path / "junit.xml").read_text()


def test_reading_a_report_loads_no_heavy_module() -> None:
    heavy = "{'matplotlib', 'typst', 'torch', 'sympy', 'numpy', 'z3'}"
    code = f"import sys, perturbproof.reports.files; sys.exit(bool({heavy} & set(sys.modules)))"
    run([sys.executable, "-c", code], check=True)


def test_rendering_imports_nothing_of_the_verifier() -> None:
    ours = (
        "('perturbproof.theory', 'perturbproof.numerics', 'perturbproof.verify', 'torch', 'sympy')"
    )
    code = (
        f"import sys, perturbproof.reports.render; sys.exit(any(m in sys.modules for m in {ours}))"
    )
    run([sys.executable, "-c", code], check=True)
