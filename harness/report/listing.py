"""``findings.json``: every finding under its stable name, and the denominators that it is one of."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from harness.compare.accounts import Accounts
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.verdict import Finding
from harness.repeat.repeats import Key, Repeat, key_of
from harness.report.files import ReportFile
from harness.report.headline import headline
from harness.report.ledgerentry import ledger_entry
from harness.report.ranking import in_order


def listing(comparison: Comparison, accounts: Accounts, repeats: Mapping[Key, Repeat] = MappingProxyType({})) -> str:
    """Return the findings as JSON text; numbers that JSON has not (NaN, infinities) are strings.

    ``repeats`` holds the programs that repeat them, by :func:`~harness.repeat.repeats.key_of`.
    """
    repeated = {id(one): _repeat(repeats.get(key_of(one))) for one in comparison.findings}
    tally = accounts.tally()
    document = {
        "format": ReportFile.FINDINGS.format_name,
        "plan": comparison.plan,
        "selection": comparison.selection,
        "headline": headline(comparison).sentence,
        "evaluations": {
            "planned": tally.planned,
            "ran": tally.ran,
            "judged": comparison.judged,
            **{place.slug: number for place, number in tally.counts.items()},
        },
        "adapters": [_adapter(run) for run in comparison.adapters],
        "findings": [
            _finding(finding, comparison) | repeated[id(finding)] for finding in in_order(comparison.findings)
        ],
    }
    return json.dumps(plain(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _adapter(run: AdapterRun) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": run.name, "required": run.required, "ran": run.ran, "why_not": run.why_not}
    if run.header is not None:
        entry |= {"python": run.header.python, "platform": run.header.platform}
        if run.header.rows_per_call is not None:
            entry["rows_per_call"] = run.header.rows_per_call
        if run.header.description is not None:
            description = run.header.description
            entry |= {
                "framework": description.framework,
                "version": description.version,
                "device": description.device,
                "threads": description.threads,
                "settings": description.settings,
            }
    return entry


def _finding(finding: Finding, comparison: Comparison) -> dict[str, Any]:
    paste = ledger_entry(finding, comparison) if finding.unexpected else None
    return {
        "kind": finding.kind.value,
        "level": finding.level.value,
        "unexpected": finding.unexpected,
        "case": finding.case,
        "problems": finding.problems,
        "adapters": finding.adapters,
        "quantity": finding.quantity,
        "sentence": finding.sentence,
        "evidence": finding.evidence,
        "excuse": finding.excuse,
        "ledger": finding.ledger,
        **({} if finding.expired is None else {"expired ledger entry": finding.expired}),
        **({} if paste is None else {"ledger entry to paste": paste}),
    }


def _repeat(repeat: Repeat | None) -> dict[str, Any]:
    if repeat is None:
        return {}
    program = {"snippet": repeat.snippet, "upstream": repeat.upstream} if repeat.snippet else {}
    return {"repeat": {"about": repeat.about, **program}}


def plain(value: Any) -> Any:
    """Return ``value`` as JSON values, floats that JSON cannot hold as the strings ``nan``, ``inf``, ``-inf``."""
    match value:
        case dict():
            return {str(key): plain(member) for key, member in value.items()}
        case list() | tuple():
            return [plain(member) for member in value]
        case float() if not math.isfinite(value):
            return str(float(value))
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)
