"""Recordings on disk: written in whole segments, believed only with their manifest.

::

    recordings/<adapter>/
      header.json          what made the recording
      segment-0000.jsonl   entries (harness.record.segment), beside segment-0000.npy, their arrays; and so on
      manifest.json        written last: how many entries, the day, and the SHA-256 of every segment
      opening.json         what the adapter said of itself, and of what that holds (harness.record.remembered)
      origin.json          the adapter's file, and the Python that ran it (harness.record.origin)
      run.json             when, where and how long: no later stage reads it

Without its manifest a recording is incomplete: it can be resumed, and is not compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from harness.record.codec import Json, header_from_json, header_to_json
from harness.record.origin import NAME as ORIGIN
from harness.record.recording import Entry, Header, Recording
from harness.record.remembered import NAME as REMEMBERED
from harness.record.segment import (
    SegmentError,
    SegmentWriter,
    digests,
    pack_of,
    read_lines,
    read_segment,
    segments,
    sha256,
)
from harness.seal import seal_holds, sealed
from harness.vocabulary import Quantity
from harness.wholefile import write_whole

FORMAT = "softmax-harness recording"
VERSION = 2
_HEADER, _MANIFEST, _RUN = "header.json", "manifest.json", "run.json"
_OURS = (_HEADER, _MANIFEST, _RUN, REMEMBERED, ORIGIN, "*.partial", "segment-*.jsonl", "segment-*.npy")


class RecordingError(Exception):
    """A recording cannot be read, or not be believed; the text says which file, why, and what to do."""


def read_recording(folder: Path, *, plan: str | None) -> Recording:
    """Read the recording in ``folder``, arrays mapped from the disk.

    ``plan`` is the digest of the plan that it has to belong to; None accepts any. Raise :class:`RecordingError` where
    there is none, where it is of another format version or plan, or where a file is damaged, cut short or missing.
    """
    header = _read_header(folder)
    if plan is not None and header.plan != plan:
        raise RecordingError(
            f"{folder}: recorded for another plan ({header.plan[:12]}; the current one is {plan[:12]}); "
            f"{_again(header.adapter)}"
        )
    manifest = _read_manifest(folder, header.adapter)
    known = {} if manifest is None else manifest["sha256"]  # which their files have been held against
    entries: dict[tuple[str, Quantity], Entry] = {}
    for path in segments(folder):
        try:
            found = read_segment(path, pack=known.get(pack_of(path).name))
        except SegmentError as error:
            raise RecordingError(f"{error}; {_again(header.adapter)}") from None
        for entry in found:
            before = entries.get((entry.problem, entry.quantity))
            # an incomplete one may have been left half taken over, some entries under their old names
            if before is not None and (manifest is not None or before.question == entry.question):
                raise RecordingError(
                    f"{path}: {entry.quantity.value} of {entry.problem} is recorded twice; {_again(header.adapter)}"
                )
            entries[entry.problem, entry.quantity] = entry
    if manifest is not None and manifest["entries"] != len(entries):
        raise RecordingError(
            f"{folder}: {len(entries)} entries, the manifest says {manifest['entries']}; {_again(header.adapter)}"
        )
    finished = None if manifest is None else _finished(manifest, folder / _MANIFEST, header.adapter)
    if manifest is not None:
        _check_seal(manifest, folder / _MANIFEST, header.adapter)
    return Recording(header=header, complete=manifest is not None, entries=entries, finished=finished)


def recording_there(folder: Path) -> bool:
    """Whether ``folder`` holds a recording, or the beginning of one."""
    return (folder / _HEADER).exists()


def start_recording(folder: Path, header: Header) -> None:
    """Begin a new recording in ``folder``, in place of any that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in _OURS:  # the manifest among the first: a recording half removed must not look complete
        for path in folder.glob(pattern):
            path.unlink()
    rename_recording(folder, header)


def reopen_recording(folder: Path) -> None:
    """Make the recording in ``folder`` incomplete."""
    (folder / _MANIFEST).unlink(missing_ok=True)


def rename_recording(folder: Path, header: Header) -> None:
    """Give the incomplete recording in ``folder`` another header."""
    _write_json(folder / _HEADER, sealed({"format": FORMAT, "version": VERSION, **header_to_json(header)}))


