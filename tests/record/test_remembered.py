"""Where nothing is to be evaluated the framework is not imported; where anything could have changed, it is asked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.record import remembered as module
from harness.record.crew import Crew
from harness.record.elsewhere import reachable
from harness.record.remembered import stamp_of
from harness.record.runner import Ending, Run
from harness.record.store import rename_recording
from tests.record.bench import WRONG, Notes, problem, run, same, write

ONE, OTHER = problem("one", [[0.5, 1.0]]), problem("other", [[2.0, 1.0]])


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function from whose call on nobody waits for a framework."""
    if stamp_of("reference", device=None, environ=os.environ) is None:
        pytest.skip("this machine has an accelerator, or a package that is edited in place")

    def refuses(_: Crew) -> Any:
        raise AssertionError("the framework is asked")

    return lambda: monkeypatch.setattr(Crew, "open", refuses)


@pytest.fixture
def first(tmp_path: Path) -> Run:
    return run("reference", tmp_path, write(tmp_path, [ONE, OTHER]))


def test_a_complete_recording_is_found_complete_without_the_framework(
    first: Run, tmp_path: Path, no_process: Callable[[], None]
) -> None:
    before = first.read()
    no_process()
    again = run("reference", tmp_path, write(tmp_path, [ONE, OTHER]))
    assert again.ending is Ending.ALREADY
    assert same(again.read(), before)


def test_a_plan_that_asks_nothing_new_is_recorded_without_the_framework(
    first: Run, tmp_path: Path, no_process: Callable[[], None]
) -> None:
    no_process()
    fewer = run("reference", tmp_path, write(tmp_path, [OTHER]))
    assert (fewer.ending, fewer.taken, fewer.planned) == (Ending.RECORDED, 2, 2)
    assert fewer.read().header.description == first.header.description


def test_fresh_asks_the_framework(first: Run, tmp_path: Path, no_process: Callable[[], None]) -> None:
    no_process()
    with pytest.raises(AssertionError, match="the framework is asked"):
        run("reference", tmp_path, write(tmp_path, [ONE, OTHER]), fresh=True)


def test_an_adapter_from_outside_is_asked_each_time(tmp_path: Path, no_process: Callable[[], None]) -> None:
    kernel = str(WRONG / "honest.py")
    run(kernel, tmp_path, write(tmp_path, [ONE]))
    no_process()
    with pytest.raises(AssertionError, match="the framework is asked"):
        run(kernel, tmp_path, write(tmp_path, [ONE]))


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"stamp": 7}', None])
def test_what_is_not_remembered_whole_is_asked_again(damage: str | None, first: Run, tmp_path: Path) -> None:
    path = first.folder / "opening.json"
    if damage is None:
        value = json.loads(path.read_text())
        del value["description"]["version"]
        damage = json.dumps(value)
    path.write_text(damage)
    notes = Notes()
    assert run("reference", tmp_path, write(tmp_path, [ONE, OTHER]), notes=notes).ending is Ending.ALREADY
    assert notes == []


def test_a_framework_that_says_something_else_when_it_is_asked_is_recorded_anew(first: Run, tmp_path: Path) -> None:
    path, header = first.folder / "opening.json", first.read().header
    value = json.loads(path.read_text())
    value["description"]["version"] = "0.0"
    path.write_text(json.dumps(value))
    assert header.description is not None
    rename_recording(first.folder, replace(header, description=replace(header.description, version="0.0")))
    notes = Notes()
    again = run("reference", tmp_path, write(tmp_path, [ONE, OTHER, problem("more", [[3.0]])]), notes=notes)
    assert (again.ending, again.taken) == (Ending.RECORDED, 0)
    assert again.read().header.description == header.description
    assert any("other surroundings: description" in note for note in notes)


def stamped(tmp_path: Path, *, device: str | None = None, **environ: str) -> str | None:
    searched, devices = tmp_path / "site-packages", tmp_path / "dev"
    return stamp_of("torch", device=device, environ=environ, searched=[str(searched)], devices=devices)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "site-packages" / "torch-2.13.0.dist-info").mkdir(parents=True)
    (tmp_path / "site-packages" / "torch-2.13.0.dist-info" / "RECORD").write_text("a,b,c")
    return tmp_path


def test_the_stamp_is_the_same_where_nothing_has_changed(place: Path) -> None:
    assert stamped(place) == stamped(place) is not None


def installs_another_version(place: Path, _: pytest.MonkeyPatch) -> None:
    (place / "site-packages" / "torch-2.13.0.dist-info").rename(place / "site-packages" / "torch-2.13.1.dist-info")


def installs_the_same_version_again(place: Path, _: pytest.MonkeyPatch) -> None:
    record = place / "site-packages" / "torch-2.13.0.dist-info" / "RECORD"
    os.utime(record, ns=(0, record.stat().st_mtime_ns + 1))


def installs_one_more_package(place: Path, _: pytest.MonkeyPatch) -> None:
    (place / "site-packages" / "mkl-1.dist-info").mkdir()


def adds_a_folder_to_the_path(place: Path, _: pytest.MonkeyPatch) -> None:
    (place / "site-packages" / "mine.pth").write_text("/elsewhere")


def has_fewer_processors(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_cpus", lambda: 1023)


def has_another_processor(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "processor_features", lambda: "mmx")


def edits_an_adapter(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_sources", lambda: "edited")


@pytest.mark.parametrize(
    "change",
    [
        *(installs_another_version, installs_the_same_version_again, installs_one_more_package),
        *(adds_a_folder_to_the_path, has_fewer_processors, has_another_processor, edits_an_adapter),
    ],
)
def test_the_stamp_is_another_one_where_the_framework_could_say_something_else(
    change: Callable[[Path, pytest.MonkeyPatch], None], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stamped(place)
    change(place, monkeypatch)
    assert before is not None
    assert stamped(place) not in (before, None)


@pytest.mark.parametrize(
    "how",
    [{"device": "cpu"}, {"OMP_NUM_THREADS": "3"}, {"PYTHONPATH": "/elsewhere"}, {"LD_LIBRARY_PATH": "/elsewhere"}],
)
def test_the_stamp_is_another_one_for_another_device_or_variable(how: dict[str, Any], place: Path) -> None:
    assert stamped(place, **how) not in (stamped(place), None)


def test_the_stamp_is_the_same_in_each_folder_by_which_another_python_finds_this_harness(place: Path) -> None:
    alone = stamped(place)
    for _ in range(2):
        with reachable({}) as environ:
            assert alone == stamped(place, **environ)
            assert stamped(place, PYTHONPATH=f"{environ['PYTHONPATH']}{os.pathsep}/x") == stamped(
                place, PYTHONPATH="/x"
            )
            (Path(environ["PYTHONPATH"]) / "torch").mkdir()
            assert alone != stamped(place, **environ)
            (Path(environ["PYTHONPATH"]) / "torch").rmdir()


def test_there_is_no_stamp_where_a_package_is_edited_in_place(place: Path) -> None:
    origin = place / "site-packages" / "torch-2.13.0.dist-info" / "direct_url.json"
    origin.write_text('{"dir_info": {"editable": true}, "url": "file:///src/torch"}')
    assert stamped(place) is None


@pytest.mark.parametrize("node", ["nvidia0", "kfd", "accel0"])
def test_there_is_no_stamp_where_there_is_an_accelerator(node: str, place: Path) -> None:
    (place / "dev" / node).touch()
    assert stamped(place) is None
