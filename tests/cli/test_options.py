"""The folder that --reports names: where a selection has put its page, the one around it is meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.options import planned_in
from harness.plan.store import write_plan
from harness.vocabulary import Exit
from tests.record.bench import problem, write


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A reports folder with a plan of a selection, and the folder of it."""
    plan = write(tmp_path / "reports", [problem("a", [0.0, 1.0])])
    write_plan(replace(plan, selection="-k a"), tmp_path / "reports" / "plan")
    (tmp_path / "reports" / "selection").mkdir()
    return tmp_path / "reports"


def test_the_folder_of_a_selection_stands_for_the_one_around_it(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert planned_in(reports / "selection") == reports
    monkeypatch.chdir(reports / "selection")
    assert planned_in(Path()) == reports


def test_any_other_folder_stands_for_itself(reports: Path) -> None:
    for folder in (reports, reports / "programs", reports.parent / "selection"):
        assert planned_in(folder) == folder


def test_a_folder_with_a_plan_stands_for_itself_whatever_it_is_called(reports: Path) -> None:
    write(reports / "selection", [problem("a", [0.0, 1.0])])
    assert planned_in(reports / "selection") == reports / "selection"


def test_where_the_plan_is_no_longer_of_a_selection_it_is_said(
    reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(reports, [problem("a", [0.0, 1.0])])
    with pytest.raises(SystemExit) as left:
        planned_in(reports / "selection")
    assert left.value.code == Exit.USAGE
    assert (
        f"{reports / 'selection'} is of a selection, and the plan in {reports} is by now of" in capsys.readouterr().err
    )
