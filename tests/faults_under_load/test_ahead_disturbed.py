"""The process that calls ahead, and those beside it, killed and interrupted: the bits are those of one alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.adapters.framework import usable_cpus
from harness.record.recording import Recording
from harness.record.store import read_recording
from tests.faults_under_load.amounts import chance, rounds
from tests.faults_under_load.workplace import Workplace, children, finish, gone, kill, run, sound, start, wait_until
from tests.record.bench import same

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes by /proc"),
    pytest.mark.skipif(usable_cpus() < 2, reason="on one processor nothing is called ahead"),
]
KEEPS = Path(__file__).parent / "adapters" / "keeps.py"
WHO = ["ahead", "recorder", "recording process", "both children", "all"]
SHAPES = range(3, 15)  # each of which JAX compiles for itself
CASES = "format: 1\ntheme: enough to be compiled at\ncases:\n" + "".join(
    f"""\
  - id: case-{length}
    why: to be interrupted
    source: here
    op: softmax
    dtype: [float32, float64]
    x: {{normal: {{shape: [2, {length}], scale: 3, seed: {length}}}}}
    check: [forward, vjp, jvp, hvp]
"""
    for length in SHAPES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """A place that is ready to be recorded, how that is done there, and what comes of it where nothing is called ahead.

    ``seconds`` is for how long two processes may be expected to work beside each other.
    """

    work: Workplace
    adapter: str | Path
    python: str
    seconds: float
    recording: Recording

    @property
    def name(self) -> str:
        """The adapter's name, and that of its recordings."""
        return Path(self.adapter).stem

    def start(self, work: Workplace) -> subprocess.Popen[str]:
        """Start to record in a copy of the place."""
        return start(*_record(self.adapter, work), environ=_kept(work), python=self.python)

    def complete(self, work: Workplace) -> Recording:
        """Return what is recorded in a copy of the place after the same command was given again."""
        assert run(*_record(self.adapter, work), environ=_kept(work), python=self.python).code == 0
        recording = _recorded(work, self.name)
        assert recording.complete
        return recording


def _record(adapter: str | Path, work: Workplace) -> tuple[str | Path, ...]:
    return ("record", adapter, "--reports", work.reports)


def _kept(work: Workplace) -> dict[str, str]:
    folder = work.folder / "kept"
    folder.mkdir(exist_ok=True)
    return {"KEPT": str(folder)}


def _recorded(work: Workplace, name: str) -> Recording:
    return read_recording(work.home / "recordings" / name, plan=None)


def undisturbed(
    work: Workplace, adapter: str | Path, *, python: str, seconds: float, before: Callable[[], None] | None = None
) -> Undisturbed:
    """Return a place as it was found, and record a copy of it with nothing called ahead."""
    alone = work.copy(work.folder.parent / "alone")
    assert run(*_record(adapter, alone), python=python, before=before).code == 0
    recording = _recorded(alone, Path(adapter).stem)
    return Undisturbed(work=work, adapter=adapter, python=python, seconds=seconds, recording=recording)


@pytest.fixture(scope="module")
def of_files(stages: Mapping[str, Workplace], tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    work = stages["record"].copy(tmp_path_factory.mktemp("keeps") / "planned")
    return undisturbed(work, KEEPS, python=sys.executable, seconds=3.0)


@pytest.fixture(scope="module")
def of_jax(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    python = os.environ.get("HARNESS_PYTHON_JAX", "")
    if not Path(python).is_file():
        pytest.skip("HARNESS_PYTHON_JAX names no interpreter with JAX")
    folder = tmp_path_factory.mktemp("jax")
    (folder / "cases.yaml").write_text(CASES)
    work = Workplace(folder / "planned", cases=folder / "cases.yaml")
    work.through("plan")
    one = min(os.sched_getaffinity(0))
    return undisturbed(work, "jax", python=python, seconds=6.0, before=lambda: os.sched_setaffinity(0, {one}))


def beside_each_other(process: subprocess.Popen[str]) -> tuple[int, int]:
    """Return the recording process and the one that calls ahead, once both are there."""
    wait_until(lambda: children(process.pid))
    first = children(process.pid)[0]
    wait_until(lambda: process.poll() is not None or len(children(process.pid)) == 2)
    others = [each for each in children(process.pid) if each != first]
    assert len(others) == 1, "no process was started to call ahead"
    return first, others[0]


def at_work(case: Undisturbed, work: Workplace, who: str, number: int) -> tuple[subprocess.Popen[str], int, int]:
    """Record, and return the processes at a random moment at which two of them work."""
    process = case.start(work)
    first, second = beside_each_other(process)
    time.sleep(chance("ahead", case.name, who, number).uniform(0, 1) * case.seconds)
    return process, first, second


def killed(case: Undisturbed, work: Workplace, who: str, number: int) -> None:
    """Record, kill ``who`` at a random moment, and see what that leaves behind."""
    process, first, second = at_work(case, work, who, number)
    victims = {
        "ahead": [second],
        "recorder": [process.pid],
        "recording process": [first],
        "both children": [second, first],
        "all": [second, first, process.pid],
    }[who]
    for each in victims:
        kill(each)
    ended = finish(process)
    if process.pid not in victims:
        assert sound(ended).code == 0
        assert same(_recorded(work, case.name), case.recording)
    wait_until(lambda: gone([first, second]))


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("who", WHO)
def test_whoever_is_killed_the_recording_is_that_of_one_process(
    who: str, number: int, of_files: Undisturbed, place: Path
) -> None:
    work = of_files.work.copy(place)
    killed(of_files, work, who, number)
    assert same(of_files.complete(work), of_files.recording)


@pytest.mark.parametrize("number", rounds(1))
@pytest.mark.parametrize("by", ["SIGINT", "SIGTERM"])
def test_a_signal_to_all_three_is_an_interruption_and_no_crash(
    by: str, number: int, of_files: Undisturbed, place: Path
) -> None:
    work = of_files.work.copy(place)
    process, first, second = at_work(of_files, work, by, number)
    for each in (second, first, process.pid):
        with suppress(ProcessLookupError):
            os.kill(each, signal.Signals[by])
    assert sound(finish(process)).code in (0, 130)
    wait_until(lambda: gone([first, second]))
    assert same(of_files.complete(work), of_files.recording)


@pytest.mark.parametrize("number", rounds(1))
def test_what_jax_had_kept_when_it_was_killed_gives_the_same_bits(
    number: int, of_jax: Undisturbed, place: Path
) -> None:
    work = of_jax.work.copy(place)
    killed(of_jax, work, WHO[number % len(WHO)], number)
    assert same(of_jax.complete(work), of_jax.recording)
    again = run(*_record("jax", work), "--fresh", python=of_jax.python)  # of what is kept by now, by whomever
    assert again.code == 0
    assert same(_recorded(work, "jax"), of_jax.recording)
