"""Dependencies point one way, and the light parts stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "theory": set(),
    "numerics": {"theory"},
    "verify": {"theory", "numerics", "reports"},
    "reports": set(),
}
FORBIDDEN = {
    "theory": {"numpy", "torch", "scipy", "matplotlib"},
    "reports": {"torch", "sympy", "z3", "flint"},
}
# The command line is the one place that knows reports.
KNOWS_REPORTS = {
    "verify/command_line/prove.py",
    "verify/command_line/report.py",
    "verify/command_line/console.py",
    "verify/command_line/pytest_items.py",
    "verify/command_line/selftest.py",
    "verify/assumptions/result.py",
    "verify/result.py",
    "verify/run/folder.py",
    "verify/run/proof_witness.py",
    "verify/run/store.py",
    "verify/run/witness.py",
}
SOURCES = [path for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[tuple[str, str]]:
    """Pairs of (package of this project or "", top module) that a file imports."""
    found = set()
    inside = path.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {("", alias.name.split(".")[0]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                found.add(("", (node.module or "").split(".")[0]))
            elif node.level >= len(inside):
                names = [node.module] if node.module else [a.name for a in node.names]
                found |= {(name.split(".")[0], "") for name in names}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for project, top in imported(path):
        if project and project != package:
            assert project in ALLOWED[package], f"{package} must not import {project}"
            if project == "reports":
                assert path.relative_to(ROOT).as_posix() in KNOWS_REPORTS
        assert top not in FORBIDDEN.get(package, set()), f"{package} must not import {top}"
        if package == "numerics" and top == "sympy":
            assert path.name == "compiler.py"
        assert top != "perturbproof", "imports inside the project are relative"


def loads(statement: str, *modules: str) -> list[str]:
    code = f"{statement}\nimport sys\nprint([m for m in {modules!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout.strip().splitlines()[-1])


def test_theory_loads_neither_numpy_nor_torch() -> None:
    statement = "from perturbproof.theory import catalog, prove\nfor t in catalog()[:1]: prove(t)"
    assert loads(statement, "numpy", "torch") == []


def test_help_loads_neither_torch_nor_sympy() -> None:
    statement = (
        "import sys\nsys.argv = ['perturbproof', '--help']\n"
        "from perturbproof.verify.command_line.cli import main\n"
        "try: main()\nexcept SystemExit as e: assert e.code in (0, None)"
    )
    assert loads(statement, "torch", "sympy", "numpy") == []


def test_no_file_holds_two_ideas() -> None:
    long = {p.name: n for p in SOURCES if (n := len(p.read_text().splitlines())) > 750}
    assert not long


def test_no_nameless_files() -> None:
    assert not [p for p in SOURCES if p.stem in {"utils", "helpers", "misc", "common"}]
