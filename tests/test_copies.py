"""Copies of a process save time and nothing else: what one did not do is done by the process itself."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import copies
from harness.copies import ALONE, Jobs, processors, shared

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
HERE = os.getpid()
TASKS = range(40)


def square(task: int) -> tuple[int, bool]:
    return task * task, os.getpid() == HERE


def squares(found: list[tuple[int, tuple[int, bool]]]) -> dict[int, int]:
    assert len(found) == len(dict(found))  # each once
    return {task: made for task, (made, _) in found}


def silent(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_copies_do_the_tasks_and_this_process_its_own(number: int) -> None:
    found = list(shared(square, TASKS[3:], jobs=Jobs(number, silent), own=TASKS[:3]))
    assert squares(found) == {task: task * task for task in TASKS}
    assert {task for task, (_, here) in found if here} == set(TASKS[:3])


def test_this_process_and_its_copy_work_at_the_same_time(tmp_path: Path) -> None:
    """Each leaves a file and waits for that of the other: one after the other, the first would wait for ever."""

    def work(task: int) -> bool:
        (tmp_path / str(task)).touch()
        for _ in range(6000):
            if (tmp_path / str(1 - task)).exists():
                return True
            time.sleep(0.01)
        return False

    assert dict(shared(work, [1], jobs=Jobs(1, silent), own=[0])) == {0: True, 1: True}


def test_one_alone_makes_no_copy() -> None:
    found = list(shared(square, TASKS[3:], jobs=ALONE, own=TASKS[:3]))
    assert squares(found) == {task: task * task for task in TASKS}
    assert all(here for _, (_, here) in found)


def test_nothing_to_do_is_done() -> None:
    assert list(shared(square, (), jobs=Jobs(2, silent))) == []


def test_there_are_no_more_copies_than_tasks_for_them() -> None:
    working = shared(square, TASKS[:2], jobs=Jobs(5, silent), own=TASKS[2:])
    next(working)
    assert len(multiprocessing.active_children()) == 2
    working.close()


@pytest.mark.parametrize("possible", [0, 1])
def test_copies_that_the_system_refuses_to_make_are_done_without(
    possible: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    fork = os.fork

    def limited() -> int:
        if len(made) == possible:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        made.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", limited)
    said: list[str] = []
    found = list(shared(square, TASKS[3:], jobs=Jobs(2, said.append), own=TASKS[:3]))
    assert squares(found) == {task: task * task for task in TASKS}
    assert len(said) == 1
    assert "Resource temporarily unavailable" in said[0]
    assert not multiprocessing.active_children()


def test_a_copy_that_is_killed_costs_nothing_and_is_named() -> None:
    def work(task: int) -> tuple[int, bool]:
        if task == 7 and os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return square(task)

    said: list[str] = []
    found = list(shared(work, TASKS, jobs=Jobs(3, said.append)))
    assert squares(found) == {task: task * task for task in TASKS}
    assert said == ["a process that worked beside this one was ended by SIGKILL: what it was at is done again"]


def test_all_copies_may_die() -> None:
    def work(task: int) -> tuple[int, bool]:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGSEGV if task % 2 else signal.SIGKILL)
        return square(task)

    said: list[str] = []
    found = list(shared(work, TASKS, jobs=Jobs(2, said.append), own=[100]))
    assert squares(found) == {task: task * task for task in (*TASKS, 100)}
    assert len(said) == 2


def test_idle_copies_that_die_are_not_waited_for() -> None:
    said: list[str] = []
    found = []
    for done in shared(square, TASKS, jobs=Jobs(2, said.append)):
        found.append(done)
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
    assert squares(found) == {task: task * task for task in TASKS}
    assert len(said) == 2


def test_an_exception_is_raised_by_this_process() -> None:
    def work(task: int) -> int:
        if task == 5:
            raise ZeroDivisionError(os.getpid())
        return task

    said: list[str] = []
    with pytest.raises(ZeroDivisionError) as caught:
        list(shared(work, TASKS, jobs=Jobs(2, said.append)))
    assert caught.value.args == (HERE,)
    assert said == ["a process that worked beside this one did not do its task: what it was at is done again"]
    assert not multiprocessing.active_children()


def test_what_cannot_be_sent_is_made_here() -> None:
    found = dict(shared(lambda task: lambda: task, TASKS[:4], jobs=Jobs(2, lambda _: None)))
    assert {task: made() for task, made in found.items()} == {0: 0, 1: 1, 2: 2, 3: 3}


def test_copies_end_with_whoever_stops_listening() -> None:
    working = shared(square, TASKS, jobs=Jobs(2, silent))
    next(working)
    assert len(multiprocessing.active_children()) == 2
    working.close()
    assert not multiprocessing.active_children()


def test_a_copy_takes_no_interruption_from_its_first_moment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal sends it to all processes, and a copy that begins would raise it, and print where."""

    def interrupted() -> None:
        for interruption in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), interruption)

    monkeypatch.setattr(copies, "end_with_parent", interrupted)  # what a copy does first
    assert squares(list(shared(square, TASKS, jobs=Jobs(2, silent)))) == {task: task * task for task in TASKS}


LIMITED = """\
import resource
from harness.copies import Jobs, shared

resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
print(dict(shared(str, range(100), jobs=Jobs(60, print))) == {task: str(task) for task in range(100)})
open(__import__("os").devnull).close()
"""


def test_where_the_system_allows_few_copies_those_do_the_tasks() -> None:
    line = [sys.executable, "-c", LIMITED]
    done = subprocess.run(line, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    said, result = done.stdout.splitlines()
    assert said.startswith("of 60 processes beside this one, ")
    assert "Too many open files" in said
    assert result == "True"


PROGRAM = """\
import os, time
from harness.copies import Jobs, shared

def work(task):
    if task:
        time.sleep(100)
    return os.getpid()

for task, copy in shared(work, [0, 1, 2, 3, 4], jobs=Jobs(2, print)):
    print(copy, flush=True)
"""


def test_copies_end_with_a_process_that_is_killed() -> None:
    root = Path(__file__).parents[1]
    line = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(line, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        copy = int(process.stdout.readline())
        process.kill()
        assert process.stdout.read() == ""  # ends once nobody has the other end, copies among them
    for _ in range(1000):  # who takes it over may need a moment to notice
        if not Path(f"/proc/{copy}").exists():
            return
        time.sleep(0.01)
    pytest.fail(f"process {copy} still runs")


def test_there_is_a_processor() -> None:
    assert processors() >= 1
