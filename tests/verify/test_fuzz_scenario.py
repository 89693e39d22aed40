"""Malformed scenario files: read, or refused in one line with exit code 2, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.verify.scenarios.scenario import load_scenario

from ..fuzzing import fuzz, mutated
from .small_scenarios import FAR_OUTSIDE, ORTHOGONAL, toml

PERTURBED = """
[perturbed]
base = "uniform"
samples = 20
labels = "random"
[perturbed.perturbation]
kind = "l2"
eps = 0.1
[point]
kind = "gaussian"
"""
SOUND = (
    toml(),
    toml(data=ORTHOGONAL, expect={"standard-boundary": "PASS"}, subset={"certificate": "row-wise"}),
    toml(data={"kind": "file", "path": "points.npz", "classes": [3, 8], "centred": True}),
    toml(data={"kind": "digits", "samples": 10}, training={"recipe": "paper", "steps": 5}),
    toml(data=FAR_OUTSIDE, theorems=None, chance={"delta": 0.1, "draws": 3}) + PERTURBED,
)
# Values as they stand in the file: of every type, in and out of every range, and none at all.
VALUES = st.sampled_from(
    [
        *(
            "0",
            "1",
            "-1",
            "2",
            "7",
            "0.5",
            "-0.0",
            "1.5",
            "5e-324",
            "1e308",
            "1e999",
            "nan",
            "inf",
            "-inf",
        ),
        *(
            "true",
            '""',
            '"PASS"',
            '"ERROR"',
            '"uniform"',
            '"file"',
            '"l2"',
            '"../../x"',
            '"/etc/x"',
        ),
        *(
            r'"a\u0000b"',
            r'"\ud800"',
            r'"a\nb"',
            r'"\u001b[2J"',
            "'''a\nb'''",
            '"' + "n" * 900 + '"',
        ),
        *("[]", "[1]", "[[1, 2], []]", '["a", "a"]', "{}", "{kind = 3}", "{a = {b = {c = 1}}}", ""),
        *(
            "9" * 30,
            "-" + "9" * 400,
            "0x" + "f" * 500,
            "0b1",
            "1_0",
            "01",
            "1979-05-27",
            "07:32:00",
        ),
        *("[" * 900, "[" * 400 + "]" * 400, "{a=" * 300 + "1" + "}" * 300, "9" * 5000, "é"),
    ]
)
FIELDS = {
    "": ["name", "description", "seed", "theorems", "expect", "colour", "data", '"a\\nb"', "a.b.c"],
    "data": [
        *("kind", "samples", "dimension", "coherence", "radius", "signs", "labels", "path"),
        *("classes", "centred", "scale", "x"),
    ],
    "network": ["slope", "width", "initial_scale", "initial_distribution", "x"],
    "training": ["recipe", "loss", "steps", "learning_rate", "momentum", "dtype", "x"],
    "subset": ["certificate", "x"],
    "perturbed": ["base", "samples", "labels", "label_file", "perturbation", "x"],
    "perturbed.perturbation": ["kind", "eps", "k", "clamp", "steps", "fraction", "step_size", "x"],
    "point": ["kind", "index"],
    "chance": ["delta", "draws"],
    "tolerance": ["angle", "agreement", "accuracy", "tau"],
}
KINDS = st.sampled_from(
    [
        *(
            "orthogonal",
            "near-orthogonal",
            "uniform",
            "gaussian",
            "digits",
            "file",
            "l2",
            "linf-sign",
        ),
        *("linf-rescaled", "l0-sign", "l0-value", "gradient", "pgd", "pixel", "moons"),
    ]
).map(lambda kind: f'"{kind}"')


@st.composite
def changed(pick: st.DrawFn) -> bytes:
    """A sound file with lines of the real schema replaced or added, in any order of sections."""
    lines = pick(st.sampled_from(SOUND)).splitlines()
    for _ in range(pick(st.integers(1, 3))):
        section = pick(st.sampled_from(sorted(FIELDS)))
        field = pick(st.sampled_from(FIELDS[section]))
        value = pick(KINDS if field == "kind" else VALUES)
        heading = f"[{section}]" if section else None
        start = lines.index(heading) + 1 if heading in lines else 0
        if heading is not None and heading not in lines:
            lines += [heading]
            start = len(lines)
        same = [n for n in range(start, len(lines)) if lines[n].startswith(f"{field} =")]
        if same and pick(st.integers(0, 9)):
            del lines[same[0]]
        lines.insert(start, f"{field} = {value}")
    text = pick(st.sampled_from(["\n", "\n", "\r\n", "\r"])).join(lines)
    encoding = pick(st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, "replace")


INPUTS = changed() | mutated(*(text.encode() for text in SOUND))


def malformed(folder: Path, wanted: int) -> None:
    path = folder / "scenario.toml"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        load_scenario(path)

    print(f"\nscenario: {fuzz(INPUTS, read, InputError, wanted)}")
    assert list(folder.iterdir()) == [path]


def test_some_malformed_scenarios(tmp_path: Path) -> None:
    malformed(tmp_path, 400)


@pytest.mark.slow
def test_many_malformed_scenarios(tmp_path: Path, fuzz_share: Callable[[int], int]) -> None:
    malformed(tmp_path, fuzz_share(12_000))
