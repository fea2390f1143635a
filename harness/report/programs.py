"""The programs that repeat what was found of a case, in plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Final

from harness.compare.comparison import Comparison
from harness.repeat.repeats import Key, Repeat, key_of
from harness.report.figures import plural

SHORT: Final = 60  # lines of a program that is printed unasked
_UNASKED: Final = 1  # programs


def programs_text(comparison: Comparison, repeats: Mapping[Key, Repeat], *, every: bool) -> str:
    """Return the programs for findings of ``comparison``, those that nobody expected first; nothing where none is.

    Without ``every`` it is the first that is short, and the number of the others.
    """
    found = sorted(comparison.findings, key=lambda finding: not finding.unexpected)
    pairs = ((finding, repeats.get(key_of(finding))) for finding in found)
    known = [(finding, repeat) for finding, repeat in pairs if repeat is not None and repeat.snippet]
    if not known:
        return ""
    shown = known if every else [pair for pair in known if pair[1].snippet.count("\n") <= SHORT][:_UNASKED]
    parts = ["Repeat it"]
    for finding, repeat in shown:
        what = f"{finding.kind.value} of {', '.join(finding.adapters)}"
        about = f"{what}: {repeat.about}" if repeat.about else what
        parts.append(textwrap.fill(about, width=100, initial_indent="  ", subsequent_indent="  "))
        parts.append(textwrap.indent(repeat.snippet.rstrip(), "    "))
    left = len(known) - len(shown)
    if left:
        more = "more " if shown else ""
        parts.append(f"  {plural(left, f'{more}program')} for what was found: --snippets prints every one.")
    return "\n\n".join(parts)
