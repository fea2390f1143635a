"""What a finding is about: its case, or an entry of the ledger that speaks of any case."""

from __future__ import annotations

from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.vocabulary import FindingKind


def subject(finding: Finding) -> str:
    """Return the name of what ``finding`` is about."""
    return finding.case or f"ledger entry {finding.evidence['entry']}"


def place(finding: Finding, comparison: Comparison) -> tuple[str, int] | None:
    """Return file and line of what a person would look at: the entry that is stale, or the case; None without either.

    A case that a comparison has by name alone, as one of an older plan, has no place.
    """
    if finding.kind is FindingKind.LEDGER_STALE and "file" in finding.evidence:
        return finding.evidence["file"], finding.evidence["line"]
    case = comparison.cases.get(finding.case)
    return None if case is None else (case.file, case.line)
