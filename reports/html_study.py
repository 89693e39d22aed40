"""A study in the HTML page: table of points, findings and figures."""

from .inline_svg import Drawings
from .markup import Markup, element
from .pieces import judged, pairs, powers, said, table
from .view import StudyView


def study_section(study: StudyView, drawn: Drawings) -> Markup:
    """The section of a study, under its anchor."""
    figures = [
        element(
            "figure",
            drawn.figure(figure.key, figure.caption),
            element("figcaption", element("strong", f"{figure.title}. "), said(figure.caption)),
        )
        for figure in study.figures
    ]
    findings = [element("li", said(finding)) for finding in study.findings]
    rows = [tuple(powers(cell) for cell in row) for row in study.rows]
    return element(
        "section",
        element("h3", said(study.title)),
        element("p", element("code", study.name), class_="soft"),
        element("p", judged(study.outcome, study.expectation), " ", study.time),
        element("p", said(study.reason)),
        element("p", said(study.description)) if study.description else "",
        pairs(study.configuration),
        element("div", *figures, class_="figures") if figures else "",
        table(study.header, rows) if rows else "",
        element("h4", "Findings") if findings else "",
        element("ul", *findings) if findings else "",
        id=study.anchor,
    )
