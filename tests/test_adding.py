"""The page about adding things, carried out in a copy of this project: commands run, files and lines counted."""

from __future__ import annotations

import difflib
import os
import platform
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "harness" / "ADDING.md").read_text(encoding="utf-8")
SECTIONS = {text.partition("\n")[0]: text for text in PAGE.split("\n## ")[1:]}
COSTS = {
    kind[0].upper() + kind[1:]: (int(files), int(lines))
    for kind, files, lines in re.findall(r"^\| \[([^]]+)\]\([^)]+\) \| (\d+) \| (\d+) \|$", PAGE, flags=re.MULTILINE)
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
WRITTEN_BY_A_COMMAND = ("cases/schema.json",)
PROJECT = ("harness", "reference", "cases", "tests", "constraints", ".github", ".ci")  # and the files beside them


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of this project, without what was built in it."""
    copy = tmp_path / "project"
    for name in PROJECT:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    (copy / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "README.md", copy / "reports")
    return copy


def _do(section: str, tree: Path) -> None:
    """Write the files of a section, make its changes and run its commands, in their order."""
    for language, text in BLOCK.findall(section):
        if language == "diff":
            _change(tree, text)
        elif language == "console":
            _run(tree, text)
        elif text.startswith("# "):
            name, _, content = text.removeprefix("# ").partition("\n")
            assert not (tree / name).exists(), f"{name} is there already"
            (tree / name).write_text(content, encoding="utf-8")


def _change(tree: Path, difference: str) -> None:
    for part in re.split(r"^--- ", difference, flags=re.MULTILINE)[1:]:
        name, _, hunks = part.partition("\n")
        path = tree / name
        for hunk in hunks.removesuffix("\n").split("\n@@\n"):
            lines = [re.sub(r"^(.)\.\.\. ", r"\1", line.removesuffix(" ...")) for line in hunk.split("\n")]
            before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
            after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{name} has {text.count(before)} places that read\n{before}"
            path.write_text(text.replace(before, after), encoding="utf-8")


def _run(tree: Path, session: str) -> None:
    """Run the commands of a session; what stands below one has to be among the lines that it prints."""
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, flags=re.MULTILINE):
        done = _bash(tree, command)
        code = re.search(r"# exit code (\d+)$", command)
        assert done.returncode == (int(code[1]) if code else 0), f"{command}\n{done.stdout}{done.stderr}"
        assert set(shown.splitlines()) <= set(done.stdout.splitlines()), done.stdout


def _bash(tree: Path, command: str) -> subprocess.CompletedProcess[str]:
    commands = "".join(f'{name}() {{ "{sys.executable}" -m {name} "$@"; }}; ' for name in ("harness", "pytest"))
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["bash", "-c", commands + command], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


def _files(tree: Path) -> dict[str, bytes]:
    """Every file of the project but those that commands write; a kernel of one's own is no part of it."""
    files = [path for name in PROJECT for path in (tree / name).rglob("*")]
    files += [path for path in tree.iterdir() if not path.name.startswith("my_")]
    names = {path.relative_to(tree).as_posix(): path for path in files if path.suffix != ".pyc" and path.is_file()}
    return {name: path.read_bytes() for name, path in names.items() if name not in WRITTEN_BY_A_COMMAND}


def _cost(before: dict[str, bytes], after: dict[str, bytes]) -> tuple[int, int]:
    """Return how many files are others than before, and how many lines were written into them."""
    touched = [name for name in after if before.get(name) != after[name]]
    lines = 0
    for name in touched:
        then, now = (text.decode().splitlines() for text in (before.get(name, b""), after[name]))
        lines += sum(line.startswith("+") for line in list(difflib.unified_diff(then, now, lineterm="", n=0))[2:])
    return len(touched), lines


def _here(section: str, *, expires: int = 1) -> str:
    """Return a section as it is on this platform and today: an entry expires in so many days."""
    day = (datetime.now(UTC) + timedelta(days=expires)).date()
    here = f"{platform.system()}-{platform.machine()}".lower()
    return section.replace("linux-x86_64", here).replace("2027-01-31", day.isoformat())


def test_the_page_has_a_cost_for_every_section() -> None:
    assert list(COSTS) == list(SECTIONS)


@pytest.mark.parametrize("kind", list(SECTIONS))
def test_an_example_works_and_costs_what_the_page_says(kind: str, tree: Path) -> None:
    before = _files(tree)
    _do(_here(SECTIONS[kind]), tree)
    assert _cost(before, _files(tree)) == COSTS[kind]


def test_the_entry_of_the_page_excuses_nothing_after_its_last_day(tree: Path) -> None:
    section = _here(SECTIONS["An entry of the ledger"], expires=-1)
    _do(section.rpartition("```console")[0], tree)
    done = _bash(tree, "harness verify my_short_softmax.py -k 'tile-1024 or tile-1025'")
    assert done.returncode == 1
    assert "The ledger entry my-short-softmax-tile-1025-raised (cases/ledger.yaml:4) expired on " in done.stdout
