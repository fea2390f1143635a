"""The comparer and the copies of it that judge beside it: killed and interrupted, alone and together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults_under_load.amounts import chance, rounds
from tests.faults_under_load.workplace import Workplace, children, finish, gone, kill, sound, start, wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes by /proc")
COPIES = 3
GOES_ON = "harness: interrupted: what is done is kept, and the same command goes on from there\n"


def started(work: Workplace, what: str, number: int) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a comparer that has judged nothing before, and return it with its copies at a moment of their work."""
    process = start(*work.line("compare"), "--jobs", str(COPIES))
    wait_until(lambda: process.poll() is not None or len(children(process.pid)) == COPIES)
    copies = children(process.pid)
    assert len(copies) == COPIES
    time.sleep(chance("copies", what, number).uniform(0, 0.5))
    return process, copies


@pytest.mark.parametrize("number", rounds())
def test_a_copy_that_is_killed_costs_nothing(number: int, stages: Mapping[str, Workplace], place: Path) -> None:
    work = stages["compare"].copy(place)
    process, copies = started(work, "one", number)
    kill(copies[number % COPIES])
    assert sound(finish(process)).code == 0
    assert gone(copies)
    work.through("report")
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("what", ["the comparer alone", "its copies, then itself"])
def test_copies_end_with_a_comparer_that_is_killed(
    what: str, number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["compare"].copy(place)
    process, copies = started(work, what, number)
    for each in (*([] if what == "the comparer alone" else copies), process.pid):
        kill(each)
    finish(process)
    wait_until(lambda: gone(copies))
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()
    assert work.left_behind() == []


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("by", ["SIGINT", "SIGTERM"])
def test_an_interruption_of_all_processes_is_one_line(
    by: str, number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["compare"].copy(place)
    process, copies = started(work, by, number)
    for each in (*copies, process.pid):  # as a terminal and as a service do
        with suppress(ProcessLookupError):
            os.kill(each, signal.Signals[by])
    ended = sound(finish(process))
    assert ended.code in (0, 130)
    assert ended.code == 0 or ended.err.endswith(GOES_ON)
    wait_until(lambda: gone(copies))
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()
