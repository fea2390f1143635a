"""The numbers that prove a finding, as short texts."""

from __future__ import annotations

from typing import Any

from harness.report.figures import ABSENT, decimal

LONGEST_LIST = 12  # elements: what a line holds


def evidence(value: Any) -> str:
    """Return one JSON value of a finding's evidence as text: numbers short, lists in brackets, long ones cut."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case float():
            return decimal(value)
        case list() | tuple():
            shown = ", ".join(evidence(member) for member in value[:LONGEST_LIST])
            more = f", … {len(value)} in all" if len(value) > LONGEST_LIST else ""
            return f"[{shown}{more}]"
        case dict():
            return "; ".join(f"{key}: {evidence(member)}" for key, member in value.items())
        case _:
            return str(value)
