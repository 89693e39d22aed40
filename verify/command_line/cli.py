"""The command line, put together. Results go to stdout, progress and logs to stderr.

Every command declares its own options. Everything heavy is imported inside the commands, so that
`--help` answers at once.
"""

from __future__ import annotations

import io
import signal
import sys
import traceback
from contextlib import suppress
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from ...numerics.input_error import InputError, plainly
from ..values import ExitCode
from .check import check
from .learn import learn
from .prove import prove
from .report import list_, report
from .selftest import selftest
from .verify import sweep, verify

app = typer.Typer(
    name="perturbproof",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"perturbproof {version('perturbproof')}\n")
        raise Exit(ExitCode.AS_EXPECTED)


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Proves, checks and measures theorems about learning from adversarial perturbations.

    Exit codes: 0 every verdict as expected; 1 a FAIL, an ERROR or an unexpected verdict; 2 bad
    usage or input; 3 internal error; 4 nothing failed, but a PASS was expected and the verdict is
    VACUOUS or INCONCLUSIVE; 130 interrupted.
    """


for command in (verify, sweep, check, learn, prove, report, selftest):
    app.command()(command)
app.command(name="list")(list_)


def _complain(message: str) -> None:
    with suppress(OSError, ValueError):  # a stream that is closed, or full, cannot be told so
        print(f"perturbproof: {message}", file=sys.stderr, flush=True)


def main() -> None:
    """Entry point: turns every way to end into its exit code (see the README)."""
    sys.exit(_main())


def _main() -> int:
    # A pipe that closes early (`| head`) is no fault of ours and must not look like one.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # A character that the stream's encoding lacks is written as ?, not a reason to end.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # What ends a job on a cluster ends it as Ctrl-C does: nothing half-written is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = _run()
        if sys.stdout is not None:  # as it is when the caller has closed it
            sys.stdout.flush()  # where a full disk is still an error with a line of its own
        return code
    except InputError as error:
        told, code = str(error), ExitCode.BAD_INPUT
    except TyperException as error:
        message, code = error.format_message(), ExitCode.BAD_INPUT
        if message.startswith("Usage:"):
            print(message)
            return code
        told = f"{plainly(message[0].lower() + message[1:])} (see perturbproof --help)"
    except (KeyboardInterrupt, Abort):
        told, code = "interrupted", ExitCode.INTERRUPTED
    except MemoryError as error:
        told, code = f"out of memory{f': {error}' if str(error) else ''}", ExitCode.INTERNAL
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        told, code = str(InputError(f"{error.strerror or error}{where}")), ExitCode.BAD_INPUT
    except ImportError as error:
        told = str(InputError(f"a library cannot be loaded, for lack of memory? ({error})"))
        code = ExitCode.INTERNAL
    except Exception:
        told = "internal error, please report it with what follows\n" + traceback.format_exc()
        code = ExitCode.INTERNAL
    _complain(told)
    return code


def _run() -> int:
    try:
        code = app(prog_name="perturbproof", standalone_mode=False)
    except Exit as done:
        return done.exit_code
    if code == ExitCode.INTERRUPTED:  # typer turns KeyboardInterrupt into this, silently
        _complain("interrupted")
    return code if isinstance(code, int) else ExitCode.AS_EXPECTED
