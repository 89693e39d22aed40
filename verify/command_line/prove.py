"""`perturbproof prove`: the proofs, step by step."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ...numerics.input_error import InputError, unknown
from ..values import ExitCode
from .console import (
    Json,
    OwnTheorems,
    Quiet,
    SecondOpinion,
    plain_table,
    print_json,
    print_replay,
    results,
    styled,
)
from .progress import watched

if TYPE_CHECKING:
    from ...theory.engine import ProofReport, StepReport
    from ...theory.refute.search import Refutation
    from ...theory.refute.survey import MutantReport
    from ...theory.second_opinion import Opinion
    from ...theory.statement import Theorem
    from ..run.proof_witness import ProofWitness


def prove(
    theorems: Annotated[
        list[str] | None,
        typer.Argument(metavar="[THEOREM]...", help="Theorem ids; all by default."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print statement, steps and trusted base in full.")
    ] = False,
    smt: Annotated[
        Path | None, typer.Option(help="Write the SMT-LIB text of every step to this folder.")
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option("--mutants", help="Also try to prove and to refute false neighbours of each."),
    ] = False,
    second_opinion: SecondOpinion = False,
    certificates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="Read certificates here, search for those missing, and write them back.",
        ),
    ] = None,
    export: Annotated[
        tuple[str, Path] | None,
        typer.Option(
            metavar="SYSTEM FOLDER",
            help="Write what has certificates as theorems for `coq` or `lean` to this folder.",
        ),
    ] = None,
    own: OwnTheorems = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the witness of a proof that fails or is denied, if one is.",
            show_default="perturbproof-witnesses",
        ),
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="WITNESS.json", help="Replay a witness alone.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Discharge the proofs and show each step and who checked it."""
    # Where a proof has a gap, small data sets are searched for one that refutes the theorem, and a
    # witness is written. A mutant that is proved although a data set refutes it is a fault.
    from ..scenarios.inputs import catalog_ids, check_flags

    own = own or []
    check_flags("cpu", None if replay else out, own, second_opinion=second_opinion)
    folder = out or Path("perturbproof-witnesses")
    if replay is not None and theorems:
        raise InputError("--replay: the witness names its theorem; give no other")
    without = {
        "--second-opinion": second_opinion,
        "--certificates": certificates,
        "--export": export,
    }
    for option, given in without.items():
        if replay is not None and given:
            raise InputError(f"{option}: a witness is replayed without it")
    if not own:
        for id in theorems or ():
            if id not in (there := catalog_ids()):
                raise InputError(unknown("theorem", id, there))
    from .certificates import read, system_named

    system = None if export is None else system_named(export[0])
    known_before = {} if certificates is None else read(certificates)
    with watched(quiet):  # what is loaded takes seconds
        from ...theory.theorems import catalog
        from ..scenarios.own_theorem import own_theorems

        added, files = own_theorems(own)
        known = {theorem.id: theorem for theorem in (*catalog(), *added)}
    if replay is not None:
        return _replay(replay, known, as_json, quiet)
    for id in theorems or ():
        if id not in known:
            raise InputError(unknown("theorem", id, known))
    chosen = tuple(known[id] for id in dict.fromkeys(theorems or ())) or added or catalog()
    with watched(quiet):
        from ...numerics.device import cores
        from ...theory.certificates.stored import keep
        from ...theory.refute.survey import survey, tested
        from ...theory.second_opinion import second_opinions, with_opinions
        from ..reporting import write_atomic
        from ..run.proof_witness import proof_witnesses
        from ..run.theorem_record import proof_entry, theorem_entry
        from .certificates import exported, search, written

    keep(known_before)
    proofs: list[tuple[Theorem, ProofReport]] = []
    with watched(quiet) as progress:
        for done, theorem in enumerate(chosen):
            progress("proving", done, len(chosen))
            proofs.append((theorem, tested(theorem)))
        if certificates is not None:
            keep(search([proof for _, proof in proofs], progress))
        witnesses = proof_witnesses(proofs, folder, files)
        surveyed: list[MutantReport] = []
        for done, theorem in enumerate(chosen if mutants else ()):
            progress(f"mutants of {theorem.id}", done, len(chosen))
            surveyed += survey((theorem,))
        opinions: tuple[Opinion, ...] = ()
        if second_opinion:
            all_proofs = [proof for _, proof in proofs]
            opinions = second_opinions(all_proofs, processes=cores(), progress=progress)
            proofs = [(theorem, with_opinions(proof, opinions)) for theorem, proof in proofs]
    refuted = {w.theorem.id: str(w.refutation) for w in witnesses if w.refutation is not None}
    if certificates is not None:
        write_atomic(certificates, written(proof for _, proof in proofs))
    if export is not None and system is not None:
        for theorem, proof in proofs:
            name = theorem.id.replace("-", "_") + system.suffix
            write_atomic(export[1] / name, exported(theorem, proof, system))
    if smt is not None:
        for step, id in ((step, proof.theorem) for _, proof in proofs for step in proof.steps):
            if step.smt:
                write_atomic(smt / id / f"{step.id}.smt2", step.smt)
    denied = _denied(opinions, folder)
    lost: OSError | None = None
    try:
        for witness in witnesses:
            witness.write(folder / witness.name)
        for file, query in denied.items():
            write_atomic(file, query)
    except OSError as error:
        # What was found is shown all the same, and is no less red.
        lost = error
    kept = {w.theorem.id: w for w in witnesses} if lost is None else {}
    if as_json:
        told = {id: {"folder": w.name, "replay": w.command} for id, w in kept.items()}
        mutated = [(m.mutant.id, m.mutant.says, m.verdict, m.reason) for m in surveyed]
        names = ("id", "says", "verdict", "reason")
        print_json(
            {
                "theorems": [theorem_entry(t).model_dump(mode="json") for t in chosen],
                "proofs": [proof_entry(t, proof).model_dump(mode="json") for t, proof in proofs],
                "refuted": refuted,
                "witnesses": told,
                "mutants": [dict(zip(names, one, strict=True)) for one in mutated],
                "second_opinion": _by_step(opinions),
            }
        )
    else:
        _print(proofs, show, {w.theorem.id: w.refutation for w in witnesses}, kept, opinions)
        _print_mutants(surveyed)
        for file in denied if lost is None else ():
            results().print(f"denied by cvc5: {file}", markup=False, soft_wrap=True)
    if lost is not None:
        told = f"{folder}: what speaks against a proof could not be written ({lost.strerror})"
        print(f"perturbproof: {told}", file=sys.stderr)
    verdicts = {proof.verdict for _, proof in proofs}
    failed = "gap" in verdicts or any(m.contradiction for m in surveyed)
    return _code(failed or bool(refuted) or bool(denied), "unknown" in verdicts)


