import json
from pathlib import Path

from perturbproof.reports.files import parse_report
from perturbproof.reports.github import summary, text

from .sample_report import report
from .sample_scenarios import passing


def test_worst_first_with_words_and_symbols(rendered: Path) -> None:
    lines = (rendered / "summary.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    assert rows == [
        "verdict", "▲ **ERROR** (expected PASS)", "✘ **FAIL** (expected PASS)",
        "◐ **INCONCLUSIVE** (expected PASS)", "○ **VACUOUS** (expected)", "✔ **PASS**",
        "proof", "✘ **gap**", "✔ **proved**",
    ]  # fmt: skip
    assert "perturbproof verify --seed 0 --out report" in lines


def test_nothing_given_can_break_the_table() -> None:
    item = passing("a|b<script>`x`")
    item["theorems"][0] |= {"verdict": "VACUOUS", "reason": "two\nlines | and a pipe"}
    raw = report([item])
    raw["environment"]["command"] = "echo ```"
    made = summary(parse_report(json.dumps(raw)))
    assert "\n````\necho ```\n````\n" in made
    row = next(line for line in made.splitlines() if "two lines" in line)
    assert row.replace(r"\|", "").count("|") == 5
    assert "<script>" not in made.replace(r"\<script\>", "")
    assert text("10^−8 *b*") == r"10⁻⁸ \*b\*"
