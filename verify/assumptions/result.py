"""What `check` returns: the ladder of certificates at every slope, to filter and show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..reporting import html_table
from .ladder import DataCheck, as_data, shown_load
from .rungs import CheckedCertificate


@dataclass(frozen=True, eq=False, repr=False)
class CheckResult:
    """A finished check of one dataset.

    Attributes:
        check: sample, norms and inner products, pairs, and the ladder at every slope.
        out: the folder with the report, if one was written.
    """

    check: DataCheck
    out: Path | None = None

    @property
    def by_slope(self) -> dict[float, tuple[CheckedCertificate, ...]]:
        """The ladder at each slope, strongest assumption first."""
        return {checked.slope: checked.certificates for checked in self.check.slopes}

    @property
    def holding(self) -> dict[float, tuple[CheckedCertificate, ...]]:
        """At each slope, the certificates that prove a linear boundary for all samples."""
        return {checked.slope: checked.holding for checked in self.check.slopes}

    @property
    def summary(self) -> str:
        """The check in one line."""
        held = [f"{slope:g}" for slope, some in self.holding.items() if some]
        others = [f"{slope:g}" for slope, some in self.holding.items() if not some]
        proved = f"a certificate covers all at slope {', '.join(held)}" if held else ""
        short = f"none covers all at slope {', '.join(others)}" if others else ""
        told = "; ".join(part for part in (proved, short) if part)
        return f"{self.check.sample.n} samples: {told}"

    def to_json(self) -> str:
        """What `perturbproof check --json` prints."""
        return json.dumps(as_data(self.check), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def __bool__(self) -> bool:
        raise TypeError("a check has no truth value: ask for `holding`")

    def __repr__(self) -> str:
        return f"<CheckResult: {self.summary}>"

    def __str__(self) -> str:
        lines = [
            f"{c.holds:7}  slope {slope:g}  {c.name}  load {shown_load(c)}"
            for slope, ladder in self.by_slope.items()
            for c in ladder
        ]
        return "\n".join([*lines, self.summary])

    def _repr_html_(self) -> str:
        rows = [
            (c.holds, f"{slope:g}", c.name, shown_load(c), c.theorem)
            for slope, ladder in self.by_slope.items()
            for c in ladder
        ]
        return html_table(("holds", "slope", "certificate", "load", "theorem"), rows, self.summary)
