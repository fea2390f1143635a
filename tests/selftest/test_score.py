"""The kept score of the checkers: what the pages say of it."""

from __future__ import annotations

import csv

import pytest

from harness.bench.checkers.beside import SCORE
from harness.selftest.checkers.jobs import RIGHT
from harness.selftest.checkers.score import Score
from harness.selftest.checkers.table import RIGHT_RULE, table
from harness.vocabulary import DType
from tests.adapters.interpreters import ROOT

with SCORE.open(encoding="utf-8", newline="") as _file:
    KEPT = [
        Score(
            checker=row["checker"],
            dtype=DType(row["dtype"]),
            fault=RIGHT if row["fault"] == RIGHT_RULE else row["fault"],
            tried=int(row["tried"]),
            refused=int(row["refused"]),
            seconds=float(row["milliseconds"]) / 1e3 if row["milliseconds"] else None,
            not_run=row["not run"],
        )
        for row in csv.DictReader(_file)
    ]
PAGE = (ROOT / "harness" / "selftest" / "README.md").read_text(encoding="utf-8")
SHORT = (ROOT / "README.md").read_text(encoding="utf-8").replace("`", "")


def test_the_page_of_the_self_test_shows_the_kept_score() -> None:
    assert "\n".join(table(KEPT)) in PAGE


@pytest.mark.parametrize("checker", dict.fromkeys(one.checker for one in KEPT))
def test_the_readme_says_what_a_checker_catches_and_what_it_refuses_wrongly(checker: str) -> None:
    mine = [one for one in KEPT if one.checker == checker]
    cells = []
    for right in (False, True):
        for dtype in (DType.FLOAT64, DType.FLOAT32):
            of = [one for one in mine if one.dtype == dtype and (one.fault == RIGHT) is right]
            cells.append(f"{sum(one.refused for one in of)} of {sum(one.tried for one in of)}")
    assert f"| {checker} | {' | '.join(cells)} |" in SHORT
