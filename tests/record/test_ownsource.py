"""The recorder's own code is part of what made a recording: where it changes, the recording is stale."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.record.ownsource import recorder_digest
from harness.record.runner import Ending, Run
from tests.record.bench import ROOT, Notes, around_the_mark, run, write


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("package") / "harness"
    shutil.copytree(ROOT / "harness", copied, ignore=shutil.ignore_patterns("__pycache__"))
    return copied


def test_the_digest_is_that_of_the_package_wherever_it_lies(package: Path) -> None:
    assert recorder_digest(package) == recorder_digest()


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("record/evaluate.py", True),
        ("record/worker.py", True),
        ("record/codec.py", True),
        ("adapters/contract.py", True),
        ("adapters/functions.py", True),
        ("adapters/exchange.py", True),
        ("arraypack.py", True),
        ("call.py", True),
        ("vocabulary.py", True),
        ("parts.py", True),
        ("record/a_new_module.py", True),
        ("adapters/torch.py", False),  # an adapter's own files are digested with it
        ("adapters/jax_precision.py", False),
        ("compare/judge.py", False),
        ("cli/verify.py", False),
        ("adapters/README.md", False),
    ],
)
def test_it_changes_with_every_file_of_the_recorder_and_with_no_other(file: str, counts: bool, package: Path) -> None:
    path = package / file
    before = path.read_bytes() if path.exists() else None
    try:
        path.write_bytes((before or b"") + b"\n")
        assert (recorder_digest(package) != recorder_digest()) is counts
    finally:
        path.unlink() if before is None else path.write_bytes(before)


def test_it_changes_where_two_files_change_places(package: Path) -> None:
    one, other = package / "record" / "watch.py", package / "record" / "lock.py"
    first, second = one.read_bytes(), other.read_bytes()
    try:
        one.write_bytes(second)
        other.write_bytes(first)
        assert recorder_digest(package) != recorder_digest()
    finally:
        one.write_bytes(first)
        other.write_bytes(second)


@pytest.fixture
def done(tmp_path: Path) -> Run:
    return run("honest", tmp_path, write(tmp_path, around_the_mark()))


def test_a_recording_of_the_same_recorder_is_left_as_it_is(done: Run, tmp_path: Path) -> None:
    assert done.read().header.harness == recorder_digest()
    assert run("honest", tmp_path, write(tmp_path, around_the_mark())).ending is Ending.ALREADY


@pytest.mark.parametrize("said", ["0" * 64, None], ids=["another recorder", "a recorder that did not say"])
def test_a_complete_recording_of_another_recorder_is_begun_anew(said: str | None, done: Run, tmp_path: Path) -> None:
    path = done.folder / "header.json"
    header = json.loads(path.read_text())
    del header["harness"], header["seal"]
    path.write_text(json.dumps(header if said is None else header | {"harness": said}))
    notes = Notes()
    again = run("honest", tmp_path, write(tmp_path, around_the_mark()), notes=notes)
    assert again.ending is Ending.RECORDED
    assert again.read().header.harness == recorder_digest()
    assert any("made with other surroundings: the recorder's own code" in note for note in notes)
