"""A disk that is full, or takes nothing: a message that says what to do, exit code 2, and nothing is lost."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.faults_under_load.amounts import chance, rounds
from tests.faults_under_load.conftest import VERBS
from tests.faults_under_load.disk import FilesUpTo, fill, read_only, small_disk
from tests.faults_under_load.workplace import ROOT, Ended, Workplace, command, run, sound

REMEDIES = ("make room", "choose another folder with --reports", "name another folder with --reports")


def told(ended: Ended) -> bool:
    """Whether a verb that could not write said why and what to do, in a few lines."""
    assert ended.code == 2, ended
    assert any(remedy in ended.err for remedy in REMEDIES), ended
    return len(ended.err.splitlines()) <= 3


def files(folder: Path) -> dict[str, str]:
    """Return the digest of every file below ``folder`` but for locks."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def mended(work: Workplace, whole: Workplace) -> bool:
    """Run everything again and say whether it comes out as where nothing was in the way."""
    work.through(*VERBS)
    return work.report_bytes() == whole.report_bytes() and work.plan_bytes() == whole.plan_bytes()


def kept(before: Mapping[str, str], work: Workplace, verb: str) -> bool:
    """Whether all is still there that ``verb`` does not make anew; a report that fails leaves the old one."""
    anew = {"plan": "plan/", "record": "selection/recordings/", "compare": "selection/comparison.json", "report": "!"}
    after = files(work.reports)
    made = (anew[verb], "cache/")  # what is kept there may go at any time
    return all(after.get(name) == digest for name, digest in before.items() if not name.startswith(made))


@pytest.mark.parametrize("number", rounds())
@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_becomes_full_costs_nothing_that_is_on_it(
    verb: str, number: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    whole = stages["whole"]
    with small_disk(place) as disk:
        work = (stages["record"] if verb == "record" else whole).copy(disk / "work")
        before = files(work.reports)
        ballast = fill(disk, free=chance("full", verb, number).randrange(48) * 1024)
        ended = work.run(verb)
        assert ended.code == 0 or told(ended)
        assert kept(before, work, verb)
        assert ended.code == 0 or verb == "record" or work.left_behind() == []
        stored, asked = work.stored(), work.evaluated()
        ballast.unlink()
        assert mended(work, whole)
        assert not stored & (work.evaluated() - asked).keys()


@pytest.mark.parametrize("size", [0, 3000])
@pytest.mark.parametrize("verb", VERBS)
def test_a_file_that_may_not_grow_is_a_full_disk(
    verb: str, size: int, stages: Mapping[str, Workplace], place: Path
) -> None:
    whole = stages["whole"]
    work = (stages["record"] if verb == "record" else whole).copy(place)
    before = files(work.reports)
    assert told(run(*work.line(verb), before=FilesUpTo(size)))
    assert kept(before, work, verb)
    assert mended(work, whole)


@pytest.mark.parametrize("verb", VERBS)
def test_a_reports_folder_that_cannot_be_written_is_a_message_and_changes_nothing(
    verb: str, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = (stages["record"] if verb == "record" else stages["whole"]).copy(place)
    before = files(work.reports)
    with read_only(work.reports):
        assert told(work.run(verb))
        assert files(work.reports) == before


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_where_the_reports_folder_should_be_is_a_message(
    verb: str, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["plan"].copy(place)
    work.reports.write_text("in the way")
    ended = work.run(verb)
    assert ended.code == 2
    assert "is a file" in ended.err
    assert work.reports.read_text() == "in the way"


@pytest.mark.parametrize("verb", ["record", "compare", "report"])
def test_a_file_where_a_folder_below_it_should_be_is_a_message(
    verb: str, stages: Mapping[str, Workplace], place: Path
) -> None:
    work = stages["record"].copy(place)
    work.home.write_text("in the way")
    ended = work.run(verb)
    assert ended.code == 2
    assert str(work.home) in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full to print to")
@pytest.mark.parametrize("verb", VERBS)
def test_what_cannot_be_printed_is_a_message_and_the_files_are_whole(
    verb: str, stages: Mapping[str, Workplace], place: Path
) -> None:
    whole = stages["whole"]
    work = whole.copy(place)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*work.line(verb)),
            cwd=ROOT,
            env={**os.environ, **work.environ},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert told(sound(Ended(code=done.returncode, out="", err=done.stderr)))
    assert work.report_bytes() == whole.report_bytes()
    assert work.plan_bytes() == whole.plan_bytes()
