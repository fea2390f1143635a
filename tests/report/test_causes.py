"""Findings are gathered by kind and cause, and ranked by the number that is shown."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.compare.grouping import severity
from harness.compare.verdict import Finding
from harness.report.causes import causes
from harness.report.ranking import severest
from harness.vocabulary import FindingKind, Quantity


def finding(number: int, *rules: str, kind: FindingKind = FindingKind.BEYOND_BOUND, **evidence: Any) -> Finding:
    faults = [{"name": rule, "what": rule, "factor": 1.0, "share": 0.1} for rule in rules]
    return Finding(
        kind=kind,
        case=f"case-{number}",
        sentence="kernel: it is wrong.",
        problems=(f"p{number}",),
        adapters=("kernel",),
        quantity=Quantity.VJP,
        evidence={"faults": faults, **evidence},
    )


def test_what_several_rules_explain_counts_for_the_one_that_explains_most() -> None:
    found = causes([finding(1, "a", "b"), finding(2, "b"), finding(3, "b", "c"), finding(4, "c"), finding(5)])
    assert [(cause.rule, cause.problems) for cause in found] == [
        ("b", ("p1", "p2", "p3")),
        ("c", ("p4",)),
        ("", ("p5",)),
    ]
    assert [one.problems for one in found[0].clearest] == [("p2",)]


def test_kinds_are_told_apart_and_stand_in_the_order_of_the_comparison() -> None:
    law = finding(1, "a", kind=FindingKind.VJP_SUM_NOT_ZERO)
    found = causes([law, finding(2, "a"), finding(3, "a", kind=FindingKind.VJP_SUM_NOT_ZERO)])
    assert [(cause.kind, len(cause.findings)) for cause in found] == [
        (FindingKind.VJP_SUM_NOT_ZERO, 2),
        (FindingKind.BEYOND_BOUND, 1),
    ]


def test_exceptions_are_told_apart_by_type_and_place_and_not_by_their_words() -> None:
    said = [
        "ValueError: 3 rows [k.py:4, in f: x]",
        "ValueError: 5 rows [k.py:4, in f: x]",
        "ValueError: 5 [k.py:9, in g]",
    ]
    found = causes(finding(n, kind=FindingKind.RAISED, detail=detail) for n, detail in enumerate(said))
    assert [len(cause.findings) for cause in found] == [2, 1]


@pytest.mark.parametrize(
    ("numbers", "worst"),
    [
        ({"share": 3.0, "row_share": 0.1, "row_scalar": None}, (3.0, "an element")),
        ({"share": 3.0, "row_scalar": 40.0}, (40.0, "the common factor of a row")),
        ({"share": 0.2, "row_share": 7.0}, (7.0, "the agreement within a row")),
        ({"share": "nan", "row_share": 7.0}, (math.inf, "an element")),
        ({}, (0.0, "an element")),
    ],
)
def test_the_share_that_is_shown_is_the_one_that_ranks(numbers: dict[str, Any], worst: tuple[float, str]) -> None:
    assert severest(numbers.get) == worst
    assert severity(finding(1, **{name: value for name, value in numbers.items() if value is not None})) == worst[0]
