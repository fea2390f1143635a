"""The checkers that people use before right and wrong rules: what they say, and that every fault has its score."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness.selftest.checkers.ours
import harness.selftest.checkers.score
import reference.faults.evaluation
import reference.truth
from harness.compare.judge import Judge
from harness.selftest.checkers.jobs import DTYPES, RIGHT, Job, all_settings, candidates, quantity_of, right_jobs
from harness.selftest.checkers.kernel import Kernel
from harness.selftest.checkers.ours import due, refused
from harness.selftest.checkers.program import BY_FRAMEWORK
from harness.selftest.checkers.score import (
    OURS,
    CheckerFailed,
    absent_scores,
    all_jobs,
    beside,
    frameworks_here,
    ours,
    scores,
)
from harness.selftest.checkers.table import COLUMNS, RIGHT_RULE, csv_text, table
from harness.vocabulary import DType, Quantity
from reference.faults import CATALOGUE
from reference.truth import Truth
from tests.adapters.interpreters import ROOT, interpreter
from tests.selftest.otherbounds import times

KEPT = ROOT / "harness" / "selftest" / "score.csv"
DOT = next(fault for fault in CATALOGUE if fault.name == "dot-term-missing")
RIGHT_JOB = Job(fault=RIGHT, setting="softmax", dtype="float64", n=3, seed=0)
WRONG_JOB = Job(fault=DOT.name, setting="softmax", dtype="float64", n=3, seed=0)
SUM_OF_NO_USE = Job(fault="accumulated-twice", setting="softmax", dtype="float64", n=3, seed=0)


def quietly(_: int) -> None:
    """No progress."""


def test_the_kept_score_is_of_exactly_the_faults_of_the_catalogue() -> None:
    with KEPT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(COLUMNS) == list(rows[0])
    checkers = {OURS, *(checker for several in BY_FRAMEWORK.values() for checker in several)}
    assert checkers == {row["checker"] for row in rows}
    for checker in checkers:
        for dtype in DTYPES:
            mine = [row["fault"] for row in rows if (row["checker"], row["dtype"]) == (checker, dtype)]
            assert sorted([RIGHT_RULE, *(fault.name for fault in CATALOGUE)]) == sorted(mine)


def test_this_harness_misses_nothing_in_the_kept_score_and_raises_no_false_alarm() -> None:
    with KEPT.open(encoding="utf-8", newline="") as file:
        mine = [row for row in csv.DictReader(file) if row["checker"] == OURS]
    assert sum(int(row["tried"]) for row in mine) > 0
    for row in mine:
        assert (0 if row["fault"] == RIGHT_RULE else int(row["tried"])) == int(row["refused"])


@pytest.mark.parametrize(
    ("framework", "said"),
    [
        ("torch", [[False] * 3, [True] * 3, [True, True, False]]),  # of a sum of ones twice nothing is nothing
        ("jax", [[False], [True], [True]]),
        ("mxnet", [[False], [True], [True]]),
    ],
)
def test_a_framework_s_checkers_are_run_in_its_own_python(framework: str, said: list[list[bool]]) -> None:
    jobs = [RIGHT_JOB, WRONG_JOB, SUM_OF_NO_USE]
    answers = beside(framework, jobs, Path(interpreter(framework)), os.environ, progress=quietly)
    assert BY_FRAMEWORK[framework] == tuple(answers)
    assert said == [[given[k][0] for given in answers.values()] for k in range(len(jobs))]
    assert all(seconds > 0 for given in answers.values() for _, seconds in given)


def test_a_program_that_fails_is_no_score() -> None:
    with pytest.raises(CheckerFailed, match="exit code"):
        beside("torch", [RIGHT_JOB], Path("/bin/false"), os.environ, progress=quietly)


def test_a_missing_environment_is_said(tmp_path: Path) -> None:
    pythons, absent = frameworks_here({}, tmp_path)
    assert not pythons
    assert set(BY_FRAMEWORK) == set(absent)
    found = list(absent_scores("jax", absent["jax"]))
    assert "| not run: there is no Python with jax: run `tox run -e jax`" in table(found)[-1]


def test_the_verb_says_what_did_not_run_and_exits_for_it(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "harness", "selftest", "--checkers", "--faults", DOT.name]
    line += ["--environments", str(tmp_path / "none"), "--reports", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARNESS_PYTHON_")}
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 3, done.stderr
    for framework in BY_FRAMEWORK:
        assert f"not run: {framework}: there is no Python with {framework}" in done.stderr
    rows = list(csv.DictReader((tmp_path / "selection" / "score.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["checker"] for row in rows if row["not run"]} == {
        one for names in BY_FRAMEWORK.values() for one in names
    }


def test_a_fault_that_nobody_knows_is_said(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "harness", "selftest", "--faults", "no-such-fault", "--reports", str(tmp_path)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 2
    assert "no fault is called 'no-such-fault'; the catalogue has dot-term-missing" in done.stderr


def test_the_kernel_is_wrong_backwards_and_right_forwards() -> None:
    right, wrong = Kernel(RIGHT_JOB), Kernel(WRONG_JOB)
    x, head = right.x, np.arange(9.0).reshape(3, 3)
    assert np.array_equal(right.forward(x), wrong.forward(x))
    probabilities = right.forward(x)
    np.testing.assert_allclose(wrong.backward(x, head), probabilities * head, rtol=1e-14)
    expected = probabilities * (head - (probabilities * head).sum(-1, keepdims=True))
    np.testing.assert_allclose(right.backward(x, head), expected, rtol=1e-12)
    assert right.right_gradient_of_sum().shape == x.shape


def test_this_harness_refuses_the_wrong_rule_alone() -> None:
    assert (refused(RIGHT_JOB)[0], refused(WRONG_JOB)[0]) == (False, True)
    assert due(WRONG_JOB)
    assert not due(RIGHT_JOB)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_fault_of_a_gradient_or_an_output_is_put_before_the_checkers(fault: object) -> None:
    has_place = quantity_of(fault) is not None and any(one.op.value in fault.ops for one in all_settings())
    found = [job for several in candidates(fault, DType.FLOAT32, seed=0) for job in several]
    assert has_place == bool(found)
    assert all(Job.of(job.fields) == job for job in found)


CLOSE = ("dot-term-missing", "coarse-dot", "small-probabilities-flushed", "wrong-past-element-32", "coarse-sum")


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_where_checkers_are_compared_is_decided_by_the_truth_alone(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a judge that sees nothing, or everything, nor what the checkers answer would move the score's ground."""
    faults = [fault for fault in CATALOGUE if fault.name in CLOSE]
    usual = all_jobs(faults, seed=0, progress=quietly)
    assert {job.fault for job in usual} == {*CLOSE, RIGHT}

    def truth(*arguments: Any, **options: Any) -> Truth:
        return times(reference.truth.truth(*arguments, **options), factor)

    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("a judge was asked where to try")

    monkeypatch.setattr(reference.faults.evaluation, "truth", truth)
    monkeypatch.setattr(Judge, "__init__", asked)
    monkeypatch.setattr(harness.selftest.checkers.ours, "refused", asked)
    monkeypatch.setattr(harness.selftest.checkers.score, "BY_FRAMEWORK", {})
    assert all_jobs(faults, seed=0, progress=quietly) == usual


def test_scores_count_what_each_checker_said() -> None:
    jobs = [RIGHT_JOB, WRONG_JOB, SUM_OF_NO_USE]
    found = list(scores(CATALOGUE, jobs, ours(jobs, progress=quietly)))
    assert len(found) == len(DTYPES) * (len(CATALOGUE) + 1)
    by_fault = {one.fault: one for one in found if one.dtype is DType.FLOAT64}
    assert (by_fault[DOT.name].tried, by_fault[DOT.name].refused) == (1, 1)
    assert (by_fault[RIGHT].tried, by_fault[RIGHT].refused) == (1, 0)
    assert by_fault["sign"].tried == 0
    assert len(csv_text(found).splitlines()) == len(found) + 1
    assert "| this harness | float64 | 2 | 2 (100 %) | 0 | 1 | 0 |" in "\n".join(table(found))


def test_right_jobs_are_of_every_setting_that_has_a_gradient() -> None:
    assert {one.name for one in all_settings()} == {job.setting for job in right_jobs(seed=0)}
    assert quantity_of(DOT) is Quantity.VJP
