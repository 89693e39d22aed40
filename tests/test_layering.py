"""The house: dependencies point one way, rooms stay small, and the light parts stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
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
# verify reaches the reports here and nowhere else.
KNOWS_REPORTS = {"verify/reporting.py"}
# The house itself holds 190 modules and 33 000 lines; the limit certificate came after, then images
# and wide networks.
MODULES, LINES, LONGEST_FILE, LARGEST_FOLDER = 323, 55_300, 433, 15
FLOORS = {"theory": 7, "numerics": 8, "verify": 7, "reports": 7}
SOURCES = {
    path.relative_to(ROOT).as_posix(): path
    for package in ALLOWED
    for path in sorted((ROOT / package).rglob("*.py"))
}


@cache
def imports(name: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The project's modules that a file imports, wherever in it, and the top names of all others.

    Imports for type checkers only do not count: they tie nothing when the program runs.
    """
    tree = ast.parse(SOURCES[name].read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    own: list[str] = []
    foreign: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            foreign |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            foreign.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            folder = Path(name).parents[node.level - 1] / (node.module or "").replace(".", "/")
            own += [_module(folder, alias.name) for alias in node.names]
    return tuple(dict.fromkeys(own)), frozenset(foreign)


def _module(folder: Path, name: str) -> str:
    """The file of `from folder import name`: a module of it, it itself, or its `__init__`."""
    for path in (folder / f"{name}.py", folder / name / "__init__.py", folder.with_suffix(".py")):
        if path.as_posix() in SOURCES:
            return path.as_posix()
    return (folder / "__init__.py").as_posix()


@pytest.mark.parametrize("name", SOURCES)
def test_imports_point_one_way(name: str) -> None:
    package = name.split("/")[0]
    own, foreign = imports(name)
    for module in own:
        other = module.split("/")[0]
        assert module in SOURCES, f"{module} is no module"
        assert other == package or other in ALLOWED[package], f"{package} imports {module}"
        if other == "reports" != package:
            assert name in KNOWS_REPORTS, f"imports {module}"
    assert not foreign & FORBIDDEN.get(package, set())
    assert "perturbproof" not in foreign, "imports inside the project are relative"
    if package == "numerics":
        assert "sympy" not in foreign or name == "numerics/compiler.py"


def test_no_module_imports_itself_through_others() -> None:
    # A package's face hands names on; what it imports ties the modules behind it, not those inside.
    edges = {
        name: [module for module in imports(name)[0] if module != name]
        for name in SOURCES
        if not name.endswith("__init__.py")
    }
    TopologicalSorter(edges).prepare()  # raises CycleError, which names the modules


def floors(package: str) -> int:
    """The floors of a package: a file or folder in it stands above all that it imports.

    Raises:
        graphlib.CycleError: an import runs back up.
    """

    def room(name: str) -> str:
        return "/".join(name.split("/")[:2])

    below: dict[str, set[str]] = {}
    for name in SOURCES:
        if name.startswith(f"{package}/") and name != f"{package}/__init__.py":
            found = {room(module) for module in imports(name)[0] if module.startswith(package)}
            below.setdefault(room(name), set()).update(found - {room(name)})
    level: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        level[name] = 1 + max((level[other] for other in below.get(name, ())), default=0)
    return max(level.values())


@pytest.mark.parametrize("package", ALLOWED)
def test_no_import_runs_back_up(package: str) -> None:
    assert floors(package) <= FLOORS[package]


def test_the_house_stays_small() -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in SOURCES.items()}
    assert len(SOURCES) <= MODULES
    assert sum(lines.values()) <= LINES
    assert not {name: n for name, n in lines.items() if n > LONGEST_FILE}, "two ideas in a file"
    folders = Counter(
        Path(name).parent.as_posix() for name in SOURCES if not name.endswith("__init__.py")
    )
    assert not {folder: n for folder, n in folders.items() if n > LARGEST_FOLDER}


def test_every_folder_says_what_lives_there() -> None:
    for name, path in SOURCES.items():
        if name.endswith("__init__.py"):
            text = path.read_text(encoding="utf-8")
            assert ast.get_docstring(ast.parse(text)), name


def test_no_nameless_files() -> None:
    assert not [
        name for name in SOURCES if Path(name).stem in {"utils", "helpers", "misc", "common"}
    ]


def loads(statement: str, *modules: str) -> list[str]:
    code = f"{statement}\nimport sys\nprint([m for m in {modules!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout.strip().splitlines()[-1])


def test_theory_loads_neither_numpy_nor_torch() -> None:
    """Proofs and refutations included."""
    statement = (
        "from perturbproof.theory.refute.survey import classify\n"
        "from perturbproof.theory.refute.mutants import mutants\n"
        "from perturbproof.theory.theorems import theorem\n"
        "classify(mutants(theorem('certificate-ladder'))[0])"
    )
    assert loads(statement, "numpy", "torch", "scipy") == []


def test_help_loads_neither_torch_nor_sympy() -> None:
    statement = (
        "import sys\nsys.argv = ['perturbproof', '--help']\n"
        "from perturbproof.verify.command_line.cli import main\n"
        "try: main()\nexcept SystemExit as e: assert e.code in (0, None)"
    )
    assert loads(statement, "torch", "sympy", "numpy") == []
