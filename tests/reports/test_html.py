import base64
import json
import re
import shutil
from pathlib import Path
from subprocess import run
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from perturbproof.reports.compose import compose
from perturbproof.reports.files import parse_report
from perturbproof.reports.html import FIGURE_COLOURS, html
from perturbproof.reports.records import formulas
from perturbproof.reports.render import draw_figures
from perturbproof.reports.words import MARKS, typeset

from .sample_extremes import long_everything, wide_formulas
from .sample_report import report
from .sample_scenarios import Json, passing
from .test_pdf import made_appendix, words

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


def page(raw: Json) -> str:
    loaded = parse_report(json.dumps(raw))
    mathematics = typeset(formulas(loaded))
    drawings = {key: drawing.svg for key, drawing in draw_figures(loaded).items()}
    return html(compose(loaded, mathematics), mathematics, drawings)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.split("\n", 1)[1])


def test_is_well_formed_and_says_the_same_as_the_pdf(rendered: Path) -> None:
    root = parsed((rendered / "report.html").read_text(encoding="utf-8"))
    text = " ".join("".join(root.itertext()).split())
    for expected in (
        "1.5625", "NOT OBSERVED", "Proof gap", "7/256", "could not be run", "To settle",
        "perturbproof verify --seed 0 --out report", "A-KKT", "largest Euclidean norm",
        "5 checked, 1 cited, 1 defined", "4 checked, 1 cited, 1 defined, 1 open", "Z3 + cvc5",
    ):  # fmt: skip
        assert expected in text


def test_needs_nothing_from_outside_and_no_script(rendered: Path) -> None:
    root = parsed((rendered / "report.html").read_text(encoding="utf-8"))
    ids = [node.attrib["id"] for node in root.iter() if "id" in node.attrib]
    for node in root.iter():
        assert not node.tag.endswith(("script", "iframe", "link", "img", "object"))
        assert not any(name.lower().startswith("on") for name in node.attrib)
        for name, value in node.attrib.items():
            if name.endswith("href") and node.tag != "a":
                # Pictures are in the page itself.
                inside = "data:image/png;base64," if node.tag.endswith("image") else "#"
                assert value.startswith(inside)
            if name.endswith("href") and value.startswith("#"):
                assert value[1:] in ids
            assert "url(h" not in value
            assert name != "src"
    style = root.findtext("head/style") or ""
    assert "@import" not in style
    assert "url(" not in style
    assert "prefers-color-scheme: dark" in style


def test_anchors_and_identifiers_of_figures_are_unique(rendered: Path) -> None:
    root = parsed((rendered / "report.html").read_text(encoding="utf-8"))
    figures = [
        node.attrib["id"] for f in root.iter("figure") for node in f.iter() if "id" in node.attrib
    ]
    sections = [node.attrib["id"] for node in root.iter("section")]
    assert len(set(sections)) == len(sections) == 5
    assert len(set(figures)) == len(figures) > 100


def test_all_text_is_escaped() -> None:
    evil = "<script>alert(1)</script>\" onload='x' & \x00"
    item = passing(evil) | {"description": evil, "error": evil, "findings": [evil]}
    item["theorems"][0] |= {"reason": evil, "title": evil}
    item["theorems"][0]["claims"][0] |= {"witness": evil, "settle": evil, "formula_text": evil}
    item["figures"] = [item["figures"][0] | {"title": evil, "caption": evil}]
    raw = report([item])
    raw["theorems"][0] |= {"title": evil, "source": {"url": "javascript:alert(1)"}}
    raw["environment"]["command"] = evil
    text = page(raw)
    root = parsed(text)
    assert "<script" not in text
    assert all(not n.startswith("on") for node in root.iter() for n in node.attrib)
    assert all(not a.attrib["href"].startswith("javascript") for a in root.iter("a"))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as in WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", MARKS)
