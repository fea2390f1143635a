"""Each file in faults/ has one fault, is named after it, and begins with the message that it deserves."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from harness.plan.faults import BadCases
from harness.plan.library import NoCases, load_library
from harness.plan.source import LARGEST

FAULTS = sorted((Path(__file__).parent / "faults").glob("*.yaml"))
SEVERAL = {"alias-bomb"}  # one fault, at each of its places

SOUND = """\
format: 1
theme: sound
cases:
  - {id: ID, why: w, source: s, op: softmax, x: [1, 2]}
"""


def faults_of(*paths: Path) -> list[str]:
    with pytest.raises(BadCases) as caught:
        load_library(paths)
    return [fault.text for fault in caught.value.faults]


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_fault_is_reported_where_it_is_with_what_would_be_right(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    first_line = path.read_bytes().splitlines()[0].decode()
    faults = faults_of(Path(path.name))
    assert f"{path.name}:{first_line.removeprefix('# ')}" == faults[0]
    assert path.stem in SEVERAL or len(faults) == 1


def test_faults_of_all_files_are_shown_at_once_and_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(SOUND.replace("softmax", "softmn"))
    (tmp_path / "a.yaml").write_text(SOUND.replace("x: [1, 2]", "axes: 3, x: [1, 2]"))
    (tmp_path / "c.yaml").write_text("cases: [")
    faults = faults_of(tmp_path)
    names = [Path(text.split(":")[0]).name for text in faults]
    assert names == ["a.yaml", "a.yaml", "b.yaml", "b.yaml", "c.yaml"]  # ID is not in lower case, in a and in b


def test_a_wrong_case_does_not_hide_the_faults_of_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        SOUND
        + "  - {id: other, source: s, op: softmax, x: [1]}\n"
        + "  - {id: third, why: w, source: s, op: softmax, x: [[1], 2]}\n"
    )
    faults = faults_of(path)
    assert len(faults) == 3  # ID is not in lower case, a why is missing, the rows are ragged
    assert "ragged" in faults[2]


def test_an_id_that_another_file_has_is_a_fault_of_the_second_file(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(SOUND.replace("ID", "same"))
    (fault,) = faults_of(tmp_path)
    assert f"{tmp_path}/b.yaml:4:10" in fault
    assert f"is taken by {tmp_path}/a.yaml:4" in fault


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    (fault,) = faults_of(path)
    assert "keep to 1 MiB" in fault
    assert "{file: logits.npy}" in fault


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array(["a"]), "<U1"),
        (np.array([1 + 2j]), "complex128"),
        (np.zeros((1,) * 9), "9 axes"),
        (np.array([None], dtype=object), "cannot be read"),
    ],
    ids=["text", "complex", "nine axes", "pickled objects"],
)
def test_an_array_file_of_anything_but_numbers_is_a_fault(tmp_path: Path, array: object, words: str) -> None:
    np.save(tmp_path / "x.npy", array)
    path = tmp_path / "a.yaml"
    path.write_text(SOUND.replace("ID", "a").replace("[1, 2]", "{file: x.npy}"))
    (fault,) = faults_of(path)
    assert words in fault
    assert "pickle" not in fault


@pytest.mark.parametrize("content", [b"root:x:0:0:root:/root:/bin/sh\n", pickle.dumps([1.0])], ids=["text", "pickle"])
def test_a_file_that_is_none_of_numpys_is_called_so_without_advice_to_trust_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    path = tmp_path / "a.yaml"
    path.write_text(SOUND.replace("ID", "a").replace("[1, 2]", "{file: x.npy}"))
    (fault,) = faults_of(path)
    assert "x.npy is no .npy file; give a .npy file of floats or integers" in fault


def test_an_array_file_that_promises_more_than_it_holds_is_a_fault(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(4096))
    content = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(content.replace(b"(4096,)", b"(9999999999999,)").replace(b"         \n", b"\n"))
    path = tmp_path / "a.yaml"
    path.write_text(SOUND.replace("ID", "a").replace("[1, 2]", "{file: x.npy}"))
    (fault,) = faults_of(path)
    assert "cannot be read" in fault


def test_a_ledger_entry_of_a_case_that_does_not_exist_is_a_fault_of_the_whole_library(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND.replace("ID", "forum"))
    (tmp_path / "ledger.yaml").write_text(LEDGER.replace("CASE", "forun"))
    (fault,) = faults_of(tmp_path)
    assert "there is no case 'forun'; did you mean 'forum'?" in fault


def test_beside_a_single_file_the_ledger_of_its_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND.replace("ID", "forum"))
    (tmp_path / "ledger.yaml").write_text(LEDGER.replace("CASE", "forum") + LEDGER_MORE)
    library = load_library([tmp_path / "a.yaml"])
    assert [entry.id for entry in library.ledger] == ["known"]  # the other entry speaks of a case of another file


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_path_without_case_files_is_an_error_of_the_command_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoCases, match=name):
        load_library([tmp_path / name])


_ENTRY = """\
  - {id: known, case: CASE, adapter: mxnet, kind: beyond-bound, owner: upstream, why: w, link: l, version: "1.9.1",
     platform: linux-x86_64}
"""
LEDGER = "format: 1\nledger:\n" + _ENTRY
LEDGER_MORE = _ENTRY.replace("known", "other").replace("CASE", "elsewhere")
