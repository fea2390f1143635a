"""What is folded is there when somebody wants it: to read, to print, to search, or to share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.conftest import Open, until
from tests.report.miniature import MINIATURE

BITS = "0x1.cf961ap-4"  # of the case that comes first
FOLDED = "noscript"


def test_nothing_that_is_folded_is_built_before_it_is_unfolded(opened: Open) -> None:
    tab = opened(idle=False)
    first = tab.locator("details.case").first
    assert tab.locator(f"details.case > {FOLDED}").count() == tab.locator("details.case").count()
    assert BITS not in first.inner_text()
    first.locator("summary").click()
    until(tab, "document.querySelector('details.case .numbers') !== null")
    assert BITS in first.inner_text()
    assert tab.locator(f"details.case > {FOLDED}").count() == len(MINIATURE.cases) - 1


def test_an_idle_browser_builds_everything_and_shows_none_of_it(opened: Open) -> None:
    tab = opened()
    assert tab.locator(FOLDED).count() == 0
    assert tab.locator("details.case .numbers").count() == len(MINIATURE.cases)
    assert tab.locator("details.case[open]").count() == 0


def test_what_is_built_late_is_what_a_browser_without_script_reads(opened: Open) -> None:
    bodies = "(all) => all.map((one) => one.outerHTML)"
    late = opened().eval_on_selector_all(".case .body", bodies)
    assert len(late) == len(MINIATURE.cases)
    assert opened(java_script_enabled=False).eval_on_selector_all(".case .body", bodies) == late


@pytest.mark.parametrize(
    ("address", "place"),
    [("#case-wrong-rule", "details.case[open] .numbers"), ("#cell-wrong-rule/mxnet", ".panel .numbers")],
)
def test_a_link_into_what_is_folded_builds_it(opened: Open, address: str, place: str) -> None:
    tab = opened(address, idle=False)
    assert tab.locator(f"{place} td.flagged").count() == 1


def _unfolded(tab: Any) -> tuple[int, int]:
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    return tab.locator("details[open]").count(), tab.locator(FOLDED).count()


def test_paper_gets_the_same_whether_or_not_it_was_built_before(opened: Open) -> None:
    (early, left), (late, none) = _unfolded(opened(idle=False)), _unfolded(opened())
    assert early == late
    assert none == 0
    assert left == len(MINIATURE.cases)  # which nobody chose
