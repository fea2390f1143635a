"""A step is not repeated where not a byte of what it reads and wrote has changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness.compare.kept import whole
from harness.compare.kept.cabinet import Cabinet
from harness.compare.kept.whole import Whole


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two inputs, one of them a folder, a file that was made of them, and how that ended."""
    (tmp_path / "recordings" / "torch").mkdir(parents=True)
    (tmp_path / "recordings" / "torch" / "segment-0000.npy").write_bytes(bytes(range(64)))
    (tmp_path / "plan.json").write_text("a plan")
    (tmp_path / "made.json").write_text("a comparison")
    with closing(Cabinet(tmp_path / "kept.sqlite", note=pytest.fail)) as kept:
        _step(tmp_path, kept).keep([tmp_path / "made.json"], said="all agree", code=0)
    return tmp_path


def _step(place: Path, kept: Cabinet, *, options: object = None) -> Whole:
    inputs = [place / "plan.json", place / "recordings", place / "absent"]
    return Whole("a step", kept, inputs=inputs, options=options)


def said(place: Path, *, options: object = None) -> str | None:
    with closing(Cabinet(place / "kept.sqlite", note=pytest.fail)) as kept:
        ending = _step(place, kept, options=options).ending([place / "made.json"])
    return None if ending is None else ending.said


def _bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_where_nothing_has_changed_it_is_known_how_it_ended(place: Path) -> None:
    (place / "recordings" / "torch" / "run.json").write_text("when, and how long: nobody reads it")
    assert said(place) == "all agree"


@pytest.mark.parametrize(
    "change",
    [
        lambda place: _bit(place / "plan.json"),
        lambda place: _bit(place / "recordings" / "torch" / "segment-0000.npy"),
        lambda place: (place / "recordings" / "torch" / "segment-0001.npy").touch(),
        lambda place: (place / "recordings" / "torch").rename(place / "recordings" / "jax"),
        lambda place: (place / "plan.json").unlink(),
        lambda place: (place / "absent").write_text("it is there now"),
        lambda place: _bit(place / "made.json"),
        lambda place: (place / "made.json").unlink(),
    ],
)
def test_whatever_has_changed_it_is_done_again(place: Path, change: Callable[[Path], object]) -> None:
    change(place)
    assert said(place) is None


def test_other_options_are_another_step(place: Path) -> None:
    assert said(place, options={"only": ["torch"]}) is None


def test_another_harness_does_it_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "harness_digest", lambda: "another")
    assert said(place) is None


def test_what_changes_while_it_is_read_is_not_believed(place: Path) -> None:
    with closing(Cabinet(place / "kept.sqlite", note=pytest.fail)) as kept:
        _bit(place / "plan.json")
        step = _step(place, kept)
        _bit(place / "recordings" / "torch" / "segment-0000.npy")
        step.keep([place / "made.json"], said="of neither", code=0)
        _bit(place / "recordings" / "torch" / "segment-0000.npy")
    assert said(place) is None
