"""Make docs/report-page.png: pages of a report side by side.

perturbproof verify --out perturbproof-report
python docs/report_page.py perturbproof-report/report.pdf 1 13
"""

import sys
from pathlib import Path

import pymupdf

_DPI = 80
_GAP = 8


def side_by_side(document: Path, numbers: list[int]) -> pymupdf.Pixmap:
    """Pages (from 1) of a PDF in one picture, with a grey line between them."""
    with pymupdf.open(document) as opened:
        pages = [opened[number - 1].get_pixmap(dpi=_DPI) for number in numbers]
    width = sum(page.width for page in pages) + _GAP * (len(pages) - 1)
    area = pymupdf.IRect(0, 0, width, max(page.height for page in pages))
    picture = pymupdf.Pixmap(pymupdf.csRGB, area)
    picture.clear_with(200)
    left = 0
    for page in pages:
        page.set_origin(left, 0)
        picture.copy(page, page.irect)
        left += page.width + _GAP
    return picture


if __name__ == "__main__":
    picture = side_by_side(Path(sys.argv[1]), [int(number) for number in sys.argv[2:]])
    picture.save(Path(__file__).with_name("report-page.png"))
