"""Findings in the order in which a person should read them, one cause said once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from harness.compare.verdict import Finding
from harness.vocabulary import Level

_LEVELS = {Level.FAULT: 0, Level.POLICY: 1, Level.EXPLANATION: 2}


def grouped(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding per kind, case, adapter, quantity and excuse, led by its worst problem."""
    groups: dict[tuple[Any, ...], list[Finding]] = {}
    for finding in findings:
        # without a problem of its own, or an adapter, each sentence is a cause of its own (a scalar, a row)
        sentence = "" if finding.adapters and finding.problems else finding.sentence
        key = (
            finding.kind,
            finding.case,
            finding.adapters,
            finding.quantity,
            finding.excuse,
            finding.expired,
            sentence,
        )
        groups.setdefault(key, []).append(finding)
    for group in groups.values():
        yield _merge(group)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first: what fails the run, then by level, then by how far beyond the bound."""
    return tuple(sorted(findings, key=lambda found: (not found.unexpected, _LEVELS[found.level], -severity(found))))


def severity(finding: Finding) -> float:
    """Return the largest share of a bound among the finding's numbers; 0 where it has none."""
    shares = [float(finding.evidence.get(name, 0.0)) for name in ("share", "row_share", "row_scalar")]
    return max(math.inf if math.isnan(share) else share for share in shares)


def _merge(group: list[Finding]) -> Finding:
    worst = max(group, key=severity)
    if len(group) == 1:
        return worst
    others = len({finding.problems for finding in group}) - 1
    more = f" The same in {others} more problem{'s' if others > 1 else ''} of this case." if others else ""
    stop = "" if worst.sentence.endswith((".", "!", "?")) else "."
    problems = tuple(dict.fromkeys([*worst.problems, *(name for finding in group for name in finding.problems)]))
    return replace(worst, problems=problems, sentence=worst.sentence + stop + more)
