from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.contract import Description, Precision
from harness.record.recording import (
    Crashed,
    Entry,
    Header,
    OutOfMemory,
    Raised,
    Result,
    Returned,
    TimedOut,
    Unsupported,
)
from harness.record.segment import SegmentError, read_lines
from harness.record.store import RecordingError, append, finish_recording, read_recording, start_recording, tidy
from harness.vocabulary import DType, Form, Mode, Quantity

HEADER = Header(
    adapter="kernel",
    plan="p" * 64,
    description=Description(framework="K", version="1.0+x", device="cpu", threads=None, settings={"a": "b"}),
    source="s" * 64,
    python="3.11.7",
    platform={"system": "linux"},
    flags={"OMP_NUM_THREADS": "1"},
    packages=("a==1", "b==2"),
)


def entry(name: str, result: Result, **more: Any) -> Entry:
    return Entry(problem=name, quantity=Quantity.VJP, result=result, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a complete recording of two segments."""
    home = tmp_path / "kernel"
    start_recording(home, HEADER)
    append(home, [entry("a", Returned(np.arange(6.0).reshape(2, 3), "float64")), entry("b", Crashed("it fell over"))])
    append(home, [entry("c", Returned(np.float32([1, np.nan]), "float32"))])
    finish_recording(home, run={"started": "today"}, on=date(2026, 11, 21))
    return home


def test_a_header_is_read_back_as_it_was_written(folder: Path) -> None:
    assert read_recording(folder, plan="p" * 64).header == HEADER


@pytest.mark.parametrize(
    "result",
    [
        Raised("TypeError", "no\n\u2028 such \ud800 thing"),
        Unsupported("no forward mode"),
        Crashed("it was ended by SIGSEGV"),
        TimedOut(1.5),
        OutOfMemory(8 << 30),
    ],
)
def test_a_result_without_an_array_is_read_back_as_it_was_written(result: Result, tmp_path: Path) -> None:
    start_recording(tmp_path, HEADER)
    written = entry("p", result, mode=Mode.JIT, method="rows", inputs_changed=("x", "cotangent"))
    append(tmp_path, [written])
    assert read_recording(tmp_path, plan=None).entries == {("p", Quantity.VJP): written}


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.0),
        np.zeros((0, 5), np.float32),
        np.array([[-0.0, np.inf], [5e-324, -np.nan]]),
        np.array([0x7FC00001, 0xFFA00000], np.uint32).view(np.float32),
        np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
        np.arange(4.0)[::-1],
        np.arange(3, dtype=">f8"),
        np.array([True, False]),
    ],
    ids=["scalar", "empty", "zeros and infinities", "nan payloads", "columns first", "reversed", "big-endian", "bool"],
)
def test_an_array_is_read_back_bit_for_bit(array: np.ndarray[Any, Any], tmp_path: Path) -> None:
    start_recording(tmp_path, HEADER)
    precision = Precision(working=DType.FLOAT32, accumulation=DType.FLOAT64, forms=tuple(Form))
    append(tmp_path, [entry("p", Returned(array, array.dtype.name), precision=precision)])
    found = read_recording(tmp_path, plan=None).entries["p", Quantity.VJP]
    assert isinstance(found.result, Returned)
    native = array.astype(array.dtype.newbyteorder("="))
    assert (found.result.value.tobytes(), found.result.value.shape) == (native.tobytes(), array.shape)
    assert found.result.value.dtype == native.dtype
    assert found.precision == precision


def test_the_day_on_which_a_recording_was_completed_stands_in_its_manifest(folder: Path) -> None:
    assert read_recording(folder, plan=None).finished == date(2026, 11, 21)


def test_a_recording_of_before_the_day_was_kept_has_none(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["finished"], manifest["seal"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    recording = read_recording(folder, plan=None)
    assert recording.complete
    assert recording.finished is None


def test_a_recording_without_its_manifest_is_incomplete(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    recording = read_recording(folder, plan=None)
    assert not recording.complete
    assert {name for name, _ in recording.entries} == {"a", "b", "c"}


def test_what_a_killed_recorder_left_half_written_is_ignored_and_cleared_away(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "segment-0002.npy").write_bytes(b"without its lines")
    (folder / "segment-0003.npy.partial").write_bytes(b"half")
    assert len(read_recording(folder, plan=None).entries) == 3
    tidy(folder)
    assert not list(folder.glob("segment-000[23]*"))
    append(folder, [entry("d", TimedOut(1.0))])
    assert len(read_recording(folder, plan=None).entries) == 4


def edit(name: str, **changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        value = json.loads((folder / name).read_text())
        del value["seal"]
        (folder / name).write_text(json.dumps(value | changes))

    return change


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-20]) and None


def flip(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        raw = bytearray((folder / name).read_bytes())
        raw[-1] ^= 1
        (folder / name).write_bytes(raw)

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize("line", ["", "{}, {}", "{", "{}]", "[{}"])
def test_a_line_that_is_not_one_entry_is_no_line_of_a_segment(line: str, tmp_path: Path) -> None:
    path = tmp_path / "segment-0000.jsonl"
    path.write_text(json.dumps({"entries": 2, "pack": ""}) + f"\n{{}}\n{line}\n")  # of before lines had a digest
    with pytest.raises(SegmentError, match="not the entries of a recording"):
        read_lines(path)


def drop_line(folder: Path) -> None:
    path = folder / "segment-0000.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def edit_entry(folder: Path) -> None:
    path = folder / "segment-0000.jsonl"
    path.write_text(path.read_text().replace("it fell over", "it fell asleep"))


def repeat_segment(folder: Path) -> None:
    for end in ("jsonl", "npy"):
        (folder / f"segment-0002.{end}").write_bytes((folder / f"segment-0000.{end}").read_bytes())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (remove("header.json"), "there is no recording here"),
        (cut("header.json"), r"header\.json: not readable JSON"),
        (edit("header.json", format="else"), "not a file of a recording of this harness"),
        (edit("header.json", version=1), "has format version 1, this harness reads version 2"),
        (edit("header.json", adapter=7), "not the header of a recording"),
        (cut("manifest.json"), r"manifest\.json: not readable JSON"),
        (edit("manifest.json", version=0), "has format version 0"),
        (edit("manifest.json", sha256=None), "not the manifest of a recording"),
        (edit("manifest.json", entries=99), "3 entries, the manifest says 99"),
        (edit("manifest.json", finished="yesterday"), "finished is 'yesterday', not a day"),
        (remove("segment-0000.jsonl"), r"segment-0000\.jsonl: this segment is missing"),
        (remove("segment-0001.npy"), r"segment-0001\.npy: this segment is missing"),
        (cut("segment-0000.jsonl"), r"segment-0000\.jsonl: cut short or changed"),
        (cut("segment-0000.npy"), r"segment-0000\.npy: cut short or changed"),
        (flip("segment-0001.npy"), r"segment-0001\.npy: cut short or changed"),
        (repeat_segment, r"segment-0002\.jsonl: this segment is not part of this recording"),
    ],
)
def test_a_damaged_recording_is_refused_with_the_file_the_damage_and_the_remedy(
    damage: Callable[[Path], None], words: str, folder: Path
) -> None:
    damage(folder)
    with pytest.raises(RecordingError, match=words) as caught:
        read_recording(folder, plan=None)
    assert "harness record kernel --fresh" in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut("segment-0000.jsonl"), r"segment-0000\.jsonl:3: not an entry"),
        (edit_entry, r"segment-0000\.jsonl: the entries are not those that were recorded"),
        (drop_line, "1 entries, expected 2: the file was cut short"),
        (cut("segment-0000.npy"), r"segment-0000\.npy: the bytes are not those that were recorded"),
        (flip("segment-0000.npy"), r"segment-0000\.npy: the bytes are not those that were recorded"),
        (remove("segment-0000.npy"), r"segment-0000\.npy: the arrays of this segment are missing"),
        (lambda folder: (folder / "segment-0000.jsonl").write_text("") and None, "does not say what it holds"),
        (repeat_segment, "vjp of a is recorded twice"),
    ],
)
def test_an_incomplete_recording_is_not_resumed_from_damaged_segments(
    damage: Callable[[Path], None], words: str, folder: Path
) -> None:
    (folder / "manifest.json").unlink()
    damage(folder)
    with pytest.raises(RecordingError, match=words):
        read_recording(folder, plan=None)


def test_a_recording_of_another_plan_is_refused(folder: Path) -> None:
    with pytest.raises(
        RecordingError, match=r"recorded for another plan \(pppppppppppp; the current one is qqqqqqqqqqqq"
    ):
        read_recording(folder, plan="q" * 64)


def test_a_new_recording_leaves_nothing_of_the_old_one(folder: Path) -> None:
    start_recording(folder, HEADER)
    assert [path.name for path in folder.iterdir()] == ["header.json"]


def test_when_and_where_it_was_recorded_stands_apart(folder: Path) -> None:
    assert json.loads((folder / "run.json").read_text()) == {"started": "today"}
    before = read_recording(folder, plan=None)
    (folder / "run.json").unlink()
    assert read_recording(folder, plan=None).header == before.header


def test_an_entry_that_is_there_twice_is_never_sealed(tmp_path: Path) -> None:
    start_recording(tmp_path, HEADER)
    for _ in range(2):
        append(tmp_path, [entry("a", Unsupported("no"))])
    with pytest.raises(RecordingError, match="vjp of a is recorded twice"):
        finish_recording(tmp_path, run={}, on=date(2026, 11, 21))
    assert not (tmp_path / "manifest.json").exists()


def test_the_manifest_counts_the_results_by_their_kinds(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["results"] == {"crashed": 1, "returned": 2}
