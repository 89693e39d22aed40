import json
import time
from pathlib import Path

import pymupdf
import pytest
from perturbproof.reports.compose import compose, formulas
from perturbproof.reports.load import ReportError, parse_report
from perturbproof.reports.mathematics import typeset
from perturbproof.reports.pdf import pdf
from perturbproof.reports.render import draw_figures, figure_names

from .sample_report import many, report
from .sample_scenarios import Json, inconclusive, passing

MARGIN = 2.3 / 2.54 * 72


def without_figures(raw: Json) -> Json:
    for scenario in raw["scenarios"]:
        scenario["figures"] = []
    return raw


def made(raw: Json) -> bytes:
    loaded = parse_report(json.dumps(raw))
    drawings = {key: drawing.svg for key, drawing in draw_figures(loaded).items()}
    return pdf(compose(loaded, typeset(formulas(loaded))), drawings)


def words(document: bytes) -> str:
    """All text, line breaks and break opportunities removed."""
    with pymupdf.open(stream=document) as opened:
        text = " ".join(page.get_text() for page in opened)
    return " ".join(text.replace("\u200b", "").split())


def overflowing(document: bytes) -> list[tuple[int, str]]:
    """Words that reach into the side margins or leave the page, with their pages."""
    found: list[tuple[int, str]] = []
    with pymupdf.open(stream=document) as opened:
        for page in opened:
            left, right = MARGIN - 3, page.rect.width - MARGIN + 3
            for x0, y0, x1, y1, word, *_ in page.get_text("words"):
                if x0 < left or x1 > right or y0 < 20 or y1 > page.rect.height - 20:
                    found.append((page.number + 1, word))
    return found


def test_says_what_it_must_in_the_right_order(rendered: Path) -> None:
    text = words((rendered / "report.pdf").read_bytes())
    order = [
        "Verification report", "Verdicts at a glance", "ERROR", "FAIL", "INCONCLUSIVE", "VACUOUS",
        "PASS", "What was run", "perturbproof verify --seed 0 --out report", "Contents",
        "Theorems and their proofs", "Suppose that the following holds", "Proof ledger",
        "Trusted base", "Symbols", "Proof gap", "7/256", "Scenarios", "Configuration",
        "Assumptions", "left side", "load", "Claims", "measured", "bound", "slack", "rigor",
        "Cross-checks", "Observations", "Findings", "Figure 1", "Witness", "1.5625", "NOT OBSERVED",
        "To settle it", "1.234568", "could not be run", "447. GiB",
    ]  # fmt: skip
    at = 0
    for expected in order:
        assert expected in text[at:], (
            f"{expected!r} is missing after {text[max(0, at - 60) : at]!r}"
        )
        at = text.index(expected, at)


def test_links_outline_and_page_numbers(rendered: Path) -> None:
    with pymupdf.open(rendered / "report.pdf") as opened:
        titles = [title.replace("\u200b", "") for _, title, _ in opened.get_toc()]
        assert any("four-unit-vectors-simplex" in title for title in titles)
        assert len(opened[0].get_links()) >= 5
        assert all(f"{n} / {len(opened)}" in page.get_text() for n, page in enumerate(opened, 1))
        fonts = {font[3].split("+")[-1] for page in opened for font in page.get_fonts()}
        # The fonts embedded in Typst, whatever is installed here.
        assert all(font.startswith(("NewCM", "DejaVuSansMono", "Libertinus")) for font in fonts)


def test_bytes_are_the_same_twice(rendered: Path) -> None:
    raw = without_figures(many(2))
    assert made(raw) == made(raw)
    loaded = parse_report((rendered / "report.json").read_text(encoding="utf-8"))
    names = figure_names(loaded)
    drawings = {k: (rendered / f"figures/{names[k]}.svg").read_text("utf-8") for k in names}
    view = compose(loaded, typeset(formulas(loaded)))
    assert pdf(view, drawings) == (rendered / "report.pdf").read_bytes()


def test_nothing_leaves_its_page(rendered: Path) -> None:
    assert overflowing((rendered / "report.pdf").read_bytes()) == []


def test_fifty_scenarios_fit_and_are_quick() -> None:
    raw = without_figures(many(50))
    start = time.perf_counter()
    document = made(raw)
    assert time.perf_counter() - start < 10
    assert overflowing(document) == []
    assert "scenario-49" in words(document)


def test_long_everything_stays_on_the_page() -> None:
    item = inconclusive()
    long = "averyveryverylongwordwithoutanyspace" * 5
    claim = item["theorems"][0]["claims"][0]
    claim |= {"id": long, "says": long, "witness": long, "settle": long, "slack": 123456789012.5}
    claim["measured"] = {"lower": -123456789012.5, "upper": 123456789987.25, "how": long}
    claim["formula_typst"] = "(" + " + ".join(f"alpha_{k}" for k in range(60)) + ") / (1 + beta)"
    item["theorems"][0] |= {"title": long, "reason": long, "source": long}
    item["description"] = item["findings"][0] = item["observations"][0]["says"] = long
    item["cross_checks"][0]["says"] = long
    item["configuration"] = {long: {"key": long}}
    raw = without_figures(report([item]))
    raw["theorems"][0] |= {"title": long, "summary": long, "id": long}
    raw["proofs"][0]["steps"][0] |= {"id": "12.a.iv", "says": long, "engine": "engine-name"}
    raw["environment"]["command"] = f"perturbproof verify {long}/{long}.toml"
    assert overflowing(made(raw)) == []


@pytest.mark.parametrize("broken", ["p_max < frac(", "nosuchname + 1", "#panic()", "a\\", "$", " "])
def test_a_malformed_formula_is_shown_as_text(broken: str) -> None:
    item = passing()
    claim = item["theorems"][0]["claims"][0]
    claim |= {"formula_typst": broken, "formula_text": "p_max < broken"}
    document = made(without_figures(report([item])))
    assert ("p_max < broken" in words(document)) == (broken not in typeset([broken]))
    # The others are still mathematics.
    assert "gamma**3" not in words(document)


def test_text_is_never_taken_for_typst_markup() -> None:
    item = passing("#panic() $x$ *b* _i_ @ref <lab> `raw` \\ // /*")
    item["description"] = '#import "x": *; $ [ ] = heading'
    assert "#panic() $x$ *b*" in words(made(without_figures(report([item]))))


def test_an_empty_report_is_a_page(rendered: Path) -> None:
    raw = report([]) | {"scenarios": [], "theorems": [], "proofs": []}
    assert "Verification report" in words(made(raw))


def test_a_drawing_that_is_not_svg_is_a_report_error() -> None:
    loaded = parse_report(json.dumps(report([passing()])))
    view = compose(loaded, {})
    drawings = {figure.key: "not svg" for s in view.scenarios for figure in s.figures}
    with pytest.raises(ReportError, match="the PDF cannot be set"):
        pdf(view, drawings)
