"""Which problem and which row of a case are laid out for a person: those of its worst wrong numbers, if it has any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from harness.compare.exhibit import Exhibit, exhibit, has_room
from harness.compare.grouping import ranked, severity
from harness.compare.place import place_of, row_of
from harness.compare.verdict import Finding
from harness.plan.problem import Problem
from harness.record.recording import Entry, Result
from harness.vocabulary import Level, Quantity

if TYPE_CHECKING:
    from harness.compare.kept.memory import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """The row to lay out, in C order over the axes that are not the problem's; ``worst``: of the worst finding."""

    problem: Problem
    row: int
    worst: bool = False


def exhibits(
    cases: Mapping[str, Sequence[Problem]],
    entries: Mapping[str, Mapping[tuple[str, Quantity], Entry]],
    findings: Iterable[Finding],
    known: Memory | None,
) -> dict[str, Exhibit]:
    """Lay out one row of each of ``cases`` that has small ones; ``findings`` have their excuses, and are not grouped.

    It is the row that the worst finding of wrong numbers speaks of, where one that nobody expected comes before those
    that are known; else, of the first problem, the first row whose gradient is zero; else its first row.
    """
    results: dict[str, dict[tuple[str, str, Quantity], Result]] = {}
    for adapter, recorded in entries.items():
        for problem in chain.from_iterable(cases.values()):  # in planned order, which a resumed recording need not have
            for quantity in problem.check:
                if (entry := recorded.get((problem.id, quantity))) is not None:
                    results.setdefault(problem.case, {})[adapter, problem.id, quantity] = entry.result
    of_case: dict[str, list[Finding]] = {}
    for finding in findings:
        of_case.setdefault(finding.case, []).append(finding)
    drawn = {}
    for case, problems in cases.items():
        chosen = _chosen(problems, of_case.get(case, ()))
        ordered = [chosen.problem, *(problem for problem in problems if problem is not chosen.problem)]
        make = partial(exhibit, ordered, results.get(case, {}), row=chosen.row)
        shown = make() if known is None else known.exhibit(ordered, row=chosen.row, make=make)
        if shown is not None:
            drawn[case] = replace(shown, worst=chosen.worst)
    return drawn


def _chosen(problems: Sequence[Problem], findings: Sequence[Finding]) -> _Choice:
    """Return what to lay out of a case: only a problem whose rows have room can be that of the worst finding."""
    by_name = {problem.id: problem for problem in problems if has_room(problem.call)}
    for finding in ranked(findings):
        problem = by_name.get(finding.problems[0]) if finding.problems else None
        if problem is not None and finding.level is Level.FAULT and place_of(finding, problem.call) is not None:
            return _Choice(problem=problem, row=_row(finding, problem), worst=True)
    first = problems[0]
    zero = (finding for finding in findings if finding.level is Level.EXPLANATION and "row" in finding.evidence)
    rows = (int(finding.evidence["row"]) for finding in zero if finding.problems[0] == first.id)
    return _Choice(problem=first, row=next(rows, 0))


def _row(finding: Finding, problem: Problem) -> int:
    """Return the row in which a result is worst; 0 where all rows have a say in the number that is wrong.

    It is the one whose elements agree least among each other, where that is farther off than any single element.
    """
    evidence, batch = finding.evidence, problem.call.batch_shape
    if "row_at" in evidence and severity(finding) > float(evidence.get("share", 0.0)):
        return int(np.ravel_multi_index(evidence["row_at"], batch)) if batch else 0
    return row_of(finding, problem.call) or 0
