"""From a fault to the program that repeats it: found, shrunk, shown in the report, and run where nothing of ours is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.interpreters import ROOT, interpreter, record
from tests.repeat.snippets import outcomes

CASES = """\
format: 1
theme: what is known to be wrong
cases:
  - id: head-under-the-mask
    why: a masked log-probability moves the logits that are kept
    source: here
    op: masked_log_softmax
    x: [[0.7, 0.2, 0.9, -1.3], [0.1, 1.3, 0.4, 2]]
    mask: [[true, true, false, true], [true, true, true, false]]
    cotangent: {normal: {seed: 1}}
    check: [forward, vjp]
  - id: logarithm-of-one
    why: the logarithm of one is not zero
    source: here
    op: log_softmax
    x: [[3, -40, -50, -60], [0.3, 0.1, 2, 1]]
    axis: 1
    check: [forward]
  - id: sum-of-halves
    why: sums in float16 stop at 2048
    source: here
    op: softmax
    dtype: float16
    x: {full: {shape: [2, 5000], value: 0}}
    axis: 1
    check: [forward]
"""
HARMLESS = """\
format: 1
theme: nothing is wrong
cases:
  - id: two-numbers
    why: what everybody gets right
    source: here
    op: softmax
    x: [0, 1]
    check: [forward]
"""
KNOWN = {  # what each framework gives here, and how many elements are enough to show it
    "torch": {("head-under-the-mask", "beyond-bound"): 2},
    "mxnet": {
        ("logarithm-of-one", "positive-log-probability"): 1,
        ("sum-of-halves", "probabilities-do-not-sum-to-one"): 2200,
    },
}


def harness(*arguments: str | Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "harness", *map(str, arguments)]
    return subprocess.run(
        line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300, env=environ or {**os.environ}
    )


def compared(framework: str, folder: Path) -> Path:
    """Return a reports folder with a comparison of ``framework`` alone."""
    (folder / "cases.yaml").write_text(CASES)
    reports = folder / "reports"
    assert harness("plan", folder / "cases.yaml", "--reports", reports).returncode == 0
    record(framework, reports)
    assert harness("compare", "--reports", reports, "--only", framework).returncode == 1
    return reports


def findings(reports: Path) -> dict[tuple[str, str], dict[str, Any]]:
    done = harness("report", "--reports", reports)
    assert done.returncode == 0, done.stderr
    listed = json.loads((reports / "selection" / "findings.json").read_text(encoding="utf-8"))["findings"]
    return {(one["case"], one["kind"]): one for one in listed}


@pytest.fixture(scope="module", params=KNOWN)
def shrunk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    framework: str = request.param
    reports = compared(framework, tmp_path_factory.mktemp(framework))
    os.environ.setdefault(f"HARNESS_PYTHON_{framework.upper()}", interpreter(framework))
    done = harness("shrink", "--reports", reports)
    assert done.returncode == 0, done.stderr
    return framework, reports


def test_a_fault_has_a_program_that_prints_got_and_expected(shrunk: tuple[str, Path], tmp_path: Path) -> None:
    framework, reports = shrunk
    listed = findings(reports)
    repeated = [listed[key]["repeat"] for key in KNOWN[framework]]
    for ran in outcomes(framework, [one["snippet"] for one in repeated], tmp_path):
        got, expected = (line.split(maxsplit=1) for line in ran["printed"].splitlines())
        assert (got[0], expected[0]) == ("got", "expected")
        assert got[1] != expected[1]


def test_the_program_has_the_smallest_input(shrunk: tuple[str, Path], tmp_path: Path) -> None:
    framework, reports = shrunk
    listed = findings(reports)
    about = {listed[key]["repeat"]["about"] for key in KNOWN[framework]}
    assert about == {"Its input is the smallest that was found to show it."}
    printing = [listed[key]["repeat"]["snippet"] + "print(got.size)\n" for key in KNOWN[framework]]
    ran = outcomes(framework, printing, tmp_path)
    sizes = [int(one["printed"].splitlines()[-1]) for one in ran]
    assert all(size <= enough for size, enough in zip(sizes, KNOWN[framework].values(), strict=True)), sizes


def test_the_report_to_its_makers_has_versions_program_and_numbers(shrunk: tuple[str, Path]) -> None:
    framework, reports = shrunk
    for one in findings(reports).values():
        if "repeat" in one:
            text = one["repeat"]["upstream"]
            assert one["repeat"]["snippet"] in text
            assert {"torch": "PyTorch 2.13.0", "mxnet": "MXNet 1.9.1"}[framework] in text.splitlines()[0]
            assert "Python 3." in text
            assert "harness" not in text.replace(one["sentence"], "")


def test_the_page_shows_the_program(shrunk: tuple[str, Path]) -> None:
    _, reports = shrunk
    findings(reports)
    page = (reports / "selection" / "index.html").read_text(encoding="utf-8")
    assert "Repeat it without this harness" in page
    assert "As a report to its makers (Markdown)" in page


def test_what_was_shrunk_before_is_not_looked_for_again(shrunk: tuple[str, Path]) -> None:
    framework, reports = shrunk
    before = sorted((reports / "shrunk").iterdir())
    done = harness("shrink", "--reports", reports)
    assert done.returncode == 0, done.stderr
    assert f"{framework}: {len(before)} of {len(before)} faults were shrunk before" in done.stdout
    assert sorted((reports / "shrunk").iterdir()) == before


def test_a_framework_that_is_not_there_is_named_and_ends_nothing(shrunk: tuple[str, Path], tmp_path: Path) -> None:
    framework, reports = shrunk
    copy = tmp_path / "reports"
    shutil.copytree(reports, copy, ignore=shutil.ignore_patterns("shrunk"))
    named = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_PYTHON_")}
    done = harness("shrink", "--reports", copy, "--environments", tmp_path / "none", environ=named)
    assert done.returncode == 3
    assert f"harness: {framework} is not run: there is no Python with {framework}" in done.stderr
    assert "Traceback" not in done.stderr


def test_when_the_time_is_up_nothing_is_kept_and_it_is_said(shrunk: tuple[str, Path], tmp_path: Path) -> None:
    _, reports = shrunk
    copy = tmp_path / "reports"
    shutil.copytree(reports, copy, ignore=shutil.ignore_patterns("shrunk"))
    done = harness("shrink", "--reports", copy, "--known", "all", "--limit", "1e-9")
    assert done.returncode == 0, done.stderr
    assert "its time was up" in done.stdout
    assert not list((copy / "shrunk").glob("*/plan"))


def test_where_nothing_is_unexpected_there_is_nothing_to_shrink(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(HARMLESS)
    assert harness("plan", tmp_path / "cases.yaml", "--reports", tmp_path).returncode == 0
    record("reference", tmp_path)
    assert harness("compare", "--reports", tmp_path, "--only", "reference").returncode == 0
    done = harness("shrink", "--known", "none", "--reports", tmp_path)
    assert (done.returncode, done.stdout) == (0, "nothing to shrink: no fault is unexpected\n"), done.stderr


def test_without_a_comparison_there_is_nothing_to_shrink(tmp_path: Path) -> None:
    done = harness("shrink", "--reports", tmp_path)
    assert (done.returncode, "make one with: harness plan" in done.stderr) == (2, True)
