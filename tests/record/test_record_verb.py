from __future__ import annotations

import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.plan.plan import Plan
from harness.record.store import read_recording
from tests.record.bench import ROOT, WRONG, around_the_mark, write


def harness_record(*arguments: str, reports: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "record", *arguments, "--reports", str(reports)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return write(tmp_path, around_the_mark())


def test_a_recording_ends_with_its_counts_and_where_it_is(tmp_path: Path, plan: Plan) -> None:
    done = harness_record(str(WRONG / "raises.py"), reports=tmp_path)
    assert done.returncode == 0
    assert done.stdout == f"raises: recorded 10 evaluations (9 returned, 1 raised) in {tmp_path}/recordings/raises\n"
    assert done.stderr == ""
    assert read_recording(tmp_path / "recordings" / "raises", plan=plan.digest).complete


@pytest.mark.parametrize("told", ["0</dev/null", "0<&-"], ids=["by nobody", "without a stream"])
def test_a_recorder_that_nobody_tells_to_begin_ends_without_a_word(tmp_path: Path, plan: Plan, told: str) -> None:
    line = f"exec {shlex.quote(sys.executable)} -m harness record reference --when-told --reports . {told}"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "recordings").exists()


def test_the_built_in_reference_is_recorded_by_its_name(tmp_path: Path, plan: Plan) -> None:
    before = datetime.now(UTC).date()
    assert harness_record("reference", reports=tmp_path).returncode == 0
    recording = read_recording(tmp_path / "recordings" / "reference", plan=plan.digest)
    assert recording.finished in (before, datetime.now(UTC).date())
    header = recording.header
    assert header.description is not None
    assert header.description.framework == "NumPy reference"
    assert any(package.startswith("numpy==") for package in header.packages)


def test_what_an_adapter_prints_stays_out_of_the_output(tmp_path: Path, plan: Plan) -> None:
    done = harness_record(str(WRONG / "prints.py"), reports=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nobody asked for" not in done.stdout


@pytest.mark.parametrize(
    ("adapter", "code", "words"),
    [
        ("unavailable.py", 3, "harness: unavailable was not run: no such accelerator here; plug one in"),
        ("two_adapters.py", 2, "expected exactly one class derived from harness.adapters.contract.Adapter"),
        ("absent.py", 2, "there is no such file"),
    ],
)
def test_the_exit_code_tells_a_missing_framework_from_a_wrong_adapter(
    adapter: str, code: int, words: str, *, tmp_path: Path, plan: Plan
) -> None:
    done = harness_record(str(WRONG / adapter), reports=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("option", ["--timeout", "--memory"])
def test_a_limit_that_is_no_number_is_refused(option: str, *, tmp_path: Path, plan: Plan) -> None:
    done = harness_record("reference", option, "nan", reports=tmp_path)
    assert done.returncode == 2
    assert f"Invalid value for '{option}'" in done.stderr


def test_rows_per_call_are_a_number_of_rows(tmp_path: Path, plan: Plan) -> None:
    refused = harness_record("reference", "--rows-per-call", "0", reports=tmp_path)
    assert refused.returncode == 2
    assert "Invalid value for '--rows-per-call'" in refused.stderr
    done = harness_record("reference", "--rows-per-call", "1", reports=tmp_path)
    assert done.returncode == 0
    assert '"rows_per_call": 1' in (tmp_path / "recordings" / "reference" / "header.json").read_text()


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, plan: Plan) -> None:
    (tmp_path / "recordings").write_text("in the way")
    done = harness_record("reference", reports=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("harness: the recording cannot be written: ")
    assert "name another folder with --reports" in done.stderr


def test_without_a_plan_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = harness_record("reference", reports=tmp_path)
    assert done.returncode == 2
    assert "make one with: harness plan" in done.stderr
