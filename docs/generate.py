"""Writes the pages that are made from the code: `PAGES`.

    python docs/generate.py

A test holds the pages in the repository against what this makes.
"""

from __future__ import annotations

import dataclasses
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
from perturbproof.theory import catalog, statement
from perturbproof.theory.displayed import is_checked
from perturbproof.theory.notation import formula, prose
from perturbproof.theory.statement import Theorem
from perturbproof.theory.steps import trusted_facts
from perturbproof.theory.symbols import quantity
from perturbproof.verify.command_line.cli import app
from pydantic import BaseModel
from scenario_reference import scenario_page

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
            if isinstance(part, statement.Claim) and part.display is not None:
                words = "In full" if is_checked(part) else "In full, which nothing checks"
                lines += ["", f"{words}:", "", *_math(part.display)]
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
    steps: dict[str, list[str]] = {}
    for by, step in theorem.definitions:
        steps.setdefault(by.id, []).append(step.id)
    steps.pop(theorem.id, None)
    named = ", ".join(f"`{id}` ({', '.join(own)})" for id, own in steps.items())
    lines += ["", f"Definitions of earlier theorems: {named}."] if named else []
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


# What a step is made of stands in its class; who checks it, here.
_STEPS = {
    statement.Definition: "nobody: shown in every report, tried on random vectors in tests",
    statement.Let: "Z3: the range of the name holds and nothing is divided by zero",
    statement.Identity: "SymPy: the difference expands to 0; Z3: all of it has a value; balls",
    statement.Inequality: "Z3, for all real values in the ranges",
    statement.Cases: "Z3: each case, and that the cases cover all",
    statement.Limit: "SymPy, from each side that is meant; balls on the way",
    statement.Citation: "Z3 checks the premises; the fact itself is of the trusted base",
    statement.Earlier: "Z3 checks the assumptions; the other theorem's proof is run",
    statement.Conclusion: "Z3",
}


def proofs_page() -> str:
    """The kinds of steps, and every fact that a step may cite."""
    lines = [
        "# Steps and trusted facts",
        "",
        "Written by `python docs/generate.py` from the code: what "
        "[a theorem of your own](adding-a-theorem.md) is made of. Every step begins with its name, "
        '`"name <- what it rests on"`, and what it does in words.',
        "",
        "| step | then | what it says | who checks it |",
        "|---|---|---|---|",
    ]
    for step, checked in _STEPS.items():
        fields = [f"`{f.name}`" for f in dataclasses.fields(step)[3:]]
        said = " ".join((inspect.getdoc(step) or "").split("\n\n")[0].split())
        lines.append(f"| `{step.__name__}` | {', '.join(fields)} | {text(said)} | {checked} |")
    lines += [
        "",
        "## Trusted facts",
        "",
        '`Citation("name <- by", "In words.", SMALLEST(p_min, p_n, bound))` puts expressions for '
        "the arguments of a fact, in this order. A fact *over* an index is about a family: what is "
        "put for its members varies with that index, what is put elsewhere does not. Import them "
        "from `perturbproof.theory.steps`. `perturbproof list --json` has their formulas.",
        "",
        "| fact | arguments | over | what it says | source |",
        "|---|---|---|---|---|",
    ]
    for name, fact in trusted_facts().items():
        where = name.removeprefix("perturbproof.theory.steps.")
        lines.append(
            f"| `{where}` ({fact.key}) | {text(prose(fact.arguments))} | {fact.over} "
            f"| {text(prose(fact.says))} | {text(fact.source)} |"
        )
    return "\n".join(lines) + "\n"


PAGES = {
    "theorems.md": theorems_page,
    "proofs.md": proofs_page,
    "cli.md": cli_page,
    "api.md": api_page,
    "scenario-files.md": scenario_page,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
