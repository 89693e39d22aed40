"""The structure of ``report.json``, schema version 1.

Unknown keys are ignored, so a newer writer may add to the file without breaking an older reader.
An infinite end of an interval is ``None``: ``lower=None`` is minus, ``upper=None`` plus infinity.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from .study_schema import Basis as Basis
from .study_schema import ClaimVerdict as ClaimVerdict
from .study_schema import Data as Data
from .study_schema import FigureRecord as FigureRecord
from .study_schema import Judged as Judged
from .study_schema import Learner as Learner
from .study_schema import Perturbations as Perturbations
from .study_schema import ProofVerdict as ProofVerdict
from .study_schema import Record as Record
from .study_schema import Rigor as Rigor
from .study_schema import SeedAccuracy as SeedAccuracy
from .study_schema import Study as Study
from .study_schema import StudyClaim as StudyClaim
from .study_schema import StudyPoint as StudyPoint
from .study_schema import Sweep as Sweep
from .study_schema import SweptAxis as SweptAxis
from .study_schema import SweptPoint as SweptPoint
from .study_schema import SweptTheorem as SweptTheorem
from .study_schema import TheoremVerdict as TheoremVerdict
from .study_schema import TrainedAccuracy as TrainedAccuracy
from .study_schema import Verdict as Verdict

SCHEMA_VERSION: Literal[1] = 1


class Bounds(Record):
    """An interval that encloses the true value; ``None`` is an infinite end."""

    lower: float | None = None
    upper: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower {self.lower!r} is above upper {self.upper!r}")
        return self


class Measured(Bounds):
    """A measured interval and the way it was obtained, in words."""

    how: str = ""


class Formula(Record):
    """A statement in words and as a formula: plain text, Typst mathematics, LaTeX."""

    id: str
    says: str = ""
    formula_text: str = ""
    formula_typst: str = ""
    formula_latex: str = ""


class Step(Formula):
    """One step of a proof, who discharged it, and what it is to its reader."""

    kind: str = ""
    uses: tuple[str, ...] = ()
    engine: str = ""
    checked_by: str = ""
    basis: Basis = "checked"
    status: Literal["discharged", "gap", "unknown"]
    milliseconds: float | None = None
    detail: str | None = None
    countermodel: dict[str, str] | None = None
    smt: str | None = None
    certificates: tuple[dict[str, Any] | None, ...] = ()


class Symbol(Record):
    """A symbol, what it means and where it ranges."""

    name: str
    typst: str = ""
    latex: str = ""
    meaning: str = ""
    range: str = ""


class Proof(Record):
    """A proof as it was discharged in this run."""

    theorem: str
    title: str = ""
    verdict: ProofVerdict
    witness: str | None = None
    seconds: float | None = None
    steps: tuple[Step, ...] = ()
    symbols: tuple[Symbol, ...] = ()


class Statement(Formula):
    """A claim of a theorem; ``display_typst`` is the statement in full where it says more."""

    display_typst: str | None = None


class Source(Record):
    """Where a theorem comes from."""

    authors: str = ""
    title: str = ""
    venue: str = ""
    year: int | str | None = None
    locator: str = ""
    url: str | None = None


class Trusted(Record):
    """A result that is cited and not proved here; ``arguments`` as its citations give them."""

    key: str
    says: str = ""
    source: str = ""
    arguments: str = ""


class Defined(Record):
    """A definition of an earlier theorem, which nothing checks."""

    theorem: str
    step: str
    says: str = ""


class Theorem(Record):
    """A theorem as stated, apart from any run. ``defined`` are the definitions of the theorems that
    its proof leans on; its own are in its ledger."""

    id: str
    title: str
    origin: str = ""
    kind: str = "theorem"
    source: Source = Source()
    summary: str = ""
    remarks: tuple[str, ...] = ()
    assumptions: tuple[Formula, ...] = ()
    claims: tuple[Statement, ...] = ()
    trusted_base: tuple[Trusted, ...] = ()
    defined: tuple[Defined, ...] = ()
    symbols: tuple[Symbol, ...] = ()


class CheckedAssumption(Formula):
    """An assumption on the data of a scenario; ``load`` < 1 means that it holds."""

    lhs: Bounds | None = None
    rhs: Bounds | None = None
    load: float | None = None
    holds: Literal["yes", "no", "unknown"]
    rigor: Rigor = "none"
    confidence: float | None = None
    how: str = ""


class CheckedClaim(Statement):
    """A claim held against a measurement."""

    measured: Measured | None = None
    bound: Bounds | None = None
    slack: float | None = None
    rigor: Rigor = "none"
    confidence: float | None = None
    verdict: ClaimVerdict
    settle: str | None = None
    witness: str | None = None


class ProofSummary(Record):
    """How much of a theorem's proof was discharged."""

    verdict: ProofVerdict
    steps: int = Field(ge=0)
    discharged: int = Field(ge=0)
    told: str = ""


class CheckedTheorem(TheoremVerdict):
    """One theorem on one scenario."""

    title: str
    source: str = ""
    beside: str = ""
    as_expected: bool
    assumptions: tuple[CheckedAssumption, ...] = ()
    claims: tuple[CheckedClaim, ...] = ()
    trusted_base: tuple[str, ...] = ()
    proof: ProofSummary | None = None


class CrossCheck(Record):
    """Two computations of one quantity."""

    id: str
    says: str = ""
    left: Bounds
    right: Bounds
    agree: bool


class Observation(Record):
    """Something measured that no theorem claims."""

    says: str
    value: Bounds | None = None
    rigor: Rigor = "none"
    count: int | None = None


class Scenario(Judged):
    """A scenario that was run."""

    description: str = ""
    data: Data | None = None
    expected: Verdict | dict[str, Verdict] | None = "PASS"
    error: str | None = None
    theorems: tuple[CheckedTheorem, ...] = ()
    cross_checks: tuple[CrossCheck, ...] = ()
    observations: tuple[Observation, ...] = ()


class Environment(Record):
    """What the run was made with."""

    perturbproof: str = ""
    python: str = ""
    platform: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    device: str = ""
    dtype: str = ""
    seed: int | None = None
    command: str = ""
    git_revision: str | None = None
    threads: int | None = None


class Statistics(Record):
    """The confidence of a whole run, and how many statistical statements share it."""

    family_confidence: float
    method: str = ""
    statements: int = Field(ge=0)


class Summary(Record):
    """The run in one line."""

    scenarios: int = Field(ge=0)
    studies: int = Field(default=0, ge=0)
    theorems: int = Field(ge=0)
    verdicts: dict[Verdict, int] = Field(default_factory=dict)
    as_expected: bool
    exit_code: int
    line: str = ""


class CheckTable(Record):
    """A table of a check, as its command prints it; ``notes`` stand below it."""

    title: str
    says: str = ""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


class Check(Record):
    """What a check of data answers: at each slope in words, then what the data are, then tables."""

    answers: tuple[tuple[str, str], ...]
    about: tuple[str, ...] = ()
    tables: tuple[CheckTable, ...] = ()


class Report(Record):
    """A whole ``report.json``; ``notation`` has what its sentences use beside measured symbols."""

    schema_version: Literal[1]
    environment: Environment
    check: Check | None = None
    started: str = ""
    seconds: float | None = None
    setting: tuple[Formula, ...] = ()
    notation: tuple[Symbol, ...] = ()
    proofs: tuple[Proof, ...] = ()
    theorems: tuple[Theorem, ...] = ()
    statistics: Statistics | None = None
    scenarios: tuple[Scenario, ...] = ()
    studies: tuple[Study, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    summary: Summary
