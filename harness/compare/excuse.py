"""Which findings were expected: by the case that asks for them, or by the ledger of known differences.

Both are strict. An expected finding that does not appear, and a ledger entry that no longer happens, are findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from harness.compare.comparison import AdapterRun
from harness.compare.verdict import Finding
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, Plan
from harness.vocabulary import FindingKind, Level


def excused(plan: Plan, runs: Iterable[AdapterRun], findings: Iterable[Finding]) -> list[Finding]:
    """Return ``findings`` with their excuses, and behind them one finding per expectation that was not met.

    An expectation is held against a case only when all of the case's problems are in the plan, and an adapter's share
    of it only when that adapter ran; a ledger entry only on the version and platform that it was seen on.
    """
    ran = {run.name: run for run in runs if run.ran}
    listed = list(findings)
    answered = [_excused(finding, plan, ran) for finding in listed]
    planned = Counter(problem.case for problem in plan.problems)
    whole = {name: case for name, case in plan.cases.items() if planned[name] == case.problems}
    for case in whole.values():
        answered += _absent(case, ran, listed)
    for entry in plan.ledger:
        applies = entry.case in whole and entry.adapter in ran and _seen_here(entry, ran[entry.adapter])
        if applies and not any(_matches(entry, finding) for finding in listed):
            answered.append(_stale(entry))
    return answered


def _excused(finding: Finding, plan: Plan, ran: dict[str, AdapterRun]) -> Finding:
    case = plan.cases.get(finding.case)
    if case is not None and any(_expects(expected, finding) for expected in case.findings):
        return replace(finding, excuse="expected by the case")
    for entry in plan.ledger:
        if _matches(entry, finding) and entry.adapter in ran and _seen_here(entry, ran[entry.adapter]):
            return replace(finding, excuse=f"known to the ledger as {entry.id} ({entry.owner}): {entry.why}")
    return finding


def _expects(expected: ExpectedFinding, finding: Finding) -> bool:
    if expected.kind is not finding.kind:
        return False
    return not expected.adapters or (bool(finding.adapters) and set(finding.adapters) <= set(expected.adapters))


def _absent(case: CaseRecord, ran: dict[str, AdapterRun], findings: list[Finding]) -> list[Finding]:
    """Return what ``case`` expects and did not get; a finding about adapters is owed only by those that ran."""
    missing = []
    own = [finding for finding in findings if finding.case == case.id]
    for expected in case.findings:
        seen = [finding for finding in own if finding.kind is expected.kind]
        owed = [name for name in expected.adapters if name in ran]
        absent = [name for name in owed if not any(name in finding.adapters for finding in seen)]
        if expected.adapters and not absent:
            continue
        # a kind that adapters give is owed by nobody where none ran; the mathematics always owes its own
        if not expected.adapters and (seen or (expected.kind.level is not Level.EXPLANATION and not ran)):
            continue
        by = f" by {', '.join(absent)}" if absent else ""
        missing.append(
            Finding(
                kind=FindingKind.EXPECTED_ABSENT,
                case=case.id,
                sentence=(
                    f"The case expects the finding {expected.kind.value}{by}, and it did not appear. Either the "
                    "framework "
                    f"changed, or the case is wrong: see {case.file}:{case.line}."
                ),
                adapters=tuple(absent),
                evidence={"expected": expected.kind.value},
            )
        )
    return missing


def _matches(entry: LedgerEntry, finding: Finding) -> bool:
    return (
        entry.kind is finding.kind
        and entry.case == finding.case
        and entry.adapter in finding.adapters
        and entry.quantity in (None, finding.quantity)
    )


def _seen_here(entry: LedgerEntry, run: AdapterRun) -> bool:
    if run.header is None or run.header.description is None:
        return False
    platform = f"{run.header.platform.get('system', '')}-{run.header.platform.get('machine', '')}".lower()
    return run.header.description.version.split("+")[0] == entry.version and platform == entry.platform.lower()


def _stale(entry: LedgerEntry) -> Finding:
    return Finding(
        kind=FindingKind.LEDGER_STALE,
        case=entry.case,
        sentence=(
            f"The ledger entry {entry.id} no longer happens: {entry.adapter} {entry.version} on {entry.platform} "
            "does not "
            f"give {entry.kind.value} any more. Remove the entry at {entry.file}:{entry.line}, or find out what "
            "changed."
        ),
        adapters=(entry.adapter,),
        quantity=entry.quantity,
        evidence={"entry": entry.id},
    )
