"""The table as CSV: the lines that pandas writes of it."""

from __future__ import annotations

import numpy as np
import pytest
from pandas.arrays import FloatingArray

from harness.compare.accounts import Accounts
from harness.report import tabular
from harness.report.files import ReportFile, encode
from harness.report.tabular import csv, placed, texts_legible
from tests.report.miniature import MINIATURE


def test_the_lines_are_those_of_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "_ROWS", 4)
    frame = placed(MINIATURE, Accounts(MINIATURE))
    frame.loc[frame.index[0], "detail"] = 'a "quote", a comma\nand a line'
    numbers = np.resize([np.nan, np.inf, -0.0, 5e-324, 0.1], len(frame))
    frame["got"] = FloatingArray(numbers, np.zeros(len(frame), bool))  # in which NaN is a number, and not missing
    assert not frame["got"].isna().any()
    assert frame["want"].isna().any()
    pandas = texts_legible(frame).assign(format=ReportFile.CSV.format_name)
    assert csv(frame) == encode(pandas.to_csv(index=False, lineterminator="\n"))
