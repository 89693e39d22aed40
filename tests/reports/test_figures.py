import csv
import io
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import run
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from perturbproof.reports import figures as figures_module
from perturbproof.reports.figures import FIGURES, draw
from perturbproof.reports.figures.drawing import decades
from perturbproof.reports.files import ReportError
from perturbproof.reports.schema import FigureRecord
from perturbproof.reports.style import svg

from .sample_figures import figures

RAW = {figure["kind"]: figure for figure in figures(8)}


def record(kind: str, **changes: Any) -> FigureRecord:
    raw = RAW[kind]
    return FigureRecord.model_validate(raw | {"data": raw["data"] | changes})


def table(kind: str, **changes: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(draw(record(kind, **changes)).csv)))


def line(slack: list[float | None], name: str = "capture: kept") -> dict[str, Any]:
    """A claim of a figure of slack."""
    holds = [None if value is None else value >= 0 for value in slack]
    return {"name": name, "left": slack, "right": slack, "slack": slack, "holds": holds}


def test_every_file_of_a_figure_is_found_and_in_the_sample() -> None:
    folder = Path(figures_module.__file__).parent
    drawn = [
        path.stem.replace("_", "-")
        for path in folder.glob("*.py")
        if "\nKIND = " in path.read_text()
    ]
    assert sorted(drawn) == list(FIGURES)
    assert set(RAW) == set(FIGURES)


#: The fast run draws one figure with each of: points, a map of colours, lines on a log axis.
FEW = {"multipliers", "decision-map", "convergence"}


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=() if k in FEW else pytest.mark.slow) for k in FIGURES]
)
def test_svg_is_reproducible_whatever_the_settings_and_leaves_them_alone(kind: str) -> None:
    first = draw(record(kind)).svg
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.hashsalt": "other"}):
        before = dict(mpl.rcParams)
        assert draw(record(kind)).svg == first
        assert dict(mpl.rcParams) == before
    ElementTree.fromstring(first)
    assert "<dc:date>" not in first
    assert "<text" not in first
    assert ("<image" in first) == (kind == "pictures")


@pytest.mark.parametrize("kind", FIGURES)
def test_nothing_of_a_figure_lies_outside_it(kind: str) -> None:
    """Legends and labels at the edge included: all that is drawn, to two points."""
    found = FIGURES[kind]
    made: list[Figure] = []

    def kept(data: Any, figure: Figure) -> None:
        found.draw(data, figure)
        made.append(figure)

    svg(replace(found, draw=kept), found.data.model_validate(RAW[kind]["data"]))
    (figure,) = made
    figure.draw_without_rendering()
    box, page = figure.get_tightbbox(), figure.bbox_inches
    slack = 2 / 72
    assert box.x0 >= -slack
    assert box.y0 >= -slack
    assert box.x1 <= page.width + slack
    assert box.y1 <= page.height + slack


def test_svg_is_the_same_in_a_new_process() -> None:
    code = (
        "import sys, json; from perturbproof.reports.figures import draw;"
        "from perturbproof.reports.schema import FigureRecord as R;"
        "sys.stdout.write(draw(R.model_validate_json(sys.stdin.read())).svg)"
    )
    raw = json.dumps(RAW["multipliers"])
    made = run([sys.executable, "-c", code], input=raw, capture_output=True, text=True, check=True)
    assert made.stdout == draw(record("multipliers")).svg


def test_multiplier_table_holds_the_numbers_to_the_last_digit() -> None:
    header, *rows = table("multipliers")
    data = RAW["multipliers"]["data"]
    assert header[:5] == ["n", "label", "lambda_lower", "lambda_upper", "lambda_trained"]
    assert header[5:7] == ["paper_lower", "paper_upper"]
    assert [float(row[2]) for row in rows] == data["lower"]
    assert [float(row[4]) for row in rows] == data["trained"]
    assert {row[header.index("row-wise_lower")] for row in rows} == {""}
    assert {row[4] for row in table("multipliers", trained=None)[1:]} == {""}


def test_convergence_and_map_tables() -> None:
    header, *rows = table("convergence")
    data = RAW["convergence"]["data"]
    assert header == ["step", "tau", "relative_distance", "loss"]
    assert [int(row[0]) for row in rows] == data["steps"]
    assert [float(row[1]) if row[1] else None for row in rows] == data["tau"]
    _, *cells = table("decision-map")
    outputs = [float(row[3]) for row in cells if row[0] == "output"]
    assert outputs == [value for line in RAW["decision-map"]["data"]["values"] for value in line]
    assert sum(row[0] == "sample" for row in cells) == 4


