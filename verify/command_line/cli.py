"""The command line. Results go to stdout, progress and logs to stderr.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from ...numerics.configuration import InputError
from ..values import ExitCode
from .console import Json, OwnTheorems, Precision, Quiet, Strict

app = typer.Typer(
    name="perturbproof",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root() -> None:
    """Proves, checks and measures theorems about learning from adversarial perturbations.

    Exit codes: 0 every verdict as expected; 1 a FAIL, an ERROR or an unexpected verdict; 2 bad
    usage or input; 3 internal error; 4 nothing failed, but a PASS was expected and the verdict is
    VACUOUS or INCONCLUSIVE; 130 interrupted.
    """


@app.command()
def verify(
    scenarios: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[SCENARIO.toml]...", help="Scenario files.", show_default=False),
    ] = None,
    suite: Annotated[
        str, typer.Option(help="Built-in suite to run when no scenario files are given.")
    ] = "quick",
    out: Annotated[
        Path, typer.Option(help="Folder for report.json, report.pdf, junit.xml and figures.")
    ] = Path("perturbproof-report"),
    seed: Annotated[
        int | None, typer.Option(min=0, help="Replace the seed of every scenario.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:INDEX.")] = "auto",
    precision: Precision = None,
    own: OwnTheorems = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run scenarios: prove, check assumptions, train, compare, report."""
    _check_address_space()
    from .verify import run_verify

    raise Exit(
        run_verify(
            scenarios or [],
            suite,
            out,
            seed,
            precision,
            device,
            own or [],
            as_json,
            quiet,
            strict,
        )
    )


@app.command()
def sweep(
    file: Annotated[
        Path, typer.Argument(metavar="SWEEP.toml", help="A scenario file with a table [sweep].")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the points and the report.")] = Path(
        "perturbproof-sweep"
    ),
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes on this machine. [default: one a core]"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Run on the workers of this Dask scheduler."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only every N-th point, as the I-th job of an array."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also run the points again that failed.")
    ] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Replace the seed of the file.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:INDEX.")] = "cpu",
    own: OwnTheorems = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a grid of scenarios, resumable, on this machine or on a cluster."""
    from .sweep import run_sweep_command

    raise Exit(
        run_sweep_command(
            file,
            out,
            own or [],
            seed,
            device,
            jobs,
            scheduler,
            shard,
            retry_failed,
            strict,
            as_json,
            quiet,
        )
    )


@app.command()
def check(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A .npz, .npy, .csv, .pt, .safetensors or IDX file, or a folder of IDX or binary "
            "CIFAR-10 files.",
        ),
    ],
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The labels of a .npy or IDX file.")
    ] = None,
    classes: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="Two labels to take, the first as +1.", show_default=False
        ),
    ] = None,
    centre: Annotated[
        bool, typer.Option("--centre", help="Subtract the mean of the samples taken.")
    ] = False,
    scale: Annotated[float, typer.Option(help="Multiply every sample by this, last.")] = 1.0,
    slope: Annotated[
        list[float] | None,
        typer.Option(help="Slope of the leaky ReLU; repeatable. [default: 0.01 0.1 0.5 0.9]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random subsets.")] = 0,
    precision: Precision = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:INDEX.")] = "cpu",
    out: Annotated[Path | None, typer.Option(help="Also write a report to this folder.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check the assumptions of the theorems on your own data, and what would make them hold."""
    _check_address_space()
    from .check import run_check

    code = run_check(
        data, labels, classes, centre, scale, slope, seed, precision, device, out, as_json, quiet
    )
    raise Exit(code)


@app.command()
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
    own: OwnTheorems = None,
    out: Annotated[
        Path, typer.Option(help="Folder for the witness of a proof that fails, if one does.")
    ] = Path("perturbproof-witnesses"),
    replay: Annotated[
        Path | None, typer.Option(metavar="WITNESS.json", help="Replay a witness alone.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Discharge the proofs and show each step and who checked it."""
    from .prove import run_prove, run_replay

    if replay is not None:
        if theorems:
            raise InputError("--replay: the witness names its theorem; give no other")
        raise Exit(run_replay(replay, own or [], as_json, quiet))
    raise Exit(run_prove(theorems or [], show, smt, mutants, own or [], as_json, quiet, out))


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with report.json.")],
    strict: Strict = False,
    quiet: Quiet = False,
) -> None:
    """Render report.json again: PDF, HTML, JUnit, Markdown and figures.

    The exit code is 0 once they are written; with --strict it is that of the verdicts.
    """
    from .report import run_report

    raise Exit(run_report(directory, strict, quiet))


@app.command()
def selftest(
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the table of planted faults to this file."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Try what is false: planted faults, false theorems, edges. See each of them caught.

    The exit code is 0 if everything false was caught, else 1.
    """
    from .selftest import run_selftest

    raise Exit(run_selftest(markdown, as_json, quiet))


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List theorems, datasets, perturbations and suites."""
    from .report import run_list

    raise Exit(run_list(as_json))


_ADDRESS_SPACE = 3 * 2**29
"""Bytes that the libraries take when they are loaded, measured with PyTorch's CPU build."""


def _complain(message: str) -> None:
    with suppress(OSError, ValueError):  # a stream that is closed, or full, cannot be told so
        print(f"perturbproof: {message}", file=sys.stderr, flush=True)


def _check_address_space() -> None:
    """Some of the libraries hang or abort when they are loaded with less than they need.

    Raises MemoryError.
    """
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _ADDRESS_SPACE:
        raise MemoryError(
            f"the address space is limited to {limit / 2**30:.1f} GiB (ulimit -v), at least "
            f"{_ADDRESS_SPACE / 2**30:.1f} GiB are needed"
        )


def main() -> None:
    """Entry point: turns every way to end into its exit code (see the README)."""
    sys.exit(_main())


def _main() -> int:
    # A pipe that closes early (`| head`) is no fault of ours and must not look like one.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # What ends a job on a cluster ends it as Ctrl-C does: nothing half-written is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = _run()
        _flush()
        return code
    except InputError as error:
        _complain(str(error))
        return ExitCode.BAD_INPUT
    except TyperException as error:
        message = error.format_message()
        if message.startswith("Usage:"):
            sys.stdout.write(f"{message}\n")
            return ExitCode.BAD_INPUT
        _complain(f"{message[0].lower() + message[1:]} (see perturbproof --help)")
        return ExitCode.BAD_INPUT
    except (KeyboardInterrupt, Abort):
        _complain("interrupted")
        return ExitCode.INTERRUPTED
    except MemoryError as error:
        _complain(f"out of memory{f': {error}' if str(error) else ''}")
        return ExitCode.INTERNAL
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _complain(str(InputError(f"{error.strerror or error}{where}")))
        return ExitCode.BAD_INPUT
    except ImportError as error:
        _complain(str(InputError(f"a library cannot be loaded, for lack of memory? ({error})")))
        return ExitCode.INTERNAL
    except Exception:
        _complain("internal error, please report it with what follows\n" + traceback.format_exc())
        return ExitCode.INTERNAL


def _flush() -> None:
    """Write what is left now, where a full disk is still an error with a line of its own."""
    if sys.stdout is not None:  # as it is when the caller has closed it
        sys.stdout.flush()


def _run() -> int:
    try:
        code = app(prog_name="perturbproof", standalone_mode=False)
    except Exit as done:
        return done.exit_code
    if code == ExitCode.INTERRUPTED:  # typer turns KeyboardInterrupt into this, silently
        _complain("interrupted")
    return code if isinstance(code, int) else ExitCode.AS_EXPECTED
