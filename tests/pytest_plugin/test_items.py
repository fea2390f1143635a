from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

from harness.layout import Layout

ROOT = Path(__file__).parents[2]
WRONG = ROOT / "tests" / "wrong_adapters"

CASES = """\
format: 1
theme: what the items are made of
cases:
  - id: right
    why: agrees
    source: here
    op: softmax
    dtype: [float32, float64]
    x: [[1, 2, 4]]
    cotangent: [[1, 0, 2]]
    tags: [small]

  - {id: marked, why: the mark, source: here, op: softmax, dtype: float64, x: [[13, 12, 11]], cotangent: [[1, 0, 2]]}

  - id: hopeful
    why: expects what does not appear
    source: here
    op: softmax
    dtype: float32
    x: [[1, 2, 4]]
    cotangent: [[1, 0, 2]]
    expect: {findings: [zero-cotangent]}
"""
LEDGER = """\
format: 1
ledger:
  - id: known-{name}
    {where}: {of}
    adapter: {name}
    kind: {kind}
    owner: ours
    why: a test wants it to be known
    link: https://example.org/known
    version: "{version}"
    platform: linux-x86_64
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "made.yaml").write_text(CASES)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p harness.pytest_plugin --strict-markers\n")
    return folder


def known(cases: Path, *, name: str, kind: str, where: str = "case", of: str = "marked", version: str = "1") -> None:
    (cases / "ledger.yaml").write_text(LEDGER.format(name=name, kind=kind, where=where, of=of, version=version))


def run(cases: Path, *options: str, adapter: str = "honest") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "pytest", str(cases), "-v", "-rA", "-c", str(cases.parent / "pytest.ini")]
    line += ["--harness-adapters", str(WRONG / f"{adapter}.py"), *options]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    found = re.findall(r"^\S*::(\S+) (PASSED|FAILED|SKIPPED|XFAIL|ERROR)", done.stdout, flags=re.M)
    return dict(found)


def test_an_item_is_a_problem_and_an_adapter_or_a_case_as_a_whole(cases: Path) -> None:
    done = run(cases)
    assert done.returncode == 1
    assert outcomes(done) == {
        "right[float32,honest]": "PASSED",
        "right[float64,honest]": "PASSED",
        "right": "PASSED",
        "marked[honest]": "PASSED",
        "marked": "PASSED",
        "hopeful[honest]": "PASSED",
        "hopeful": "FAILED",
    }, done.stdout


def test_a_failure_prints_the_finding_and_the_place_of_the_case(cases: Path) -> None:
    done = run(cases, "-k", "marked", adapter="nan_for_zero")
    assert done.returncode == 1
    assert f"{cases / 'made.yaml'}:13: marked[nan_for_zero]" in done.stdout
    assert "nonfinite-pattern: nan_for_zero: the vjp of softmax" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_summary_of_pytest_shows_the_finding_first(cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # pytest leaves out what does not fit behind the name of the item
    done = run(cases, "-k", "marked", adapter="nan_for_zero")
    (line,) = re.findall(r"^FAILED \S+ - (.*)$", done.stdout, flags=re.M)
    assert line.startswith("nonfinite-pattern")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (("-k", "right and float32"), {"right[float32,honest]"}),
        (("-m", "float64"), {"right[float64,honest]", "marked[honest]"}),
        (("-k", "small", "-m", "honest"), {"right[float32,honest]", "right[float64,honest]"}),
    ],
)
def test_words_markers_and_tags_select(cases: Path, selection: tuple[str, ...], expected: set[str]) -> None:
    done = run(cases, *selection)
    assert done.returncode == 0, done.stdout
    assert outcomes(done) == dict.fromkeys(expected, "PASSED")


def test_what_the_ledger_knows_is_an_expected_failure(cases: Path) -> None:
    known(cases, name="raises", kind="raised")
    done = run(cases, "-k", "marked", adapter="raises")
    assert done.returncode == 0, done.stdout
    assert outcomes(done) == {"marked[raises]": "XFAIL", "marked": "PASSED"}
    assert "known-raises: a test wants it to be known" in done.stdout


def test_an_expected_failure_is_strict(cases: Path) -> None:
    known(cases, name="honest", kind="nonfinite-pattern")
    done = run(cases, "-k", "marked")
    assert done.returncode == 1
    assert outcomes(done) == {"marked[honest]": "PASSED", "marked": "FAILED"}
    assert "ledger-entry-stale: The ledger entry known-honest no longer happens" in done.stdout


@pytest.mark.parametrize(
    ("where", "of", "item"), [("case", "marked", "marked[raises]"), ("op", "softmax", "known-raises")]
)
def test_an_entry_that_has_expired_excuses_no_failure(cases: Path, where: str, of: str, item: str) -> None:
    known(cases, name="raises", kind="raised", where=where, of=of)
    with (cases / "ledger.yaml").open("a") as ledger:
        ledger.write("    expires: 2020-02-29\n")
    done = run(cases, adapter="raises")
    assert outcomes(done)[item] == "FAILED"
    assert "ledger.yaml:3) expired on 2020-02-29, before this was recorded" in done.stdout


def test_an_entry_about_any_case_is_an_item_and_strict(cases: Path) -> None:
    known(cases, name="honest", kind="beyond-bound", where="op", of="softmax")
    assert outcomes(run(cases))["known-honest"] == "FAILED"


def test_an_entry_seen_elsewhere_is_not_judged(cases: Path) -> None:
    known(cases, name="honest", kind="beyond-bound", where="op", of="softmax", version="2")
    assert outcomes(run(cases))["known-honest"] == "SKIPPED"


def test_what_a_file_came_to_is_taken_up_and_a_file_that_was_edited_is_planned_anew(cases: Path) -> None:
    listed = re.compile(r"<\w+Item (\S+)>")
    first = run(cases, "--collect-only", "-k", "float64")
    (planned,) = Layout(cases.parent / "reports" / "pytest").planned.iterdir()
    os.utime(planned, ns=(0, 0))
    again = run(cases, "--collect-only", "-k", "float64")
    assert planned.stat().st_mtime_ns > 0  # it was used
    assert listed.findall(first.stdout) == listed.findall(again.stdout) != []
    (cases / "made.yaml").write_text(CASES.replace("id: right", "id: other"))
    edited = run(cases, "--collect-only", "-k", "float64")
    assert [name.replace("right", "other") for name in listed.findall(first.stdout)] == listed.findall(edited.stdout)


def test_a_broken_file_is_one_error_with_the_places_of_its_faults(cases: Path) -> None:
    (cases / "broken.yaml").write_text(CASES.replace("op: softmax\n", "op: sofmax\n", 1))
    done = run(cases)
    assert done.returncode == 2
    assert f"{cases / 'broken.yaml'}:7:9: " in done.stdout
    assert "Traceback" not in done.stdout


def test_an_adapter_that_was_asked_for_and_cannot_run_fails_its_items(cases: Path) -> None:
    done = run(cases, "-k", "right", adapter="unavailable")
    assert done.returncode == 1
    assert "unavailable did not run" in done.stdout
    assert "no such accelerator here" in done.stdout


def test_an_unknown_adapter_is_a_usage_error(cases: Path) -> None:
    done = run(cases, adapter="nobody")
    assert done.returncode == 4
    assert "--harness-adapters: " in done.stderr
    assert "nobody.py" in done.stderr


FAILS = {"marked[nan_for_zero]": "FAILED", "hopeful": "FAILED"}  # every right[...] passes: its numbers have no zero


@pytest.fixture
def failed(cases: Path) -> Path:
    """Return cases of which two items have failed, one with brackets in its name and one without."""
    edited = CASES.replace("x: [[1, 2, 4]]\n    cotangent: [[1, 0, 2]]", "x: [[1, 2, 4]]\n    cotangent: [[1, 3, 2]]")
    (cases / "made.yaml").write_text(edited)
    found = outcomes(run(cases, adapter="nan_for_zero"))
    assert {name: one for name, one in found.items() if one == "FAILED"} == FAILS
    assert len(found) == len(FAILS) + 5
    return cases


def test_the_last_failures_alone_are_run_again(failed: Path) -> None:
    done = run(failed, "--lf", adapter="nan_for_zero")
    assert outcomes(done) == FAILS
    assert "run-last-failure: rerun previous 2 failures" in done.stdout


def test_the_last_failures_are_run_first(failed: Path) -> None:
    found = outcomes(run(failed, "--ff", adapter="nan_for_zero"))
    assert list(found)[:2] == list(FAILS)
    assert len(found) == len(FAILS) + 5


def test_two_workers_run_the_last_failures_alone(failed: Path) -> None:
    pytest.importorskip("xdist")
    done = run(failed, "--lf", "-n", "2", adapter="nan_for_zero")
    again = re.findall(r"^FAILED \S*::(\S+)", done.stdout, flags=re.M)
    assert set(again) == set(FAILS), done.stdout
    assert "2 failed" in done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]


def test_an_id_on_the_command_line_is_one_item(cases: Path) -> None:
    chosen = f"{cases / 'made.yaml'}::right[float64,honest]"
    line = [sys.executable, "-m", "pytest", chosen, "-v", "-c", str(cases.parent / "pytest.ini")]
    line += ["--harness-adapters", str(WRONG / "honest.py")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert outcomes(done) == {"right[float64,honest]": "PASSED"}, done.stdout


def test_junit_names_file_and_line_of_the_case(cases: Path, tmp_path: Path) -> None:
    run(
        cases,
        "-k",
        "marked",
        "--junitxml",
        str(tmp_path / "junit.xml"),
        "-o",
        "junit_family=xunit1",
        adapter="nan_for_zero",
    )
    suites = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    (case,) = (one for suite in suites for one in suite if one.name == "marked[nan_for_zero]")
    assert (Path(case._elem.get("file")).name, case._elem.get("line")) == ("made.yaml", "12")
    assert "nonfinite-pattern" in case.result[0].text


def test_two_workers_share_one_recording(cases: Path) -> None:
    pytest.importorskip("xdist")
    done = run(cases, "-n", "2", "-k", "right or marked")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((cases.parent / "reports" / "pytest").glob("*/selection/recordings/*"))) == 1
