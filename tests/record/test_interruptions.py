from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.adapters.registry import AdapterFault
from harness.plan.plan import Plan
from harness.record.lock import AlreadyLocked, locked
from harness.record.recording import Crashed, Recording
from harness.record.runner import Ending
from harness.record.segment import segments
from harness.record.store import read_recording
from harness.vocabulary import Quantity
from tests.record.bench import MARKED, ROOT, WRONG, Notes, around_the_mark, problem, run, same, write

PROBLEMS = 60  # of 50 milliseconds each in the adapter called slow


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    reports = tmp_path_factory.mktemp("uninterrupted")
    return run("honest", reports, write(reports, many())).read()


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return write(tmp_path, many())


def many() -> list[object]:
    return [problem(f"p{k}", [[k / 7, 1.0, -k / 3]], check=list(Quantity)) for k in range(PROBLEMS)]


def start(reports: Path, *options: str, adapter: str = "slow") -> subprocess.Popen[str]:
    recorder = ["record", str(WRONG / f"{adapter}.py"), *options, "--reports", str(reports)]
    command = [sys.executable, "-m", "harness", *recorder]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(true: Callable[[], object], *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="finds processes by /proc")


@needs_proc
def test_ctrl_c_keeps_what_is_done_and_the_same_command_does_the_rest(
    tmp_path: Path, plan: Plan, uninterrupted: Recording
) -> None:
    home = tmp_path / "recordings" / "slow"
    recorder = start(tmp_path)
    wait_until(lambda: home.exists() and segments(home))
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate(timeout=30)
    assert recorder.returncode == 130
    kept = read_recording(home, plan=plan.digest)
    assert not kept.complete
    assert 0 < len(kept.entries) < len(Quantity) * PROBLEMS
    assert (
        f"{len(kept.entries)} of {len(Quantity) * PROBLEMS} evaluations are recorded; the same command does the rest"
        in said
    )
    first = (home / "segment-0000.npy").stat()
    again = start(tmp_path)
    assert again.wait(timeout=60) == 0
    assert [line for line in again.communicate()[1].splitlines() if not line.endswith(" left")] == []  # but how far
    assert (home / "segment-0000.npy").stat() == first
    done = read_recording(home, plan=plan.digest)
    assert done.complete
    assert same(done, uninterrupted)


@needs_proc
def test_ctrl_c_in_a_fresh_recording_says_that_fresh_would_begin_again(tmp_path: Path, plan: Plan) -> None:
    home = tmp_path / "recordings" / "slow"
    recorder = start(tmp_path, "--fresh")
    wait_until(lambda: home.exists() and segments(home))
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate(timeout=30)
    assert recorder.returncode == 130
    assert "the same command without --fresh does the rest" in said


@needs_proc
def test_ctrl_c_and_then_another_plan_keeps_what_that_asks_too(tmp_path: Path, uninterrupted: Recording) -> None:
    write(tmp_path, many())
    home = tmp_path / "recordings" / "slow"
    recorder = start(tmp_path)
    wait_until(lambda: home.exists() and segments(home))
    recorder.send_signal(signal.SIGINT)
    recorder.communicate(timeout=30)
    kept = len(read_recording(home, plan=None).entries)
    done = run("slow", tmp_path, write(tmp_path, [problem("another", [[9.0, 9.5]]), *many()]))
    assert (done.taken, done.planned) == (kept, len(Quantity) * PROBLEMS + 2)
    of_another = [key for key in done.read().entries if key[0] == "another"]
    assert same(
        replace(
            done.read(),
            entries={key: entry for key, entry in done.read().entries.items() if key not in of_another},
        ),
        uninterrupted,
    )


@needs_proc
def test_a_killed_child_costs_at_most_one_evaluation(tmp_path: Path, plan: Plan, uninterrupted: Recording) -> None:
    home = tmp_path / "recordings" / "slow"
    recorder = start(tmp_path)
    wait_until(lambda: home.exists() and any(home.iterdir()) and children(recorder.pid))
    time.sleep(0.5)
    os.kill(children(recorder.pid)[0], signal.SIGKILL)
    assert recorder.wait(timeout=60) == 0
    recorder.communicate()
    done = read_recording(home, plan=plan.digest)
    killed = [key for key, entry in done.entries.items() if isinstance(entry.result, Crashed)]
    assert len(killed) <= 1
    assert same(done, uninterrupted, but=killed)


@needs_proc
def test_a_killed_recorder_leaves_no_process_behind_and_is_resumed(
    tmp_path: Path, plan: Plan, uninterrupted: Recording
) -> None:
    home = tmp_path / "recordings" / "slow"
    recorder = start(tmp_path)
    wait_until(lambda: home.exists() and segments(home))
    (child,) = children(recorder.pid)
    recorder.kill()
    recorder.communicate()
    wait_until(lambda: not running(child))
    notes = Notes()
    assert run("slow", tmp_path, plan, notes=notes).ending is Ending.RECORDED
    assert notes == []
    assert same(read_recording(home, plan=plan.digest), uninterrupted)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel ends a process with its parent")
