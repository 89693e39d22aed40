"""`perturbproof prove --certificates` and `--export`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from perturbproof.theory import catalog
from perturbproof.theory.certificates import stored
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, String

OWN = """
from perturbproof.theory import Assumption, Claim, Conclusion, Inequality, Source, Theorem, declare

p, q = declare("certified_p", "a number"), declare("certified_q", "another")
THEOREM = Theorem(
    "own-product", "A product is large", "Said for a test.", Source("Me", "Own", "here", 2026),
    (Assumption("p", "Large.", p > 1), Assumption("q", "Large, too.", q > 2)),
    (Claim("product", "Larger. *) -/", p * q > 2),),
    (Inequality("(i) <- p", "It is positive.", p > 0),
     Conclusion("claim-product <- p q (i)", "They multiply.")),
)
"""


@pytest.fixture
def own(here: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    (here / "own.py").write_text(OWN, encoding="utf-8")
    kept: dict = {}
    monkeypatch.setattr(stored, "_kept", lambda: kept)
    stored._checked.cache_clear()
    return ("prove", "--theorem", "own.py", "-q")


def test_what_is_missing_is_searched_for_and_kept(run, here: Path, own: tuple[str, ...]) -> None:
    assert "0 of 2 steps with queries have certificates" in run(*own).out
    assert "2 of 2 steps with queries" in run(*own, "--certificates", "own.json").out
    kept = json.loads((here / "own.json").read_text(encoding="utf-8"))
    (proof,) = json.loads(run(*own, "--json").out)["proofs"]
    assert proof["steps"][0]["checked_by"] == "certificate"
    shown = [c for step in proof["steps"] for c in step["certificates"]]
    assert sorted(map(str, shown)) == sorted(map(str, kept.values()))


@pytest.mark.parametrize("system", ["coq", "lean"])
def test_an_export_has_statement_and_steps(
    run, here: Path, own: tuple[str, ...], system: str
) -> None:
    run(*own, "--certificates", "own.json", "--export", system, "out")
    (file,) = (here / "out").iterdir()
    text = file.read_text(encoding="utf-8")
    assert "certified_p*certified_q > 2" in text
    assert "step_claim_product_1" in text
    assert "step__i__1" in text
    if system == "coq" and shutil.which("coqc"):
        done = subprocess.run(["coqc", file.name], cwd=here / "out", capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    if system == "lean":
        assert not lean_faults(text)


def lean_faults(text: str) -> list[str]:
    """What cannot be Lean 4: it is read word by word, and not compiled, as that needs Mathlib."""
    faults, brackets = [], ""
    for kind, word in get_lexer_by_name("lean4").get_tokens(text):
        if kind in Error or word in ("sorry", "admit"):
            faults.append(word)
        if kind not in Comment and kind not in String:
            brackets += re.sub(r"[^()\[\]{}⟨⟩]", "", word)
    while brackets != (fewer := re.sub(r"\(\)|\[\]|\{\}|⟨⟩", "", brackets)):
        brackets = fewer
    return [*faults, *brackets]


def test_what_is_no_lean_is_seen() -> None:
    assert lean_faults("theorem t : (0 < 1 := by sorry") == ["sorry", "("]


@pytest.mark.slow
def test_the_catalog_is_written_in_the_words_of_lean(run, here: Path) -> None:
    run("prove", "-q", "--export", "lean", "out")
    files = sorted((here / "out").iterdir())
    assert len(files) == len(catalog())
    assert {f.name: lean_faults(f.read_text("utf-8")) for f in files} == {f.name: [] for f in files}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("coqc") is None, reason="there is no Coq: apt install coq")
def test_coq_accepts_a_theorem_of_the_catalog(run, here: Path) -> None:
    run("prove", "standard-boundary", "-q", "--export", "coq", "out")
    done = subprocess.run(
        ["coqc", "standard_boundary.v"], cwd=here / "out", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
