import json
from pathlib import Path

import pymupdf
import pytest
from perturbproof.reports.compose import compose
from perturbproof.reports.files import ReportError, parse_report
from perturbproof.reports.records import formulas, placed_figures
from perturbproof.reports.render import draw_figures, figure_names, pdf
from perturbproof.reports.words import typeset

from .sample_extremes import without_figures
from .sample_report import many, report
from .sample_scenarios import Json, passing


def made(raw: Json) -> bytes:
    loaded = parse_report(json.dumps(raw))
    drawings = {key: drawing.svg for key, drawing in draw_figures(loaded).items()}
    return pdf(compose(loaded, typeset(formulas(loaded))), drawings)


def words(document: bytes) -> str:
    """All text, line breaks and break opportunities removed."""
    with pymupdf.open(stream=document) as opened:
        text = " ".join(page.get_text() for page in opened)
    return " ".join(text.replace("\u200b", "").split())


def test_says_what_it_must_in_the_right_order(rendered: Path) -> None:
    text = words((rendered / "report.pdf").read_bytes())
    order = [
        "Verification report", "Verdicts at a glance", "ERROR", "FAIL", "INCONCLUSIVE", "VACUOUS",
        "PASS", "What was run", "perturbproof verify --seed 0 --out report", "Contents",
        "Theorems and their proofs", "Suppose that the following holds", "Proof ledger",
        "word for word as in 3.1", "Proof gap", "7/256", "Trusted base", "used in", "Scenarios",
        "data hash", "left side", "load", "measured", "bound", "slack", "Measured.", "Cross-checks",
        "Observations", "Findings", "Figure 1", "FAIL", "1.5625", "Witness", "NOT OBSERVED",
        "To settle.", "1.234568", "could not be run", "447. GiB", "Glossary of symbols",
        "smallest Euclidean norm",
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
    drawings = {key: "not svg" for key, *_ in placed_figures(loaded)}
    with pytest.raises(ReportError, match="the PDF cannot be set"):
        pdf(compose(loaded, {}), drawings)
