"""Every page of the PDF, whatever the report: nothing runs off it, no heading ends it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from .sample_extremes import long_everything, wide_formulas, without_figures
from .sample_report import many, report
from .sample_scenarios import Json, broken, failing, inconclusive, passing, vacuous
from .test_pdf import made, made_appendix, words

CM = 72 / 2.54
SIDE, TOP, BOTTOM = 2.0 * CM, 2.3 * CM, 2.0 * CM


def outside(document: bytes) -> list[tuple[int, str]]:
    """Words in the margins, and "ink" where anything at all is drawn there, with their pages."""
    found: list[tuple[int, str]] = []
    with pymupdf.open(stream=document) as opened:
        for page in opened:
            width, height = page.rect.width, page.rect.height
            # Head and foot of a page stand above and below its body.
            body = pymupdf.IRect(SIDE - 3, 20, width - SIDE + 3, height - 20)
            for word in page.get_text("words"):
                if pymupdf.Rect(word[:4]) not in body.rect:
                    found.append((page.number + 1, word[4]))
            drawn = page.get_pixmap(dpi=72, colorspace=pymupdf.csGRAY)
            grey = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride).copy()
            grey[body.y0 : body.y1, body.x0 : body.x1] = 255
            if grey.min() < 255:
                found.append((page.number + 1, "ink"))
    return found


def headings_at_the_end(document: bytes) -> list[tuple[int, str]]:
    """Last lines of pages that are headings: bold as a whole and at least in the size of text."""
    found: list[tuple[int, str]] = []
    with pymupdf.open(stream=document) as opened:
        for page in opened:
            lines = [
                line
                for block in page.get_text("dict")["blocks"]
                for line in block.get("lines", ())
                if TOP < line["bbox"][1] and line["bbox"][3] < page.rect.height - BOTTOM + 3
            ]
            if lines:
                last = max(lines, key=lambda line: line["bbox"][3])
                spans = [span for span in last["spans"] if span["text"].strip()]
                if all("Bold" in span["font"] and span["size"] > 9.5 for span in spans):
                    found.append((page.number + 1, "".join(span["text"] for span in spans)))
    return found


# The figures are in the sample with all outcomes; to draw them each time would take long.
OUTCOMES: dict[str, Callable[[], Json]] = {
    "pass": lambda: without_figures(report([passing()])),
    "fail": lambda: without_figures(report([failing()])),
    "vacuous": lambda: without_figures(report([vacuous()])),
    "inconclusive": lambda: without_figures(report([inconclusive()])),
    "error": lambda: report([broken()]),
    "long": long_everything,
    "wide": wide_formulas,
    "empty": lambda: report([]) | {"theorems": [], "proofs": []},
}


def test_the_sample_with_all_outcomes_keeps_to_its_pages(rendered: Path) -> None:
    for name in ("report.pdf", "appendix.pdf"):
        document = (rendered / name).read_bytes()
        assert outside(document) == []
        assert headings_at_the_end(document) == []


@pytest.mark.parametrize("kind", OUTCOMES)
def test_nothing_leaves_its_page_and_no_heading_ends_one(kind: str) -> None:
    raw = OUTCOMES[kind]()
    for document in (made(raw), made_appendix(raw)):
        assert outside(document) == []
        assert headings_at_the_end(document) == []


def test_what_leaves_a_page_is_seen() -> None:
    with pymupdf.open() as made_here:
        page = made_here.new_page(width=595, height=842)
        page.insert_text((480, 300), "too long for its line")
        page.draw_rect(pymupdf.Rect(10, 400, 80, 420))
        page.insert_text((60, 780), "4.2 A heading", fontname="hebo", fontsize=12)
        document = made_here.tobytes()
    assert {what for _, what in outside(document)} >= {"ink", "its"}
    assert headings_at_the_end(document) == [(1, "4.2 A heading")]


def test_fifty_scenarios_are_all_there_and_keep_to_their_pages() -> None:
    document = made(without_figures(many(50)))
    assert outside(document) == []
    assert headings_at_the_end(document) == []
    text = words(document)
    assert all(f"scenario-{k:02d}" in text for k in range(50))


def test_long_numbers_are_not_cut() -> None:
    text = words(made(long_everything()))
    assert "123 456 789 012" in text.replace("\u2009", " ")


def test_a_formula_taken_apart_keeps_all_its_terms() -> None:
    raw = wide_formulas()
    with pymupdf.open(stream=made_appendix(raw)) as opened:
        text = "".join(page.get_text() for page in opened)
    # 24 powers of gamma in the third claim, and more in the others.
    assert text.count("𝛾") >= 24 * 6
    assert json.dumps(raw).count("gamma^24") >= 6
