"""The whole pipeline by its command line, as a user types it: exit codes, outcomes, and what a stranger is told."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
WRONG = ROOT / "tests" / "wrong_adapters"

CASES = """\
format: 1
theme: three problems, on the second of which the wrong adapters go wrong
cases:
  - {id: before, why: a right one, source: here, op: softmax, dtype: float64, x: [[1, 2, 4]], cotangent: [[1, 0, 2]]}
  - {id: marked, why: the mark, source: here, op: softmax, dtype: float64, x: [[13, 12, 11]], cotangent: [[1, 0, 2]]}
  - {id: after, why: a right one, source: here, op: softmax, dtype: float64, x: [[0, 1, 0.5]], cotangent: [[1, 0, 2]]}
"""


def harness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "harness", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A reports folder with a plan of three problems."""
    (tmp_path / "cases.yaml").write_text(CASES)
    reports = tmp_path / "reports"
    assert harness("plan", tmp_path / "cases.yaml", "--reports", reports).returncode == 0
    return reports


def recorded(reports: Path, adapter: str, *options: str) -> Path:
    harness("record", WRONG / f"{adapter}.py", "--reports", reports, *options)
    return reports / "selection" / "recordings"


def outcomes(reports: Path) -> dict[tuple[str, str], str]:
    whole: dict[str, Any] = json.loads((reports / "selection" / "comparison.json").read_text())
    return {(row["problem"], row["quantity"]): row["outcome"] for row in whole["comparison"]["verdicts"]}


def test_a_right_adapter_agrees_and_exits_with_0(planned: Path) -> None:
    recorded(planned, "honest")
    done = harness("compare", "--reports", planned, "--require", "honest")
    assert done.returncode == 0, done.stderr
    assert set(outcomes(planned).values()) <= {"exact", "within bound"}
    assert harness("report", "--reports", planned).returncode == 0
    assert (planned / "selection" / "index.html").exists()


EVERY_OP = """\
format: 1
theme: every op, in every dtype that has derivatives, by every quantity that it has
cases:
  - id: plain
    why: ops without operands
    source: here
    op: [softmax, log_softmax, softmin, logsumexp]
    dtype: [float16, bfloat16, float32, float64]
    x: {normal: {shape: [2, 5], scale: 3, seed: 1}}
    check: [forward, vjp, jvp, jacobian, hvp]
  - id: masked
    why: one row keeps some elements, one keeps one
    source: here
    op: [masked_softmax, masked_log_softmax]
    dtype: [float16, bfloat16, float32, float64]
    temperature: [0.5, 2]
    x: {normal: {shape: [2, 5], scale: 3, seed: 1}}
    lengths: [3, 1]
    check: [forward, vjp, jvp, jacobian, hvp]
  - id: loss
    why: indices, one of which is ignored
    source: here
    op: cross_entropy
    dtype: [float16, bfloat16, float32, float64]
    axis: 1
    x: {normal: {shape: [3, 5], scale: 3, seed: 1}}
    targets: [4, -1, 0]
    ignore_index: -1
    label_smoothing: 0.1
    reduction: [none, sum, mean]
    check: [forward, vjp, jvp, jacobian, hvp]
  - id: head
    why: a gradient that no head gradient changes
    source: here
    op: softmax_output
    dtype: [float16, bfloat16, float32, float64]
    axis: 1
    x: {normal: {shape: [3, 5], scale: 3, seed: 1}}
    targets: [4, 2, 0]
    grad_scale: 0.5
    normalization: ["null", batch, valid]
    check: [forward, vjp]
    expect: {findings: [cotangent-ignored]}
  - id: whole-numbers
    why: integers have an output and no derivative
    source: here
    op: [softmax, logsumexp]
    dtype: int32
    x: [[1, 2, 4]]
    check: [forward]
"""


