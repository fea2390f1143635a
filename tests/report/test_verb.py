from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import cli
from harness.compare.compare import compare
from harness.compare.store import write_comparison
from harness.layout import Layout
from harness.plan.digest import digest_of
from harness.plan.plan import Plan
from harness.plan.store import write_plan
from harness.report.files import ReportFile
from harness.vocabulary import Quantity
from tests.compare.bench import RIGHT, plan, problem, recording


def made(folder: Path, *, selection: str | None = None) -> Plan:
    """A plan and its comparison on disk, from a right kernel and a backward rule that returns zeros."""
    problems = (problem([0.1, 2], [1, 0]), problem([0.1, 2], case="forum"))
    made = replace(plan(*problems), digest=digest_of(problems), selection=selection)
    wrong = RIGHT | {Quantity.VJP: lambda call: call.x * 0}
    recordings = {
        "right": recording(made, RIGHT, adapter="right"),
        "zeros": recording(made, wrong, adapter="zeros"),
    }
    write_plan(made, Layout(folder).plan)
    write_comparison(compare(made, recordings), Layout(folder).home(selected=selection is not None))
    return made


def report(folder: Path) -> Result:
    return CliRunner().invoke(cli, ["report", "--reports", str(folder)])


def test_a_report_is_written_and_its_summary_printed(tmp_path: Path) -> None:
    made(tmp_path)
    result = report(tmp_path)
    assert result.exit_code == 0, result.output
    assert {file.value for file in ReportFile} <= {path.name for path in tmp_path.iterdir()}
    assert result.output.splitlines()[0] == "1 unexpected fault."
    assert "zeros: the vjp of softmax came back as zeros" in " ".join(result.output.split())
    assert str(tmp_path / "index.html") in result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize("columns", ["40", "80", "200"])
@pytest.mark.parametrize("colour", ["", "1"])
def test_no_line_ends_in_blanks(tmp_path: Path, columns: str, colour: str) -> None:
    made(tmp_path)
    result = CliRunner(env={"COLUMNS": columns, "FORCE_COLOR": colour or None}).invoke(
        cli, ["report", "--reports", str(tmp_path)]
    )
    assert ("\x1b[" in result.output) is bool(colour)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", result.output).splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert any(line.startswith("  ") for line in lines)


def test_a_selection_never_replaces_the_full_report(tmp_path: Path) -> None:
    made(tmp_path, selection="forum")
    assert report(tmp_path).exit_code == 0
    assert (tmp_path / "selection" / "index.html").exists()
    assert not (tmp_path / "index.html").exists()


def test_a_real_comparison_rendered_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    made(tmp_path)
    written = []
    for _ in range(2):
        assert report(tmp_path).exit_code == 0
        written.append({file: (tmp_path / file.value).read_bytes() for file in ReportFile})
    assert written[0] == written[1]


def test_without_a_plan_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    result = report(tmp_path)
    assert result.exit_code == 2
    assert "harness plan" in result.output


def test_without_a_comparison_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "comparison.json").unlink()
    result = report(tmp_path)
    assert result.exit_code == 2
    assert "harness compare" in result.output


def test_a_damaged_comparison_is_refused(tmp_path: Path) -> None:
    made(tmp_path)
    path = tmp_path / "comparison.json"
    path.write_bytes(path.read_bytes()[:-100])
    result = report(tmp_path)
    assert result.exit_code == 2
    assert "harness compare" in result.output
    assert not (tmp_path / "index.html").exists()


def test_a_comparison_of_an_older_plan_is_never_reported(tmp_path: Path) -> None:
    made(tmp_path)
    problems = (problem([0.1, 3], [1, 0]),)
    write_plan(replace(plan(*problems), digest=digest_of(problems)), Layout(tmp_path).plan)
    result = report(tmp_path)
    assert result.exit_code == 2
    assert "harness compare" in result.output
    assert not (tmp_path / "index.html").exists()


def test_a_file_that_cannot_be_written_is_a_message_and_no_traceback(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "junit.xml").mkdir()
    (tmp_path / "junit.xml" / "in-the-way").touch()
    result = report(tmp_path)
    assert result.exit_code == 2
    assert "junit.xml: cannot be written" in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("verb", ["report", "cases --list"])
def test_a_reader_that_goes_away_is_no_finding(tmp_path: Path, verb: str) -> None:
    made(tmp_path)
    where = ["--reports", str(tmp_path)] if verb == "report" else []
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-m", "harness", *verb.split(), *where],
            stdout=closed,
            stderr=subprocess.PIPE,
            env=os.environ | {"FORCE_COLOR": "1"},  # what makes rich write, also where nobody looks
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_the_summary_keeps_to_the_width_of_the_terminal(tmp_path: Path, width: str) -> None:
    made(tmp_path)
    result = CliRunner(env={"COLUMNS": width}).invoke(cli, ["report", "--reports", str(tmp_path)])
    summary = result.output.partition("report: ")[0]
    assert max(map(len, summary.splitlines())) <= int(width)
