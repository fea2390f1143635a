"""Recordings and plans whose JSON was changed and whose digests were made to fit again: what only the readers see."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.seal import sealed

Json = Any


def read_lines(path: Path) -> list[Json]:
    """Return the JSON values of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def reseal_recording(folder: Path, lines: list[Json]) -> None:
    """Write entries into the one segment of a recording, with all digests as a recorder would have written them."""
    (segment,), (pack,) = folder.glob("segment-*.jsonl"), folder.glob("segment-*.npy")
    text = "".join(json.dumps(line) + "\n" for line in lines)
    first = {"entries": len(lines), "pack": _sha256(pack.read_bytes()), "lines": _sha256(text.encode())}
    segment.write_text(json.dumps(first) + "\n" + text)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["seal"]
    manifest["entries"] = len(lines)
    manifest["sha256"] = {path.name: _sha256(path.read_bytes()) for path in (segment, pack)}
    write_sealed(folder / "manifest.json", manifest)


def write_sealed(path: Path, value: Json) -> None:
    """Write a JSON value with its seal, where it can have one."""
    path.write_text(json.dumps(sealed(value) if isinstance(value, dict) else value))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