def test_the_reference_agrees_with_the_oracle_on_every_op_dtype_and_quantity(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(EVERY_OP)
    reports = tmp_path / "reports"
    assert harness("plan", tmp_path / "cases.yaml", "--reports", reports).returncode == 0
    harness("record", "reference", "--reports", reports)
    done = harness("compare", "--reports", reports, "--require", "reference")
    assert done.returncode == 0, done.stdout + done.stderr
    found = outcomes(reports)
    assert {quantity for _, quantity in found} == {"forward", "vjp", "jvp", "jacobian", "hvp"}
    assert set(found.values()) <= {"exact", "within bound"}


@pytest.mark.parametrize(
    ("adapter", "options", "outcome"),
    [
        ("raises", (), "raised"),
        ("wrong_shape", (), "shape"),
        ("wrong_dtype", (), "dtype"),
        ("changes_input", (), "input changed"),
        ("nan_for_zero", (), "nonfinite pattern"),
        ("hangs", ("--timeout", "3"), "timed out"),
        ("segfaults", (), "crashed"),
        ("exits_process", (), "crashed"),
        ("eats_memory", ("--memory", "0.5"), "out of memory"),
    ],
)
def test_each_fault_is_an_outcome_in_the_report_and_costs_no_other_result(
    planned: Path, adapter: str, options: tuple[str, ...], outcome: str
) -> None:
    recorded(planned, adapter, *options)
    assert harness("compare", "--reports", planned).returncode == 1
    found = outcomes(planned)
    assert found.pop(("marked", "vjp")) == outcome
    assert set(found.values()) <= {"exact", "within bound"}
    harness("report", "--reports", planned)
    assert outcome in (planned / "selection" / "index.html").read_text()


def test_a_required_adapter_that_did_not_run_exits_with_3(planned: Path) -> None:
    recorded(planned, "honest")
    done = harness("compare", "--reports", planned, "--require", "honest,mxnet")
    assert done.returncode == 3
    assert "not run: mxnet" in done.stdout


def test_nothing_judged_exits_with_3(planned: Path) -> None:
    done = harness("compare", "--reports", planned)
    assert done.returncode == 3
    assert "proves nothing" in done.stdout


def test_an_unavailable_framework_is_not_run_and_says_why(planned: Path) -> None:
    recorded(planned, "unavailable")
    recorded(planned, "honest")
    done = harness("compare", "--reports", planned, "--require", "unavailable")
    assert done.returncode == 3
    assert "not run: unavailable: " in done.stdout


@pytest.mark.parametrize("spoil", ["manifest", "segment", "header"])
def test_a_damaged_recording_costs_no_other_and_is_not_a_pass(planned: Path, spoil: str) -> None:
    recorded(planned, "honest")
    folder = recorded(planned, "prints")
    (path,) = list(folder.glob(f"prints/{spoil}*.json*"))
    path.write_bytes(path.read_bytes()[:-20])
    done = harness("compare", "--reports", planned)
    assert done.returncode == 3, done.stdout
    assert "6 agree" in done.stdout
    assert "not run: prints" in done.stdout


@pytest.mark.parametrize("option", ["--require", "--only"])
def test_an_adapter_that_nobody_knows_is_refused_with_the_name_that_is_near(planned: Path, option: str) -> None:
    done = harness("compare", "--reports", planned, option, "torhc")
    assert done.returncode == 2
    assert "did you mean torch?" in done.stderr


def test_a_reports_folder_that_cannot_be_used_is_said_to_be_so(planned: Path) -> None:
    (planned / "selection").write_text("in the way")
    done = harness("compare", "--reports", planned)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "--reports" in done.stderr


def test_a_recording_of_another_plan_is_refused_by_name(planned: Path) -> None:
    recorded(planned, "honest")
    (planned.parent / "cases.yaml").write_text(CASES.replace("0.5", "0.25"))
    harness("plan", planned.parent / "cases.yaml", "--reports", planned)
    done = harness("compare", "--reports", planned, "--require", "honest")
    assert done.returncode == 3
    assert "another plan" in done.stdout


def test_a_plan_that_fails_is_not_followed_by_a_report_of_the_old_one(planned: Path) -> None:
    recorded(planned, "honest")
    harness("compare", "--reports", planned)
    (planned.parent / "cases.yaml").write_text("format: 1\ntheme: broken\ncases: [}")
    assert harness("plan", planned.parent / "cases.yaml", "--reports", planned).returncode == 65
    for verb in ("compare", "report"):
        done = harness(verb, "--reports", planned)
        assert done.returncode == 2
        assert "harness plan" in done.stderr
        assert "cases.yaml:3:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare",), "harness plan"),
        (("report",), "harness plan"),
        (("explain", "a-case"), "harness plan"),
        (("record", "reference"), "harness plan"),
    ],
)
def test_a_verb_without_its_plan_says_what_to_run_first(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = harness(*arguments, "--reports", tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_under_the_name_of_another_adapter_does_not_stand_in_for_it(planned: Path) -> None:
    home = recorded(planned, "honest")
    (home / "honest").rename(home / "torch")
    done = harness("compare", "--reports", planned, "--require", "torch")
    assert done.returncode == 3
    assert "torch: this is a recording of 'honest'" in done.stdout


def test_explain_names_cases_that_are_near(planned: Path) -> None:
    done = harness("explain", "markd", "--reports", planned)
    assert done.returncode == 2
    assert "did you mean marked?" in done.stderr


def test_explain_says_that_nothing_was_recorded(planned: Path) -> None:
    done = harness("explain", "marked", "--reports", planned)
    assert done.returncode == 0
    assert "No adapter has been recorded" in done.stdout


def test_verify_goes_from_cases_to_page_in_one_command(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(CASES)
    honest = ("verify", WRONG / "honest.py", "--cases", tmp_path / "cases.yaml", "--reports", tmp_path / "reports")
    done = harness(*honest)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reports" / "verify" / "honest" / "selection" / "index.html").exists()


def test_verify_goes_by_the_name_of_the_adapter_and_not_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(CASES)
    kernel = tmp_path / "my_kernel.py"
    kernel.write_text((WRONG / "honest.py").read_text().replace('name = "honest"', 'name = "my-kernel"'))
    done = harness("verify", kernel, "--cases", tmp_path / "cases.yaml", "--reports", tmp_path / "reports")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "reports" / "verify" / "my-kernel" / "selection" / "index.html").exists()


def test_verify_shows_the_recording_interpreter_the_harness_and_nothing_that_is_installed_beside_it(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site-packages"
    for package in ("harness", "reference"):
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    (site / "framework_of_another_version.py").write_text("")
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "from importlib.util import find_spec\n"
        "from harness.adapters.contract import FrameworkUnavailable\n"
        "found = find_spec('framework_of_another_version')\n"
        "raise FrameworkUnavailable('it is seen' if found else 'it is not seen')\n"
    )
    script = f"import sys; sys.path.insert(0, {str(site)!r}); from harness.cli import main; main()"
    (tmp_path / "cases.yaml").write_text(CASES)
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", "kernel.py", "--cases", "cases.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "it is not seen" in done.stdout


@pytest.mark.parametrize(("adapter", "code"), [("wrong_shape", 1), ("unavailable", 3), ("no_adapter", 2)])
def test_verify_ends_with_the_code_of_the_step_that_decides(tmp_path: Path, adapter: str, code: int) -> None:
    (tmp_path / "cases.yaml").write_text(CASES)
    options = ("--cases", tmp_path / "cases.yaml", "--reports", tmp_path / "reports")
    assert harness("verify", WRONG / f"{adapter}.py", *options).returncode == code


def test_verify_passes_on_how_to_record(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(CASES)
    options = ("--cases", tmp_path / "cases.yaml", "--reports", tmp_path / "reports")
    small = harness("verify", WRONG / "eats_memory.py", *options, "--memory", "0.5")
    assert (small.returncode, "out of memory" in small.stdout) == (1, True), small.stderr
    kept = harness("verify", WRONG / "eats_memory.py", *options, "--memory", "0.5")
    assert "already recorded" in kept.stdout
    again = harness("verify", WRONG / "eats_memory.py", *options, "--memory", "0.5", "--fresh")
    assert "eats_memory: recorded" in again.stdout


def test_verify_refuses_an_interpreter_that_cannot_record(tmp_path: Path) -> None:
    missing = harness("verify", "torch", "--python", tmp_path / "python", "--reports", tmp_path)
    assert missing.returncode == 2
    assert "cannot be started" in missing.stderr
    bare = tmp_path / "bare"
    bare.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'numpy'\" >&2; exit 1\n")
    bare.chmod(0o755)
    refused = harness("verify", "torch", "--python", bare, "--reports", tmp_path)
    assert refused.returncode == 2
    assert "No module named 'numpy'" in refused.stderr


def test_verify_without_pandas_prints_the_verdict_and_writes_json(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(CASES)
    (tmp_path / "pandas").mkdir()
    blocked = "import sys, importlib.util as u; f = u.find_spec; u.find_spec = lambda n, *a: None if n == 'pandas' "
    script = f"{blocked}else f(n, *a); from harness.cli import main; main()"
    arguments = ["verify", str(WRONG / "honest.py"), "--cases", "cases.yaml", "--reports", "reports"]
    line = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}", *arguments]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "agreed" in done.stdout
    home = tmp_path / "reports" / "verify" / "honest" / "selection"
    assert (home / "comparison.json").exists()
    assert not (home / "index.html").exists()


def test_a_reader_that_goes_away_is_not_a_finding() -> None:
    line = f"{sys.executable} -m harness cases --list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr == ""
