"""What holds for every theorem of the catalog; a new theorem is tested by being listed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from perturbproof.theory import Theorem, catalog, prove, theorem, theorems
from perturbproof.theory.symbols import quantity, symbols_of

THEOREMS = catalog()


@pytest.fixture(params=THEOREMS, ids=lambda t: t.id)
def entry(request: pytest.FixtureRequest) -> Theorem:
    return request.param


def test_is_proved(entry: Theorem) -> None:
    proof = prove(entry)
    assert not proof.open_steps
    assert proof.verdict == "proved"


def test_every_solver_step_kept_its_query(entry: Theorem) -> None:
    for step in prove(entry).steps:
        if (
            step.engine == "z3"
            and step.detail.startswith("unsat")
            and "0 queries" not in step.detail
        ):
            assert "(check-sat)" in step.smt


def test_symbols_are_declared_with_a_meaning(entry: Theorem) -> None:
    for symbol in entry.measured_symbols:
        assert len(quantity(symbol).meaning) > 3


def test_says_what_it_rests_on(entry: Theorem) -> None:
    assert entry.summary
    assert entry.source.title
    assert entry.claims
    assert all(step.says for step in entry.proof)
    assert len({step.id for step in entry.proof}) == len(entry.proof)


def test_a_claim_that_nothing_concludes_is_refused(entry: Theorem) -> None:
    extra = replace(entry.claims[0], id="never-concluded")
    with pytest.raises(ValueError, match="no step concludes"):
        prove(replace(entry, claims=(*entry.claims, extra)))


def test_ids_are_unique() -> None:
    assert len({t.id for t in THEOREMS}) == len(THEOREMS)


OWN = """
from perturbproof.theory.theorems.boundary.exact_chain import THEOREM as known
from dataclasses import replace
THEOREM = replace(known, id={id!r}, order={order})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules count as modules of `theory/theorems`."""
    monkeypatch.setattr(theorems, "__path__", [*theorems.__path__, str(tmp_path)])
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("order", "place"), [(0, 0), (115, 1), (1000, len(THEOREMS))], ids=["first", "second", "last"]
)
def test_a_theorem_is_listed_by_its_file(folder: Path, order: int, place: int) -> None:
    (folder / "own_file.py").write_text(OWN.format(id="own", order=order))
    found = [entry.id for entry in theorems.catalog.__wrapped__()]
    assert found.index("own") == place
    assert [id for id in found if id != "own"] == [entry.id for entry in THEOREMS]


def test_two_files_with_one_id_are_refused(folder: Path) -> None:
    (folder / "own_file.py").write_text(OWN.format(id="half-aware", order=0))
    with pytest.raises(ValueError, match=r"half_aware and .*own_file both define .*'half-aware'"):
        theorems.catalog.__wrapped__()


def test_every_file_with_a_theorem_is_listed() -> None:
    sources = [file.read_text() for file in Path(theorems.__path__[0]).rglob("*.py")]
    assert sum("\nTHEOREM = " in source for source in sources) == len(THEOREMS)


def test_unknown_theorem_lists_what_there_is() -> None:
    with pytest.raises(KeyError, match="standard-boundary"):
        theorem("no-such-theorem")


def test_solver_reads_the_text_as_written(tmp_path) -> None:
    """The SMT-LIB text is complete: another process decides it without this project."""
    step = next(s for s in prove(THEOREMS[0]).steps if s.id == "4-bounds")
    file = tmp_path / "step.smt2"
    file.write_text(step.smt)
    code = f"import z3; s = z3.Solver(); s.from_file({str(file)!r}); print(s.check())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "unsat"


def test_most_steps_do_not_rest_on_a_solver() -> None:
    """Else: `perturbproof prove --certificates theory/certificates/catalog.json`."""
    steps = [step for entry in THEOREMS for step in prove(entry).steps if step.certificates]
    assert sum(step.certified for step in steps) > 0.8 * len(steps)


def test_measured_symbols_are_those_of_the_relations(entry: Theorem) -> None:
    relations = [p.relation for p in (*entry.assumptions, *entry.claims)]
    assert entry.measured_symbols == symbols_of(*relations)
