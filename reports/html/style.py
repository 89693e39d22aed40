"""The style sheet of the HTML page: light and dark, from 320 pixels of width upwards."""

from ..words.marks import MARKS

_BASE = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c1e21; --soft: #5a5f66;
  --rule: #d5d9de; --tint: #f3f5f7; --link: #0b4f8a; --track: #dfe3e8; --axis: #74787d;
  --blue: #0072b2; --green: #009e73; --purple: #a94f83; --vermillion: #d55e00; LIGHT }
@media (prefers-color-scheme: dark) { :root { --page: #15171a; --ink: #e7e9ec; --soft: #a3a9b1;
  --rule: #363b42; --tint: #1f2226; --link: #8cc4f5; --track: #3a4047; --axis: #9aa0a7;
  --blue: #6cb8ec; --green: #3fc79a; --purple: #ec9ac6; --vermillion: #ff9550; DARK } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 66rem;
  background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 1.03rem/1.55 "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia,
    serif; }
a { color: var(--link); text-decoration-thickness: 0.06em; text-underline-offset: 0.15em; }
h1 { font-size: 2rem; font-weight: 500; line-height: 1.2; margin: 0.5rem 0 0; }
h2 { font-size: 1.45rem; margin: 3rem 0 1rem; padding-bottom: 0.3rem;
  border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.2rem; margin: 2.6rem 0 0.4rem; }
h4 { font-size: 1rem; margin: 1.8rem 0 0.5rem; }
p { margin: 0.6rem 0; max-width: 46rem; }
.soft, small, dt, th { color: var(--soft); }
small, dt, th { font-size: 0.82rem; font-weight: normal; }
code, pre { font: 0.84rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono",
  monospace; }
pre { margin: 0.6rem 0; padding: 0.7rem 0.9rem; background: var(--tint); white-space: pre-wrap; }
sup, sub { line-height: 0; font-size: 0.72em; }
.line { border-block: 1px solid var(--ink); padding: 0.7rem 0; margin: 1rem 0; }
.line > div { margin-top: 0.4rem; display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; }
.verdict { font-weight: 700; white-space: nowrap; }
.unbroken { white-space: nowrap; }
.slim { width: 1%; min-width: 0; }
.verdict svg, .marked svg { width: 0.9em; height: 0.9em; margin-right: 0.35em;
  vertical-align: -0.08em; }
table { width: 100%; border-collapse: collapse; font-size: 0.94rem; line-height: 1.45;
  border-top: 1.5px solid var(--ink); margin: 0.5rem 0 1.2rem; }
thead { border-bottom: 1px solid var(--ink); }
th, td { text-align: left; vertical-align: top; padding: 0.42rem 1rem 0.42rem 0; }
td { min-width: 6.5rem; }
.tight { white-space: nowrap; width: 1%; min-width: 0; }
tr + tr { border-top: 1px solid var(--rule); }
.card { border-top: 1px solid var(--rule); padding: 0.8rem 0 0.9rem; }
.stated > p { margin: 0.35rem 0; }
@media (min-width: 52rem) {
  .stated { display: grid; grid-template-columns: minmax(18rem, 1fr) auto; gap: 0 1.6rem;
    align-items: center; }
  .stated .formula { max-width: 36rem; }
}
.cells { display: grid; gap: 0.5rem 1.2rem; margin: 0.6rem 0 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.6rem), 1fr)); }
.cells dt, .cells dd { margin: 0; line-height: 1.4; }
.pairs { display: grid; grid-template-columns: minmax(5rem, auto) 1fr; gap: 0.2rem 1.2rem;
  margin: 0.5rem 0; font-size: 0.94rem; }
.pairs dd { margin: 0; }
.box { background: var(--tint); border-left: 4px solid var(--ink); padding: 0.7rem 1rem;
  margin: 1.2rem 0 0.8rem; }
.box > p:first-child { margin-top: 0; } .box > p:last-child { margin-bottom: 0; }
.bar { position: relative; height: 0.4rem; background: var(--track); margin-top: 0.35rem;
  max-width: 10rem; }
.bar i { position: absolute; inset: 0 auto 0 0; background: currentColor; }
.bar b { position: absolute; left: 50%; top: -0.15rem; bottom: -0.15rem; width: 2px;
  margin-left: -1px; background: var(--ink); }
.letters { position: absolute; width: 0; height: 0; }
.formula svg, .symbol svg { fill: currentColor; }
.formula { overflow-x: auto; overflow-y: hidden; padding: 0.3rem 0; }
td .formula { contain: inline-size; }
.formula svg, .symbol svg { display: block; overflow: visible; }
.symbol { display: inline-block; vertical-align: middle; margin-block: -0.2em; }
.figures { display: grid; gap: 1.6rem 2rem; margin-top: 1.4rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); align-items: start; }
figure { margin: 0; max-width: 34rem; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { font-size: 0.9rem; line-height: 1.45; margin-top: 0.5rem; }
nav ol { columns: 22rem; padding-left: 1.2rem; margin: 0.3rem 0; }
nav li { break-inside: avoid; margin: 0.15rem 0; }
@media (max-width: 40rem) {
  thead { display: none; }
  table, tbody, tr, td { display: block; }
  tr { padding: 0.5rem 0; }
  td { padding: 0.1rem 0 0.1rem 6.4rem; position: relative; min-height: 1.6em; }
  td:empty { display: none; }
  td.tight { white-space: normal; width: auto; }
  td::before { content: attr(data-label); position: absolute; left: 0; width: 6rem;
    color: var(--soft); font-size: 0.82rem; }
  .pairs { grid-template-columns: 1fr; gap: 0; } .pairs dd { margin-bottom: 0.4rem; }
}
@media print { body { max-width: none; padding: 0; } .card, figure { break-inside: avoid; } }
"""


def style_sheet() -> str:
    """The whole style sheet, with the colours of the marks for light and dark pages."""
    light = " ".join(f"--{mark.name}: {mark.ink};" for mark in MARKS.values())
    dark = " ".join(f"--{mark.name}: {mark.glow};" for mark in MARKS.values())
    classes = "\n".join(f".is-{name} {{ color: var(--{name}); }}" for name in MARKS)
    boxes = "\n".join(f".box-{name} {{ border-color: var(--{name}); }}" for name in MARKS)
    return f"{_BASE.replace('LIGHT', light).replace('DARK', dark)}{classes}\n{boxes}\n"
