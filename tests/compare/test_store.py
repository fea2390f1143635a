from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from harness.compare.compare import compare
from harness.compare.comparison import Comparison
from harness.compare.store import ComparisonUnreadable, read_comparison, write_comparison
from harness.vocabulary import Quantity
from tests.compare.bench import RIGHT, plan, problem, recording


@pytest.fixture
def compared() -> Comparison:
    asked = plan(problem([0.1, 2.0], None), problem([np.inf, 1.0], [1.0, 0.0], case="infinite", name="infinite"))
    wrong = RIGHT | {Quantity.FORWARD: lambda call: np.full_like(call.x, -np.inf)}
    recordings = {"kernel": recording(asked, wrong), "right": recording(asked, RIGHT, adapter="right")}
    return compare(asked, recordings, required=("absent",))


def test_a_comparison_is_read_back_as_it_was_written(compared: Comparison, tmp_path: Path) -> None:
    write_comparison(compared, tmp_path)
    assert any(pair.share == np.inf for pair in compared.pairs.notable)
    assert repr(read_comparison(tmp_path)) == repr(compared)


def test_writing_twice_gives_the_same_bytes(compared: Comparison, tmp_path: Path) -> None:
    first = write_comparison(compared, tmp_path / "a").read_bytes()
    second = write_comparison(compared, tmp_path / "b").read_bytes()
    assert first == second


def test_no_comparison_yet_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ComparisonUnreadable, match="run `harness compare` first"):
        read_comparison(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"version":3', b'"version":99', "format version 99"),
        (b'"version":3', b'"version":2', "format version 2"),
        (b'"harness-comparison"', b'"something-else"', "not a comparison"),
        (b',"comparison":', b',"comparison ":', "not readable|seal is broken"),
        (b'"seal":"', b'"seal":"0', "seal is broken"),
        (b'"seal"', b'"veal"', "seal is broken"),
        (b'"kernel"', b'"colonel"', "seal is broken"),
        (b"}\n", b"}", "seal is broken"),
        (b"{", b"[", "not readable"),
        (b"{", b"[" * 100_000, "not readable"),
    ],
)
def test_a_comparison_of_another_make_is_refused(
    compared: Comparison, tmp_path: Path, old: bytes, new: bytes, words: str
) -> None:
    path = write_comparison(compared, tmp_path)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    with pytest.raises(ComparisonUnreadable, match=rf"({words}).*run `harness compare` again"):
        read_comparison(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"[]", b"3", b"{}", b"a text\n"])
def test_a_file_that_is_no_comparison_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "comparison.json").write_bytes(content)
    with pytest.raises(ComparisonUnreadable, match="run `harness compare` again"):
        read_comparison(tmp_path)


def test_what_is_sealed_and_lacks_something_is_refused(compared: Comparison, tmp_path: Path) -> None:
    path = write_comparison(compared, tmp_path)
    head = json.loads(path.read_bytes())
    head |= {"comparison": {}, "seal": hashlib.sha256(b"{}").hexdigest()}
    path.write_text(json.dumps(head, separators=(",", ":")) + "\n")
    with pytest.raises(ComparisonUnreadable, match="Field required: run `harness compare` again"):
        read_comparison(tmp_path)


@pytest.mark.parametrize("part", range(20))
def test_changed_bytes_anywhere_are_refused(compared: Comparison, tmp_path: Path, part: int) -> None:
    path = write_comparison(compared, tmp_path)
    content = bytearray(path.read_bytes())
    for at in range(part, len(content), 20):
        damaged = content.copy()
        damaged[at] ^= 0x01
        path.write_bytes(damaged)
        with pytest.raises(ComparisonUnreadable, match="run `harness compare` again"):
            read_comparison(tmp_path)


def test_a_comparison_is_json_that_others_can_read(compared: Comparison, tmp_path: Path) -> None:
    whole = json.loads(write_comparison(compared, tmp_path).read_text())
    assert [*whole] == ["format", "version", "seal", "comparison"]
    assert len(whole["comparison"]["verdicts"]) == len(compared.verdicts)


def test_a_comparison_cut_short_is_refused(compared: Comparison, tmp_path: Path) -> None:
    path = write_comparison(compared, tmp_path)
    content = path.read_bytes()
    for length in range(0, len(content), 101):
        path.write_bytes(content[:length])
        with pytest.raises(ComparisonUnreadable, match=r"not readable|cut short"):
            read_comparison(tmp_path)


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_the_old_comparison_and_no_partial_one(
    compared: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    old = write_comparison(compared, tmp_path).read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(OSError, match="No space left"):
        write_comparison(compared, tmp_path)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"comparison.json": old}