def _replay(path: Path, known: dict[str, Theorem], as_json: bool, quiet: bool) -> int:
    """Replay a witness alone: only its theorem, its open steps and its data set.

    Returns 1 while it speaks against the theorem or its proof; else what the proof is worth.

    Raises:
        InputError: the file is no witness, or its theorem is not known.
    """
    from ..run.proof_witness import replay
    from ..run.theorem_record import proof_entry

    with watched(quiet) as progress:
        progress("proving", 0, 1)
        found = replay(path, known)
    if as_json:
        print_json(
            {
                "theorem": found.theorem.id,
                "stands": found.stands,
                "refuted": None if found.refutation is None else str(found.refutation),
                "open_steps": [step.id for step in found.open_steps],
                "closed_steps": list(found.closed),
                "proof": proof_entry(found.theorem, found.proof).model_dump(mode="json"),
            }
        )
    else:
        console = results()
        console.print(f"[bold]{found.theorem.id}[/]  {found.theorem.title}")
        _print_open(console, found.open_steps)
        for name in found.closed:
            console.print(f"  step '{name}' is open no more", markup=False)
        _print_refutation(console, found.refutation)
        if not found.stands:
            console.print(f"the witness stands no more; the proof is now: {found.proof.verdict}")
    verdict = found.proof.verdict
    return _code(found.stands or verdict == "gap", verdict != "proved")


def _code(failed: bool, undecided: bool) -> int:
    if failed:
        return ExitCode.FAILED
    return ExitCode.UNDECIDED if undecided else ExitCode.AS_EXPECTED


def _print(
    proofs: list[tuple[Theorem, ProofReport]],
    show: bool,
    refuted: dict[str, Refutation | None],
    witnesses: dict[str, ProofWitness],
    opinions: tuple[Opinion, ...],
) -> None:
    console = results()
    for theorem, proof in proofs:
        verdict = styled("ERROR" if proof.disputed else proof.verdict)
        told = f"({_told(proof)}, {proof.seconds:.2f} s)"
        console.print(f"{verdict}  [bold]{theorem.id}[/]  {theorem.title}  {told}")
        if show:
            _print_statement(console, theorem)
        if show or len(proofs) == 1:
            _print_steps(console, proof, show)
        _print_open(console, proof.open_steps)
        for id in proof.unused:
            console.print(
                f"  no step rests on the assumption '{id}': it is not needed, or a definition is "
                "true under it only",
                markup=False,
            )
        _print_refutation(console, refuted.get(theorem.id))
        if (witness := witnesses.get(theorem.id)) is not None:
            print_replay(console, witness.command, "  ")
        if rest := [s.id for s in proof.steps if s.certificates and not s.certified]:
            console.print(f"  without a certificate, by Z3: {', '.join(rest)}", markup=False)
        _print_opinions(console, [o for o in opinions if o.theorem == theorem.id])
    proved = sum(proof.verdict == "proved" for _, proof in proofs)
    seconds = sum(proof.seconds for _, proof in proofs)
    steps = [step for _, proof in proofs for step in proof.steps if step.certificates]
    if steps:
        certified = sum(step.certified for step in steps)
        console.print(
            f"\n{certified} of {len(steps)} steps with queries have certificates, checked in this "
            f"run; {len(steps) - certified} rest on Z3"
        )
    console.print(f"\n{proved} of {len(proofs)} theorems proved in {seconds:.1f} s")


