"""The folder a report is written to: made when needed, replaced whole, left if work fails."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ...numerics.configuration import InputError
from ..reporting import remove_stale_figures, render, schema, write_atomic
from ..values import Progress, unwatched
from .proof_witness import ProofWitness
from .witness import FOLDER as WITNESSES
from .witness import Witness

try:
    import fcntl
except ImportError:  # a system without it: there nothing keeps two runs apart
    fcntl = None

_LOCK = ".perturbproof-lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that have no locks, as some of clusters: the same holds there."""


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a folder until the block ends or the process does, however it ends.

    Yields whether it is held: a system without locks cannot tell.

    Raises:
        InputError: another run holds it. OSError: it cannot be written.
    """
    if fcntl is None:
        yield False
        return
    path = folder / _LOCK
    handle, held = _taken(path, folder)
    try:
        yield held
    finally:
        path.unlink(missing_ok=True)  # while it is held, so that it is no other run's
        os.close(handle)


def _taken(path: Path, folder: Path) -> tuple[int, bool]:
    assert fcntl is not None
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _same(handle, path):
                return handle, True
        except BlockingIOError:
            os.close(handle)
            raise InputError(
                f"out {folder}: another run is writing there; wait for it or choose another folder"
            ) from None
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return handle, False
            os.close(handle)
            raise
        os.close(handle)  # the run that held it has removed it meanwhile


def _same(handle: int, path: Path) -> bool:
    """Whether the file that is held is the one that others will find."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


_FRESH = ".perturbproof-new-"
"""How the folders begin in which a report is made before it is moved over the earlier one."""


_ATTEMPTS = 100


@contextmanager
def report_folder(out: Path | None, *, exclusive: bool = True) -> Iterator[None]:
    """Hold the folder for work that ends in a report, made if there is none; none where `out` is.

    Without `exclusive` others may work there too, as the parts of a sweep do: nothing is removed
    then, for what lies there may be theirs.

    What was made goes again if exclusive work fails and nothing is left in it.

    Raises:
        InputError: it cannot be made or written, or another run holds it.
    """
    if out is None:
        yield
        return
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        with ExitStack() as stack:
            if _entered(out, exclusive, stack):
                for left in out.glob(f"{_FRESH}*"):  # by a run that was killed
                    shutil.rmtree(left, ignore_errors=True)
            yield
    except BaseException:
        for folder in made if exclusive else ():
            with suppress(OSError):  # not empty
                folder.rmdir()
        raise


def _entered(out: Path, exclusive: bool, stack: ExitStack) -> bool:
    """Make the folder, see that it can be written, and hold it; whether it is held alone."""
    attempt = 0
    while True:
        attempt += 1
        try:
            _refuse_links(out)
            out.mkdir(parents=True, exist_ok=True)
            # Others may be trying at the same time: no name is shared with them.
            with tempfile.TemporaryFile(prefix=".perturbproof-probe-", dir=out):
                pass
            return exclusive and stack.enter_context(locked(out))
        except OSError as error:
            # A run that failed may have taken the empty folder away meanwhile: before a file was
            # made in it, or between finding that it is there and seeing that it is a folder.
            if isinstance(error, (FileNotFoundError, FileExistsError)) and attempt < _ATTEMPTS:
                continue
            raise InputError(f"out {out}: cannot be written ({error.strerror})") from None


def report_text(content: Mapping[str, Any]) -> str:
    """The text of report.json; NaN and infinities are refused, not written."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_report(
    out: Path,
    report: schema.Report,
    strict: bool = False,
    witnesses: Iterable[Witness | ProofWitness] = (),
    progress: Progress = unwatched,
) -> dict[str, Any]:
    """Make the whole report beside the earlier one, and only then move it over file by file.

    `strict` is that of `reports.junit.junit`. Returns the content of report.json.
    """
    progress("writing the report", 0, 1)
    content = report.model_dump(mode="json")
    with tempfile.TemporaryDirectory(prefix=_FRESH, dir=out) as name:
        fresh = Path(name)
        write_atomic(fresh / "report.json", report_text(content))
        render(fresh, strict)
        for witness in witnesses:
            witness.write(fresh / WITNESSES / witness.name)
        files = sorted(path for path in fresh.rglob("*") if path.is_file())
        # report.json last: where it is new, everything else is.
        for path in sorted(files, key=lambda path: path.name == "report.json"):
            target = out / path.relative_to(fresh)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        remove_stale_figures(out, {path.stem for path in files if path.parent.name == "figures"})
    return content


def _refuse_links(out: Path) -> None:
    """What is written goes into the folder itself: a link in it may lead anywhere."""
    if not out.is_dir():
        return
    for path in out.iterdir():
        ours = path.name in ("figures", WITNESSES) or path.name.startswith(".perturbproof-")
        if ours and path.is_symlink():
            raise InputError(f"out {out}: {path.name} is a link; nothing is written through it")
