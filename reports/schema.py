"""The structure of ``report.json``, schema version 1.

Unknown keys are ignored, so a newer writer may add to the file without breaking an older reader.
An infinite end of an interval is ``None``: ``lower=None`` is minus, ``upper=None`` plus infinity.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Verdict = Literal["PASS", "FAIL", "VACUOUS", "INCONCLUSIVE", "ERROR"]
ClaimVerdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "OBSERVED", "NOT OBSERVED", "ERROR"]
Rigor = Literal["proved", "enclosed", "statistical", "numeric", "none"]
ProofVerdict = Literal["proved", "gap", "unknown"]
Basis = Literal["checked", "cited", "defined"]


class Record(BaseModel):
    """Base of every record: immutable, finite numbers only, unknown keys ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class FigureRecord(Record):
    """A figure: its kind names who draws it, ``data`` is checked there."""

    id: str
    kind: str
    title: str = ""
    caption: str = ""
    data: dict[str, Any]


class SeedAccuracy(Record):
    """The exact solution of a point of a study for one seed; ``None``: there is none."""

    seed: int
    accuracy: float | None = None
    control: float | None = None
    size: float | None = None
    natural: dict[str, Any] | None = None
    perturbed: dict[str, Any] | None = None
    control_solved: dict[str, Any] | None = None
    seconds: float | None = None


class TrainedAccuracy(Record):
    """What trained networks got at a point of a study, and how well they were trained."""

    accuracy: float
    fitted: float | None = None
    steps: int | None = None
    time: float | None = None
    natural_steps: int | None = None
    natural_time: float | None = None
    size: float | None = None
    alignment: float | None = None
    width: int | None = None
    seconds: float | None = None


class StudyPoint(Record):
    """A point of a study; ``difference`` is that of what was compared to ``published``."""

    value: float
    setting: dict[str, Any] = Field(default_factory=dict)
    linear: bool | None = None
    published: float | None = None
    exact: tuple[SeedAccuracy, ...] = ()
    exact_mean: float | None = None
    level: str = ""
    method: str = ""
    prediction: float | None = None
    control: float | None = None
    trained: TrainedAccuracy | None = None
    compared: str = "none"
    difference: float | None = None
    agrees: bool | None = None
    fault: str = ""


def _given(value: object) -> object:
    return () if value is None else value


class Judged(Record):
    """What scenarios, studies and sweeps have in common."""

    name: str
    configuration: dict[str, Any] = Field(default_factory=dict)
    verdict: Verdict
    as_expected: bool
    seconds: float | None = None
    findings: tuple[str, ...] = ()
    figures: Annotated[tuple[FigureRecord, ...], BeforeValidator(_given)] = ()


class Study(Judged):
    """A sweep of experiments, held against published numbers."""

    title: str = ""
    says: str = ""
    expected: Verdict = "PASS"
    reason: str = ""
    rigor: Rigor = "numeric"
    axis: str = ""
    points: tuple[StudyPoint, ...] = ()


class TheoremVerdict(Record):
    """What came of a theorem, and what was expected to."""

    id: str
    verdict: Verdict
    expected: Verdict | None = "PASS"
    """``None``: a check of data expects nothing."""
    reason: str = ""


class SweptTheorem(TheoremVerdict):
    """What one point of a sweep says of one theorem."""

    load: float | None = None
    witness: str | None = None


class SweptPoint(Record):
    """One scenario of a sweep, and the values that set it apart."""

    name: str
    at: dict[str, Any] = Field(default_factory=dict)
    error: str | None = None
    seconds: float | None = None
    theorems: tuple[SweptTheorem, ...] = ()

    @property
    def as_expected(self) -> bool:
        return self.error is None and all(t.verdict == t.expected for t in self.theorems)


class SweptAxis(Record):
    """A field and the values it takes."""

    field: str
    values: tuple[Any, ...]


class Sweep(Judged):
    """A grid of scenarios."""

    says: str = ""
    axes: tuple[SweptAxis, ...] = ()
    reason: str = ""
    points: tuple[SweptPoint, ...] = ()


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


class Theorem(Record):
    """A theorem as stated, apart from any run."""

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


class Data(Record):
    """The data of a scenario."""

    source: str = ""
    samples: int | None = None
    dimension: int | None = None
    hash: str = ""
    range: tuple[float, float] | None = None
    labels: dict[str, str] = {}
    """What the source calls the labels -1 and +1."""
    told: tuple[str, ...] = ()
    """What of the source was taken, in words."""
    sha256: dict[str, str] = {}
    """Of the files of a set that is known by name, by their names."""


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