def _told(proof: ProofReport) -> str:
    from ..reporting import steps_told

    return steps_told((step.status, step.basis) for step in proof.steps)


def _print_refutation(console: Console, refutation: Refutation | None) -> None:
    if refutation is not None:
        console.print("  [bold red]refuted[/] by a data set, in exact rationals:")
        console.print(f"    {refutation}", markup=False)


def _print_statement(console: Console, theorem: Theorem) -> None:
    from ...theory.notation import formula

    console.print(f"  {theorem.summary}")
    console.print(f"  source: {theorem.source} ({theorem.origin})", markup=False)
    for word, parts in (("assume", theorem.assumptions), ("claim", theorem.claims)):
        for part in parts:
            console.print(f"  {word} {part.id}: {part.says}", markup=False)
            console.print(f"      {formula(part.relation).text}", markup=False)
    console.print("  trusted base:")
    for fact in theorem.trusted_base:
        console.print(f"    {fact.key}: {fact.says} ({fact.source})", markup=False)
    for by, step in theorem.definitions:
        if by != theorem:
            console.print(f"    {by.id}, definition {step.id}: {step.says}", markup=False)


def _print_steps(console: Console, proof: ProofReport, show: bool) -> None:
    from ...theory.notation import formula

    table = plain_table("", "", "step", "by", "what it does")
    for number, step in enumerate(proof.steps, start=1):
        mark = styled(step.basis if step.status == "discharged" else step.status)
        text = f"{step.says}\n    {formula(step.formula).text}" if show else step.says
        table.add_row(str(number), mark, step.id, step.checked_by, text.replace("[", "\\["))
    console.print(table)


def _print_open(console: Console, steps: Iterable[StepReport]) -> None:
    for step in steps:
        console.print(f"  {styled(step.status)} at step '{step.id}': {step.detail}")
        if step.countermodel:
            numbers = ", ".join(f"{name} = {value}" for name, value in step.countermodel.items())
            console.print(f"    countermodel: {numbers}", markup=False)


def _denied(opinions: Iterable[Opinion], out: Path) -> dict[Path, str]:
    """Files for the queries of each step that cvc5 denies."""
    from ..run.witness import folder_name

    files: dict[Path, str] = {}
    for o in opinions:
        if o.answer == "denied":
            file = out / f"{folder_name('denied', o.theorem, o.step)}.smt2"
            files[file] = f"{files[file]}\n(reset)\n{o.query}" if file in files else o.query
    return files


def _by_step(opinions: Iterable[Opinion]) -> list[dict[str, str | int]]:
    """How many queries of each step cvc5 confirms, leaves open and denies."""
    steps: dict[tuple[str, str], Counter[str]] = {}
    for o in opinions:
        steps.setdefault((o.theorem, o.step), Counter())[o.answer] += 1
    return [
        {
            "theorem": theorem,
            "step": step,
            "by": "cvc5",
            "confirmed": counts["confirmed"],
            "left_open": counts["left open"],
            "denied": counts["denied"],
        }
        for (theorem, step), counts in steps.items()
    ]


def _print_opinions(console: Console, opinions: list[Opinion]) -> None:
    """What cvc5 says of the queries of one theorem, if it was asked."""
    if not opinions:
        return
    from ...theory.second_opinion import contradicted

    counts = Counter(o.answer for o in opinions)
    steps = {a: ", ".join(dict.fromkeys(o.step for o in opinions if o.answer == a)) for a in counts}
    told = f"cvc5 confirms {counts['confirmed']} of {len(opinions)} queries"
    if counts["left open"]:
        told += f", {counts['left open']} left open: {steps['left open']}"
    console.print(f"  {told}", markup=False)
    if counts["denied"]:
        by = contradicted(opinions)
        console.print(f"  {styled('ERROR')}: cvc5 and {by} disagree: {steps['denied']}")


def _print_mutants(surveyed: list[MutantReport]) -> None:
    if not surveyed:
        return
    console = results()
    counts = Counter(report.verdict for report in surveyed)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    console.print(f"{len(surveyed)} mutants: {told}")
    for report in surveyed:
        if report.contradiction or report.verdict in ("proved", "not used"):
            console.print(
                f"  {report.verdict}: {report.mutant.id}: {report.mutant.says}", markup=False
            )
            console.print(f"      {report.reason}", markup=False)
