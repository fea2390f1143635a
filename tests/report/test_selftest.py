"""The score of the last self-test in the report: there where one was run, absent where none was."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.accounts import Accounts
from harness.report.page import page
from harness.report.selftest import SelfTestUnreadable, read
from harness.report.summary import summary
from tests.report.miniature import MINIATURE

SCORE = """\
kind,kernel,setting,dtype,quantity,tried,changed,due,caught,tellable,named,below,flagged
wrong,dot-term-missing,softmax,float32,vjp,1200,1199,1190,1190,1180,1180,9,1191
wrong,dot-term-missing,softmax,float64,vjp,10,10,10,9,9,8,0,9
wrong,<sign>,softmax,float64,vjp,5,5,5,5,5,5,0,5
slipped,elementwise-backward,softmax,float64,vjp,6,6,6,6,6,5,0,6
right,reference,softmax,float64,vjp,7,2,0,0,0,0,2,0
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "selftest.csv"
    path.write_text(SCORE, encoding="utf-8")
    return path


def test_counts_are_added_up_fault_by_fault(written: Path) -> None:
    score = read(written)
    assert score is not None
    assert score.faults == {"dot-term-missing": (1210, 1200, 1199, 1189, 1188, 9), "<sign>": (5, 5, 5, 5, 5, 0)}
    assert score.slips == {"elementwise-backward": (6, 6, 6, 6, 5, 0)}
    assert [group.total for group in score.groups] == [(1215, 1205, 1204, 1194, 1193, 9), (6, 6, 6, 6, 5, 0)]
    assert (score.right, score.flagged) == (7, 0)


def test_the_summary_has_a_row_for_each_fault(written: Path) -> None:
    text = summary(MINIATURE, Accounts(MINIATURE), read(written))
    assert "## The self-test's score" in text
    assert "| dot-term-missing | 1,210 | 1,200 | 1,199 | 1,189 | 1,188 | 9 |" in text
    assert "| &lt;sign&gt; |" in text
    assert "| elementwise-backward | 6 | 6 | 6 | 6 | 5 | 0 |" in text
    assert "2 wrong rules gave 1,215 wrong results" in text
    assert "1 wrong kernel written step by step gave 6 wrong results" in text


def test_the_page_has_the_table_and_a_link_to_it(written: Path) -> None:
    text = page(MINIATURE, Accounts(MINIATURE), selftest=read(written))
    assert '<a href="#self-test">' in text
    assert '<th scope="row">&lt;sign&gt;</th>' in text
    assert '<td class="num">1,210</td>' in text
    assert '<th scope="row">elementwise-backward</th>' in text


def test_a_score_without_kernels_written_step_by_step_has_one_table(written: Path) -> None:
    written.write_text("\n".join(line for line in SCORE.splitlines() if "slipped" not in line), encoding="utf-8")
    text = page(MINIATURE, Accounts(MINIATURE), selftest=read(written))
    assert "Fault by fault" in text
    assert "Wrong kernels written step by step" not in text


def test_where_no_self_test_was_run_the_judge_is_said_not_to_be_verified(tmp_path: Path) -> None:
    assert read(tmp_path / "selftest.csv") is None
    assert 'id="self-test"' not in page(MINIATURE, Accounts(MINIATURE))
    for text in (page(MINIATURE, Accounts(MINIATURE)), summary(MINIATURE, Accounts(MINIATURE))):
        assert "no self-test was run in this folder" in text


@pytest.mark.parametrize("text", ["kind,kernel\nwrong,sign\n", SCORE.replace("1200", "many")])
def test_another_file_is_refused_with_what_would_help(text: str, written: Path) -> None:
    written.write_text(text, encoding="utf-8")
    with pytest.raises(SelfTestUnreadable, match="run `harness selftest` again, or delete it"):
        read(written)
