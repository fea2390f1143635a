"""What page and terminal call a result that no bound speaks against, and a law does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.compare.laws import FINDINGS
from harness.report.explanation import explanation
from harness.report.outcomes import LAWS, outcome_in_words
from harness.report.page import page
from harness.vocabulary import FindingKind, Outcome, Quantity
from tests.report.miniature import MINIATURE, verdict
from tests.report.test_page import Page

SUM = (FindingKind.SUM_NOT_ONE.value,)


def wrong(outcome: Outcome, **numbers: Any) -> Comparison:
    """The miniature, with one more result, which no finding excuses."""
    one = verdict("mxnet", "alone", Quantity.HVP, outcome, **numbers)
    return replace(MINIATURE, verdicts=(*MINIATURE.verdicts, one))


@pytest.mark.parametrize(
    ("outcome", "numbers", "words"),
    [
        (Outcome.BEYOND_BOUND, {"share": 0.0, "row_share": 0.0, "invariants": SUM}, "law broken: sum of one"),
        (Outcome.BEYOND_BOUND, {"invariants": SUM}, "law broken: sum of one"),
        (Outcome.WITHIN_BOUND, {"share": 0.5, "invariants": SUM}, "law broken: sum of one"),
        (Outcome.BEYOND_BOUND, {"share": 2.0, "invariants": SUM}, "beyond bound"),
        (Outcome.BEYOND_BOUND, {"share": 0.5, "row_scalar": 95.0, "invariants": SUM}, "beyond bound"),
        (Outcome.BEYOND_BOUND, {"share": float("nan"), "invariants": SUM}, "beyond bound"),
        (Outcome.NONFINITE_PATTERN, {"invariants": SUM}, "nonfinite pattern"),
        (Outcome.WITHIN_BOUND, {"share": 0.5}, "within bound"),
    ],
)
def test_a_law_is_named_where_no_share_of_a_bound_is_above_one(
    outcome: Outcome, numbers: dict[str, Any], words: str
) -> None:
    assert outcome_in_words([verdict("mxnet", "c", Quantity.VJP, outcome, **numbers)]) == words


def test_every_law_has_a_name() -> None:
    assert set(FINDINGS.values()) == set(LAWS)


def test_the_page_says_the_law_in_the_cell_and_beside_the_numbers_and_no_share_of_a_bound() -> None:
    comparison = wrong(Outcome.BEYOND_BOUND, share=0.0, ulps=0.0, invariants=SUM)
    text = Page(page(comparison, Accounts(comparison))).text
    assert text.count("law broken: sum of one") == 2
    assert "0 of bound" not in text


def test_the_terminal_says_the_law() -> None:
    comparison = wrong(Outcome.BEYOND_BOUND, share=0.0, invariants=SUM, detail="they add up to 2")
    comparison = replace(comparison, cases={**comparison.cases, "alone": comparison.cases["wrong-rule"]})
    assert "hvp: law broken: sum of one: they add up to 2" in explanation(comparison, "alone")
