"""What page and summary say of an earlier run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.accounts import Accounts
from harness.compare.change import Changes, Trend
from harness.compare.comparison import Comparison
from harness.compare.standing import Place, Standing
from harness.report import since
from harness.report.page import page
from harness.report.summary import summary
from tests.page.whole import WHOLE, WORSE
from tests.report.test_page import Page


def changed(number: int) -> Comparison:
    assert WHOLE.changes is not None
    return replace(WHOLE, changes=replace(WHOLE.changes, changes=(WORSE,) * number))


@pytest.mark.parametrize(
    ("number", "heading", "shown"),
    [
        (1, "1 change, worst first", 1),
        (since.MOST, f"{since.MOST} changes, worst first", since.MOST),
        (1234, f"1,234 changes, worst first: the first {since.MOST}", since.MOST),
    ],
)
def test_all_changes_are_counted_and_the_worst_are_shown(number: int, heading: str, shown: int) -> None:
    comparison = changed(number)
    told = Page(page(comparison, Accounts(comparison))).text
    assert f"{heading} problem adapter" in told
    assert told.count("worse: fails") == shown
    text = summary(comparison, Accounts(comparison))
    assert f"\n{heading}:\n" in text
    assert text.count("**fails**") == shown


def test_a_change_leads_to_the_numbers_of_its_case_and_adapter() -> None:
    comparison = changed(1)
    section = page(comparison, Accounts(comparison)).partition('id="since"')[2]
    assert '<a href="#cell-wrong-rule/mxnet">wrong-rule[float32]</a>' in section.partition("</section>")[0]


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ((Place.FLAGGED,), "1 worse; 1 of them fails the run."),
        ((Place.FLAGGED, Place.FLAGGED), "2 worse; 2 of them fail the run."),
        ((Place.WITHIN, Place.EXPECTED), "2 worse (1 of them within their bounds still); none of them fails the run."),
    ],
)
def test_what_is_worse_is_told_apart_from_what_is_wrong(places: tuple[Place, ...], words: str) -> None:
    found = tuple(replace(WORSE, now=Standing(place=place)) for place in places)
    changes = Changes(baseline="b", counts={"mxnet": {Trend.WORSE: len(found)}}, changes=found)
    assert since.in_words(changes) == f"Since b: {words}"
