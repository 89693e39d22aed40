"""The data of a scenario: drawn from its own random numbers, and looked at before a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.data.files.reading import read_labels
from ...numerics.data.held_out import hold_out
from ...numerics.perturb.perturbed_set import draw_base
from .scenario import Scenario

PERTURBED = "perturbed set"
"""The purpose of the random numbers that a perturbed set is drawn from."""
_OF_TORCH = (".pt", ".pth", ".safetensors")


def draw_data(scenario: Scenario, given: Sample | None = None) -> tuple[Sample, np.ndarray]:
    """The data, or those `given` for them, and which rows are held out, bool (N,)."""
    sample = given or scenario.data.draw(scenario.generator("data"))
    if scenario.held_out is None:
        return sample, np.zeros(sample.n, dtype=bool)
    # Only some kinds of data can be centred, all but the coordinate of a bias.
    centred = sample.d - scenario.has_bias if getattr(scenario.data, "centred", False) else 0
    return hold_out(sample, scenario.held_out, scenario.generator("held out"), centred=centred)


def trained_on(sample: Sample, held: np.ndarray) -> Sample:
    """The samples that are not held out."""
    return sample.take(np.flatnonzero(~held)) if held.any() else sample


def check_headers(scenario: Scenario) -> None:
    """InputError for what is wrong with the data and can be seen in an instant."""
    scenario.data.check()
    made, dimension = scenario.perturbed, getattr(scenario.data, "dimension", None)
    if made is not None and dimension is not None:
        made.perturbation.check_dimension(dimension)
    if made is not None and made.label_file is not None:
        read_labels(made.label_file, made.samples)
    if made is not None and made.path is not None:
        made.arrays(headers=True)


def for_torch(scenario: Scenario) -> bool:
    """Whether torch has to be loaded to read the files of a scenario."""
    return any(Path(file).suffix.lower() in _OF_TORCH for file in _files(scenario))


def read_through(scenario: Scenario) -> None:
    """InputError, as when the scenario runs, for whatever is wrong in its files, to the last row.

    What is made from random numbers alone is not made.
    """
    made = scenario.perturbed
    brought = made is not None and (made.path or made.label_file)
    if not scenario.data.files and not brought:
        return
    natural = trained_on(*draw_data(scenario))
    if made is not None:
        made.perturbation.check_dimension(natural.d)
    # Of noise nothing is in a file but its labels, which are counted by now; a subset takes time.
    if made is not None and scenario.subset is None and made.base in ("natural", "file"):
        draw_base(natural, made, scenario.generator(PERTURBED))


def _files(scenario: Scenario) -> list[str]:
    made = scenario.perturbed
    return scenario.data.files + ([] if made is None or made.path is None else [made.path])


@contextmanager
def told_of(scenario: Scenario) -> Iterator[None]:
    """InputError inside the block with the name of the scenario."""
    try:
        yield
    except InputError as error:
        raise InputError(f"scenario {scenario.name}: {error}") from None
