"""The numbers that prove a finding, as short texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.report.figures import ABSENT, decimal, share, size, ulps

_FORMS: dict[str, Callable[[float], str]] = {
    "share": share,
    "row_share": share,
    "row_scalar": share,
    "ulps": ulps,
    "error": size,
    "bound": size,
}
_OF_LAWS = {"error": "measured", "bound": "allowed"}  # what a law is missed by, and by how much it may be
# what the sentence about a zero says itself, of its evidence
_SAID: Final = ("rows", "of rows", "row", "with", "it is at most", "shape", "axis", "length")
LONGEST_LIST = 12  # elements: what a line holds


def proof(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a finding's evidence as names and texts; empty texts are left out."""
    names = _OF_LAWS if "law" in evidence else {}
    shown_as = ((names.get(name, name), name, value) for name, value in evidence.items() if value != "")
    return [(title.replace("_", " "), _named(name, value)) for title, name, value in shown_as]


def proof_of_zero(evidence: Mapping[str, Any]) -> str:
    """Return the numbers that prove why a derivative is zero, in brackets; nothing where the sentence has them all."""
    told = {name: size(value) if isinstance(value, float) else value for name, value in evidence.items()}
    numbers = "; ".join(f"{name}: {value}" for name, value in proof(told) if name not in _SAID)
    return f"({numbers})" if numbers else ""


def _named(name: str, value: Any) -> str:
    if isinstance(value, float) and name in _FORMS:
        return _FORMS[name](value)
    return shown(value)


def shown(value: Any) -> str:
    """Return one JSON value as text: numbers as short as their bits allow, lists in brackets, long ones cut."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case float():
            return decimal(value)
        case list() | tuple():
            members = ", ".join(shown(member) for member in value[:LONGEST_LIST])
            more = f", … {len(value)} in all" if len(value) > LONGEST_LIST else ""
            return f"[{members}{more}]"
        case dict():
            return "; ".join(f"{key}: {shown(member)}" for key, member in value.items())
        case _:
            return str(value)
