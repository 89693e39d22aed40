"""The folder a report is written to: made when needed, replaced whole, left if work fails."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from ...numerics.input_error import InputError
from ...reports.atomic import write_atomic
from ...reports.render import render
from ...reports.stale import remove_stale_figures
from ..witnesses.proof_witness import ProofWitness
from ..witnesses.witness import FOLDER as WITNESSES
from ..witnesses.witness import Witness
from .folder_lock import locked

_FRESH = ".perturbproof-new-"
"""How the folders begin in which a report is made before it is moved over the earlier one."""


@contextmanager
def report_folder(out: Path, *, exclusive: bool = True) -> Iterator[None]:
    """Hold the folder for work that ends in a report, made if there is none.

    Without `exclusive` others may work there too, as the parts of a sweep do.

    What was made goes again if the work fails and nothing is left in it.

    Raises:
        InputError: it cannot be made or written, or another run holds it.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        _refuse_links(out)
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".perturbproof-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror})") from None
    try:
        with locked(out) if exclusive else nullcontext():
            for left in out.glob(f"{_FRESH}*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
            yield
    except BaseException:
        for folder in made:
            _remove_if_empty(folder)
        raise


def report_text(content: Mapping[str, Any]) -> str:
    """The text of report.json; NaN and infinities are refused, not written."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_report(
    out: Path,
    content: Mapping[str, Any],
    strict: bool = False,
    witnesses: Iterable[Witness | ProofWitness] = (),
) -> None:
    """Make the whole report beside the earlier one, and only then move it over file by file.

    `strict` is that of `reports.junit.junit`.
    """
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


def _refuse_links(out: Path) -> None:
    """What is written goes into the folder itself: a link in it may lead anywhere."""
    if not out.is_dir():
        return
    for path in out.iterdir():
        ours = path.name in ("figures", WITNESSES) or path.name.startswith(".perturbproof-")
        if ours and path.is_symlink():
            raise InputError(f"--out {out}: {path.name} is a link; nothing is written through it")


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