def test_verdicts_are_legible_in_light_and_dark(name: str) -> None:
    assert contrast(MARKS[name].ink, "#f3f5f7") >= 4.5
    assert contrast(MARKS[name].glow, "#1f2226") >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_links_and_figures_are_legible_in_both_schemes(rendered: Path, scheme: str) -> None:
    sheet = parsed((rendered / "report.html").read_text(encoding="utf-8")).findtext("head/style")
    roots = re.findall(r":root \{(.*?)\}", sheet or "", re.DOTALL)
    assert len(roots) == 2
    named = dict(re.findall(r"--([\w-]+): (#\w{6});", roots[scheme == "dark"]))
    for ground in ("page", "tint"):
        for name in ("ink", "soft", "link"):
            assert contrast(named[name], named[ground]) >= 4.5, (name, ground)
    for name in FIGURE_COLOURS.values():
        assert contrast(named[name[2:]], named["page"]) >= 3, name


def test_what_is_long_folds_and_what_failed_is_open(rendered: Path) -> None:
    root = parsed((rendered / "report.html").read_text(encoding="utf-8"))
    theorems = [d for d in root.iter("details") if (d.get("id") or "").startswith("theorem-")]
    assert len(theorems) == 2
    assert all(d.get("open") is None and d.find(".//table") is not None for d in theorems)
    judged = [d for d in root.iter("details") if "box" in (d.get("class") or "").split()]
    opened = {"".join(d.find("summary").itertext()).split()[0]: d.get("open") for d in judged}  # type: ignore[union-attr]
    assert opened == {"PASS": None, "FAIL": "open", "VACUOUS": None, "INCONCLUSIVE": "open"}
    style = root.findtext("head/style") or ""
    assert "details::details-content" in style[style.index("@media print") :]


def test_the_witness_of_a_proof_is_in_the_page_and_in_the_appendix(tmp_path: Path) -> None:
    raw = report([])
    raw["proofs"][1]["witness"] = "witnesses/gap\nreplay: perturbproof prove --replay w.json"
    assert "prove --replay w.json" in page(raw)
    assert "--replay" in words(made_appendix(raw))


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium")
def test_layout_fits_the_window(rendered: Path, tmp_path: Path) -> None:
    # The pages themselves have no script; the measuring document round them has.
    sources = [
        (rendered / "report.html").read_text(encoding="utf-8"),
        page(long_everything()),
        page(wide_formulas()),
    ]
    quoted = json.dumps(sources).replace("</", "<\\/")
    document = f"""<!DOCTYPE html><body><pre id="out"></pre><script>
    const found = [];
    for (const source of {quoted}) for (const width of [390, 1400]) {{
      const f = document.createElement("iframe");
      f.style = `width:${{width}}px;height:900px`;
      f.onload = () => {{
        for (const e of f.contentDocument.querySelectorAll("details")) e.open = true;
        const d = f.contentDocument, root = d.documentElement, wide = [];
        for (const e of d.querySelectorAll("body *")) {{
          if (e.closest(".formula, svg, .scroll *")) continue;
          const box = e.getBoundingClientRect();
          if (box.right > root.clientWidth + 1 || box.left < -1) wide.push(e.outerHTML);
        }}
        found.push([root.scrollWidth, root.clientWidth, wide.slice(0, 5)]);
        document.getElementById("out").textContent =
          "RESULT" + btoa(encodeURIComponent(JSON.stringify(found))) + "END";
      }};
      f.srcdoc = source;
      document.body.append(f);
    }}
    </script></body>"""
    (tmp_path / "measure.html").write_text(document, encoding="utf-8")
    made = run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1600,1000",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         (tmp_path / "measure.html").as_uri()],
        capture_output=True, text=True, timeout=900, check=True,
    )  # fmt: skip
    told = re.search(r"RESULT([A-Za-z0-9+/=]+)END</pre>", made.stdout)
    assert told is not None, made.stderr[-500:]
    found = json.loads(unquote(base64.b64decode(told.group(1)).decode("ascii")))
    assert len(found) == 2 * len(sources)
    for scroll, client, wide in found:
        assert wide == []
        assert scroll <= client