def test_tables_of_a_captured_scenario() -> None:
    data = RAW["capture"]["data"]
    header, *rows = table("capture")
    assert header == ["step", "activation", "bound", "share", "natural", "isotropic"]
    assert [float(row[5]) for row in rows] == data["isotropic"]
    assert {row[4] for row in table("capture", natural=None)[1:]} == {""}
    _, *cells = table("limit-plane")
    assert [row[0] for row in cells[:3]] == ["v", "u", "q"]
    roles = [row[4] for row in cells if row[0] == "sample"]
    assert roles[:3] == ["supports", "supports at a kink", ""]
    header, *rows = table("slack")
    assert header == ["claim", "formula", "step", "left", "right", "slack", "holds"]
    assert [row[5:] for row in rows[:2]] == [["", ""], ["-0.4", "False"]]
    assert len(rows) == sum(len(line["slack"]) for line in RAW["slack"]["data"]["lines"])


def test_tables_of_a_perturbed_scenario() -> None:
    arcs = [row for row in table("boundaries") if row[0] == "positive arc (rad)"]
    shown = [
        [n["name"], *arc] for n in RAW["boundaries"]["data"]["networks"] for arc in n["positive"]
    ]
    assert [[row[1], float(row[2]), float(row[3])] for row in arcs] == shown
    header, *points = table("parts")
    assert header == ["set", "point", "T1", "T2", "T2_over_T1", "covered", "signs_agree"]
    sets = RAW["parts"]["data"]["sets"]
    assert [float(row[2]) for row in points] == [v for one in sets for v in one["t1"]]
    assert all(float(r[4]) == float(r[3]) / float(r[2]) for r in points if float(r[2]))
    header, *rows = table("growth")
    assert header[:4] == ["N_adv", "T1_low", "T1_median", "T1_high"]
    assert [int(row[0]) for row in rows[:-2]] == RAW["growth"]["data"]["sizes"]
    assert [row[0] for row in rows[-2:]] == ["fitted slope", "predicted slope"]
    assert rows[-2][2] == "0.5"


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("multipliers", {"bounds": [], "trained": None}),
        ("multipliers", {"bounds": [{"name": "a$^{", "lower": 1e-9, "upper": 1e9}]}),
        ("multipliers", {"lower": [-1.0] * 8, "upper": [2.0] * 8}),
        ("multipliers", {"lower": [0.0] * 8, "upper": [0.0] * 8}),
        ("multipliers", {"trained": [None] * 8}),
        ("convergence", {"tau": [None] * 29, "certified": None, "asked": None}),
        ("convergence", {"loss": [0.0] * 29, "certified": {"step": 0, "tau": 0.0}}),
        (
            "convergence",
            {"tau": [None] * 29, "relative_distance": [None] * 29, "certified": None},
        ),
        (
            "convergence",
            {"loss": [0.7] * 29, "tau": [None] * 29, "certified": None, "asked": None},
        ),
        ("capture", {"activation": [None] * 4, "bound": [None] * 4, "share": [0.0] * 4}),
        ("capture", {"natural": None, "isotropic": None, "captured": None, "ended": None}),
        ("limit-plane", {"samples": []}),
        ("limit-plane", {"samples": [[0.0, 0.0, 1, 1]] * 3, "part": 0.0}),
        ("limit-plane", {"arrows": [{"name": n, "x": 0.0, "y": 0.0} for n in "vuq"]}),
        ("limit-plane", {"arrows": [{"name": "q", "x": 0.0, "y": -1e9}], "part": 1.0}),
        ("slack", {"lines": [line([None] * 4)]}),
        ("slack", {"lines": [line([0.0] * 4)] * 9}),
        ("slack", {"lines": [line([1e-300, 1e300, -1e-9, -1e300]), line([5.0] * 4)]}),
        ("slack", {"lines": [line([0.1, 0.1, 0.1, 0.0], "$^{\\ 方向" * 9)]}),
        ("decision-map", {"values": [[0.0, 0.0], [0.0, 0.0]], "linear": [], "samples": []}),
        ("decision-map", {"values": [[1.0, 2.0], [3.0, 4.0]], "cone": None}),
        ("decision-map", {"linear": [[0.0, 0.0, 1.0], [1.0, 0.0, 5.0]], "cone": 0.7}),
        ("decision-map", {"axes": ["50% of $x\\", "tab\tand 方向"]}),
        ("boundaries", {"normals": [], "samples": []}),
        ("boundaries", {"networks": [{"name": "$x\\", "positive": []}]}),
        ("boundaries", {"networks": [{"name": "all", "positive": [[0, 2 * math.pi]]}] * 3}),
        ("boundaries", {"samples": [[0.0, 0.0, 1]], "axes": ["a^b$ \\", "方向"]}),
        ("parts", {"sets": [{"name": "$", "t1": [0], "t2": [0], "covered": [1], "agreeing": [0]}]}),
        (
            "parts",
            {"sets": [{"name": "a", "t1": [0], "t2": [-3], "covered": [1], "agreeing": [-1]}]},
        ),
        (
            "growth",
            {"parts": [{"name": "T1", **dict.fromkeys(("low", "median", "high"), [0] * 4)}]},
        ),
        (
            "growth",
            {"parts": [{"name": "T1", **dict.fromkeys(("low", "median", "high"), [1] * 4)}]},
        ),
    ],
)
def test_unusual_data_are_drawn(kind: str, changes: dict[str, Any]) -> None:
    ElementTree.fromstring(draw(record(kind, **changes)).svg)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("multipliers", {"lower": [1.0]}, "f.data: Value error, lower, upper, label and trained"),
        ("multipliers", {"label": ["up"] * 8}, r"f.data.label\[0\]: "),
        ("convergence", {"steps": []}, "f.data.steps: "),
        ("capture", {"steps": [0, 1, 2, 3]}, "f.data: Value error, steps"),
        ("capture", {"natural": [0.5]}, "should have one length"),
        ("limit-plane", {"arrows": []}, "arrows should be of v, u, q"),
        ("limit-plane", {"arrows": [{"name": "w", "x": 1, "y": 1}]}, "arrows should be of v, u, q"),
        ("limit-plane", {"part": 1.5}, "f.data.part: "),
        ("slack", {"lines": []}, "f.data.lines: "),
        ("slack", {"steps": [0, 1, 2, 3]}, "steps should be at least 1"),
        ("slack", {"steps": [1, 2]}, "every line as long as they are"),
        ("slack", {"lines": [{**line([0.0] * 4), "left": [1.0]}]}, "should have one length"),
        ("decision-map", {"values": [[1.0, 2.0], [1.0]]}, "the rows of values"),
        ("decision-map", {"extent": [1, 0, 0, 1]}, "extent should be"),
        ("decision-map", {"cone": 4}, "f.data.cone: "),
        ("boundaries", {"networks": []}, "networks should be 1 to 3"),
        ("boundaries", {"networks": [{"name": "f", "positive": [[2, 1]]}]}, "an arc should be"),
        ("parts", {"sets": []}, "sets should be 1 to 4"),
        (
            "parts",
            {"sets": [{"name": "a", "t1": [1], "t2": [], "covered": [], "agreeing": []}]},
            "should have one length",
        ),
        ("growth", {"sizes": [1]}, r"f.data.sizes: "),
        ("growth", {"sizes": [4, 3, 2, 1]}, "sizes should be positive and increase"),
        ("growth", {"sizes": [1, 2, 3]}, "should be as long as sizes"),
    ],
)
def test_malformed_data_name_the_path(kind: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        draw(record(kind, **changes), "f")


def test_unknown_kind_lists_the_known_ones() -> None:
    unknown = FigureRecord(id="x", kind="pie", data={})
    told = r"^f\.kind: 'pie' is not a kind of figure; known: boundaries, capture, conv"
    with pytest.raises(ReportError, match=told):
        draw(unknown, "f")


def test_a_short_logarithmic_axis_has_more_than_one_number() -> None:
    axes = Figure().add_subplot()
    for low, high, expected in (
        (0.4, 7.0, ["0.5", "1", "2", "5"]),
        (0.4, 700.0, ["1", "10", "100"]),
        (2e-5, 8e-5, ["2 × 10⁻⁵", "5 × 10⁻⁵"]),
    ):
        axes.set(yscale="log", ylim=(low, high))
        decades(axes.yaxis)
        ticks = [tick for tick in axes.yaxis.get_majorticklocs() if low <= tick <= high]
        assert axes.yaxis.get_major_formatter().format_ticks(ticks) == expected


def test_tables_of_pictures_and_learners() -> None:
    header, *rows = table("pictures")
    assert header == ["row", "picture", "caption", "channel", "line", "column", "value"]
    assert len(rows) == (3 * 3 + 10) * 20
    assert float(rows[-1][-1]) == math.sin(9 + 4 * 3)
    header, *rows = table("learners")
    assert rows[0] == [
        "perturbed",
        "0",
        "500",
        "600",
        str(5 / 6 - 0.1),
        str(5 / 6 + 0.03),
        *rows[0][6:],
    ]
    assert rows[-1] == ["3", "3", "9"]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("pictures", {"rows": [{"name": "", "pictures": [[[[0.5]], [[0.5]]]]}]}),
        ("pictures", {"rows": [{"name": "", "pictures": [[[[0.5], [0.5, 1.0]]]]}]}),
        ("pictures", {"rows": [{"name": "", "pictures": [[[]]]}]}),
        ("pictures", {"rows": [{"name": "", "pictures": [[[[0.5]]]], "captions": ["a", "b"]}]}),
        ("learners", {"confusion": [[1, 2]]}),
    ],
)
def test_pictures_and_matrices_that_are_none_are_refused(kind: str, changes: dict) -> None:
    with pytest.raises(ReportError, match=r"figure\.data"):
        draw(record(kind, **changes))
