"""What a built-in adapter said of itself when its framework was last imported here.

It is good for as long as nothing has changed that it could depend on: then a recording to which nothing is to be added
costs no import. Where that cannot be told, and for adapters from outside, the framework is asked each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.adapters.framework import usable_cpus
from harness.adapters.registry import BUILT_IN
from harness.record.codec import description_from_json, description_to_json
from harness.record.opening import Ready
from harness.record.surroundings import describe_platform, processor_features, result_flags
from harness.vocabulary import Mode
from harness.wholefile import write_whole

NAME = "opening.json"
_SEARCHED = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")  # where another framework could come from
_ACCELERATORS = ("nvidia*", "kfd", "accel*", "dri/*", "dxg")  # below /dev: what they are is the framework's to say
_PACKAGE = Path(__file__).resolve().parents[1]


def remembered(folder: Path, stamp: str | None) -> Ready | None:
    """Return what the adapter of the recording in ``folder`` said under the same ``stamp``, or None."""
    if stamp is None:
        return None
    try:
        value = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if value["stamp"] != stamp:
            return None
        return Ready(
            name=str(value["name"]),
            mode=Mode(value["mode"]),
            description=description_from_json(value["description"]),
            source=str(value["source"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # never written, or not by us: the framework will say it again


def remember(folder: Path, ready: Ready, stamp: str | None) -> None:
    """Keep beside the recording in ``folder`` what its adapter has said under ``stamp``."""
    if stamp is None:
        (folder / NAME).unlink(missing_ok=True)
        return
    value = {
        "stamp": stamp,
        "name": ready.name,
        "mode": ready.mode.value,
        "description": description_to_json(ready.description),
        "source": ready.source,
    }
    write_whole(folder / NAME, json.dumps(value, indent=1) + "\n")


def stamp_of(
    spec: str,
    *,
    device: str | None,
    environ: Mapping[str, str],
    searched: Iterable[str] = sys.path,
    devices: Path = Path("/dev"),
) -> str | None:
    """Return the digest of all that may decide what the adapter ``spec`` says of itself, or None.

    None where that cannot be known without asking it: an adapter from outside, a package whose source is edited in
    place, an accelerator below ``devices``. ``searched`` are the folders in which Python looks for packages.
    """
    installed = _installed(searched)
    if spec not in BUILT_IN or installed is None or any(next(devices.glob(each), None) for each in _ACCELERATORS):
        return None
    decides: list[Any] = [
        [spec, device, sys.version, sys.executable, installed, _sources()],
        [describe_platform(), processor_features(), usable_cpus()],
        [result_flags(environ), {name: _without_us(environ.get(name)) for name in _SEARCHED}],
    ]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()


def _without_us(path: str | None) -> str | None:
    """Return a search path but for folders that hold this harness alone, of which each run makes itself another one.

    :mod:`harness.record.elsewhere` does.
    """
    return os.pathsep.join(folder for folder in (path or "").split(os.pathsep) if not _is_ours(Path(folder))) or None


def _is_ours(folder: Path) -> bool:
    try:
        found = {entry.name: entry.resolve() for entry in folder.iterdir()}
    except OSError:
        return False
    return found == {name: _PACKAGE.parent / name for name in ("harness", "reference")}


def _installed(searched: Iterable[str]) -> list[tuple[str, int, int]] | None:
    """Return what was installed, and when; None where a package is edited in place."""
    found = []
    for folder in map(Path, dict.fromkeys(searched)):
        for pattern in ("*.dist-info", "*.egg-info", "*.pth", "*.egg-link"):
            for path in sorted(folder.glob(pattern)):
                origin = path / "direct_url.json"
                if origin.exists() and '"editable": true' in origin.read_text(encoding="utf-8"):
                    return None
                record = path / "RECORD"
                stat = (record if record.exists() else path).stat()
                found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return found


def _sources() -> str:
    """Return the digest of the adapters, and of the reference, which is the framework of one of them."""
    sha = hashlib.sha256()
    for file in sorted([*(_PACKAGE / "adapters").glob("*.py"), *(_PACKAGE.parent / "reference").rglob("*.py")]):
        sha.update(os.fsencode(file) + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return sha.hexdigest()
