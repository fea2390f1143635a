"""A second process that compiles ahead is of use alone: whatever it does, the recording is that of the first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.record import ahead
from harness.record.child import Child
from harness.record.runner import Run
from harness.vocabulary import Quantity
from tests.record.bench import LIMITS, problem, run, same, write

PROBLEMS = [problem(f"p{k}", [[k / 7, float(k), -k / 3]], check=[Quantity.FORWARD]) for k in range(60)]

WAITS_AT = "40"  # the number of the problem at which the first process lets the second begin, however slow the machine


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").mkdir()
    monkeypatch.setenv("TEST_AHEAD_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_AHEAD", "works")
    monkeypatch.setattr(ahead, "usable_cpus", lambda: 2)


def recorded(reports: Path) -> Run:
    return run("ahead", reports, write(reports, PROBLEMS), limits=replace(LIMITS, memory=1 << 30))


def called(reports: Path, which: str) -> list[int]:
    """Return the problems at which the first or the second process has called the adapter."""
    return sorted(int(file.name.split()[0]) for file in (reports / "kept").glob(f"* {which}"))


@pytest.mark.parametrize(
    ("does", "calls"),
    [
        ("works", range(1, 45)),
        ("returns something else", range(1, 45)),
        ("dies", [1]),
        ("hangs", [1]),
        ("grows", range(1, 5)),
    ],
)
def test_a_recording_is_that_of_the_first_process_whatever_the_second_does(
    does: str, calls: Sequence[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_AHEAD", does)
    monkeypatch.setenv("TEST_AHEAD_WAITS_AT", WAITS_AT)
    found = recorded(tmp_path)
    assert called(tmp_path, "first") == list(range(len(PROBLEMS)))
    assert found.results == {"returned": len(PROBLEMS)}
    honest = run("honest", tmp_path / "honest", write(tmp_path / "honest", PROBLEMS))
    assert same(found.read(), honest.read())
    second = called(tmp_path, "second")
    assert second[-1] == len(PROBLEMS) - 1
    assert len(second) in calls


def test_it_begins_at_the_end_and_stops_where_the_first_has_come_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_AHEAD_WAITS_AT", WAITS_AT)
    recorded(tmp_path)
    second = called(tmp_path, "second")
    assert second == list(range(second[0], len(PROBLEMS)))
    assert second[0] > ahead._SIGNS


def test_there_is_none_where_everything_is_kept_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    for waits_at in (WAITS_AT, "nan"):
        (tmp_path / "first").unlink(missing_ok=True)
        monkeypatch.setenv("TEST_AHEAD_WAITS_AT", waits_at)
        found = run("ahead", tmp_path, write(tmp_path, PROBLEMS), fresh=True)
        calls.append(json.loads((found.folder / "run.json").read_text())["calls ahead"])
    assert calls[0] > 0
    assert calls[1] == 0


def test_there_is_none_on_a_single_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "usable_cpus", lambda: 1)
    recorded(tmp_path)
    assert called(tmp_path, "second") == []


def test_it_makes_no_call_that_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_AHEAD_WAITS_AT", WAITS_AT)
    large = problem("large", np.full((1, ahead._LARGE // 8), 99.0), check=[Quantity.FORWARD])
    found = run("ahead", tmp_path, write(tmp_path, [*PROBLEMS, large]), limits=LIMITS)
    assert found.results == {"returned": len(PROBLEMS) + 1}
    assert 99 in called(tmp_path, "first")
    assert called(tmp_path, "second")[-1] == len(PROBLEMS) - 1


def test_there_is_none_where_the_system_starts_no_further_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = []

    class Last(Child):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            if processes:
                raise BlockingIOError("Resource temporarily unavailable")
            processes.append(self)
            super().__init__(*arguments, **named)

    monkeypatch.setattr("harness.record.crew.Child", Last)
    found = recorded(tmp_path)
    assert found.results == {"returned": len(PROBLEMS)}
    assert called(tmp_path, "second") == []
