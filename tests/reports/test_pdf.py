import json
from pathlib import Path

import pymupdf
import pytest
from perturbproof.reports.compose import compose
from perturbproof.reports.files import ReportError, parse_report
from perturbproof.reports.records import formulas, placed_figures
from perturbproof.reports.render import appendix, draw_figures, figure_names, pdf
from perturbproof.reports.words import typeset

from .sample_extremes import without_figures
from .sample_report import many, report
from .sample_scenarios import Json, passing


def made(raw: Json) -> bytes:
    loaded = parse_report(json.dumps(raw))
    drawings = {key: drawing.svg for key, drawing in draw_figures(loaded).items()}
    return pdf(compose(loaded, typeset(formulas(loaded))), drawings)


def made_appendix(raw: Json) -> bytes:
    loaded = parse_report(json.dumps(raw))
    return appendix(compose(loaded, typeset(formulas(loaded))))


def words(document: bytes) -> str:
    """All text, line breaks and break opportunities removed."""
    with pymupdf.open(stream=document) as opened:
        text = " ".join(page.get_text() for page in opened)
    return " ".join(text.replace("\u200b", "").split())


def in_order(text: str, expected: list[str]) -> None:
    at = 0
    for part in expected:
        assert part in text[at:], f"{part!r} is missing after {text[max(0, at - 60) : at]!r}"
        at = text.index(part, at)


def test_says_what_it_must_in_the_right_order(rendered: Path) -> None:
    in_order(
        words((rendered / "report.pdf").read_bytes()),
        [
            "Verification report", "Asked", "Holds", "Does not", "The figure", "theorem",
            "Decision boundary of standard training", "What did not pass", "gap", "ERROR", "FAIL",
            "INCONCLUSIVE", "VACUOUS", "What was run", "perturbproof verify --seed 0 --out report",
            "Scenarios", "left or measured", "load", "PASS", "cross-checks", "Observations",
            "Findings", "FAIL", "1.5625", "Witness", "not observed", "1.234568", "To settle.",
            "could not be run", "447. GiB",
        ],
    )  # fmt: skip
    in_order(
        words((rendered / "appendix.pdf").read_bytes()),
        [
            "Appendix", "Contents", "Theorems and their proofs", "Suppose that the following holds",
            "Proof ledger", "word for word as in A.1", "Proof gap", "7/256", "Trusted base",
            "used in", "How each number was obtained", "data hash", "verified linear solve",
            "Cross-checks", "Glossary", "smallest Euclidean norm",
        ],
    )  # fmt: skip


def test_the_first_page_has_message_figure_setting_and_every_theorem(rendered: Path) -> None:
    with pymupdf.open(rendered / "report.pdf") as opened:
        first = " ".join(opened[0].get_text().replace("\u200b", "").split())
    raw = json.loads((rendered / "report.json").read_text(encoding="utf-8"))
    for part in ("Asked", "Holds", "Does not", "not all as expected", "The setting", "In this run"):
        assert part in first
    assert all(theorem["title"] in first for theorem in raw["theorems"])
    assert raw["scenarios"][1]["name"] in first


def test_a_figure_is_shown_once_and_a_caption_said_once(rendered: Path) -> None:
    loaded = parse_report((rendered / "report.json").read_text(encoding="utf-8"))
    view = compose(loaded, {})
    sections = [one for one in (*view["scenarios"], *view["studies"]) if one["figures"]]
    keys = [own["key"] for one in sections for own in one["figures"]]
    assert sorted([*keys, view["key_figure"]["key"]]) == sorted(
        k for k, *_ in placed_figures(loaded)
    )
    captions = [own["caption"] for one in sections for own in one["figures"]]
    assert len({c for c in captions if not c.startswith("Read as")}) == len(
        [c for c in captions if not c.startswith("Read as")]
    )


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
