from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from harness.bench.contract import Effort, NotMeasured, Ratio, Setup
from harness.bench.scaling import BENCHMARK
from harness.bench.watched import NotWatched, watched

ROOT = Path(__file__).parents[2]
MEGABYTES = 200


def python(code: str, folder: Path) -> tuple[float, int]:
    used = watched([sys.executable, "-c", code], environ=os.environ, folder=folder)
    return used.seconds, used.memory


def test_memory_of_its_own_is_seen_at_its_peak_and_that_of_its_children_is_added(tmp_path: Path) -> None:
    _, nothing = python("pass", tmp_path)
    hold = f"import time; held = b'x' * ({MEGABYTES} << 20); time.sleep(1)"
    _, once = python(hold, tmp_path)
    start = f"subprocess.run([sys.executable, '-c', {hold!r}])"
    twice = f"import subprocess, sys; held = b'x' * ({MEGABYTES} << 20); {start}"
    _, both = python(twice, tmp_path)
    assert MEGABYTES << 20 <= once - nothing < (MEGABYTES + 20) << 20
    assert 2 * MEGABYTES << 20 <= both - nothing < (2 * MEGABYTES + 40) << 20


def test_a_file_that_is_mapped_is_nobodys_own(tmp_path: Path) -> None:
    code = (
        "import mmap, time\n"
        f"with open('mapped', 'w+b') as file:\n    file.truncate({MEGABYTES} << 20)\n"
        f"    mapped = mmap.mmap(file.fileno(), {MEGABYTES} << 20)\n"
        f"    for at in range(0, {MEGABYTES} << 20, 4096):\n        mapped[at] = 1\n    time.sleep(1)"
    )
    assert python(code, tmp_path)[1] < MEGABYTES << 19


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotWatched, match="exit code 3: no such luck"):
        python("import sys; print('no such luck'); sys.exit(3)", tmp_path)


def test_every_step_is_measured_and_what_it_adds_is_a_multiple_of_the_input(tmp_path: Path) -> None:
    setup = Setup(
        environ=dict(os.environ),
        environments=ROOT / ".tox",
        folder=tmp_path,
        effort=Effort.QUICK,
        step=lambda *_: nullcontext(lambda _: None),
    )
    figures = list(BENCHMARK.measure(setup))
    assert not [figure for figure in figures if isinstance(figure, NotMeasured)]
    memory = [figure for figure in figures if isinstance(figure, Ratio) and figure.unit == "MB"]
    assert memory == figures  # two sizes say nothing of time
    assert {figure.setting for figure in memory} == {"1e4 elements, n = 1000"}
    assert any(figure.subject.startswith("memory of plan, beyond that of 1e3 elements") for figure in memory)
    assert all(figure.at_most is None for figure in memory)
