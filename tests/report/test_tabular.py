"""The table as CSV: the lines that pandas writes of it."""

from __future__ import annotations

import numpy as np

from harness.compare.accounts import Accounts
from harness.report.files import ReportFile, encode
from harness.report.tabular import csv, placed, texts_legible
from tests.report.miniature import MINIATURE


def test_the_lines_are_those_of_pandas() -> None:
    frame = placed(MINIATURE, Accounts(MINIATURE))
    frame.loc[frame.index[0], "detail"] = 'a "quote", a comma\nand a line'
    for row, number in enumerate([np.nan, np.inf, -0.0, 5e-324, 0.1]):
        frame.loc[frame.index[row], "got"] = number
    assert frame["want"].isna().any()
    pandas = texts_legible(frame).assign(format=ReportFile.CSV.format_name)
    assert csv(frame) == encode(pandas.to_csv(index=False, lineterminator="\n"))
