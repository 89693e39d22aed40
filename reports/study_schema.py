"""Records of studies and sweeps in ``report.json``, and what these share with all others."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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
    changed: float | None = None
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


class StudyClaim(Record):
    """A statistical claim of a study: its verdict, and what would settle it where it is open."""

    id: str
    says: str = ""
    verdict: ClaimVerdict
    rigor: Rigor = "statistical"
    confidence: float | None = None
    settle: str = ""


class Learner(Record):
    """How many natural test images a learner of images answers right, for one arm and seed.

    ``lower`` and ``upper`` enclose its accuracy; ``highest`` is that of its best epoch;
    ``as_limit`` the number that it answers as the certified limit does.
    """

    arm: str
    seed: int
    right: int = Field(ge=0)
    total: int = Field(ge=1)
    lower: float
    upper: float
    highest: float | None = None
    as_limit: int | None = None


class BesideLimit(Record):
    """What a deep network has in common with the certified limit of a two-layer network.

    Cosines of the limit's normal with the mean perturbations and with the difference of the class
    means; shares of test images that the limit answers right, and as the deep network does.
    """

    captured: bool
    reason: str = ""
    steps: int | None = None
    cosine: float | None = None
    natural: float | None = None
    right: float | None = None
    as_classifier: float | None = None


class Perturbations(Record):
    """What the perturbations of one seed are: accuracy of the network they fool and share fooled,
    mean L2, Linf and L0 sizes, and how they resemble the classes they aim at."""

    seed: int
    accuracy: float
    fooled: float
    sizes: tuple[float, float, float]
    alignment: float
    largest: float
    p: float
    matched: float
    probe: float
    limit: BesideLimit | None = None


class Study(Judged):
    """A sweep of experiments, held against published numbers, as ``points`` or as a table in words;
    or, with ``learners``, one experiment on images."""

    title: str = ""
    says: str = ""
    expected: Verdict = "PASS"
    reason: str = ""
    rigor: Rigor = "numeric"
    axis: str = ""
    points: tuple[StudyPoint, ...] = ()
    data: Data | None = None
    claims: tuple[StudyClaim, ...] = ()
    learners: tuple[Learner, ...] = ()
    perturbations: tuple[Perturbations, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


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
