"""What earlier runs made of case files: a file that has not changed, under a planner that has not, is not read again.

What a file comes to is kept as a plan of its own, in a folder named after all that decides it: the file's name and
text, the limit of memory, and the planner. So nothing has to be declared out of date; what would come out otherwise has
another name, and is not found. A damaged one, or one that lies under another's name, is refused, and made again. Files
that name further files are read each time: what those hold is not in the text.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import harness
import reference
from harness.call import ARRAYS
from harness.plan.digest import digest_and_questions
from harness.plan.plan import Plan
from harness.plan.source import Source
from harness.plan.store import PlanError, read_plan, write_plan

MOST: Final = 200  # files; those that were not used for longest go first
ALL: Final = 256 << 20  # bytes, likewise
LARGEST: Final = 64 << 20  # bytes of the arrays of one file; what has more is made anew each time
_PACKAGES: Final = ("numpy", "ruamel.yaml", "pydantic", "pydantic_core")
_ROOT: Final = Path(harness.__path__[0]).parent


class Kept:
    """What is kept in ``folder``, which is made when there is something to keep.

    ``memory`` is the limit, in bytes, under which a file is read. Nothing that goes wrong here costs more than time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._new: dict[str, Plan] = {}

    def find(self, path: Path, text: str, *, memory: int) -> Plan | None:
        """Return what the case file ``path`` comes to, which holds ``text``; None where that is not known."""
        name = _name(path, text, memory)
        try:
            found = read_plan(self._folder / name)
            os.utime(self._folder / name)
        except (PlanError, OSError):
            return None
        return found if found.selection == name else None  # its seal covers the name that it was kept under

    def keep(self, path: Path, source: Source, content: Plan, *, memory: int) -> None:
        """Note what the case file ``path`` was found to come to; its digest is made when it is saved."""
        if not _names_files(source.value) and _size(content) <= LARGEST:
            self._new[_name(path, source.text, memory)] = content

    def save(self) -> None:
        """Write what was noted, behind all else that needs room on the disk; remove the oldest where it is too much."""
        for name, content in self._new.items():
            with suppress(PlanError, OSError):
                digest, questions = digest_and_questions(content.problems)
                whole = replace(content, selection=name, digest=digest, questions=questions)
                write_plan(whole, self._folder / name)
        self._new.clear()
        with suppress(OSError):
            places = sorted((one for one in self._folder.iterdir() if one.is_dir()), key=_used, reverse=True)
            room = ALL
            for number, place in enumerate(places):
                room -= sum(file.stat().st_size for file in place.iterdir())
                if number >= MOST or room < 0:
                    shutil.rmtree(place, ignore_errors=True)


def _name(path: Path, text: str, memory: int) -> str:
    """Return the digest of all that decides what a case file comes to."""
    words = [planner_digest(), memory, path.as_posix(), text]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def _used(place: Path) -> int:
    return place.stat().st_mtime_ns


def _names_files(value: Any) -> bool:
    """Say whether a value, or one inside it, is or may be an array in a file."""
    if isinstance(value, dict):
        return "file" in value or any(_names_files(one) for one in value.values())
    return isinstance(value, list) and any(_names_files(one) for one in value)


def _size(content: Plan) -> int:
    arrays = {id(array): array for one in content.problems for array in (getattr(one.call, n) for n in ARRAYS)}
    return sum(array.nbytes for array in arrays.values() if array is not None)


@cache
def planner_digest() -> str:
    """Return the SHA-256 of the code that makes plans, and of the versions of what it is made with."""
    sha = hashlib.sha256(json.dumps([platform.python_version(), *_versions()]).encode())
    for file in planner_files():
        sha.update(f"{file.relative_to(_ROOT).as_posix()}\0".encode())
        sha.update(hashlib.sha256(file.read_bytes()).digest())
    return sha.hexdigest()


def planner_files() -> list[Path]:
    """Return the files of all modules that making a plan imports, and some more."""
    ours = Path(harness.__path__[0])
    folders = [ours.glob("*.py"), (ours / "plan").glob("*.py"), Path(reference.__path__[0]).rglob("*.py")]
    return sorted(file for found in folders for file in found)


def _versions() -> Iterator[str]:
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"
