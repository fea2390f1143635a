"""Verdicts and findings to what pytest knows: passed, failed, skipped, xfailed.

A difference that the case expects passes, as in the report. One that only the ledger knows is an expected failure, and
a strict one: where it no longer happens, the case, or the entry, fails.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding, Verdict
from harness.plan.plan import LedgerEntry
from harness.vocabulary import FindingKind, Outcome

_SILENT = (Outcome.UNSUPPORTED, Outcome.OUTSIDE_RANGE, Outcome.NOT_RUN)


class Disagreement(Exception):
    """A result differs, and nobody expected it; the text holds the findings."""


def conclude(comparison: Comparison, problem: str, adapter: str) -> None:
    """End the item of one problem and one adapter."""
    verdicts = [one for one in comparison.verdicts if one.problem == problem and one.adapter == adapter]
    findings = [one for one in comparison.findings if problem in one.problems and adapter in one.adapters]
    _fail([one for one in findings if one.unexpected])
    run = next(run for run in comparison.adapters if run.name == adapter)
    if run.why_not is not None:
        if run.required:
            pytest.fail(f"{adapter} did not run: {run.why_not}", pytrace=False)
        pytest.skip(f"{adapter} did not run: {run.why_not}")
    known = [one for one in findings if one.ledger is not None]
    if known:
        why = comparison.ledger[str(known[0].ledger)].why
        pytest.xfail(f"{known[0].ledger}: {why}")
    if all(one.outcome in _SILENT for one in verdicts):
        pytest.skip("; ".join(dict.fromkeys(_reason(one) for one in verdicts)))


def conclude_case(comparison: Comparison, case: str) -> None:
    """End the item of a case as a whole."""
    own = [one for one in comparison.findings if one.case == case and one.unexpected]
    _fail([one for one in own if one.of_no_evaluation or one.kind in _OF_CASES])


def conclude_entry(comparison: Comparison, entry: LedgerEntry) -> None:
    """End the item of an entry of the ledger that speaks of any case."""
    _fail(
        [one for one in comparison.findings if one.unexpected and entry.id in (one.evidence.get("entry"), one.expired)]
    )
    if entry.id not in comparison.ledger:
        pytest.skip(
            f"not judged: it speaks of {entry.adapter} {entry.version} on {entry.platform}, over the whole library"
        )


_OF_CASES = (FindingKind.PRINTED_VALUE, FindingKind.EXPECTED_ABSENT, FindingKind.LEDGER_STALE)


def _fail(findings: Iterable[Finding]) -> None:
    said = [f"{one.kind.value}: {one.sentence}{_bits(one)}" for one in findings]
    if said:
        raise Disagreement("\n".join(dict.fromkeys(said)))


def _bits(finding: Finding) -> str:
    """Return what came back and what is right, to the bit, where one element shows it."""
    got, want = (finding.evidence.get(f"{name} in hex") for name in ("got", "want"))
    return "" if got is None else f"\n    got {got}, where {want} is right, at {finding.evidence.get('at')}"


def _reason(verdict: Verdict) -> str:
    return f"{verdict.quantity} {verdict.outcome.value}" + (f": {verdict.detail}" if verdict.detail else "")
