"""What every record of a report shares."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["PASS", "FAIL", "VACUOUS", "INCONCLUSIVE", "ERROR"]
ClaimVerdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "OBSERVED", "NOT OBSERVED", "ERROR"]
Rigor = Literal["proved", "enclosed", "statistical", "numeric", "none"]
ProofVerdict = Literal["proved", "gap", "unknown"]


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
