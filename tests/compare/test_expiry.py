"""A ledger entry with a last day excuses what was recorded up to it, and nothing of a later day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.store import read_comparison, write_comparison
from harness.plan.plan import LedgerEntry
from harness.report.ledgerentry import ledger_entry
from harness.vocabulary import FindingKind, Quantity
from tests.compare.bench import RIGHT, plan, problem, recording, vjp
from tests.compare.test_excuses import known

LAST = date(2027, 1, 31)
LATER = date(2027, 2, 1)
ASKED = problem([0.1, 2.0], [1.0, 0.0])
TWICE = RIGHT | {Quantity.VJP: lambda call: 2 * vjp(call)}


def compared(*ledger: LedgerEntry, on: date | None, kernels: Any = TWICE) -> Comparison:
    asked = plan(ASKED, ledger=ledger)
    return compare(asked, {"kernel": recording(asked, kernels, finished=on)})


@pytest.mark.parametrize("on", [date(2026, 12, 24), LAST])
def test_an_entry_excuses_what_was_recorded_up_to_its_last_day(on: date) -> None:
    assert not compared(known(expires=LAST), on=on).unexpected


def test_an_entry_without_a_last_day_never_expires() -> None:
    assert not compared(known(), on=date(9999, 12, 31)).unexpected
    assert not compared(known(), on=None).unexpected


@pytest.mark.parametrize(
    ("on", "said"), [(LATER, "expired on 2027-01-31"), (None, "holds until 2027-01-31")], ids=["later", "no day"]
)
def test_what_was_recorded_later_is_unexpected_and_says_where_the_entry_stands(on: date | None, said: str) -> None:
    result = compared(known(expires=LAST), on=on)
    wrong = [finding for finding in result.unexpected if finding.kind is FindingKind.BEYOND_BOUND]
    assert [finding.expired for finding in wrong] == ["known-1"]
    assert f"The ledger entry known-1 (cases/ledger.yaml:7) {said}" in wrong[0].sentence
    assert FindingKind.LEDGER_STALE not in {finding.kind for finding in result.findings}  # it does still happen


def test_an_expired_entry_that_no_longer_happens_is_stale_like_any_other() -> None:
    (stale,) = compared(known(expires=LAST), on=LATER, kernels=RIGHT).unexpected
    assert stale.kind is FindingKind.LEDGER_STALE


def test_beside_an_expired_entry_one_that_still_holds_excuses() -> None:
    result = compared(known(expires=LAST), known(id="known-2", expires=LATER), on=LATER)
    assert not result.unexpected
    assert {finding.ledger for finding in result.findings} >= {"known-2"}


def test_the_day_of_a_recording_changes_nothing_but_what_has_expired() -> None:
    before, on_the_day, later = (compared(known(expires=LAST), on=day) for day in (date(2026, 1, 1), LAST, LATER))
    assert before == on_the_day
    assert later != before
    assert later == compared(known(expires=LAST), on=date(2030, 1, 1))


def test_a_comparison_on_disk_keeps_which_entry_expired(tmp_path: Any) -> None:
    result = compared(known(expires=LAST), on=LATER)
    write_comparison(result, tmp_path)
    assert read_comparison(tmp_path) == result


def test_no_entry_is_given_to_paste_where_one_has_expired() -> None:
    result = compared(known(expires=LAST), on=LATER)
    assert [ledger_entry(finding, result) for finding in result.unexpected if finding.expired] == [None]
