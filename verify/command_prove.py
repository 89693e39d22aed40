"""`perturbproof prove`: the proofs, step by step."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.table import Table

from ..numerics.input_error import InputError
from ..reports.atomic import write_atomic
from ..theory.catalog import catalog
from ..theory.engine import ProofReport, StepReport, prove
from ..theory.refutability import MutantReport, survey
from ..theory.search import search
from ..theory.statement import Theorem
from ..theory.typeset import formula
from .cli import print_json
from .console import results, styled, watched
from .own_theorem import load_theorem
from .report import proof_entry, theorem_entry
from .verdict import ExitCode


def run_prove(
    ids: list[str],
    show: bool,
    smt: Path | None,
    with_mutants: bool,
    own: list[Path],
    as_json: bool,
    quiet: bool,
) -> int:
    """Discharge proofs and print the ledger. Returns 0 if all are proved, 1 on a gap, else 4.

    Where a proof has a gap, small data sets are searched for one that refutes the theorem. With
    mutants, a mutant that is proved although a data set refutes it is a fault and returns 1.

    Raises:
        InputError: there is no such theorem, or the folder for SMT-LIB files cannot be written.
    """
    theorems = _chosen(ids, tuple(load_theorem(path) for path in own))
    proofs: list[tuple[Theorem, ProofReport]] = []
    with watched(quiet) as progress:
        for done, theorem in enumerate(theorems):
            progress("proving", done, len(theorems))
            proofs.append((theorem, prove(theorem)))
        refuted = {
            theorem.id: str(found)
            for theorem, proof in proofs
            if proof.verdict != "proved" and (found := search(theorem).refutation) is not None
        }
        surveyed: list[MutantReport] = []
        if with_mutants:
            for done, theorem in enumerate(theorems):
                progress(f"mutants of {theorem.id}", done, len(theorems))
                surveyed += survey((theorem,))
    if smt is not None:
        _write_smt(smt, proofs)
    if as_json:
        print_json(
            {
                "theorems": [theorem_entry(theorem) for theorem in theorems],
                "proofs": [proof_entry(theorem, proof) for theorem, proof in proofs],
                "refuted": refuted,
                "mutants": [
                    {"id": m.mutant.id, "says": m.mutant.says, "verdict": m.verdict}
                    | {"reason": m.reason}
                    for m in surveyed
                ],
            }
        )
    else:
        _print(proofs, show, refuted)
        _print_mutants(surveyed)
    verdicts = {proof.verdict for _, proof in proofs}
    if "gap" in verdicts or refuted or any(m.contradiction for m in surveyed):
        return ExitCode.FAILED
    return ExitCode.UNDECIDED if "unknown" in verdicts else ExitCode.AS_EXPECTED


def _chosen(ids: list[str], own: tuple[Theorem, ...]) -> tuple[Theorem, ...]:
    """The theorems named; without names the user's own, or else the whole catalog."""
    known = {theorem.id: theorem for theorem in (*catalog(), *own)}
    for id in ids:
        if id not in known:
            raise InputError(f"no theorem {id!r}; known: {', '.join(known)}")
    return tuple(known[id] for id in dict.fromkeys(ids)) if ids else own or catalog()


def _write_smt(folder: Path, proofs: list[tuple[Theorem, ProofReport]]) -> None:
    try:
        for theorem, proof in proofs:
            for step in proof.steps:
                if step.smt:
                    write_atomic(folder / theorem.id / f"{step.id}.smt2", step.smt)
    except OSError as error:
        raise InputError(f"--smt {folder}: cannot be written ({error.strerror})") from None


def _print(proofs: list[tuple[Theorem, ProofReport]], show: bool, refuted: dict[str, str]) -> None:
    console = results()
    for theorem, proof in proofs:
        console.print(
            f"{styled(proof.verdict)}  [bold]{theorem.id}[/]  {theorem.title}"
            f"  ({len(proof.steps)} steps, {proof.seconds:.2f} s)"
        )
        if show:
            _print_statement(console, theorem)
        if show or len(proofs) == 1:
            _print_steps(console, proof, show)
        for step in proof.open_steps:
            _print_open(console, step)
        if theorem.id in refuted:
            console.print("  [bold red]refuted[/] by a data set, in exact rationals:")
            console.print(f"    {refuted[theorem.id]}", markup=False)
    proved = sum(proof.verdict == "proved" for _, proof in proofs)
    seconds = sum(proof.seconds for _, proof in proofs)
    console.print(f"\n{proved} of {len(proofs)} theorems proved in {seconds:.1f} s")


def _print_statement(console, theorem: Theorem) -> None:
    console.print(f"  {theorem.summary}")
    console.print(f"  source: {theorem.source} ({theorem.origin})", markup=False)
    for word, parts in (("assume", theorem.assumptions), ("claim", theorem.claims)):
        for part in parts:
            console.print(f"  {word} {part.id}: {part.says}", markup=False)
            console.print(f"      {formula(part.relation).text}", markup=False)
    console.print("  trusted base:")
    for fact in theorem.trusted_base:
        console.print(f"    {fact.key}: {fact.says} ({fact.source})", markup=False)


def _print_steps(console, proof: ProofReport, show: bool) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for heading in ("", "step", "by", "what it does"):
        table.add_column(heading, overflow="fold")
    for step in proof.steps:
        mark = styled(step.status) if step.status != "discharged" else "[green]ok[/]"
        text = f"{step.says}\n    {formula(step.formula).text}" if show else step.says
        table.add_row(mark, step.id, step.engine, text.replace("[", "\\["))
    console.print(table)


def _print_open(console, step: StepReport) -> None:
    console.print(f"  {styled(step.status)} at step '{step.id}': {step.detail}")
    if step.countermodel:
        numbers = ", ".join(f"{name} = {value}" for name, value in step.countermodel.items())
        console.print(f"    countermodel: {numbers}", markup=False)


def _print_mutants(surveyed: list[MutantReport]) -> None:
    if not surveyed:
        return
    console = results()
    counts = Counter(report.verdict for report in surveyed)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    console.print(f"{len(surveyed)} mutants: {told}")
    for report in surveyed:
        if report.contradiction or report.verdict == "proved":
            console.print(
                f"  {report.verdict}: {report.mutant.id}: {report.mutant.says}", markup=False
            )
            console.print(f"      {report.reason}", markup=False)
