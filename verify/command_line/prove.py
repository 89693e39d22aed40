"""`perturbproof prove`: the proofs, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.table import Table

from ...numerics.configuration import InputError
from ...theory.notation import formula
from ...theory.prover.engine import ProofReport, StepReport, prove
from ...theory.refute.search import Refutation
from ...theory.refute.survey import MutantReport, survey
from ...theory.statement import Theorem
from ...theory.theorems import catalog
from ..reporting import write_atomic
from ..run.proof_witness import ProofWitness, Replayed, proof_witnesses, replay
from ..run.record import proof_entry, theorem_entry
from ..scenarios.own_theorem import load_theorem
from ..values import ExitCode
from .console import print_json, results, styled, watched


def run_prove(
    ids: list[str],
    show: bool,
    smt: Path | None,
    with_mutants: bool,
    own: list[Path],
    as_json: bool,
    quiet: bool,
    out: Path,
) -> int:
    """Discharge proofs and print the ledger. Returns 0 if all are proved, 1 on a gap, else 4.

    Where a proof has a gap, small data sets are searched for one that refutes the theorem, and a
    witness is written to a folder in `out`. With mutants, a mutant that is proved although a data
    set refutes it is a fault and returns 1.

    Raises:
        InputError: there is no such theorem, or a folder cannot be written.
    """
    loaded = [(load_theorem(path), path) for path in own]
    theorems = _chosen(ids, tuple(theorem for theorem, _ in loaded))
    proofs: list[tuple[Theorem, ProofReport]] = []
    with watched(quiet) as progress:
        for done, theorem in enumerate(theorems):
            progress("proving", done, len(theorems))
            proofs.append((theorem, prove(theorem)))
        witnesses = proof_witnesses(proofs, out, {theorem.id: path for theorem, path in loaded})
        surveyed: list[MutantReport] = []
        if with_mutants:
            for done, theorem in enumerate(theorems):
                progress(f"mutants of {theorem.id}", done, len(theorems))
                surveyed += survey((theorem,))
    refuted = {w.theorem.id: str(w.refutation) for w in witnesses if w.refutation is not None}
    if smt is not None:
        _write_smt(smt, proofs)
    _write_witnesses(out, witnesses)
    if as_json:
        print_json(
            {
                "theorems": [theorem_entry(theorem) for theorem in theorems],
                "proofs": [proof_entry(theorem, proof) for theorem, proof in proofs],
                "refuted": refuted,
                "witnesses": {
                    w.theorem.id: {"folder": w.name, "replay": w.command} for w in witnesses
                },
                "mutants": [
                    {"id": m.mutant.id, "says": m.mutant.says, "verdict": m.verdict}
                    | {"reason": m.reason}
                    for m in surveyed
                ],
            }
        )
    else:
        _print(proofs, show, {witness.theorem.id: witness for witness in witnesses})
        _print_mutants(surveyed)
    verdicts = {proof.verdict for _, proof in proofs}
    if "gap" in verdicts or refuted or any(m.contradiction for m in surveyed):
        return ExitCode.FAILED
    return ExitCode.UNDECIDED if "unknown" in verdicts else ExitCode.AS_EXPECTED


def run_replay(path: Path, own: list[Path], as_json: bool, quiet: bool) -> int:
    """Replay a witness alone: only its theorem, its open steps and its data set.

    Returns 1 while it speaks against the theorem or its proof; else what the proof is worth, as
    `run_prove`.

    Raises:
        InputError: the file is no witness, or its theorem is not known.
    """
    theorems = (*catalog(), *(load_theorem(file) for file in own))
    with watched(quiet) as progress:
        progress("proving", 0, 1)
        found = replay(path, {theorem.id: theorem for theorem in theorems})
    if as_json:
        print_json(
            {
                "theorem": found.theorem.id,
                "stands": found.stands,
                "refuted": None if found.refutation is None else str(found.refutation),
                "open_steps": [step.id for step in found.open_steps],
                "closed_steps": list(found.closed),
                "proof": proof_entry(found.theorem, found.proof),
            }
        )
    else:
        _print_replay(found)
    if found.stands:
        return ExitCode.FAILED
    if found.proof.verdict == "gap":
        return ExitCode.FAILED
    return ExitCode.AS_EXPECTED if found.proof.verdict == "proved" else ExitCode.UNDECIDED


def _print_replay(found: Replayed) -> None:
    console = results()
    console.print(f"[bold]{found.theorem.id}[/]  {found.theorem.title}")
    for step in found.open_steps:
        _print_open(console, step)
    for name in found.closed:
        console.print(f"  step '{name}' is open no more", markup=False)
    if found.refutation is not None:
        _print_refutation(console, found.refutation)
    if not found.stands:
        console.print(f"the witness stands no more; the proof is now: {found.proof.verdict}")


def _print_refutation(console, refutation: Refutation) -> None:
    console.print("  [bold red]refuted[/] by a data set, in exact rationals:")
    console.print(f"    {refutation}", markup=False)


def _write_witnesses(out: Path, witnesses: Iterable[ProofWitness]) -> None:
    try:
        for witness in witnesses:
            witness.write(out / witness.name)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror})") from None


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


def _print(
    proofs: list[tuple[Theorem, ProofReport]], show: bool, witnesses: dict[str, ProofWitness]
) -> None:
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
        if (witness := witnesses.get(theorem.id)) is not None:
            if witness.refutation is not None:
                _print_refutation(console, witness.refutation)
            # Not folded, so that it can be copied.
            console.print(f"  replay: {witness.command}", markup=False, soft_wrap=True)
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
