"""A page of very many problems shows a part, what fails first, says so, and links to nothing that is not there."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.verdict import Finding
from harness.report import bounded as module
from harness.report.bounded import bounded, cases_of
from harness.report.page import page
from harness.vocabulary import FindingKind
from tests.report.miniature import MINIATURE


@pytest.fixture
def many() -> Comparison:
    """Ten times the cases of the miniature; one of the last ones fails the run."""
    small = MINIATURE
    copies = range(10)
    verdicts = [
        replace(one, case=f"{one.case}-{k}", problem=one.problem.replace(one.case, f"{one.case}-{k}"))
        for k in copies
        for one in small.verdicts
    ]
    cases = {f"{name}-{k}": replace(case, id=f"{name}-{k}") for k in copies for name, case in small.cases.items()}
    last = verdicts[-1]
    wrong = Finding(
        kind=FindingKind.BEYOND_BOUND,
        case=last.case,
        sentence="It is wrong.",
        problems=(last.problem,),
        adapters=(last.adapter,),
        quantity=last.quantity,
    )
    return replace(small, verdicts=tuple(verdicts), cases=cases, findings=(wrong,), exhibits={})


def test_what_is_small_enough_is_shown_whole(many: Comparison) -> None:
    assert bounded(many) is many


def test_a_part_has_the_failing_case_and_no_more_problems_than_fit(many: Comparison) -> None:
    part = bounded(many, most=12)
    assert many.findings[0].case in cases_of(part)
    assert len({verdict.problem for verdict in part.verdicts}) <= 12
    assert list(part.cases) == [name for name in many.cases if name in part.cases]
    assert part.findings == many.findings


def test_there_are_no_more_cases_than_fit(many: Comparison) -> None:
    part = bounded(many, cases=3)
    assert len(cases_of(part)) == 3
    assert many.findings[0].case in cases_of(part)


def test_the_case_that_fails_is_shown_however_large_it_is(many: Comparison) -> None:
    assert many.findings[0].case in cases_of(bounded(many, most=0))


def test_the_page_says_what_it_leaves_out_and_links_to_what_is_there(
    many: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(many, Accounts(many))
    monkeypatch.setattr(bounded, "__kwdefaults__", {"most": 12, "cases": 100})
    part = page(many, Accounts(many))
    number = len(cases_of(module.bounded(many)))
    assert "Shown are" not in whole
    assert f"Shown are {number} of {len(cases_of(many))} cases" in part
    assert len(part) < len(whole)
    links, names = set(re.findall(r'href="#([^"?]+)"', part)), set(re.findall(r'id="([^"]+)"', part))
    assert not links - names
