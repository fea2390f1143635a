"""By what a finding is known again on a smaller input, beside its kind: exception and place, signal, wrong rule.

A kernel may raise for two reasons, and die of two.
"""

from __future__ import annotations

import re
from typing import Final

from harness.adapters.contract import AdapterError
from harness.compare.verdict import Finding
from harness.vocabulary import FindingKind

_RAISED: Final = (FindingKind.RAISED, FindingKind.IMPLICIT_REFUSED, FindingKind.SHAPE_REFUSED)
_PLACE: Final = re.compile(r" \[([^\[\]\n]+:\d+, in .*)\]$", re.DOTALL)  # a line of source may have brackets
_CALLER: Final = ", called from "
_NUMBERS: Final = re.compile(r"[-+\d.,\s]*\d[-+\d.,\s]*")  # as many as a shape or a row has
_DEATH: Final = re.compile(r"it (?:was ended by (?:SIG[A-Z0-9]+|signal \d+)|exited with code \d+)")
_SHAPES: Final = re.compile(r"returned shape \(([\d, ]*)\), expected \(([\d, ]*)\)")


def is_same(one: Finding, sought: Finding) -> bool:
    """Tell whether a finding on a smaller input is the one that is looked for: of its kind and cause, excused alike."""
    causes = _causes(sought)
    return (
        (one.kind, one.quantity, one.adapters, one.excuse)
        == (sought.kind, sought.quantity, sought.adapters, sought.excuse)
        and one.evidence.get("law") == sought.evidence.get("law")
        and (not causes or bool(causes & _causes(one)))
        and symptom(one) == symptom(sought)
        and _began(one)
    )


def symptom(finding: Finding) -> str:
    """Return what the finding on a smaller input must share with ``finding``; nothing where their kind says it all."""
    detail = str(finding.evidence.get("detail", ""))
    match finding.kind:
        case kind if kind in _RAISED:
            return _exception(detail)
        case FindingKind.CRASHED:
            death = _DEATH.search(detail)
            return "" if death is None else death.group()
        case FindingKind.WRONG_SHAPE:
            return _misshapen(detail)
        case FindingKind.WRONG_DTYPE | FindingKind.INPUT_CHANGED:
            return detail
        case _:
            return ""


def raised_at(detail: str) -> str:
    """Return the lines of an adapter's file that an exception came through, the innermost first; "" if not known."""
    place = _PLACE.search(detail)
    return "" if place is None else place[1]


def _causes(finding: Finding) -> set[str]:
    return {fault["name"] for fault in finding.evidence.get("faults", ())}


def _began(finding: Finding) -> bool:
    """Tell whether the evaluation of a finding began: after many deaths in a row the rest is recorded as not tried."""
    detail = str(finding.evidence.get("detail", ""))
    return finding.kind is not FindingKind.CRASHED or _DEATH.match(detail) is not None


def _exception(detail: str) -> str:
    """Return type and place of an exception; for want of a line that raised it its text, whatever numbers are in it."""
    kind, _, text = detail.partition(":")
    place = raised_at(detail)
    raising, _, _ = place.partition(_CALLER)
    if place and kind != AdapterError.__name__:  # which is raised by the harness, of what a definition has returned
        return f"{kind} [{raising}]"
    said = _PLACE.sub("", text).strip().partition("\n")[0]
    return f"{kind}: {_NUMBERS.sub(' # ', said)} [{raising}]"


def _misshapen(detail: str) -> str:
    """Return in which way a shape is wrong: its rank, and which axes have another length where the rank is right."""
    shapes = _SHAPES.search(detail)
    if shapes is None:
        return detail
    got, expected = ([int(length) for length in shape.replace(",", " ").split()] for shape in shapes.groups())
    if len(got) != len(expected):
        return f"{len(got)} axes"
    return f"axes {[axis for axis, (one, due) in enumerate(zip(got, expected, strict=True)) if one != due]}"
