"""A hook of MkDocs: formulas become MathML as the site is built, so that no page needs a script."""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert

_BLOCK = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<![\\$`\w])\$([^$\n`]+)\$(?![\w$])")
_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its formulas as MathML; code stays as it is."""
    parts = _CODE.split(markdown)
    return "".join(part if k % 2 else _set(part) for k, part in enumerate(parts))


def _set(text: str) -> str:
    text = _BLOCK.sub(lambda found: f"\n{_mathml(found[1], 'block')}\n", text)
    return _INLINE.sub(lambda found: _mathml(found[1], "inline"), text)


def _mathml(latex: str, display: str) -> str:
    return convert(latex, display=display).replace("\n", " ")
