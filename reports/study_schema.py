"""The records of studies and sweeps in ``report.json``."""

from typing import Any

from pydantic import Field

from .record import FigureRecord, Record, Rigor, Verdict


class SeedAccuracy(Record):
    """The exact solution of a point of a study for one seed; ``None``: there is none."""

    seed: int
    accuracy: float | None = None


class TrainedAccuracy(Record):
    """What trained networks got at a point of a study."""

    accuracy: float


class StudyPoint(Record):
    """A point of a study; ``difference`` is that of what was compared to ``published``."""

    value: float
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


class Study(Record):
    """A sweep of experiments, held against published numbers."""

    name: str
    title: str = ""
    says: str = ""
    configuration: dict[str, Any] = Field(default_factory=dict)
    verdict: Verdict
    expected: Verdict = "PASS"
    as_expected: bool
    reason: str = ""
    rigor: Rigor = "numeric"
    seconds: float | None = None
    axis: str = ""
    points: tuple[StudyPoint, ...] = ()
    findings: tuple[str, ...] = ()
    figures: tuple[FigureRecord, ...] = ()


class SweptTheorem(Record):
    """What one point of a sweep says of one theorem."""

    id: str
    verdict: Verdict
    expected: Verdict = "PASS"
    reason: str = ""
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


class Sweep(Record):
    """A grid of scenarios."""

    name: str
    says: str = ""
    configuration: dict[str, Any] = Field(default_factory=dict)
    axes: tuple[SweptAxis, ...] = ()
    verdict: Verdict
    as_expected: bool
    reason: str = ""
    seconds: float | None = None
    points: tuple[SweptPoint, ...] = ()
    findings: tuple[str, ...] = ()
    figures: tuple[FigureRecord, ...] = ()
