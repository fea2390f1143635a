"""What is kept of case files saves time alone: it is never older than they are, and never believed damaged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.plan import kept, reader
from harness.plan.faults import BadCases
from harness.plan.kept import Kept, planner_digest, planner_files
from harness.plan.library import load_library, make_plan
from harness.plan.limits import MEMORY
from harness.plan.store import write_plan

LIBRARY = Path(__file__).parents[2] / "cases"
CASES = """\
format: 1
theme: {name}
cases:
  - id: {name}
    why: one of two files
    source: a test
    op: softmax
    dtype: [float32, bfloat16]
    x: {{normal: {{shape: [4, 8], scale: 3, seed: 1}}}}
    cotangent: ones
    check: [forward, vjp]
"""
LEDGER = """\
format: 1
ledger:
  - id: known
    case: second
    adapter: mxnet
    kind: beyond-bound
    largest_error: 1e-5
    owner: upstream
    why: seen once
    link: https://example.org/1
    version: 1.9.1
    platform: linux-x86_64
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    for name in ("first", "second"):
        (folder / f"{name}.yaml").write_text(CASES.format(name=name))
    (folder / "ledger.yaml").write_text(LEDGER)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def written(cases: Path, folder: Path | None, *, memory: int = MEMORY) -> dict[str, bytes] | str:
    """The bytes of the plan of ``cases``, by file; or what is wrong with them."""
    place = cases.parent / "plan"
    known = None if folder is None else Kept(folder)
    try:
        library = load_library([cases], memory=memory, kept=known)
    except BadCases as error:
        return str(error)
    write_plan(make_plan(library), place)
    if known is not None:
        known.save()
    return {file.name: file.read_bytes() for file in place.iterdir()}


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path) -> None:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(reader, "read_source", read)


def test_the_library_comes_to_the_same_plan(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(LIBRARY, tmp_path / "cases"))
    fresh = written(copied, None)
    assert fresh == written(copied, tmp_path / "kept")
    assert fresh == written(copied, tmp_path / "kept")


def test_a_file_that_has_not_changed_is_not_read(cases: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = written(cases, folder)
    nothing_is_read(monkeypatch)
    assert first == written(cases, folder)


CHANGES: dict[str, Callable[[Path], object]] = {
    "one letter": lambda cases: replaced(cases / "first.yaml", "scale: 3", "scale: 4"),
    "a comment that moves a case": lambda cases: replaced(cases / "first.yaml", "cases:", "# new\ncases:"),
    "why": lambda cases: replaced(cases / "second.yaml", "one of two", "one of  three"),
    "the name of a file": lambda cases: (cases / "first.yaml").rename(cases / "third.yaml"),
    "a file more": lambda cases: (cases / "third.yaml").write_text(CASES.format(name="third")),
    "a file less": lambda cases: (cases / "first.yaml").unlink(),
    "the ledger": lambda cases: replaced(cases / "ledger.yaml", "1e-5", "2e-5"),
    "an entry without its case": lambda cases: (cases / "second.yaml").unlink(),
    "the ledger and an entry without its case": lambda cases: replaced(cases / "ledger.yaml", "second", "fourth"),
    "an id that is taken": lambda cases: replaced(cases / "second.yaml", "id: second", "id: first"),
    "what is no YAML": lambda cases: replaced(cases / "second.yaml", "cases:", "cases: ["),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_changed_is_read(cases: Path, folder: Path, change: Callable[[Path], object]) -> None:
    before = written(cases, folder)
    change(cases)
    expected = written(cases, None)
    assert expected != before
    assert expected == written(cases, folder)
    assert expected == written(cases, folder)


def test_a_file_is_judged_by_the_limit_of_memory_of_this_run(cases: Path, folder: Path) -> None:
    written(cases, folder)
    assert isinstance(written(cases, None, memory=200), str)
    assert written(cases, None, memory=200) == written(cases, folder, memory=200)


@pytest.mark.parametrize("key", ["x", "cotangent"])
def test_an_array_in_a_file_of_its_own_is_read_each_time(cases: Path, folder: Path, key: str) -> None:
    for name in ("first", "second"):
        text = (cases / f"{name}.yaml").read_text().splitlines()
        text = [f"    {key}: {{file: logits.npy}}" if line.strip().startswith(f"{key}:") else line for line in text]
        (cases / f"{name}.yaml").write_text("\n".join(text))
    np.save(cases / "logits.npy", np.ones((4, 8)))
    before = written(cases, folder)
    np.save(cases / "logits.npy", np.full((4, 8), 2.0))
    expected = written(cases, None)
    assert expected != before
    assert expected == written(cases, folder)


def test_another_planner_reads_everything(cases: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(cases, folder)
    monkeypatch.setattr(kept, "planner_digest", lambda: "another planner")
    nothing_is_read(monkeypatch)
    with pytest.raises(AssertionError, match="was read"):
        written(cases, folder)


def test_every_module_that_planning_imports_counts_as_planner() -> None:
    code = (
        "import sys, harness.plan.library, harness.plan.store\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    if name.partition('.')[0] in ('harness', 'reference'):\n        print(module.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=LIBRARY.parent, capture_output=True, text=True, check=True)
    imported = {Path(line).resolve() for line in done.stdout.split("\n") if line}
    assert imported <= {file.resolve() for file in planner_files()}
    assert len(imported) > 20
    assert planner_digest() == planner_digest()


@pytest.mark.parametrize("name", ["plan.json", "problems.jsonl", "inputs.npy"])
@pytest.mark.parametrize("part", range(8))
def test_changed_bytes_anywhere_change_no_plan(cases: Path, folder: Path, name: str, part: int) -> None:
    expected = written(cases, folder)
    for file in folder.rglob(name):
        content = bytearray(file.read_bytes())
        for at in range(part * 23, len(content), 8 * 23):
            content[at] ^= 0x11
        file.write_bytes(content)
    assert expected == written(cases, folder)
    assert expected == written(cases, folder)


def test_what_lies_under_the_name_of_another_file_is_not_believed(cases: Path, folder: Path) -> None:
    expected = written(cases, folder)
    places = sorted(folder.iterdir())
    for place in places:
        place.rename(place.with_suffix(".moved"))
    for place, other in zip(places, places[1:] + places[:1], strict=True):
        place.with_suffix(".moved").rename(other)
    assert expected == written(cases, folder)


@pytest.mark.parametrize("spoil", [lambda folder: folder.write_text("a file"), lambda folder: folder.mkdir(mode=0o500)])
def test_a_folder_that_cannot_be_used_costs_no_plan(cases: Path, folder: Path, spoil: Callable[[Path], object]) -> None:
    spoil(folder)
    assert written(cases, None) == written(cases, folder)


@pytest.mark.parametrize("limit", ["MOST", "ALL"])
def test_what_was_not_used_for_longest_goes_first(
    cases: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    expected = written(cases, folder)
    held = [sum(file.stat().st_size for file in place.iterdir()) for place in folder.iterdir()]
    assert len(held) == 3
    monkeypatch.setattr(kept, limit, {"MOST": 3, "ALL": sum(held) + 3 * max(held) // 2}[limit])
    for number in range(5):
        (cases / "more.yaml").write_text(CASES.format(name=f"more-{number}"))
        written(cases, folder)
        assert len(list(folder.iterdir())) <= 4
    (cases / "more.yaml").unlink()
    nothing_is_read(monkeypatch)
    if limit == "ALL":
        assert expected == written(cases, folder)
