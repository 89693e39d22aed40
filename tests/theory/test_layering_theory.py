"""The theory is usable, proofs and refutations included, without NumPy or torch."""

import subprocess
import sys

import pytest

_PROBE = """
import sys
{statements}
print(sorted(name for name in ("numpy", "torch", "scipy") if name in sys.modules))
"""


@pytest.mark.parametrize(
    "statements",
    [
        "import perturbproof.theory",
        "from perturbproof.theory.refute.survey import classify\n"
        "from perturbproof.theory.refute.mutants import mutants\n"
        "from perturbproof.theory.theorems import theorem\n"
        "classify(mutants(theorem('standard-boundary'))[0])",
    ],
    ids=["import", "classify"],
)
def test_theory_loads_neither_numpy_nor_torch(statements: str) -> None:
    probe = _PROBE.format(statements=statements)
    run = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=900
    )
    assert run.stdout.strip() == "[]"
