"""README and docs: what they show is run, what is generated is current, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import typer
from perturbproof.verify.command_line.cli import app
from perturbproof.verify.scenarios.grid import load_grid
from perturbproof.verify.scenarios.inputs import load_run_file

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("perturbproof", "pip", "pytest", "python")
COMMANDS = typer.main.get_command(app)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and content of every block, in order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def commands(content: str) -> Iterator[list[str]]:
    """The commands among the lines of a block; its other lines are output."""
    for line in content.splitlines():
        for part in line.removeprefix("$ ").split("&&"):
            words = shlex.split(part, comments=True)
            if words and words[0] in PROGRAMS:
                yield words


def takes_long(words: list[str]) -> bool:
    """Suites and their files, all proofs, commands with a placeholder like DIR: only parsed."""
    command, rest = words[1], words[2:]
    inside = [word for word in rest if word.startswith("verify/suites/")]
    assert all((ROOT / word).is_file() for word in inside), words
    if any(re.fullmatch(r"[A-Z]+(\.\w+)?|.*\bOUT/.*|.*--NAME/.*|\.\.\.", word) for word in rest):
        return True
    named = [word for word in rest if not word.startswith("-")]
    if command == "verify":
        return (
            bool(inside) or "--suite" in rest or not any(word.endswith(".toml") for word in named)
        )
    return command in ("selftest", "sweep") or (command == "prove" and not named)


@pytest.fixture
def folder(here: Path) -> Path:
    """A working folder with the files that the pages speak of."""
    shutil.copytree(ROOT / "docs/examples", here / "docs/examples")
    rng = np.random.default_rng(0)
    x = np.linalg.qr(rng.standard_normal((60, 60)))[0][:8] + 1e-3 * rng.standard_normal((8, 60))
    np.savez(here / "mine.npz", x=x, y=np.arange(8) % 2)
    shown = (
        content for language, content in blocks(ROOT / "docs/your-own.md") if language == "toml"
    )
    (here / "mine.toml").write_text(next(shown))
    return here


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_run(quick, folder: Path, page: Path, capsys) -> None:
    for language, content in blocks(page):
        if language == "python":
            exec(compile(content, str(page), "exec"), {"__name__": "page"})
        elif language == "toml":
            file = folder / content.splitlines()[0].removeprefix("# ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)
            assert len(load_grid(file)) if "[sweep]" in content else load_run_file(file).name
        elif language == "":
            for words in commands(content):
                run_or_parse(quick, words)
    assert "Traceback" not in capsys.readouterr().err


def run_or_parse(quick, words: list[str]) -> None:
    program, *rest = words
    if program == "python":
        script = ROOT / rest[0]
        assert script.is_file() or (script / "__main__.py").is_file(), words
    elif program == "pytest":
        named = [word for word in rest if not word.startswith("-") and not word.isdecimal()]
        assert all(Path(word).is_file() for word in named), words
    elif program == "perturbproof":
        # The report of `report DIR` is drawn by the tests of that command.
        if takes_long(words) or words[1] == "report":
            command = COMMANDS.get_command(typer.Context(COMMANDS), words[1])
            assert command is not None, words
            command.make_context(words[1], words[2:])
            return
        ended = quick(*rest)
        assert ended.code in (0, 4), f"{words}\n{ended.err}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_tested_or_only_shown(page: Path) -> None:
    shown = {"text", "math", "yaml"}
    assert {language for language, _ in blocks(page)} <= {"", "python", "toml"} | shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if path.startswith("https://"):
            continue
        assert not path or (page.parent / path).exists(), target
        assert path or anchor in headings, target


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # As when it is run: what lies beside it can be imported.
        patch.syspath_prepend(str(ROOT / "docs"))
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["theorems.md", "proofs.md", "cli.md", "scenario-files.md"])
def test_generated_pages_are_current(generator: ModuleType, name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == generator.PAGES[name](), "run python docs/generate.py"


def test_formulas_are_written_as_github_reads_them(generator: ModuleType) -> None:
    formulas = re.findall(r"\$\$\n(.*?)\n\$\$", generator.theorems_page(), re.DOTALL)
    assert len(formulas) > 100
    for formula in formulas:
        assert "\\operatorname" not in formula
        assert not set("<>$\n") & set(formula)
        assert formula.count("{") == formula.count("}")
        assert formula.count("\\left") == formula.count("\\right") + formula.count("\\leftarrow")
