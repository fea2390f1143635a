from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from harness.plan.outline import read_outline
from harness.record.evaluate import is_late, schedule
from harness.record.whereabouts import Whereabouts
from harness.vocabulary import Mode, Quantity
from tests.record.bench import ROOT, problem, write

DIES = """
import os, sys
from harness.record.whereabouts import Whereabouts
at = Whereabouts(int(sys.argv[1]))
at.forget()
for number in (7, 8, 5):
    at.begin(number)
    if number == 5:
        os.kill(os.getpid(), 9)
    at.finish()
"""


def test_before_an_evaluation_and_behind_it_a_process_is_in_none() -> None:
    at = Whereabouts.new()
    assert (at.number, at.done) == (None, 0)
    at.begin(0)
    assert (at.number, at.done) == (0, 0)
    at.finish()
    assert (at.number, at.done) == (None, 1)


def test_where_a_process_was_when_it_was_killed_is_still_known() -> None:
    at = Whereabouts.new()
    line = [sys.executable, "-c", DIES, str(at.descriptor)]
    done = subprocess.run(line, cwd=ROOT, pass_fds=(at.descriptor,), check=False)
    at.forget()
    assert done.returncode == -signal.SIGKILL
    assert (at.number, at.done) == (5, 2)


def test_parent_and_child_number_evaluations_alike(tmp_path: Path) -> None:
    modes = (Mode.EAGER, Mode.DEFAULT, Mode.JIT, Mode.EAGER)
    problems = [problem(f"p{k}", np.ones(2), mode=mode, check=list(Quantity)) for k, mode in enumerate(modes)]
    plan = write(tmp_path, problems)
    outline = read_outline(tmp_path / "plan")
    ordered = sorted(outline.asked, key=lambda asked: is_late(asked.mode))
    assert [(one.problem, one.quantity) for one in ordered] == [(one.id, each) for one, each in schedule(plan)]
    assert (outline.digest, len(outline.asked)) == (plan.digest, plan.evaluations)


def test_nothing_of_it_is_left_on_a_disk() -> None:
    at = Whereabouts.new()
    assert os.fstat(at.descriptor).st_nlink == 0
    at.forget()
