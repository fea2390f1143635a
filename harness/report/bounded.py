"""What of a comparison a page shows case by case: all of it, but where that is more than a browser can show."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

from harness.compare.comparison import Comparison
from harness.vocabulary import Level

PROBLEMS = 4000  # of all cases that are shown: one or two kilobytes each
CASES = 1000  # some five kilobytes each, where the mathematics is drawn
FINDINGS = 500  # of one kind


class _Weight(IntEnum):
    """Why a case is shown before another, in this order."""

    UNEXPECTED = 0
    FINDING = 1
    EXPLANATION = 2
    NONE = 3


def bounded(comparison: Comparison, *, most: int = PROBLEMS, cases: int = CASES) -> Comparison:
    """Return ``comparison`` with the cases that a page shows, in their order, and all the rest of it.

    Cases with findings that fail the run come first, then those with others, until there are ``most`` problems or
    ``cases``; what is left out stands in the tables beside the page.
    """
    problems: dict[str, set[str]] = {case: set() for case in comparison.cases}
    for verdict in comparison.verdicts:
        problems.setdefault(verdict.case, set()).add(verdict.problem)
    if sum(map(len, problems.values())) <= most and len(problems) <= cases:
        return comparison
    weights = _weights(comparison)
    shown: set[str] = set()
    room = most
    for case in sorted(problems, key=lambda case: weights.get(case, _Weight.NONE)):
        if shown and (len(problems[case]) > room or len(shown) >= cases):
            break
        shown.add(case)
        room -= len(problems[case])
    return replace(
        comparison,
        verdicts=tuple(verdict for verdict in comparison.verdicts if verdict.case in shown),
        cases={name: case for name, case in comparison.cases.items() if name in shown},
        exhibits={name: exhibit for name, exhibit in comparison.exhibits.items() if name in shown},
    )


def cases_of(comparison: Comparison) -> set[str]:
    """Return the names of all cases that a comparison speaks of."""
    return {*comparison.cases, *(verdict.case for verdict in comparison.verdicts)}


def _weights(comparison: Comparison) -> dict[str, _Weight]:
    """Return the weights of all cases that have a finding."""
    weights: dict[str, _Weight] = {}
    for finding in comparison.findings:
        weight = _Weight.EXPLANATION if finding.level is Level.EXPLANATION else _Weight.FINDING
        weight = _Weight.UNEXPECTED if finding.unexpected else weight
        weights[finding.case] = min(weight, weights.get(finding.case, _Weight.NONE))
    return weights
