"""A comparison on disk: one JSON file, read back as the types it was written from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.compare.comparison import Comparison
from harness.wholefile import write_whole

FORMAT = "harness-comparison"
VERSION = 2  # of the file; a reader refuses any other, since a comparison is made again in seconds


class ComparisonUnreadable(Exception):
    """There is no comparison to read, or none that this version can read; the text says what to do."""


class _File(BaseModel):
    """The whole file. Numbers that JSON lacks are the texts NaN, Infinity and -Infinity."""

    model_config: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="strings")

    format: str = FORMAT
    version: int = VERSION
    comparison: Comparison


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write ``comparison`` to ``folder``, replacing an older one only by a whole new one; return the file's path.

    Raise :class:`OSError` where it cannot be written; the older one is then unchanged, and nothing else is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = comparison_in(folder)
    write_whole(path, _File(comparison=comparison).model_dump_json() + "\n")
    return path


def remove_comparison(folder: Path) -> None:
    """Remove an older comparison, so that a failure before the next one is never followed by a report on the old."""
    comparison_in(folder).unlink(missing_ok=True)


def read_comparison(folder: Path) -> Comparison:
    """Read the comparison in ``folder``. Raise :class:`ComparisonUnreadable` where there is none to be had."""
    path = comparison_in(folder)
    try:
        head = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ComparisonUnreadable(f"{path}: no comparison here yet: run `harness compare` first") from None
    except (OSError, ValueError) as error:
        raise ComparisonUnreadable(f"{path}: not readable ({error}): run `harness compare` again") from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ComparisonUnreadable(f"{path}: not a comparison of this harness: run `harness compare` again")
    if head.get("version") != VERSION:
        raise ComparisonUnreadable(
            f"{path}: format version {head.get('version')!r}, this harness reads {VERSION}: run `harness compare` again"
        )
    try:
        return _File.model_validate(head).comparison
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ComparisonUnreadable(f"{path}: {where}: {first['msg']}: run `harness compare` again") from None


def comparison_in(folder: Path) -> Path:
    """Return the file of the comparison in ``folder``."""
    return folder / "comparison.json"
