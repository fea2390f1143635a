"""``harness run``: cases to page in one command, as a user runs it; with NumPy alone, the reference being recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.compare.kept.marks import MARK, mark

ROOT = Path(__file__).parents[1]
CASES = """\
format: 1
theme: two problems
cases:
  - {id: kept, why: it stays, source: here, op: softmax, dtype: float32, x: [[1, 2, 4]], cotangent: [[1, 0, 2]]}
  - {id: edited, why: it does not, source: here, op: softmax, dtype: float32, x: [[3, 2, 1]], cotangent: [[1, 0, 2]]}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    return path


def line(cases: Path, *options: str) -> list[str]:
    reports = str(cases.parent / "reports")
    return [sys.executable, "-m", "harness", "run", str(cases), "--reports", reports, "--only", "reference", *options]


def run(cases: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line(cases, *options), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def home(cases: Path) -> Path:
    return cases.parent / "reports" / "selection"


def details(cases: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for verdict in json.loads((home(cases) / "comparison.json").read_text())["comparison"]["verdicts"]:
        found.setdefault(verdict["case"], set()).add(verdict["detail"])
    return found


def test_recorders_that_wait_for_a_plan_end_without_a_word_where_there_is_none(cases: Path) -> None:
    cases.write_text(CASES.replace("op: softmax", "op: softmaximum"))
    done = run(cases)
    assert done.returncode == 65
    assert "softmaximum" in done.stderr
    assert "reference" not in done.stderr
    assert "interrupted" not in done.stderr


def test_one_command_leads_from_cases_to_the_page(cases: Path) -> None:
    done = run(cases)
    assert done.returncode == 0, done.stderr
    assert "reference: recorded" in done.stderr
    assert done.stdout.endswith("4 evaluations planned: 4 agree; 0 unexpected findings\n")
    assert "kept" in (home(cases) / "index.html").read_text()


def test_where_nothing_has_changed_nothing_is_written_and_the_same_is_said(cases: Path) -> None:
    first = run(cases)
    before = {path: path.stat().st_mtime_ns for path in home(cases).iterdir() if path.is_file()}
    again = run(cases)
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
    assert "nothing has changed" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in home(cases).iterdir() if path.is_file()} == before


def test_a_page_that_somebody_changed_is_written_again(cases: Path) -> None:
    run(cases)
    page = home(cases) / "index.html"
    true = page.read_bytes()
    page.write_bytes(true + b"<!-- mine -->")
    assert run(cases).returncode == 0
    assert page.read_bytes() == true


def test_of_an_edited_case_file_only_the_edited_case_is_judged_again(cases: Path) -> None:
    run(cases)
    assert mark(cases.parent / "reports" / "cache" / "judgements.sqlite") == 2
    cases.write_text(CASES.replace("[[3, 2, 1]]", "[[3, 2, 0]]"))
    assert run(cases).returncode == 0
    assert details(cases) == {"kept": {MARK}, "edited": {""}}


def test_a_fresh_comparison_has_the_bytes_of_one_that_took_over(cases: Path) -> None:
    run(cases)
    cases.write_text(CASES.replace("[[3, 2, 1]]", "[[3, 2, 0]]"))
    run(cases)
    taken = (home(cases) / "comparison.json").read_bytes()
    compare = [sys.executable, "-m", "harness", "compare", "--reports", str(cases.parent / "reports"), "--fresh"]
    done = subprocess.run(
        [*compare, "--require", "reference"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "nothing has changed" not in done.stderr
    assert (home(cases) / "comparison.json").read_bytes() == taken


def test_a_framework_without_an_interpreter_did_not_run(cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_PYTHON_TORCH", raising=False)
    done = run(cases, "--only", "reference,torch", "--environments", str(cases.parent / "none"))
    assert done.returncode == 3
    assert "torch is not recorded: there is no Python with torch" in done.stderr
    assert "not run: torch" in done.stdout


def test_a_wrong_case_ends_it_before_anything_is_recorded(cases: Path) -> None:
    cases.write_text(CASES.replace("op: softmax", "op: softmaxx", 1))
    done = run(cases)
    assert done.returncode == 65
    assert "cases.yaml:4" in done.stderr
    assert not home(cases).exists()


def test_an_adapter_that_is_not_ours_is_sent_to_verify(cases: Path) -> None:
    done = run(cases, "--only", "my_kernel.py")
    assert done.returncode == 2
    assert "harness verify" in done.stderr


def _until(stream: IO[str], words: str) -> str:
    said = ""
    for text in stream:
        said += text
        if words in text:
            return said
    raise AssertionError(f"it ended without {words!r}: {said}")


def test_watching_runs_again_on_every_save_and_outlives_a_wrong_case(cases: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    how = {"cwd": ROOT, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(line(cases, "--watch"), **how) as watching:
        try:
            _until(watching.stderr, "exit code 0")
            cases.write_text(CASES.replace("op: softmax", "op: softmaxx", 1))
            _until(watching.stderr, "exit code 65")
            cases.write_text(CASES.replace("[[3, 2, 1]]", "[[3, 2, 0]]"))
            _until(watching.stderr, "exit code 0")
            watching.send_signal(signal.SIGINT)
            assert "interrupted" in watching.stderr.read()
            assert watching.wait(timeout=60) == 130
        finally:
            watching.kill()
    assert details(cases) == {"kept": {""}, "edited": {""}}
