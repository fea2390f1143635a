"""The verbs ``cases`` and ``plan``, as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.plan.store import read_plan

ROOT = Path(__file__).parents[2]
GOOD = """\
format: 1
theme: two cases
cases:
  - {id: first, why: one, source: s, op: softmax, x: [1, 2], tags: [forum]}
  - {id: second, why: two, source: s, op: log_softmax, x: [1, 2], mode: [default, eager]}
"""


PARAMETERS = """\
format: 1
theme: parameters
cases:
  - {id: scores, why: w, source: s, op: softmin, dtype: [float16, bfloat16], x: [1, 2], temperature: [0.5, 2]}
  - {id: loss, why: w, source: s, op: cross_entropy, dtype: float32, x: [1, 2], targets: 0, reduction: [sum, mean]}
"""


def harness(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "120"}
    command = [sys.executable, "-W", "error", "-m", "harness", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "good.yaml").write_text(GOOD)
    return tmp_path


def test_cases_counts_what_is_there(workspace: Path) -> None:
    done = harness("cases", cwd=workspace)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 cases in 1 file, 6 problems, 12 evaluations per adapter; no faults" in done.stdout
    assert "JAX signatures: 4 of at most 600; eager: 2 of at most 60" in done.stdout


def test_cases_lists_by_theme(workspace: Path) -> None:
    done = harness("cases", "--list", "-k", "forum", cwd=workspace)
    assert "cases/good.yaml: two cases\n  first  2 problems  cases/good.yaml:4\n" in done.stdout
    assert "second" not in done.stdout


def test_a_plan_of_some_ops_is_a_selection_of_their_problems_alone(workspace: Path) -> None:
    done = harness("plan", "--op", "log_softmax", cwd=workspace)
    plan = read_plan(workspace / "reports" / "plan")
    assert (done.returncode, plan.selection) == (0, "--op log_softmax")
    assert {problem.call.op.value for problem in plan.problems} == {"log_softmax"}
    assert set(plan.cases) == {"second"}


def test_a_plan_of_an_op_that_no_case_has_is_refused(workspace: Path) -> None:
    done = harness("plan", "--op", "logsumexp", cwd=workspace)
    assert (done.returncode, "no case is of logsumexp" in done.stderr) == (2, True)


def test_cases_shows_all_faults_and_exits_with_65(workspace: Path) -> None:
    (workspace / "cases" / "bad.yaml").write_text(GOOD.replace("first", "First").replace("log_softmax", "logsoftmax"))
    done = harness("cases", cwd=workspace)
    assert done.returncode == 65
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == [
        "cases/bad.yaml:4:10:",
        "cases/bad.yaml:5:43:",
        "harness:",
    ]
    assert "did you mean 'log_softmax'?" in done.stderr
    assert "2 faults in 1 case file" in done.stderr


def test_plan_writes_what_can_be_read_and_says_where(workspace: Path) -> None:
    done = harness("plan", cwd=workspace)
    assert done.returncode == 0
    assert done.stdout.startswith("plan: reports/plan  (2 cases, 6 problems, 12 evaluations per adapter)\n")
    plan = read_plan(workspace / "reports" / "plan")
    assert (len(plan.problems), plan.selection) == (6, None)
    assert plan.cases["second"].file == "cases/good.yaml"


@pytest.mark.parametrize(
    ("arguments", "selection", "problems"),
    [
        (["cases"], None, 6),
        (["-k", "forum and float32"], "-k 'forum and float32'", 1),
        (["cases/good.yaml"], "cases/good.yaml", 6),
        (["cases/good.yaml", "-k", "eager"], "cases/good.yaml -k 'eager'", 2),
    ],
)
def test_a_selection_is_remembered_as_one(
    workspace: Path, arguments: list[str], selection: str | None, problems: int
) -> None:
    assert harness("plan", *arguments, cwd=workspace).returncode == 0
    plan = read_plan(workspace / "reports" / "plan")
    assert (plan.selection, len(plan.problems)) == (selection, problems)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["cases/bad.yaml"], 65), (["-k", "nothing-has-this"], 2), (["-k", "("], 2), (["nowhere"], 2)],
    ids=["bad cases", "empty selection", "bad expression", "no such path"],
)
def test_a_plan_that_fails_leaves_no_old_plan_behind(workspace: Path, arguments: list[str], code: int) -> None:
    assert harness("plan", cwd=workspace).returncode == 0
    (workspace / "cases" / "bad.yaml").write_text("cases: [")
    if code != 65:
        (workspace / "cases" / "bad.yaml").unlink()
    done = harness("plan", *arguments, cwd=workspace)
    assert done.returncode == code
    assert not (workspace / "reports" / "plan").exists()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("keyword", "problems"),
    [("T=0.5", 2), ("T=2", 2), ("bfloat16", 2), ("softmin and T=2 and bfloat16", 1), ("mean", 1), ("not mean", 5)],
)
def test_parameters_are_words_that_select(workspace: Path, keyword: str, problems: int) -> None:
    (workspace / "cases" / "good.yaml").write_text(PARAMETERS)
    assert harness("plan", "-k", keyword, cwd=workspace).returncode == 0
    assert len(read_plan(workspace / "reports" / "plan").problems) == problems


def test_a_memory_limit_is_obeyed(workspace: Path) -> None:
    assert harness("plan", "--memory", "1e-8", cwd=workspace).returncode == 65
    assert "allow more with --memory" in harness("cases", "--memory", "1e-8", cwd=workspace).stderr


@pytest.mark.parametrize("limit", ["nan", "inf", "0", "-1", "much"])
def test_a_memory_limit_is_a_finite_number_above_zero(workspace: Path, limit: str) -> None:
    done = harness("plan", "--memory", limit, cwd=workspace)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid value for '--memory'" in done.stderr


def test_the_reports_folder_is_a_choice(workspace: Path) -> None:
    assert harness("plan", "--reports", "elsewhere/deep", cwd=workspace).returncode == 0
    assert read_plan(workspace / "elsewhere" / "deep" / "plan").problems


@pytest.mark.parametrize("verb", ["cases", "plan"])
def test_help_shows_examples(workspace: Path, verb: str) -> None:
    done = harness(verb, "--help", cwd=workspace)
    assert f"\n    harness {verb}\n" in done.stdout


def test_the_schema_is_printed_without_any_case(tmp_path: Path) -> None:
    done = harness("cases", "--schema", cwd=tmp_path)
    assert done.stdout == (ROOT / "cases" / "schema.json").read_text(encoding="utf-8")
