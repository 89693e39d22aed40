"""The command line. Results go to stdout, progress and logs to stderr.

Everything heavy is imported inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from ..numerics.input_error import InputError
from .verdict import ExitCode

app = typer.Typer(
    name="perturbproof",
    help="Proves, checks and measures theorems about learning from adversarial perturbations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

OwnTheorems = Annotated[
    list[Path] | None,
    typer.Option(
        "--theorem", metavar="FILE.py", help="Add a theorem from your own Python file; repeatable."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.")]


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
    own: OwnTheorems = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run scenarios: prove, check assumptions, train, compare, report."""
    from .command_verify import run_verify

    raise Exit(run_verify(scenarios or [], suite, out, seed, device, own or [], as_json, quiet))


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
    out: Annotated[Path | None, typer.Option(help="Also write a report to this folder.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check the assumptions of the theorems on your own data, and what would make them hold."""
    from .command_check import run_check

    raise Exit(
        run_check(data, labels, classes, centre, scale, slope or [], seed, out, as_json, quiet)
    )


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
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Discharge the proofs and show each step and who checked it."""
    from .command_prove import run_prove

    raise Exit(run_prove(theorems or [], show, smt, mutants, own or [], as_json, quiet))


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with report.json.")],
    quiet: Quiet = False,
) -> None:
    """Render report.json again: PDF, HTML, JUnit, Markdown and figures."""
    from ..reports.load import ReportError
    from ..reports.render import render

    try:
        written = render(directory)
    except ReportError as error:
        raise InputError(str(error)) from None
    if not quiet:
        for path in written:
            sys.stdout.write(f"{path}\n")


@app.command(name="list")
def list_(as_json: Json = False) -> None:
    """List theorems, datasets and suites."""
    from .command_list import run_list

    raise Exit(run_list(as_json))


def _complain(message: str) -> None:
    sys.stderr.write(f"perturbproof: {message}\n")


def main() -> None:
    """Entry point: turns every way to end into its exit code (see the README)."""
    sys.exit(_main())


def _main() -> int:
    # A pipe that closes early (`| head`) is no fault of ours and must not look like one.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        code = app(prog_name="perturbproof", standalone_mode=False)
        if code == ExitCode.INTERRUPTED:  # typer turns KeyboardInterrupt into this, silently
            _complain("interrupted")
        return code if isinstance(code, int) else ExitCode.AS_EXPECTED
    except Exit as done:
        return done.exit_code
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
    except MemoryError:
        _complain("out of memory")
        return ExitCode.INTERNAL
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _complain(f"{error.strerror or error}{where}")
        return ExitCode.BAD_INPUT
    except Exception:
        _complain("internal error, please report it with what follows\n" + traceback.format_exc())
        return ExitCode.INTERNAL


def print_json(value: object) -> None:
    """Write a value to stdout as JSON; NaN and infinities are refused, not written."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
