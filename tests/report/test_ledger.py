"""The ledger in the report: entries to paste, the last day of those that have one, and those that are stale."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.report.github import commands
from harness.report.junit import junit
from harness.report.ledgerentry import ledger_entry
from harness.report.page import page
from harness.report.summary import summary
from harness.report.terminal import show
from tests.page.whole import KNOWN, STALE, WHOLE
from tests.report.test_page import Page


def _page(comparison: Comparison) -> str:
    return Page(page(comparison, Accounts(comparison))).text


def _summary(comparison: Comparison) -> str:
    return summary(comparison, Accounts(comparison))


def _terminal(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=200)
    show(comparison, Accounts(comparison), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _junit(comparison: Comparison) -> str:
    return junit(comparison, Accounts(comparison)).decode()


def _annotations(comparison: Comparison) -> str:
    return "\n".join(commands(comparison))


SAID_BY_PEOPLE = [_page, _summary, _terminal]


def test_the_page_gives_the_entry_of_each_finding_that_fails_the_run_and_of_no_other() -> None:
    entries = [entry for finding in WHOLE.unexpected if (entry := ledger_entry(finding, WHOLE))]
    assert 0 < len(entries) < len(WHOLE.unexpected)
    text = _page(WHOLE)
    for entry in entries:
        assert " ".join(entry.split()) in text
    assert text.count("Make it a known difference") == len(entries)


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
def test_an_entry_that_expires_is_shown_with_its_last_day(told: Callable[[Comparison], str]) -> None:
    assert ", until 2027-01-31" in told(WHOLE)


@pytest.mark.parametrize("told", SAID_BY_PEOPLE)
def test_an_entry_without_a_last_day_is_shown_with_none(told: Callable[[Comparison], str]) -> None:
    assert ", until" not in told(replace(WHOLE, ledger={KNOWN.id: replace(KNOWN, expires=None)}))


@pytest.mark.parametrize("told", [*SAID_BY_PEOPLE, _junit, _annotations])
def test_a_stale_entry_that_speaks_of_any_case_is_named(told: Callable[[Comparison], str]) -> None:
    assert "ledger entry gone-by" not in STALE.sentence
    assert "ledger entry gone-by" in told(WHOLE)


def test_no_link_of_the_page_is_without_words() -> None:
    assert not re.search(r"<a\b[^>]*>\s*</a>", page(WHOLE, Accounts(WHOLE)))


def test_the_junit_case_of_a_stale_entry_stands_at_its_line_in_the_ledger() -> None:
    assert ' file="cases/ledger.yaml" line="12">' in _junit(WHOLE)


def test_the_annotation_of_a_stale_entry_stands_at_its_line_in_the_ledger() -> None:
    (told,) = [line for line in commands(WHOLE) if "gone-by" in line]
    assert told.startswith("::error file=cases/ledger.yaml,line=12,")
