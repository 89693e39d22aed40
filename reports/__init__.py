"""From ``report.json`` to everything people read: PDF, HTML, Markdown, JUnit and figures.

The report file is the only input; nothing here imports theory, numerics or verify, so that a
report can be rendered again years later, without the solvers or the data.
"""
