"""Ctrl-C and SIGTERM at random moments: what is done stays, the exit code is 130, and a line says how to go on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from tests.faults_under_load.amounts import chance, rounds
from tests.faults_under_load.workplace import Ended, Workplace, children, finish, minds, sound, wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes by /proc")
SIGNALS = ["SIGINT", "SIGTERM"]
GOES_ON = "harness: interrupted: what is done is kept, and the same command goes on from there\n"
IS_KEPT = (
    "harness: interrupted: what is recorded is kept; the same command does the rest\n"  # before or behind its work
)
RESUMES = re.compile(r"interrupted: (\d+) of 160 evaluations are recorded; the same command does the rest\n\Z")


def interrupted(process: subprocess.Popen[str], number: str, *, after: float) -> Ended:
    """Send a signal to a verb that has begun to mind it; return how it ended."""
    wait_until(lambda: process.poll() is not None or minds(process.pid, signal.SIGTERM))
    time.sleep(after)
    process.send_signal(signal.Signals[number])
    return sound(finish(process))


def delay(what: str, number: int, seconds: float) -> float:
    """Return for how long to let a verb work, in seconds."""
    return chance(what, number).uniform(0, 0.9) * seconds


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("how", list(product(["plan", "compare", "report"], SIGNALS)), ids="-".join)
def test_a_verb_that_is_interrupted_says_so_and_the_same_command_mends_it(
    how: tuple[str, str],
    number: int,
    stages: Mapping[str, Workplace],
    durations: Mapping[str, float],
    place: Path,
) -> None:
    (verb, by), whole = how, stages["whole"]
    work = whole.copy(place)
    ended = interrupted(work.start(verb), by, after=delay(f"{verb} {by}", number, durations[verb]))
    assert ended.code in (0, 130)
    assert ended.code == 0 or ended.err.endswith(GOES_ON)  # behind lines of progress
    assert work.left_behind() == []
    work.through("plan", "compare", "report")
    assert work.plan_bytes() == whole.plan_bytes()
    assert work.report_bytes() == whole.report_bytes()


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("by", SIGNALS)
def test_a_recorder_that_is_interrupted_keeps_every_evaluation_that_was_done(
    by: str, number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["record"].copy(place)
    ended = interrupted(work.start("record"), by, after=delay(f"record {by}", number, durations["record"]))
    stored = work.stored()
    assert ended.code in (0, 130)
    assert stored == work.evaluated().keys()
    if ended.code == 130:
        said = RESUMES.search(ended.err)
        assert ended.err.endswith((GOES_ON, IS_KEPT)) or (said is not None and int(said[1]) == len(stored))
    work.through("record")
    assert work.stored() == work.evaluated().keys()
    assert max(work.evaluated().values()) == 1
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("by", SIGNALS)
def test_a_signal_to_all_processes_of_a_recording_is_an_interruption_and_no_crash(
    by: str, number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["record"].copy(place)
    process = work.start("record")
    wait_until(
        lambda: process.poll() is not None or any(minds(child, signal.SIGTERM) for child in children(process.pid))
    )
    time.sleep(delay(f"service {by}", number, durations["record"]))
    for each in (*children(process.pid), process.pid):
        with suppress(ProcessLookupError):  # it may be at its end
            os.kill(each, signal.Signals[by])
    assert sound(finish(process)).code in (0, 130)
    assert work.stored() == work.evaluated().keys()
    work.through("record", "compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds(1))
def test_a_second_ctrl_c_does_not_wait_for_the_evaluation_in_progress(
    number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["record"].copy(place)
    process = work.start("record")
    begun = chance("second", number).randrange(4, 100)
    wait_until(lambda: len(work.evaluated()) >= begun)
    (child,) = children(process.pid)
    os.kill(child, signal.SIGSTOP)  # an evaluation that does not end
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said = iter(process.stderr.readline, "")
    assert any("press Ctrl-C again to leave it" in line for line in said)  # behind lines of progress
    process.send_signal(signal.SIGINT)
    ended = sound(finish(process))
    assert ended.code == 130
    assert RESUMES.search(ended.err)
    work.through("record", "compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()
