"""A comparison in, the files of the report out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from harness.compare.accounts import Accounts
from harness.compare.comparison import Comparison
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


def render(
    comparison: Comparison,
    repeats: Mapping[Key, Repeat] = MappingProxyType({}),
    selftest: SelfTest | None = None,
) -> dict[ReportFile, bytes]:
    """Return the content of every file of the report; the same comparison gives the same bytes.

    ``repeats`` holds the programs that repeat findings, by :func:`~harness.repeat.repeats.key_of`; ``selftest`` is the
    score of the last self-test, where there was one.
    """
    accounts = Accounts(comparison)
    frame = placed(comparison, accounts)
    found = errors(frame)
    return {
        ReportFile.CSV: csv(frame),
        ReportFile.PARQUET: parquet(frame),
        ReportFile.ACCURACY_CSV: accuracytext.csv(errors(frame, by_mode=True)),
        ReportFile.ACCURACY: encode(accuracytext.markdown(comparison, found)),
        ReportFile.FINDINGS: encode(listing(comparison, accounts, repeats)),
        ReportFile.JUNIT: junit(comparison, accounts),
        ReportFile.SUMMARY: encode(summary(comparison, accounts, selftest)),
        ReportFile.PAGE: encode(page(comparison, accounts, found, repeats, selftest)),
    }


def write_report(
    comparison: Comparison,
    folder: Path,
    repeats: Mapping[Key, Repeat] = MappingProxyType({}),
    selftest: SelfTest | None = None,
) -> Path:
    """Write the report on ``comparison`` to ``folder``; return the path of the page.

    Everything is rendered before anything is written. Raises :class:`~harness.report.files.Unwritable` where a file
    cannot be written.
    """
    write_files(folder, render(comparison, repeats, selftest))
    return folder / ReportFile.PAGE.value
