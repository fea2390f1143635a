from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.change import Change, Changes, Trend
from harness.compare.standing import Place, Standing
from harness.report.files import ReportFile
from harness.report.github import MOST, commands
from harness.vocabulary import Quantity
from tests.report.miniature import CLEAN, HOSTILE, MINIATURE

UNEXPECTED = MINIATURE.unexpected


def test_a_finding_that_fails_is_an_error_at_the_line_of_its_case() -> None:
    case = MINIATURE.cases[UNEXPECTED[0].case]
    found = [line for line in commands(MINIATURE) if f"file={case.file},line={case.line}," in line]
    assert found
    assert all(line.startswith("::error ") for line in found)


def test_nothing_is_said_of_a_run_that_passes() -> None:
    assert list(commands(CLEAN)) == []


def test_more_than_github_shows_are_counted() -> None:
    many = replace(MINIATURE, findings=(UNEXPECTED[0],) * (MOST + 3))
    lines = [line for line in commands(many) if "::error" in line]
    assert len(lines) == MOST
    assert any(line.startswith("::notice ") and "and 3 more" in line for line in commands(many))


@pytest.mark.parametrize("text", ["100%\nsecond line", "::error::forged", HOSTILE + "\r\n::set-output name=a::b"])
def test_no_text_of_a_framework_starts_a_command_or_a_line(text: str) -> None:
    hostile = replace(MINIATURE, findings=(replace(UNEXPECTED[0], sentence=text, case=text),))
    lines = list(commands(hostile))
    assert all(len(line.splitlines()) == 1 for line in lines)
    assert all(line.startswith(("::error ", "::notice ")) for line in lines)


def test_of_a_run_beside_a_baseline_only_what_is_new_or_worse_is_said() -> None:
    shown = next(one for one in UNEXPECTED if not one.of_no_evaluation)
    flagged = Standing(place=Place.FLAGGED)
    new = Change(
        adapter=shown.adapters[0],
        problem=shown.problems[0],
        quantity=shown.quantity or Quantity.VJP,
        trend=Trend.NEW,
        now=flagged,
    )
    old = replace(new, trend=Trend.UNCHANGED, then=flagged)
    run = replace(
        MINIATURE, findings=(shown,), adapters=tuple(replace(one, required=False) for one in MINIATURE.adapters)
    )
    assert len(list(commands(replace(run, changes=Changes(baseline="b", changes=(new,)))))) == 1
    assert list(commands(replace(run, changes=Changes(baseline="b", changes=(old,))))) == []


@pytest.mark.parametrize(
    ("number", "title", "end"),
    [(1, "1 result", "unsupported"), (3, "3 results", "; and 2 more: see the job's summary")],
)
def test_results_that_are_lost_are_one_annotation_although_no_finding_speaks_of_them(
    number: int, title: str, end: str
) -> None:
    lost = Change(
        adapter="mxnet",
        problem="wrong-rule[float32]",
        quantity=Quantity.VJP,
        trend=Trend.WORSE,
        then=Standing(place=Place.WITHIN),
        now=Standing(place=Place.UNSUPPORTED),
    )
    changes = Changes(baseline="b", changes=(lost,) * number)
    (line,) = commands(replace(CLEAN, changes=changes))
    assert line.startswith(f"::error title={title} lost::mxnet wrong-rule[float32] vjp: within bound → unsupported")
    assert line.endswith(end)


def test_the_workflow_publishes_the_files_of_a_report_and_nothing_else() -> None:
    workflow = (Path(__file__).parents[2] / ".github" / "workflows" / "compare.yml").read_text(encoding="utf-8")
    uploaded = set(re.findall(r"^ +reports/(\S+)$", workflow, flags=re.M))
    assert uploaded == {file.value for file in ReportFile} | {"comparison.json"}


def test_the_workflow_publishes_what_was_written_alone() -> None:
    workflow = (Path(__file__).parents[2] / ".github" / "workflows" / "compare.yml").read_text(encoding="utf-8")
    assert "always()" not in workflow
    for name in (ReportFile.SUMMARY, ReportFile.PAGE):
        assert f"if: ${{{{ !cancelled() && hashFiles('reports/{name.value}') != '' }}}}" in workflow
