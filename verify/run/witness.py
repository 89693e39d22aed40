"""Witnesses: the data of a FAIL as files, and the command that replays it alone.

A witness is a folder with a scenario file and the data, the same float64 numbers, beside it. It is
replayed before it is handed out: what it measures must be what the run measured, to the last bit.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from ...numerics.configuration import InputError
from ...theory.exact.scalars import precision
from ...theory.statement import Theorem
from ..measure import measure
from ..measure.experiment import Experiment
from ..measure.measuring import FAULTS, MeasuredScenario
from ..reporting import write_atomic
from ..scenarios.scenario import Scenario, load_scenario
from ..values import Measured, Progress, Verdict, unwatched
from .run import Run
from .store import to_plain


def folder_name(*parts: str) -> str:
    """One path component made of names: safe on every system, and another for other names."""
    plain = "--".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part)[:80].lstrip(".-") for part in parts)
    if plain and plain == "--".join(parts).lower() and not any("--" in part for part in parts):
        return plain
    return f"{plain or 'unnamed'}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}"


FOLDER = "witnesses"
"""Where they lie, in the folder of the report."""

_SCENARIO, _DATA, _LABELS = "scenario.toml", "witness.npz", "labels.npy"


@dataclass(frozen=True)
class Witness:
    """What refutes a theorem, and how to see it again.

    `arrays` are x (N, d) and y (N,), the data before a subset is taken, and for a perturbed set
    base_x, base_y, perturbed_x and the shared direction, if there is one.
    """

    name: str
    content: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    command: str

    def write(self, folder: Path) -> Path:
        """Write the files to a new folder; returns the scenario file."""
        folder.mkdir(parents=True)
        np.savez(folder / _DATA, allow_pickle=False, **self.arrays)
        if "label_file" in self.content.get("perturbed", {}):
            np.save(folder / _LABELS, self.arrays["base_y"], allow_pickle=False)
        told = "".join(f"# {line}\n" for line in self.command.splitlines())
        return write_atomic(folder / _SCENARIO, told + tomli_w.dumps(self.content))


@dataclass(frozen=True)
class Replay:
    """How the commands of a run's witnesses are made: its report's folder, its device, and the
    files of the user's own theorems by id."""

    out: Path
    device: str
    own: Mapping[str, Path]

    def command(self, name: str, theorem: str) -> str:
        folder = self.out / FOLDER / name
        words = ["perturbproof", "verify", str(folder / _SCENARIO)]
        if theorem in self.own:
            words += ["--theorem", str(self.own[theorem])]
        return shlex.join([*words, "--device", self.device, "--out", str(folder / "replay")])


def witnesses(
    run: Run, replay: Replay, progress: Progress = unwatched
) -> dict[tuple[str, str], Witness]:
    """The witness of every FAIL, by names of scenario and theorem.

    One that measuring again does not confirm is left out.
    """
    found = {}
    for outcome in run.outcomes:
        for judgement in outcome.judgements:
            if judgement.verdict is Verdict.FAIL:
                name = outcome.scenario.name
                progress(f"{name}: witness against {judgement.theorem.id}", 0, 1)
                made = _witness(outcome, judgement.theorem, replay)
                if made is not None:
                    found[name, judgement.theorem.id] = made
    return found


def _witness(measured: MeasuredScenario, theorem: Theorem, replay: Replay) -> Witness | None:
    name = folder_name(measured.scenario.name, theorem.id)
    command = replay.command(name, theorem.id)
    for content in _contents(measured.scenario, theorem.id):
        with tempfile.TemporaryDirectory(prefix="perturbproof-witness-") as folder:
            try:
                arrays = _arrays(Experiment(measured.scenario, replay.device))
                witness = Witness(name, content, arrays, command)
                again = load_scenario(witness.write(Path(folder) / name))
                if _same(measured, theorem, again, replay.device):
                    return witness
            except (InputError, *FAULTS):
                continue
    return None


def _contents(scenario: Scenario, theorem: str) -> Iterator[dict[str, Any]]:
    """The scenario with its data in a file, and with data that are drawn again.

    The second is for theorems on the distribution that data come from, of which a file knows
    nothing.
    """
    content = scenario.model_dump(mode="json", exclude_none=True)
    content |= {
        "description": f"Refutes {theorem}.",
        "theorems": [theorem],
        "expect": scenario.expected(theorem).value,
    }
    if "label_file" in content.get("perturbed", {}):
        content["perturbed"]["label_file"] = _LABELS
    if "path" in content.get("perturbed", {}):
        content["perturbed"] |= {"path": _DATA, "base_x": "base_x", "y": "base_y"}
        if content["perturbed"]["perturbation"]["kind"] == "given":
            content["perturbed"]["x"] = "perturbed_x"
    yield content | {"data": {"kind": "file", "path": _DATA}}
    if scenario.data.kind != "file":
        yield content


def _arrays(experiment: Experiment) -> dict[str, np.ndarray]:
    sample, _ = experiment.whole
    arrays = {"x": sample.x, "y": sample.y}
    if experiment.scenario.perturbed is not None:
        made = experiment.perturbed.made
        arrays |= {"base_x": made.base.x, "base_y": made.base.y, "perturbed_x": made.perturbed.x}
        if made.direction is not None:
            arrays["direction"] = made.direction
    return arrays


def _same(measured: MeasuredScenario, theorem: Theorem, again: Scenario, device: str) -> bool:
    """Whether the same data give the same values for every symbol of the theorem."""
    experiment = Experiment(again, device)
    names = [symbol.name for symbol in theorem.measured_symbols]
    with precision(again.working_bits):
        values = measure(experiment, names)
    data = measured.data or {}
    return experiment.sample.fingerprint() == data.get("hash") and all(
        _value(values[name]) == _value(measured.measured[name]) for name in names
    )


def _value(measured: Measured) -> Any:
    return to_plain((measured.value, measured.rigor, measured.trials))
