"""A comparison as a whole: where not a byte has changed of what it is made of, it is there already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.compare.kept.cabinet import Cabinet
from harness.compare.kept.judge import harness_digest
from harness.compare.kept.judgement import ENDING, Ending

_UNREAD: Final = ("run.json", "origin.json", ".lock")  # of a recording: no verdict depends on them


class Whole:
    """What a step made last time of the files ``inputs``, with ``options``, a JSON value, by the code that we are.

    ``inputs`` are files, or folders of them; what is not there counts as such. ``kept`` holds how it ended.
    """

    def __init__(self, step: str, kept: Cabinet, *, inputs: Iterable[Path], options: object) -> None:
        self._step = step
        self._kept = kept
        self._inputs = tuple(inputs)
        self._options = options
        self._key = self._digest()

    def ending(self, files: Iterable[Path]) -> Ending | None:
        """Return how it ended, if ``files`` hold the bytes that were written; None where it has to be done."""
        text = self._kept.find(self._key)
        if text is None:
            return None
        try:
            ending = ENDING.from_bytes(text)
        except ValueError:
            return None
        return ending if ending.files == _digests(files) else None

    def keep(self, files: Iterable[Path], *, said: str, code: int) -> Ending:
        """Return how it ended, and keep it; not where an input has changed since it was begun, perhaps unseen."""
        ending = Ending(files=_digests(files), said=said, code=code)
        if self._digest() == self._key:
            self._kept.keep(self._key, ENDING.to_bytes(ending))
        return ending

    def _digest(self) -> str:
        read = [_digest_of(path) for path in self._inputs]
        words = json.dumps([self._step, harness_digest(), self._options, read], sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()


def _digests(files: Iterable[Path]) -> tuple[str, ...]:
    return tuple(_digest_of(path) for path in files)


def _digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files below a folder; empty where there is neither."""
    if path.is_dir():
        sha = hashlib.sha256()
        for below in sorted(path.rglob("*")):
            if below.is_file() and below.name not in _UNREAD:
                sha.update(f"{below.relative_to(path).as_posix()}\0{_digest_of(below)}\n".encode())
        return sha.hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
