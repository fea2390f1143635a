"""Which findings were expected: by the case that asks for them, or by the ledger of known differences.

Both are strict. An expected finding that does not appear, and a ledger entry that no longer happens, are findings.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.compare.circumstance import holds
from harness.compare.comparison import AdapterRun
from harness.compare.expiry import expired, unexcused
from harness.compare.place import place_of
from harness.compare.verdict import Finding
from harness.plan.plan import CaseRecord, ExpectedFinding, LedgerEntry, Plan
from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Level, Op
from reference.formats import Floats


def excused(
    plan: Plan, runs: Iterable[AdapterRun], findings: Iterable[Finding], *, recorded: Mapping[str, date | None]
) -> list[Finding]:
    """Return ``findings`` with their excuses, and behind them one finding per expectation that was not met.

    Each of ``findings`` is about one problem, or about a case as a whole. An expectation is held against a case only
    when all of the case's problems are in the plan, and an adapter's share of it only when that adapter ran; a ledger
    entry only on the version and platform that it was seen on, and one that speaks of any case only where the whole
    library is in the plan. ``recorded`` says on which day, by adapter: an entry expired by then excuses nothing.
    """
    ran = {run.name: run for run in runs if run.ran}
    problems = {problem.id: problem for problem in plan.problems}
    here = [entry for entry in plan.ledger if entry.adapter in ran and _seen_here(entry, ran[entry.adapter])]
    answered, happened = [], set()
    listed = list(findings)
    for finding in listed:
        case = plan.cases.get(finding.case)
        known = [entry for entry in here if _matches(entry, finding, problems)]
        happened |= {entry.id for entry in known}
        valid = [entry for entry in known if not expired(entry, recorded.get(entry.adapter))]
        if case is not None and any(_expects(expected, finding) for expected in case.findings):
            answered.append(replace(finding, excuse="expected by the case"))
        elif valid:
            excuse = f"known to the ledger as {valid[0].id} ({valid[0].owner})"
            answered.append(replace(finding, excuse=excuse, ledger=valid[0].id))
        elif known:
            answered.append(unexcused(finding, known[0], recorded.get(known[0].adapter)))
        else:
            answered.append(finding)
    planned = Counter(problem.case for problem in plan.problems)
    whole = {name for name, case in plan.cases.items() if planned[name] == case.problems}
    by_case: dict[str, list[Finding]] = {}
    for finding in listed:
        by_case.setdefault(finding.case, []).append(finding)
    for name in sorted(whole):
        answered += _absent(plan.cases[name], ran, by_case.get(name, []))
    for entry in here:
        judged_here = plan.selection is None if entry.case is None else entry.case in whole
        if judged_here and entry.id not in happened:
            answered.append(_stale(entry))
    return answered


def _expects(expected: ExpectedFinding, finding: Finding) -> bool:
    if expected.kind is not finding.kind:
        return False
    return not expected.adapters or (bool(finding.adapters) and set(finding.adapters) <= set(expected.adapters))


def _absent(case: CaseRecord, ran: dict[str, AdapterRun], own: list[Finding]) -> list[Finding]:
    """Return what ``case`` expects and its ``own`` findings lack; one about adapters is owed only by those that ran."""
    missing = []
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
                    f"framework changed, or the case is wrong: see {case.file}:{case.line}."
                ),
                adapters=tuple(absent),
                evidence={"expected": expected.kind.value},
            )
        )
    return missing


def _matches(entry: LedgerEntry, finding: Finding, problems: Mapping[str, Problem]) -> bool:
    if entry.kind is not finding.kind or entry.adapter not in finding.adapters:
        return False
    calls = [problems[name].call for name in finding.problems if name in problems]
    return (
        entry.case in (None, finding.case)
        and entry.quantity in (None, finding.quantity)
        and all(entry.op in (None, call.op) and entry.dtype in (None, call.dtype) for call in calls)
        and (entry.when is None or all(holds(entry.when, finding, call) for call in calls))
        and all(_within(entry, finding, call) for call in calls)
    )


def _within(entry: LedgerEntry, finding: Finding, call: Call) -> bool:
    """Say whether the error of ``finding`` is within the limits of ``entry``."""
    if entry.largest_error is None and entry.largest_error_per_element is None:
        return True
    error = _error(finding, call)
    length = call.x.shape[call.axis] if call.x.ndim else 1
    largest = math.inf if entry.largest_error is None else entry.largest_error
    per_element = math.inf if entry.largest_error_per_element is None else entry.largest_error_per_element
    return error <= largest and error <= per_element * length


def _error(finding: Finding, call: Call) -> float:
    """Return the absolute error of a finding beyond its rounding bound, infinite where it has none.

    A derivative is linear in its cotangent and in its tangent: so its error is counted per unit of the sum of each
    vector's sizes along the row.
    """
    error = float(finding.evidence.get("error", math.inf)) - float(finding.evidence.get("bound", 0.0))
    at = place_of(finding, call)
    if at is None or finding.quantity is None:
        return error
    vectors = Asked([call], result=result_format(call)).vectors(finding.quantity)
    cotangent = None if call.op is Op.SOFTMAX_OUTPUT else vectors.get("cotangent")  # whose gradient ignores it
    for vector in (cotangent, vectors.get("tangent")):
        size = 0.0 if vector is None else _row_size(vector, call, at)
        error = error / size if size > 0 else error
    return error


def _row_size(vector: Floats, call: Call, at: tuple[int, ...]) -> float:
    """Return the sum of a vector's sizes in the row of element ``at``; over all rows where that is made of them all."""
    sizes = np.abs(vector)
    if vector.shape == call.x.shape and call.x.ndim:
        sizes = sizes.sum(axis=call.axis)
    if call.x.ndim and len(at) == call.x.ndim:
        along = call.axis % call.x.ndim
        at = at[:along] + at[along + 1 :]
    return float(sizes[at] if sizes.ndim == len(at) else sizes.sum())


def _seen_here(entry: LedgerEntry, run: AdapterRun) -> bool:
    if run.header is None or run.header.description is None:
        return False
    platform = f"{run.header.platform.get('system', '')}-{run.header.platform.get('machine', '')}".lower()
    return run.header.description.version.split("+")[0] == entry.version and platform == entry.platform.lower()


def _stale(entry: LedgerEntry) -> Finding:
    return Finding(
        kind=FindingKind.LEDGER_STALE,
        case=entry.case or "",
        sentence=(
            f"The ledger entry {entry.id} no longer happens: {entry.adapter} {entry.version} on {entry.platform} "
            f"does not give {entry.kind.value} any more. Remove the entry at {entry.file}:{entry.line}, or find out "
            "what changed."
        ),
        adapters=(entry.adapter,),
        quantity=entry.quantity,
        evidence={"entry": entry.id, "file": entry.file, "line": entry.line},
    )
