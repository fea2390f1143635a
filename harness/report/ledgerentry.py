"""Entries of the ledger: the one that would make a finding a known difference, and how long one holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.plan import placeholder
from harness.plan.plan import LedgerEntry
from harness.vocabulary import FindingKind, Level

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_LONGEST = 80  # characters of a name in a case file
_STALE = (FindingKind.LEDGER_STALE, FindingKind.EXPECTED_ABSENT)


def ledger_entry(finding: Finding, comparison: Comparison) -> str | None:
    """Return the YAML of an entry to paste, with owner, reason and link to fill in, or None where none could excuse it.

    While they are not filled in, `harness cases` refuses the entry.

    Only a finding about the results of one adapter that ran can be known to the ledger; an explanation needs no entry,
    and where one has expired there is one.
    """
    if finding.level is Level.EXPLANATION or finding.kind in _STALE or len(finding.adapters) != 1:
        return None
    if finding.expired is not None:  # its entry is there, and wants another day
        return None
    run = next((run for run in comparison.adapters if run.name == finding.adapters[0]), None)
    if run is None or run.header is None or run.header.description is None:
        return None
    platform = run.header.platform
    fields: dict[str, str | None] = {
        "case": finding.case,
        "adapter": run.name,
        "kind": finding.kind.value,
        "quantity": None if finding.quantity is None else finding.quantity.value,
        "owner": placeholder.OWNER,
        "why": placeholder.WHY,
        "link": placeholder.LINK,
        "version": run.header.description.version.split("+")[0],
        "platform": f"{platform.get('system', '')}-{platform.get('machine', '')}".lower(),
    }
    lines = [f"{name}: {_scalar(value)}" for name, value in {"id": _name(fields), **fields}.items() if value]
    return "  - " + "\n    ".join(lines) + "\n"


def until(entry: LedgerEntry) -> str:
    """Return how long ``entry`` holds, as it stands behind other words; nothing where it has no last day."""
    return "" if entry.expires is None else f", until {entry.expires}"


def _name(fields: Mapping[str, str | None]) -> str:
    """Return a name made of all that tells one entry from another; the end of a long one is a digest of the whole."""
    told = "-".join(fields[name] or "" for name in ("adapter", "case", "kind", "quantity", "version", "platform"))
    name = _NO_SLUG.sub("-", told.lower()).strip("-")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST - len(digest) - 1].strip('-')}-{digest}"


def _scalar(text: str) -> str:
    """Return a text as a scalar of YAML, which every JSON string is, where a plain one might mean something else."""
    return (
        text if re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,/:.-]*[A-Za-z0-9]", text) and ": " not in text else json.dumps(text)
    )
