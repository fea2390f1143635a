"""Files with kernels from outside the project: where each lies, how it is called, and whether it is what was recorded.

Only the Python that recorded a file can load it, and is asked by the verbs that run it anyway: what it says is kept,
and is good for as long as not a byte of the file has changed, or of what it has loaded from beside it. To read a report
runs nothing of anybody's.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from harness.record.elsewhere import reachable
from harness.record.origin import Origin
from harness.record.profile import Profile
from harness.record.recording import Header
from harness.wholefile import write_whole

_PATIENCE: Final = 120.0  # seconds to load a framework and a file, as in recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A file with a kernel: where it was found, and what it says of itself."""

    origin: Origin
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Stands in for a kernel that cannot be called as it was recorded: why, and what to do."""

    reason: str


def kernel_of(
    header: Header,
    origin: Origin | None,
    *,
    kept: Path,
    environ: Mapping[str, str] | None = None,
    patience: float = _PATIENCE,
) -> Kernel | Unknown:
    """Return the kernel that ``header`` is of, found where ``origin`` says; ``kept`` is the file of what it has said.

    What it has not said yet it is asked, with the variables ``environ``; not where these are None. One that has changed
    since it was recorded is :class:`Unknown`, as is one that does not load in ``patience`` seconds.
    """
    if origin is None:
        return Unknown(reason=f"Where the file of {header.adapter} lies was not recorded: record it again.")
    found = _kept(kept)
    if found is None or found.origin != origin or found.profile.source != header.source or not _same(found.profile):
        if environ is None:
            return Unknown(
                reason="How its file is called has not been asked: `harness shrink` does, and looks for more."
            )
        asked = _asked(origin, environ, patience=patience)
        if isinstance(asked, Unknown):
            return asked
        found = Kernel(origin=origin, profile=asked)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, json.dumps(asdict(found), indent=1) + "\n")
    if found.profile.source != header.source:
        return Unknown(reason=f"{origin.adapter} has changed since it was recorded: record it again.")
    return found


def _kept(file: Path) -> Kernel | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return Kernel(origin=Origin(**said["origin"]), profile=Profile(**said["profile"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _same(profile: Profile) -> bool:
    try:
        return all(
            hashlib.sha256(Path(file).read_bytes()).hexdigest() == digest for file, digest in profile.files.items()
        )
    except OSError:
        return False


def _asked(origin: Origin, environ: Mapping[str, str], *, patience: float) -> Profile | Unknown:
    with tempfile.TemporaryDirectory() as folder, reachable(environ) as environment:
        question, answer = Path(folder) / "question.json", Path(folder) / "answer.json"
        question.write_text(json.dumps({"adapter": origin.adapter, "device": origin.device}), encoding="utf-8")
        line = [origin.python, "-m", "harness.record.profile", str(question), str(answer)]
        try:
            done = subprocess.run(  # noqa: S603 - the interpreter that has recorded it
                line, env=environment, capture_output=True, check=False, timeout=patience
            )
        except subprocess.TimeoutExpired:
            return Unknown(reason=f"{origin.adapter} was not loaded within {patience:g} seconds.")
        except OSError as error:
            return Unknown(reason=f"{origin.python}, which recorded it, cannot be started: {error.strerror}.")
        if done.returncode or not answer.exists():
            last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
            return Unknown(reason=f"{origin.adapter} cannot be loaded as it was recorded: {last}.")
        return Profile(**json.loads(answer.read_text(encoding="utf-8")))
