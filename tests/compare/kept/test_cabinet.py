"""A file of judgements that is damaged, foreign, locked or full costs time, and no verdict."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from harness.compare.compare import compare
from harness.compare.kept import cabinet
from harness.compare.kept.cabinet import Cabinet
from harness.compare.kept.keys import key_of
from harness.plan.plan import Plan
from tests.compare.bench import TRUE, plan, problem, recording
from tests.compare.kept.marks import mark, remembered, taken_over


@pytest.fixture(scope="module")
def asked() -> Plan:
    rng = np.random.default_rng(3)
    drawn = (rng.standard_normal((2, 2, 5)) for _ in range(12))
    return plan(*(problem(x, v, case=f"case-{number}") for number, (x, v) in enumerate(drawn)))


@pytest.fixture(scope="module")
def true(asked: Plan) -> str:
    return repr(compare(asked, {"kernel": recording(asked, TRUE)}))


@pytest.fixture(scope="module")
def whole(asked: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "kept.sqlite"
    remembered(asked, {"kernel": recording(asked, TRUE)}, path)
    return path


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _text(path: Path) -> None:
    path.write_text("this is no database, whatever its name says\n" * 100)


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE kept (somebody TEXT, elses TEXT)")


def _older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA user_version = 0")


def _checksum(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE kept SET value = replace(value, 'within bound', 'exact'), sum = sum")


@pytest.mark.parametrize("damage", [_cut, _text, _foreign, _older, _checksum])
def test_a_damaged_file_is_named_once_and_made_anew(
    tmp_path: Path, asked: Plan, true: str, whole: Path, damage: Callable[[Path], None]
) -> None:
    path = Path(shutil.copy(whole, tmp_path / "kept.sqlite"))
    damage(path)
    found, said = remembered(asked, {"kernel": recording(asked, TRUE)}, path)
    assert repr(found) == true
    assert len(said) == 1
    assert said[0].startswith(f"{path}: what earlier runs judged cannot be used")
    mark(path)
    again, said = remembered(asked, {"kernel": recording(asked, TRUE)}, path)
    assert len(taken_over(again)) == len(asked.problems)
    assert said == []


@pytest.mark.parametrize("part", range(24))
def test_changed_bytes_anywhere_change_no_verdict(
    tmp_path: Path, asked: Plan, true: str, whole: Path, part: int
) -> None:
    path = Path(shutil.copy(whole, tmp_path / "kept.sqlite"))
    content = bytearray(path.read_bytes())
    for at in range(part * 37, len(content), 24 * 37):
        content[at] ^= 0x11
    path.write_bytes(content)
    assert repr(remembered(asked, {"kernel": recording(asked, TRUE)}, path)[0]) == true
    assert repr(remembered(asked, {"kernel": recording(asked, TRUE)}, path)[0]) == true


def test_an_empty_file_is_a_new_one(tmp_path: Path, asked: Plan, true: str) -> None:
    path = tmp_path / "kept.sqlite"
    path.touch()
    found, said = remembered(asked, {"kernel": recording(asked, TRUE)}, path)
    assert (repr(found), said) == (true, [])


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, asked: Plan, true: str) -> None:
    (tmp_path / "cache").write_text("a file, where a folder should be")
    found, said = remembered(asked, {"kernel": recording(asked, TRUE)}, tmp_path / "cache" / "kept.sqlite")
    assert repr(found) == true
    assert len(said) == 1


def test_a_file_that_another_program_holds_is_done_without(
    tmp_path: Path, asked: Plan, true: str, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(whole, tmp_path / "kept.sqlite"))
    monkeypatch.setattr(cabinet, "_PATIENCE", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        found, said = remembered(asked, {"kernel": recording(asked, TRUE)}, path)
    assert repr(found) == true
    assert len(said) == 1
    assert "locked" in said[0]


def test_runs_at_the_same_time_disturb_nobody(tmp_path: Path, asked: Plan, true: str) -> None:
    path = tmp_path / "kept.sqlite"
    recordings = {"kernel": recording(asked, TRUE)}
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: remembered(asked, recordings, path), range(4)))
    assert [(repr(found), said) for found, said in runs] == [(true, [])] * 4
    mark(path)
    assert len(taken_over(remembered(asked, recordings, path)[0])) == len(asked.problems)


def test_what_was_judged_before_an_interruption_is_kept(tmp_path: Path, asked: Plan) -> None:
    path = tmp_path / "kept.sqlite"

    def interrupt(done: int) -> None:
        if done:  # it is told at the beginning, too
            raise KeyboardInterrupt

    alone = plan(*asked.problems, problem([1.0, 2.0], [1.0, 0.0], case="of another shape"))
    with pytest.raises(KeyboardInterrupt), closing(Cabinet(path, note=lambda _text: None)) as kept:
        compare(alone, {"kernel": recording(alone, TRUE)}, progress=interrupt, kept=kept)
    mark(path)
    found = taken_over(remembered(alone, {"kernel": recording(alone, TRUE)}, path)[0])
    assert len(found) == len(asked.problems)


def test_the_oldest_entries_go_where_there_are_too_many(tmp_path: Path) -> None:
    path, names = tmp_path / "kept.sqlite", [key_of("a test", number) for number in range(6)]
    for first in (0, 2):
        with closing(Cabinet(path, note=pytest.fail)) as kept:
            for name in names[first : first + 2]:
                kept.keep(name, bytes(1000))
    with closing(Cabinet(path, note=pytest.fail, largest=4000)) as kept:
        assert kept.find(names[0]) is not None, "used again, so the other one of its run is the oldest"
        for name in names[4:]:
            kept.keep(name, bytes(1000))
    with closing(Cabinet(path, note=pytest.fail)) as kept:
        assert [kept.find(name) is not None for name in names] == [True, False, False, True, True, True]


def test_what_the_last_run_used_stays_whatever_it_needs(tmp_path: Path) -> None:
    path, names = tmp_path / "kept.sqlite", [key_of("a test", number) for number in range(3)]
    for _ in range(2):
        with closing(Cabinet(path, note=pytest.fail, largest=10)) as kept:
            for name in names:
                kept.keep(name, bytes(1000))
    with closing(Cabinet(path, note=pytest.fail)) as kept:
        assert all(kept.find(name) for name in names)
