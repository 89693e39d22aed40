"""Theorems that are false, as files of the user's own, and scenarios whose data refute them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w
from perturbproof.theory.statement import Theorem
from perturbproof.verify.scenarios.own_theorem import own_theorems

from .small_scenarios import fields


def load_theorem(path: Path) -> Theorem:
    """The theorem of one file. Raises InputError as `own_theorems`."""
    return own_theorems([path])[0][0]


_FILE = """\
from perturbproof.theory import catalog
from perturbproof.theory.statement import Conclusion
from perturbproof.theory.statement import PROJECT, Assumption, Claim, Theorem
known = {{s.name: s for t in catalog() for s in t.measured_symbols}}
{symbols} = map(known.get, {symbols!r}.split(", "))
THEOREM = Theorem(
    {id!r}, 'False', 'False.', PROJECT,
    (Assumption('given', 'Given.', {assumption}),),
    (Claim('wrong', 'Wrong.', {claim}),),
    (Conclusion('step', 'Clearly.', 'wrong', by='given'),),
)
"""

UNIFORM = {"kind": "uniform", "samples": 4, "dimension": 1000}
NOISE = {"base": "uniform", "samples": 6, "perturbation": {"kind": "l2", "eps": 2.0}}
CHANCE = {"draws": 40, "delta": 0.05}


def _case(id: str, symbols: str, assumption: str, claim: str, **changes: Any):
    text = _FILE.format(id=id, symbols=symbols, assumption=assumption, claim=claim)
    return text, {"theorems": [id], **changes}


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "data": _case("too-small", "R_max, lambda_max, p_max", "p_max < R_max", "lambda_max < R_max"),
    "subset": _case(
        "subset",
        "R_max, lambda_max, p_max",
        "p_max < R_max**2",
        "lambda_max < R_max / 1000",
        data={"kind": "digits", "classes": [3, 8]},
        subset={"certificate": "row-wise"},
        network={"slope": 0.9, "width": 4},
        training={"steps": 50},
    ),
    "perturbed": _case(
        "perturbed",
        "R_max, adv_lambda_max, p_max",
        "p_max < R_max**2",
        "10**6 * adv_lambda_max < 1",
        data=UNIFORM,
        perturbed=NOISE,
    ),
    "own labels": _case(
        "own-labels",
        "R_max, adv_R_max, p_max",
        "p_max < R_max**2",
        "adv_R_max < R_max / 1000",
        data=UNIFORM,
        perturbed={**NOISE, "labels": "file", "label_file": "labels.csv"},
    ),
    # About the distribution of the data, of which a file knows nothing.
    "distribution": _case(
        "distribution",
        "R_max, chance_half_aware, p_max",
        "p_max < R_max**2",
        "1000 * chance_half_aware < 1",
        data={"kind": "uniform", "samples": 3, "dimension": 60_000},
        network={"slope": 0.9, "width": 4},
        chance=CHANCE,
    ),
}


def write(folder: Path, name: str, **changes: Any) -> tuple[Path, Path]:
    """Write the theorem's file and the scenario's, with further changes; returns both."""
    text, own = CASES[name]
    theorem, scenario = folder / "false.py", folder / "small.toml"
    theorem.write_text(text)
    scenario.write_text(tomli_w.dumps(fields(**own, **changes)))
    (folder / "labels.csv").write_text("1\n-1\n1\n1\n-1\n-1\n")
    return theorem, scenario