def recorded(folder: Path) -> dict[tuple[str, Quantity], str]:
    """Return the problems and quantities that have an entry in ``folder``, with the kind of its result.

    Their arrays are not looked at. Raise :class:`RecordingError` where a segment is damaged, or one has two entries.
    """
    found: dict[tuple[str, Quantity], str] = {}
    try:
        for line in chain.from_iterable(map(read_lines, segments(folder))):  # one segment at a time is held
            asked = (line["problem"], Quantity(line["quantity"]))
            if asked in found:
                raise ValueError(f"{line['quantity']} of {line['problem']} is recorded twice")
            found[asked] = line["result"]["kind"]
    except (SegmentError, KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"{folder}: damaged while it was recorded: {error}; {_again(folder.name)}") from None
    return found


def tidy(folder: Path) -> None:
    """Remove what a killed recorder left half written."""
    whole = {pack_of(path) for path in segments(folder)}
    for path in [*folder.glob("*.partial"), *(p for p in folder.glob("segment-*.npy") if p not in whole)]:
        path.unlink()


def append(folder: Path, entries: Iterable[Entry]) -> None:
    """Add entries, as a segment of their own."""
    segment = SegmentWriter(folder)
    for entry in entries:
        segment.add(entry)
    segment.close()


def finish_recording(folder: Path, *, run: Json, on: date) -> Counter[str]:
    """Write the manifest of what ``folder`` holds, on the day ``on``; return how many results of each kind there are.

    ``run`` is what goes into ``run.json``.
    """
    kinds = Counter(recorded(folder).values())
    files = {name: digest for lines in segments(folder) for name, digest in digests(lines).items()}
    _write_json(folder / _RUN, run)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "entries": kinds.total(),
        "finished": on.isoformat(),
        "results": dict(sorted(kinds.items())),
        "sha256": files,
    }
    _write_json(folder / _MANIFEST, sealed(manifest))
    return kinds


def _read_header(folder: Path) -> Header:
    path = folder / _HEADER
    if not path.exists():
        raise RecordingError(f"{folder}: there is no recording here; {_again(folder.name)}")
    value = _read_json(path, folder.name)
    try:
        header = header_from_json(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"{path}: not the header of a recording: {error!r}; {_again(folder.name)}") from None
    _check_seal(value, path, header.adapter)
    return header


def _read_manifest(folder: Path, adapter: str) -> Json | None:
    path = folder / _MANIFEST
    if not path.exists():
        return None
    manifest = _read_json(path, adapter)
    there = {file.name for lines in segments(folder) for file in (lines, pack_of(lines))}
    files = manifest.get("sha256")
    if not isinstance(files, dict) or "entries" not in manifest:
        raise RecordingError(f"{path}: not the manifest of a recording; {_again(adapter)}")
    for name in sorted(files.keys() ^ there):
        what = "missing" if name in files else "not part of this recording"
        raise RecordingError(f"{folder / name}: this segment is {what}; {_again(adapter)}")
    for name, expected in files.items():
        if not (folder / name).is_file():
            raise RecordingError(f"{folder / name}: this segment is missing; {_again(adapter)}")
        if sha256(folder / name) != expected:
            raise RecordingError(
                f"{folder / name}: cut short or changed after it was recorded (SHA-256 differs); {_again(adapter)}"
            )
    return manifest


def _finished(manifest: Json, path: Path, adapter: str) -> date | None:
    """Return the day that a manifest holds; those of before it was kept have none."""
    if "finished" not in manifest:
        return None
    try:
        return date.fromisoformat(manifest["finished"])
    except (TypeError, ValueError):
        raise RecordingError(f"{path}: finished is {manifest['finished']!r}, not a day; {_again(adapter)}") from None


def _check_seal(value: Json, path: Path, adapter: str) -> None:
    if not seal_holds(value):
        raise RecordingError(f"{path}: changed after it was written (its seal is broken); {_again(adapter)}")


def _read_json(path: Path, adapter: str) -> Json:
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path}: not readable JSON: {error}; {_again(adapter)}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise RecordingError(f"{path}: not a file of a recording of this harness; {_again(adapter)}")
    if value.get("version") != VERSION:
        raise RecordingError(
            f"{path}: the recording has format version {value.get('version')}, this harness reads version {VERSION}; "
            f"record and compare with the same harness: harness record {adapter} --fresh"
        )
    return value


def _write_json(path: Path, value: Json) -> None:
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _again(adapter: str) -> str:
    return f"record it again with: harness record {adapter} --fresh"
