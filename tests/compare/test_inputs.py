"""What was read before all of it was there is what is compared, unless its files have changed since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.compare import inputs
from harness.compare.compare import NotRun
from harness.compare.gather import gather
from harness.compare.inputs import Inputs
from harness.plan.plan import Plan
from harness.plan.store import PlanError
from harness.record.recording import Recording, Returned
from harness.vocabulary import Quantity
from tests.record.bench import problem, run, write

KEY = ("softmax", Quantity.FORWARD)


class Read:
    """A plan and the reference's recording of it, read ahead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = self.made(0.5)
        self.inputs = Inputs(folder / "plan", recordings=folder / "recordings")
        self.inputs.read_ahead("reference")

    @property
    def recording(self) -> Path:
        return self.folder / "recordings" / "reference"

    def made(self, x: float) -> Plan:
        plan = write(self.folder, [problem("softmax", [[x, 2.0]])])
        run("reference", self.folder, plan)
        return plan

    def gathered(self) -> Recording | NotRun:
        return gather(self.folder / "recordings", self.inputs.plan(), inputs=self.inputs)["reference"]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return Read(tmp_path)


def test_what_was_read_ahead_is_not_read_again(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("read_plan", "read_recording"):
        monkeypatch.setattr(inputs, name, lambda *_, **__: pytest.fail("it is read again"))
    gathered = read.gathered()
    assert isinstance(gathered, Recording)
    assert gathered.header.plan == read.inputs.plan().digest == read.plan.digest


def test_what_comes_to_nothing_in_a_folder_is_of_no_weight(read: Read) -> None:
    (read.recording / ".#segment-0000.jsonl").symlink_to("nowhere")
    assert isinstance(read.gathered(), Recording)


def test_it_is_what_is_read_without(read: Read) -> None:
    there = gather(read.folder / "recordings", read.plan)["reference"]
    ahead = read.gathered()
    assert isinstance(there, Recording)
    assert isinstance(ahead, Recording)
    assert ahead.header == there.header
    assert value(ahead) == value(there)


def test_what_was_made_anew_since_is_read_again(read: Read) -> None:
    before = value(read.gathered())
    plan = read.made(0.25)
    assert read.inputs.plan().digest == plan.digest
    after = read.gathered()
    assert isinstance(after, Recording)
    assert after.header.plan == plan.digest
    assert value(after) != before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda folder: _bit(next(folder.glob("segment-*.npy"))), "SHA-256 differs"),
        (lambda folder: next(folder.glob("segment-*.jsonl")).unlink(), "missing"),
        (lambda folder: (folder / "segment-0009.jsonl").write_bytes(b""), "not part of this recording"),
        (lambda folder: _bit(folder / "manifest.json"), "not readable JSON"),
    ],
)
def test_what_was_damaged_since_is_refused(read: Read, change: Callable[[Path], object], why: str) -> None:
    change(read.recording)
    gathered = read.gathered()
    assert isinstance(gathered, NotRun)
    assert why in gathered.reason


def test_what_cannot_be_read_ahead_says_so_when_it_is_asked_for(tmp_path: Path) -> None:
    asked = Inputs(tmp_path / "plan", recordings=tmp_path / "recordings")
    asked.read_ahead("reference")
    with pytest.raises(PlanError, match="there is no plan"):
        asked.plan()


def value(recording: Recording | NotRun) -> bytes:
    assert isinstance(recording, Recording)
    result = recording.entries[KEY].result
    assert isinstance(result, Returned)
    return result.value.tobytes()


def _bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    changed = path.with_name("changed")
    changed.write_bytes(content)
    changed.replace(path)
