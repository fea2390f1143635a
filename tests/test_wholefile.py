"""Files that belong together are of one run, whenever the process that writes them is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.wholefile import write_together, write_whole

NAMES = ("table.csv", "summary.md", "index.html")
STEPS = ("open", "unlink", "replace")  # of pathlib: all that write_together does to a disk
KILLED = f"""\
import os, pathlib, sys
from harness.wholefile import write_together
left = int(sys.argv[2])
def counted(step):
    def told(self, *args, **kwargs):
        global left
        if not left:
            os._exit(9)
        left -= 1
        return step(self, *args, **kwargs)
    return told
for name in {STEPS}:
    setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
write_together({{pathlib.Path(sys.argv[1]) / name: "new" for name in {NAMES}}})
"""
ROOT = Path(__file__).parents[1]


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".partial"}


def killed(folder: Path, after: int) -> bool:
    """Write anew, and be killed after so many steps; return whether it came to that."""
    done = subprocess.run([sys.executable, "-c", KILLED, folder, str(after)], cwd=ROOT, check=False)
    assert done.returncode in (0, 9)
    return done.returncode == 9


@pytest.mark.parametrize("after", range(len(STEPS) * len(NAMES)))
def test_whoever_reads_them_sees_those_of_one_run(tmp_path: Path, after: int) -> None:
    write_together({tmp_path / name: "old" for name in NAMES})
    assert killed(tmp_path, after)
    seen = content(tmp_path)
    assert len(set(seen.values())) <= 1
    assert NAMES[-1] not in seen or len(seen) == len(NAMES)  # the last one, which leads to the others


def test_a_process_that_is_not_killed_takes_so_many_steps_and_no_more(tmp_path: Path) -> None:
    write_together({tmp_path / name: "old" for name in NAMES})
    assert not killed(tmp_path, len(STEPS) * len(NAMES))
    assert content(tmp_path) == dict.fromkeys(NAMES, "new")


def test_one_file_is_there_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "one", "old")

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        raise AssertionError(f"{path} was removed")

    monkeypatch.setattr(Path, "unlink", unlink)
    write_whole(tmp_path / "one", "new")
    assert content(tmp_path) == {"one": "new"}


def test_a_folder_in_the_place_of_one_leaves_all_of_them(tmp_path: Path) -> None:
    write_together({tmp_path / name: "old" for name in NAMES[1:]})
    (tmp_path / NAMES[0]).mkdir()
    with pytest.raises(IsADirectoryError):
        write_together({tmp_path / name: "new" for name in NAMES})
    assert {(tmp_path / name).read_text() for name in NAMES[1:]} == {"old"}
    assert sorted(os.listdir(tmp_path)) == sorted(NAMES)
