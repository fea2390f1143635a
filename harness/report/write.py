"""A comparison in, the files of the report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
from harness.copies import ALONE, Jobs, shared
from harness.repeat.repeats import Key, Repeat
from harness.report import accuracytext
from harness.report.errors import errors
from harness.report.files import ReportFile, encode, write_files
from harness.report.junit import junit
from harness.report.listing import listing
from harness.report.page import page
from harness.report.selftest import SelfTest
from harness.report.summary import summary
from harness.report.tabular import csv, parquet, placed

FEWEST: Final = 1000  # verdicts: of fewer, a report is written sooner than this process is copied
Repeats = Callable[[], Mapping[Key, Repeat]]
Contents = dict[ReportFile, bytes]


def _none() -> Mapping[Key, Repeat]:
    return {}


def render(
    comparison: Comparison, repeats: Repeats = _none, selftest: SelfTest | None = None, *, jobs: Jobs = ALONE
) -> Contents:
    """Return the content of every file of the report; the same comparison gives the same bytes, with any ``jobs``.

    ``repeats`` returns the programs that repeat findings, by :func:`~harness.repeat.repeats.key_of`; ``selftest`` is
    the score of the last self-test, where there was one.
    """
    accounts = Accounts(comparison)
    making: tuple[Callable[[], Contents], ...] = (
        lambda: _pages(comparison, accounts, repeats(), selftest),
        lambda: _tables(comparison, accounts),
        lambda: _texts(comparison, accounts, selftest),
    )
    if len(comparison.verdicts) < FEWEST:
        jobs = ALONE
    with closing(shared(lambda part: making[part](), range(1, len(making)), jobs=jobs, own=[0])) as working:
        made = dict(working)
    found = {file: content for part in made.values() for file, content in part.items()}
    return {file: found[file] for file in ReportFile}


def _pages(
    comparison: Comparison, accounts: Accounts, repeats: Mapping[Key, Repeat], selftest: SelfTest | None
) -> Contents:
    """Return what shows the programs."""
    found = errors(placed(comparison, accounts))
    return {
        ReportFile.FINDINGS: encode(listing(comparison, accounts, repeats)),
        ReportFile.PAGE: encode(page(comparison, accounts, found, repeats, selftest)),
    }


def _tables(comparison: Comparison, accounts: Accounts) -> Contents:
    frame = placed(comparison, accounts)
    return {
        ReportFile.CSV: csv(frame),
        ReportFile.PARQUET: parquet(frame),
        ReportFile.ACCURACY_CSV: accuracytext.csv(errors(frame, by_mode=True)),
        ReportFile.ACCURACY: encode(accuracytext.markdown(comparison, errors(frame))),
    }


def _texts(comparison: Comparison, accounts: Accounts, selftest: SelfTest | None) -> Contents:
    return {
        ReportFile.JUNIT: junit(comparison, accounts),
        ReportFile.SUMMARY: encode(summary(comparison, accounts, selftest)),
    }


def write_report(
    comparison: Comparison,
    folder: Path,
    repeats: Repeats = _none,
    selftest: SelfTest | None = None,
    *,
    jobs: Jobs = ALONE,
) -> Path:
    """Write the report on ``comparison`` to ``folder``; return the path of the page.

    Everything is rendered before anything is written. Raises :class:`~harness.report.files.Unwritable` where a file
    cannot be written.
    """
    write_files(folder, render(comparison, repeats, selftest, jobs=jobs))
    return folder / ReportFile.PAGE.value
