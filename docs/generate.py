"""Writes the pages that are made from the code: docs/theorems.md, docs/cli.md and docs/api.md.

    python docs/generate.py

A test holds the pages in the repository against what this makes.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from enum import Enum
from functools import cached_property
from pathlib import Path

import sympy as sp
import typer
from perturbproof import theory, verify
from perturbproof.reports.github import text
from perturbproof.theory import catalog
from perturbproof.theory.notation import formula, prose
from perturbproof.theory.statement import Theorem
from perturbproof.theory.symbols import quantity
from perturbproof.verify.command_line.cli import app
from pydantic import BaseModel

DOCS = Path(__file__).resolve().parent
_KINDS = {
    "decided by Z3": ("Inequality", "Cases", "Conclusion"),
    "by SymPy": ("Identity", "Limit"),
    "from other theorems": ("Earlier",),
    "new names": ("Let",),
    "from the trusted base": ("Citation",),
    "definitions": ("Definition",),
}


def theorems_page() -> str:
    """Every theorem of the catalog: statement, source, assumptions, claims, proof, trusted base."""
    theorems = catalog()
    lines = [
        "# The theorems",
        "",
        "Written by `python docs/generate.py` from the catalog: the formulas below are the objects "
        "that are proved and evaluated. `perturbproof prove NAME --show` prints each proof step by "
        "step. Symbols are explained [at the end](#symbols).",
        "",
        "| theorem | origin | proof steps | what it says |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| [{t.id}](#{t.id}) | {t.origin} | {len(t.proof)} | {text(prose(t.title))} |"
        for t in theorems
    ]
    for theorem in theorems:
        lines += ["", *_theorem(theorem)]
    lines += ["", *_symbols(theorems)]
    return "\n".join(lines) + "\n"


def _theorem(theorem: Theorem) -> list[str]:
    source = theorem.source
    named = f"[{text(source.title)}]({source.url})" if source.url else text(source.title)
    where = f", {text(source.locator)}" if source.locator else ""
    kind = "" if theorem.kind == "theorem" else f" A {theorem.kind}, not a theorem."
    lines = [
        f"## {theorem.id}",
        "",
        f"**{text(prose(theorem.title))}.** {text(prose(theorem.summary))}{kind}",
        "",
        f"Source: {text(source.authors)}, {named}, {source.venue} {source.year}{where} "
        f"({theorem.origin}).",
    ]
    for word, parts in (("Assumptions", theorem.assumptions), ("Claims", theorem.claims)):
        lines += ["", f"{word}:"] if parts else []
        for part in parts:
            lines += ["", f"*{part.id}.* {text(prose(part.says))}", "", *_math(part.relation)]
            shown = getattr(part, "display", None)
            if shown is not None:
                lines += ["", "In full:", "", *_math(shown)]
    counts = Counter(type(step).__name__ for step in theorem.proof)
    shares = {told: sum(counts[kind] for kind in kinds) for told, kinds in _KINDS.items()}
    told = ", ".join(f"{count} {kind}" for kind, count in shares.items() if count)
    lines += ["", f"Proof: {len(theorem.proof)} steps ({told})."]
    facts = {fact.key: fact for fact in theorem.trusted_base}
    lines += ["", "Trusted base:", ""] if facts else ["", "Trusted base: nothing is cited."]
    lines += [
        f"* **{key}**: {text(prose(fact.says))} ({text(fact.source)})"
        for key, fact in facts.items()
    ]
    return lines + [line for remark in theorem.remarks for line in ("", text(prose(remark)))]


def _math(e: sp.Basic) -> list[str]:
    latex = formula(e).latex
    # GitHub refuses \operatorname, and its Markdown may take < for a tag.
    latex = latex.replace("\\operatorname", "\\mathrm")
    latex = re.sub(r"<(?=\s)", r"\\lt", re.sub(r">(?=\s)", r"\\gt", latex))
    return ["$$", latex, "$$"]


def _symbols(theorems: tuple[Theorem, ...]) -> list[str]:
    names = sorted(
        {s.name for t in theorems for s in t.measured_symbols}, key=lambda n: (n.lower(), n)
    )
    lines = ["## Symbols", "", "| symbol | written | meaning | range |", "|---|---|---|---|"]
    for name in names:
        known = quantity(name)
        latex = known.latex.replace("\\operatorname", "\\mathrm")
        latex = latex.replace("\\|", "\\Vert ").replace("|", "\\vert ")  # | ends a cell
        lines.append(
            f"| ${latex}$ | `{name}` | {text(prose(known.meaning))} "
            f"| {text(prose(known.range_text))} |"
        )
    return lines


def cli_page() -> str:
    """The help of every command."""
    group = typer.main.get_command(app)
    names = ["-h", "--help"]
    parent = typer.Context(
        group, info_name="perturbproof", terminal_width=90, help_option_names=names
    )
    lines = [
        "# The command line",
        "",
        "Written by `python docs/generate.py` from the code: what `--help` prints. Results go to "
        "stdout, progress and log lines to stderr; bars and colours only on a terminal, and "
        "`NO_COLOR` is honoured.",
        "",
        "```text",
        group.get_help(parent),
        "```",
    ]
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        context = typer.Context(command, info_name=name, parent=parent, terminal_width=90)
        lines += ["", f"## perturbproof {name}", "", "```text", command.get_help(context), "```"]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def api_page() -> str:
    """Signature and docstring of every public name, with the fields and methods of classes."""
    lines = [
        "# From Python",
        "",
        "Written by `python docs/generate.py` from the docstrings. What is not here is internal "
        "and may change.",
    ]
    for package in (verify, theory):
        lines += ["", f"## {package.__name__}", "", *_docstring(package)]
        for name in package.__all__:
            lines += ["", *_entry(name, getattr(package, name))]
    return "\n".join(lines) + "\n"


def _entry(name: str, entry: object) -> list[str]:
    lines = [f"### {name}", "", *_signature(name, entry), *_docstring(entry)]
    members = vars(entry).items() if isinstance(entry, type) else ()
    for member, value in members:
        value = getattr(value, "__func__", value)
        if member.startswith("_") or not inspect.getdoc(value):
            continue
        if isinstance(value, (property, cached_property)):
            lines += ["", f"**{member}**: {' '.join(_docstring(value))}"]
        elif inspect.isfunction(value) and value.__module__ == entry.__module__:
            lines += ["", *_signature(f"{name}.{member}", value), *_docstring(value)]
    return lines


def _signature(name: str, entry: object) -> list[str]:
    if not callable(entry) or (isinstance(entry, type) and issubclass(entry, Enum)):
        return []
    if isinstance(entry, type) and issubclass(entry, BaseModel):
        # As written in the source: the signature of a model spells out every validator.
        fields = [f"    {field}: {kind}," for field, kind in entry.__annotations__.items()]
        return ["```text", f"{name}(", *fields, ")", "```", ""]
    shown = _plain(str(inspect.signature(entry)))
    if len(name + shown) > 90:
        parts: list[str] = []
        for parameter in inspect.signature(entry).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
                parts.append("*")
            parts.append(_plain(str(parameter)))
        shown = "(\n" + "".join(f"    {part},\n" for part in parts) + shown[shown.rindex(")") :]
    return ["```text", name + shown, "```", ""]


def _plain(signature: str) -> str:
    """Annotations without quotes, functions by their names."""
    bare = re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", bare)


def _docstring(entry: object) -> list[str]:
    """A docstring as Markdown: its sections as lists, its examples as text."""
    lines: list[str] = []
    for block in (inspect.getdoc(entry) or "").split("\n\n"):
        head, *rest = block.split("\n")
        if head.endswith(":") and rest and all(line.startswith("    ") for line in rest):
            lines += ["", f"{head}", ""]
            for line in rest:
                told = line[4:]
                new = not told.startswith(" ")
                lines += [f"* {told}"] if new else [f"  {told.strip()}"]
        elif block.startswith((">>>", "    ")):
            lines += ["", "```text", inspect.cleandoc(block), "```"]
        else:
            lines += ["", *block.split("\n")]
    return lines[1:]


PAGES = {"theorems.md": theorems_page, "cli.md": cli_page, "api.md": api_page}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
