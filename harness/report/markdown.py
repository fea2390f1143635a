"""Markdown: texts that show as they are, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.report.legible import legible

_SPECIAL = re.compile(r"([\\`*_\[\]|#~])")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def literal(text: str) -> str:
    """Return ``text`` as Markdown that shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(legible(text).split()).translate(_MARKUP))


def table(heads: Sequence[str], lines: Iterable[Iterable[str]], *, align: str = "") -> str:
    """Return a table; ``align`` has a letter per column, r for numbers, and l, which is assumed beyond its end."""
    rule = ["---:" if align[number : number + 1] == "r" else "---" for number in range(len(heads))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *lines))
