"""A comparison on disk: one JSON file, read back as the types it was written from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from harness.compare.comparison import Comparison

FORMAT = "harness-comparison"
VERSION = 1
_CODEC: TypeAdapter[Comparison] = TypeAdapter(Comparison, config=ConfigDict(ser_json_inf_nan="strings"))


class ComparisonUnreadable(Exception):
    """There is no comparison to read, or none that this version can read; the text says what to do."""


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write ``comparison`` to ``folder``, replacing an older one only by a whole new one; return the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "comparison.json"
    partial = path.with_name(path.name + ".partial")
    body = _CODEC.dump_json(comparison)
    head = json.dumps({"format": FORMAT, "version": VERSION})[:-1].encode()
    partial.write_bytes(head + b', "comparison": ' + body + b"}\n")
    partial.replace(path)
    return path


def remove_comparison(folder: Path) -> None:
    """Remove an older comparison, so that a failure before the next one is never followed by a report on the old."""
    (folder / "comparison.json").unlink(missing_ok=True)


def read_comparison(folder: Path) -> Comparison:
    """Read the comparison in ``folder``. Raise :class:`ComparisonUnreadable` where there is none to be had."""
    path = folder / "comparison.json"
    try:
        whole: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ComparisonUnreadable(f"{path}: no comparison here yet: run `harness compare` first") from None
    except (OSError, ValueError) as error:
        raise ComparisonUnreadable(f"{path}: not readable ({error}): run `harness compare` again") from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise ComparisonUnreadable(f"{path}: not a comparison of this harness: run `harness compare` again")
    if whole.get("version") != VERSION:
        raise ComparisonUnreadable(
            f"{path}: format version {whole.get('version')!r}, this harness reads {VERSION}: run `harness compare` "
            "again"
        )
    try:
        return _CODEC.validate_python(whole.get("comparison"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ComparisonUnreadable(f"{path}: {where}: {first['msg']}: run `harness compare` again") from None
