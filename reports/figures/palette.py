"""Colours, dashes and marks: every distinction is made twice, by colour and by shape or dash."""

# Okabe and Ito's palette (2008), told apart by readers with any common colour deficiency.
BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREEN = "#009e73"
ORANGE = "#e69f00"
PURPLE = "#a94f83"  # darker than the palette's, to be legible as text
# Ink is not pure black so that it is written out in the SVG, where a page may restyle it.
INK = "#1c1e21"
GREY = "#74787d"

Dash = tuple[float, tuple[float, ...]]
DASHED: Dash = (0, (4, 2))
DOTTED: Dash = (0, (1, 1.5))

# The two classes: label, colour, marker, and whether the marker is filled.
CLASSES = ((1, BLUE, "o", True), (-1, VERMILLION, "s", False))
