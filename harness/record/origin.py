"""Where an adapter was found when it was recorded, and which Python ran it, so that it can be asked once more.

It is no part of a recording: an adapter whose file has moved is the same one. It lies beside the recording.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.adapters.registry import is_path
from harness.wholefile import write_whole

NAME = "origin.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What `record` was given: a built-in name or the whole path of a file, the Python, and the device, if any."""

    adapter: str
    python: str
    device: str | None = None


def keep_origin(folder: Path, origin: Origin) -> None:
    """Write ``origin`` beside the recording in ``folder``. Raise OSError where it cannot be written."""
    adapter = str(Path(origin.adapter).absolute()) if is_path(origin.adapter) else origin.adapter
    value = asdict(origin) | {"adapter": adapter}
    write_whole(folder / NAME, json.dumps(value, indent=1) + "\n")


def read_origin(folder: Path) -> Origin | None:
    """Return what lies beside the recording in ``folder``; None where it was made before this was kept."""
    try:
        value = json.loads((folder / NAME).read_text(encoding="utf-8"))
        device = value["device"]
        return Origin(
            adapter=str(value["adapter"]),
            python=str(value["python"]),
            device=None if device is None else str(device),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
