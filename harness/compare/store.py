"""A comparison on disk: one JSON file with a seal, read back as the types it was written from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

from pydantic import ConfigDict, RootModel, ValidationError

from harness.compare.comparison import Comparison
from harness.wholefile import write_whole

FORMAT = "harness-comparison"
VERSION = 3  # of the file; a reader refuses any other, since a comparison is made again in seconds
_BODY: Final = b',"comparison":'  # behind this the comparison itself, up to the end
_END: Final = b"}\n"
_NONE: Final = "run `harness compare` first"
_AGAIN: Final = "run `harness compare` again"


class ComparisonUnreadable(Exception):
    """There is no comparison to read, or none that this version can read; the text says what to do."""


class _Content(RootModel[Comparison]):
    """A comparison as JSON. Numbers that JSON lacks are the texts NaN, Infinity and -Infinity."""

    model_config: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="strings")


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write ``comparison`` to ``folder``, replacing an older one only by a whole new one; return the file's path.

    Raise :class:`OSError` where it cannot be written; the older one is then unchanged, and nothing else is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = comparison_in(folder)
    body = _Content(comparison).model_dump_json().encode()
    head = json.dumps({"format": FORMAT, "version": VERSION, "seal": _seal(body)}, separators=(",", ":")).encode()
    write_whole(path, head.removesuffix(b"}") + _BODY + body + _END)
    return path


def remove_comparison(folder: Path) -> None:
    """Remove an older comparison, so that a failure before the next one is never followed by a report on the old."""
    comparison_in(folder).unlink(missing_ok=True)


def read_comparison(folder: Path) -> Comparison:
    """Read the comparison in ``folder``. Raise :class:`ComparisonUnreadable` where there is none to be had."""
    path = comparison_in(folder)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        _refuse(path, "no comparison here yet", _NONE)
    except OSError as error:
        _refuse(path, f"not readable ({error})")
    head, _, rest = content.partition(_BODY)
    stated = _stated(path, head + b"}" if rest else content)
    if stated.get("format") != FORMAT:
        _refuse(path, "not a comparison of this harness")
    if stated.get("version") != VERSION:
        _refuse(path, f"format version {stated.get('version')!r}, this harness reads {VERSION}")
    body = rest.removesuffix(_END)
    if not rest.endswith(_END) or stated.get("seal") != _seal(body):
        _refuse(path, "cut short, or changed after it was made (its seal is broken)")
    try:
        return _Content.model_validate_json(body).root
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        _refuse(path, f"{where}: {first['msg']}")


def comparison_in(folder: Path) -> Path:
    """Return the file of the comparison in ``folder``."""
    return folder / "comparison.json"


def _stated(path: Path, head: bytes) -> dict[str, Any]:
    """Return what a file says of itself before the comparison; leave a file that is no JSON object."""
    try:
        stated = json.loads(head)
    except (ValueError, RecursionError) as error:
        _refuse(path, f"not readable ({error})")
    return stated if isinstance(stated, dict) else {}


def _seal(body: bytes) -> str:
    """Return the SHA-256 of a comparison as it stands in its file, so that one changed there is not believed."""
    return hashlib.sha256(body).hexdigest()


def _refuse(path: Path, why: str, remedy: str = _AGAIN) -> NoReturn:
    raise ComparisonUnreadable(f"{path}: {why}: {remedy}") from None
