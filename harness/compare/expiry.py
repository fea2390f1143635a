"""Entries of the ledger that have run out: what was recorded after their last day they excuse no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from harness.compare.verdict import Finding
from harness.plan.plan import LedgerEntry


def expired(entry: LedgerEntry, recorded: date | None) -> bool:
    """Whether ``entry`` has a last day, and ``recorded`` is not known to be one of the days up to it."""
    return entry.expires is not None and not (recorded is not None and recorded <= entry.expires)


def unexcused(finding: Finding, entry: LedgerEntry, recorded: date | None) -> Finding:
    """Return ``finding`` as one that ``entry`` would excuse, had it not expired."""
    stop = "" if finding.sentence.endswith((".", "!", "?")) else "."
    if recorded is None:
        said = f"holds until {entry.expires}, and the recording does not say when it was made: record again."
    else:
        said = f"expired on {entry.expires}, before this was recorded: mend what it excuses, or give it another day."
    known = f"{stop} The ledger entry {entry.id} ({entry.file}:{entry.line}) "
    return replace(finding, sentence=finding.sentence + known + said, expired=entry.id)
