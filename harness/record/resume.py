"""Whether what lies in a folder may be continued: only what was made by the same adapter in the same surroundings.

The plan may be another one: what both ask is taken over (:mod:`harness.record.takeover`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from harness.record.recording import Header, Recording
from harness.record.store import RecordingError, read_recording, recording_there

_WORDS = {
    "source": "the adapter's source",
    "harness": "the recorder's own code",
    "packages": "the installed packages",
    "rows_per_call": "--rows-per-call",
}
_SHOWN = 3  # packages named in a message


def kept(folder: Path, header: Header, *, note: Callable[[str], None]) -> Recording | None:
    """Return the recording in ``folder`` if ``header``, but for its plan, would have made it too.

    Else return None, having said why.
    """
    if not recording_there(folder):
        return None
    try:
        recording = read_recording(folder, plan=None)
    except RecordingError as error:
        note(f"starting over, what is there cannot be used: {error}")
        return None
    different = differences(replace(recording.header, plan=header.plan), header)
    if different:
        note(f"starting over, the recording in {folder} was made with other surroundings: {'; '.join(different)}")
        return None
    return recording


def differences(old: Header, new: Header) -> list[str]:
    """Say in which respects two headers differ, a phrase for each; empty where they are equal."""
    phrases = []
    for field in fields(Header):
        before, now = getattr(old, field.name), getattr(new, field.name)
        if before == now:
            continue
        phrase = _WORDS.get(field.name, field.name)
        if field.name in ("platform", "flags"):
            changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
            phrase += f" ({', '.join(changed)})"
        elif field.name == "packages":
            changed = sorted(set(before) ^ set(now))
            more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
            phrase += f" ({', '.join(changed[:_SHOWN])}{more})"
        elif field.name in ("python", "not_run"):
            phrase += f" ({before} then, {now} now)"
        phrases.append(phrase)
    return phrases
