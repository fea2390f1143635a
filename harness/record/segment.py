"""A segment: some entries of a recording, written whole or not at all.

``segment-0007.jsonl`` holds a first line that says how many entries follow, and the SHA-256 of their lines and of the
pack; then one entry per line. ``segment-0007.npy`` is the pack of their arrays. The JSON lines get their name last:
where they are, the segment is whole. A pack is never changed; its lines are replaced, whole or not at all, where
another plan takes entries over (:mod:`harness.record.takeover`).
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from harness.arraypack import PackError, PackWriter, open_pack, unpack
from harness.record.codec import Json, entry_from_json, entry_to_json
from harness.record.recording import Entry
from harness.wholefile import write_whole

_NAME = re.compile(r"segment-(\d{4,})\.jsonl")


class SegmentError(Exception):
    """A segment is damaged; the text says which file and how."""


def segments(folder: Path) -> list[Path]:
    """Return the JSON lines of all whole segments in ``folder``, in the order in which they were written."""
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def pack_of(lines: Path) -> Path:
    """Return the pack that belongs to the JSON lines ``lines``."""
    return lines.with_suffix(".npy")


class SegmentWriter:
    """Gathers entries, their arrays already on their way to the disk, until :meth:`close` makes a segment of them."""

    def __init__(self, folder: Path) -> None:
        last = segments(folder)[-1:]
        number = int(last[0].stem.split("-")[1]) + 1 if last else 0
        self._path = folder / f"segment-{number:04d}.jsonl"
        self._pack = PackWriter(pack_of(self._path))
        self._lines: list[Json] = []

    @property
    def entries(self) -> int:
        """How many entries it has gathered."""
        return len(self._lines)

    def add(self, entry: Entry) -> None:
        """Take one entry; its array is copied before this returns."""
        self._lines.append(entry_to_json(entry, self._pack.append))

    def close(self) -> None:
        """Write the segment."""
        self._pack.close()
        _write(self._path, self._lines, pack=sha256(pack_of(self._path)))


def read_segment(path: Path, *, pack: str | None = None) -> list[Entry]:
    """Return the entries of one segment, arrays mapped from the disk; raise :class:`SegmentError` if damaged.

    ``pack`` is the SHA-256 that the pack was just found to have, if it is known.
    """
    start, lines = _lines(path)
    if not pack_of(path).is_file():
        raise SegmentError(f"{pack_of(path)}: the arrays of this segment are missing")
    if (pack or sha256(pack_of(path))) != start["pack"]:
        raise SegmentError(f"{pack_of(path)}: the bytes are not those that were recorded (SHA-256 differs)")
    entries = _entries(path, lines)
    _check(path, start, lines)
    return entries


def read_lines(path: Path) -> list[Json]:
    """Return the entries of one segment as JSON values, without a look at their arrays.

    Raise :class:`SegmentError` if the lines are damaged.
    """
    start, lines = _lines(path)
    _check(path, start, lines)
    try:
        found: list[Json] = json.loads(f"[{','.join(lines)}]")  # a line at a time takes half as long again
    except ValueError as error:
        raise SegmentError(f"{path}: not the entries of a recording: {error}") from None
    if len(found) != len(lines):
        raise SegmentError(f"{path}: not the entries of a recording: there are {len(found)} in {len(lines)} lines")
    return found


def digests(path: Path) -> dict[str, str]:
    """Return the SHA-256 of both files of one segment, by their names: of the pack, as the lines have it.

    What has become of the pack since shows when it is read.
    """
    start, _ = _lines(path)
    return {path.name: sha256(path), pack_of(path).name: start["pack"]}


def replace_lines(path: Path, lines: list[Json]) -> None:
    """Replace the entries of one segment, whose arrays stay where they are; without entries it goes."""
    if lines:
        start, _ = _lines(path)
        _write(path, lines, pack=start["pack"])
    else:
        path.unlink()  # first: an array without its lines is nothing
        pack_of(path).unlink()


def _write(path: Path, values: list[Json], *, pack: str) -> None:
    lines = "".join(json.dumps(value) + "\n" for value in values)
    first = {"entries": len(values), "pack": pack, "lines": _digest(lines)}
    write_whole(path, json.dumps(first) + "\n" + lines)


def _digest(lines: str) -> str:
    return hashlib.sha256(lines.encode()).hexdigest()


def _lines(path: Path) -> tuple[Json, list[str]]:
    """Return what the first line says, and the lines of the entries."""
    try:
        first, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
        start: Json = json.loads(first)
        count, _ = start["entries"], start["pack"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SegmentError(f"{path}: its first line does not say what it holds ({error})") from None
    if len(lines) != count:
        raise SegmentError(f"{path}: {len(lines)} entries, expected {count}: the file was cut short or added to")
    return start, lines


def _check(path: Path, start: Json, lines: list[str]) -> None:
    digest = _digest("".join(line + "\n" for line in lines))
    if start.get("lines", digest) != digest:  # segments of before it was kept have none
        raise SegmentError(f"{path}: the entries are not those that were recorded (SHA-256 differs)")


def _entries(path: Path, lines: list[str]) -> list[Entry]:
    entries: list[Entry] = []
    try:
        pack = open_pack(pack_of(path))
        for line in lines:
            entries.append(entry_from_json(json.loads(line), lambda reference: unpack(pack, reference)))  # noqa: PERF401
    except (ValueError, TypeError, KeyError, AttributeError, PackError) as error:
        where = f"{path}:{len(entries) + 2}"  # so many lines were good, the first line not counted
        raise SegmentError(f"{where}: not an entry of a recording: {error!r}") from None
    return entries


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
