from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

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
    ("change", "words"),
    [
        ({"version": 99}, "format version 99"),
        ({"format": "something else"}, "not a comparison"),
        ({"comparison": {}}, "Field required"),
    ],
)
def test_a_comparison_of_another_make_is_refused(
    compared: Comparison, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = write_comparison(compared, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ComparisonUnreadable, match=words):
        read_comparison(tmp_path)


def test_a_comparison_cut_short_is_refused(compared: Comparison, tmp_path: Path) -> None:
    path = write_comparison(compared, tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ComparisonUnreadable, match="not readable"):
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
