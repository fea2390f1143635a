"""Which findings are worth a smaller input."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from harness.compare.verdict import Finding
from harness.repeat.repeats import showable
from harness.vocabulary import FindingKind, Level

_SLOW = (FindingKind.TIMED_OUT, FindingKind.OUT_OF_MEMORY)  # each candidate would cost a process and its limit


class Known(StrEnum):
    """How many of the faults that are excused alike."""

    NONE = "none"
    ONE = "one"
    ALL = "all"


def worth_shrinking(finding: Finding) -> bool:
    """Tell whether smaller inputs are looked for: of faults, but for those whose every candidate would take a limit."""
    return finding.level is Level.FAULT and finding.kind not in _SLOW


def chosen(findings: Iterable[Finding], known: Known) -> dict[str, list[Finding]]:
    """Return the faults to look for smaller inputs of, by adapter; unexpected ones first, else in their order.

    ``findings`` stand worst first: of those that are excused alike, the worst is the one that is taken.
    """
    found: dict[str, list[Finding]] = {}
    seen: set[tuple[object, ...]] = set()
    for finding, adapter in sorted(showable(findings), key=lambda pair: not pair[0].unexpected):
        if not worth_shrinking(finding):
            continue
        alike = (adapter, finding.kind, finding.ledger or finding.case)
        if finding.unexpected or known is Known.ALL or (known is Known.ONE and alike not in seen):
            seen.add(alike)
            found.setdefault(adapter, []).append(finding)
    return found