def test_a_killed_recorder_leaves_no_process_behind_that_lets_no_thread_run(tmp_path: Path) -> None:
    write(tmp_path, around_the_mark())
    recorder = start(tmp_path, adapter="holds_the_interpreter")
    wait_until(lambda: children(recorder.pid))
    (child,) = children(recorder.pid)
    time.sleep(2.0)  # until it is in that call
    recorder.kill()
    recorder.communicate()
    wait_until(lambda: not running(child), seconds=5)


@needs_proc
def test_what_a_dead_process_has_started_is_ended_too(tmp_path: Path) -> None:
    done = run("leaves_processes", tmp_path, write(tmp_path, around_the_mark()))
    crash = done.read().entries[MARKED].result
    assert isinstance(crash, Crashed)
    helper = int(crash.how.removeprefix("it exited with code 3; its last words: "))
    wait_until(lambda: not running(helper), seconds=5)


def test_a_second_recorder_of_the_same_adapter_is_turned_away(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    with (
        locked(tmp_path / "recordings" / "honest"),
        pytest.raises(AlreadyLocked, match="another harness is recording here"),
    ):
        run("honest", tmp_path, plan)


def written(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Say which file each is, how long, and when it was last written; when it was last read is nobody's business."""
    files = [path for path in folder.iterdir() if path.name != ".lock"]
    stats = {path.name: path.stat() for path in files}
    return {name: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


def test_a_recording_that_is_complete_is_left_as_it_is(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    first = run("honest", tmp_path, plan)
    before, results = written(first.folder), first.results
    second = run("honest", tmp_path, plan)
    assert second.ending is Ending.ALREADY
    assert written(first.folder) == before
    assert second.results == results


def test_fresh_records_again(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    before = (run("honest", tmp_path, plan).folder / "manifest.json").stat()
    again = run("honest", tmp_path, plan, fresh=True)
    assert again.ending is Ending.RECORDED
    assert (again.folder / "manifest.json").stat().st_mtime_ns > before.st_mtime_ns


def test_a_changed_adapter_starts_over_and_says_so(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    for name in ("honest.py", "raises.py"):
        (tmp_path / name).write_text((WRONG / name).read_text())
    kernel = tmp_path / "raises.py"
    run(str(kernel), tmp_path, plan)
    kernel.write_text(kernel.read_text().replace("row 3", "row 4"))
    notes = Notes()
    again = run(str(kernel), tmp_path, plan, notes=notes)
    assert notes[0].endswith("was made with other surroundings: the adapter's source")
    assert "row 4" in str(again.read().entries[MARKED].result)


def test_a_changed_module_below_the_adapter_starts_over(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    (tmp_path / "honest.py").write_text((WRONG / "honest.py").read_text())
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "fast.py").write_text("SCALE = 1")
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "from honest import Honest\nfrom kernels.fast import SCALE\n\nclass Kernel(Honest):\n    name = 'kernel'\n"
    )
    assert run(str(kernel), tmp_path, plan).ending is Ending.RECORDED
    assert run(str(kernel), tmp_path, plan).ending is Ending.ALREADY
    (tmp_path / "kernels" / "fast.py").write_text("SCALE = 10")
    assert run(str(kernel), tmp_path, plan).ending is Ending.RECORDED


def test_an_adapter_that_changes_between_two_processes_does_not_share_a_recording(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    (tmp_path / "honest.py").write_text((WRONG / "honest.py").read_text())
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "import os\nfrom honest import Honest\n\nclass Kernel(Honest):\n    name = 'kernel'\n"
        "    def misbehave(self, call):\n"
        "        with open(__file__, 'a') as file:\n            file.write('# mended\\n')\n"
        "        os._exit(1)\n"
    )
    with pytest.raises(AdapterFault, match="changed while it was recorded"):
        run(str(kernel), tmp_path, plan)
    assert not read_recording(tmp_path / "recordings" / "kernel", plan=plan.digest).complete


def test_another_environment_starts_over_and_names_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = write(tmp_path, around_the_mark())
    run("honest", tmp_path, plan)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    notes = Notes()
    assert run("honest", tmp_path, plan, notes=notes).ending is Ending.RECORDED
    assert notes[0].endswith("was made with other surroundings: flags (ATEN_CPU_CAPABILITY)")


def test_a_damaged_beginning_is_not_continued(tmp_path: Path) -> None:
    plan = write(tmp_path, around_the_mark())
    first = run("honest", tmp_path, plan)
    (first.folder / "manifest.json").unlink()
    (first.folder / "segment-0000.npy").write_bytes(b"")
    notes = Notes()
    again = run("honest", tmp_path, plan, notes=notes)
    assert notes[0].startswith("starting over, what is there cannot be used: ")
    assert again.read().complete
    assert len(again.read().entries) == again.planned


@needs_proc
def test_ctrl_c_while_the_framework_is_being_imported_ends_it_all(tmp_path: Path, plan: Plan) -> None:
    recorder = start(tmp_path, adapter="imports_slowly")
    wait_until(lambda: children(recorder.pid))
    (child,) = children(recorder.pid)
    time.sleep(0.5)
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate(timeout=30)
    assert recorder.returncode == 130
    assert said.strip() == "harness: interrupted: what is recorded is kept; the same command does the rest"
    assert not running(child)
