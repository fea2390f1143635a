"""kill -9 at random moments, then the same command again: nothing that was done is lost, and no report is wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.record.recording import Recording
from harness.record.store import read_recording
from tests.faults_under_load.amounts import chance, rounds
from tests.faults_under_load.workplace import Workplace, children, finish, kill, run, sound, start
from tests.record.bench import same

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes by /proc")


def moment(verb: str, number: int, durations: Mapping[str, float]) -> float:
    """Return when to disturb, in seconds after the start: any time of a run, the end included."""
    return chance("kill", verb, number).uniform(0.05, 1.0) * durations[verb]


def killed(place: Workplace, verb: str, after: float) -> bool:
    """Start a verb and kill it; return whether it was still at work."""
    process = place.start(verb)
    time.sleep(after)
    process.kill()
    return finish(process).code < 0


@pytest.mark.parametrize("number", rounds())
def test_a_planner_that_is_killed_leaves_no_plan_or_a_whole_one(
    number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["record"].copy(place)
    killed(work, "plan", moment("plan", number, durations))
    ended = work.inside("record")
    assert ended.code in (0, 2)
    assert ended.code == 0 or "harness plan" in ended.err
    work.through("plan")
    assert work.plan_bytes() == stages["record"].plan_bytes()
    assert work.left_behind() == []


@pytest.mark.parametrize("number", rounds())
def test_a_recorder_that_is_killed_twice_evaluates_nothing_again_that_is_on_the_disk(
    number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["record"].copy(place)
    for attempt in range(2):
        killed(work, "record", moment(f"record {attempt}", number, {f"record {attempt}": durations["record"]}))
        stored, before = work.stored(), work.evaluated()
    work.through("record")
    asked_again = work.evaluated() - before
    assert not stored & asked_again.keys()
    assert max(asked_again.values(), default=1) == 1
    assert len(stored | asked_again.keys()) == len(work.recorded().entries)
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()
    assert work.left_behind() == []


@pytest.mark.parametrize("number", rounds())
def test_a_recording_process_that_is_killed_costs_nothing(
    number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["record"].copy(place)
    process = work.start("record")
    time.sleep(moment("record child", number, {"record child": durations["record"]}))
    for child in children(process.pid):
        kill(child)
    assert sound(finish(process)).code == 0
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds())
def test_recorder_and_recording_process_killed_together_are_resumed(
    number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    work = stages["record"].copy(place)
    process = work.start("record")
    time.sleep(moment("record both", number, {"record both": durations["record"]}))
    for each in (*children(process.pid), process.pid):
        kill(each)
    finish(process)
    stored, before = work.stored(), work.evaluated()
    work.through("record")
    assert not stored & (work.evaluated() - before).keys()
    work.through("compare", "report")
    assert work.report_bytes() == stages["whole"].report_bytes()


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("verb", ["compare", "report"])
def test_a_verb_that_is_killed_is_followed_by_no_wrong_report(
    verb: str, number: int, stages: Mapping[str, Workplace], durations: Mapping[str, float], place: Path
) -> None:
    whole = stages["whole"]
    work = whole.copy(place)  # with an older comparison and report, which a half one must not be taken for
    killed(work, verb, moment(verb, number, durations))
    ended = work.inside("report")
    assert ended.code in (0, 2)
    assert ended.code == 0 or "harness compare" in ended.err
    assert ended.code == 2 or work.report_bytes() == whole.report_bytes()
    work.through("compare", "report")
    assert work.report_bytes() == whole.report_bytes()
    assert work.left_behind() == []


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAFramework:
    """What PyTorch returns where nobody disturbs it, and in how many seconds."""

    python: str
    seconds: float
    recording: Recording


@pytest.fixture(scope="module")
def of_torch(stages: Mapping[str, Workplace], tmp_path_factory: pytest.TempPathFactory) -> OfAFramework:
    python = os.environ.get("HARNESS_PYTHON_TORCH", "")
    if not Path(python).is_file():
        pytest.skip("HARNESS_PYTHON_TORCH names no interpreter with PyTorch")
    work = stages["record"].copy(tmp_path_factory.mktemp("torch") / "undisturbed")
    began = time.monotonic()
    assert run("record", "torch", "--reports", work.reports, python=python).code == 0
    seconds = time.monotonic() - began
    recording = read_recording(work.home / "recordings" / "torch", plan=None)
    return OfAFramework(python=python, seconds=seconds, recording=recording)


@pytest.mark.parametrize("number", rounds(1))
def test_a_framework_that_is_killed_while_it_is_recorded_is_resumed(
    number: int, stages: Mapping[str, Workplace], of_torch: OfAFramework, place: Path
) -> None:
    work = stages["record"].copy(place)
    process = start("record", "torch", "--reports", work.reports, python=of_torch.python)
    time.sleep(moment("torch", number, {"torch": of_torch.seconds}))
    for each in (*children(process.pid), process.pid):
        kill(each)
    finish(process)
    assert run("record", "torch", "--reports", work.reports, python=of_torch.python).code == 0
    recording = read_recording(work.home / "recordings" / "torch", plan=None)
    assert recording.complete
    assert same(recording, of_torch.recording)
