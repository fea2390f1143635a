"""Collect the recordings of a plan from the disk; one that cannot be compared stands in with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.compare.compare import NotRun
from harness.compare.inputs import Inputs
from harness.plan.plan import Plan
from harness.record.recording import Recording
from harness.record.store import RecordingError, read_recording


def gather(
    folder: Path, plan: Plan, *, only: Iterable[str] | None = None, inputs: Inputs | None = None
) -> dict[str, Recording | NotRun]:
    """Read every recording below ``folder``, one folder per adapter, or those of ``only`` alone.

    What ``inputs`` have read already is not read again.

    A recording that is damaged, of another plan, of another format version, or of another adapter than its folder says
    comes back as a :class:`NotRun` that says so: it costs no other recording.
    """
    wanted = None if only is None else set(only)
    read = read_recording if inputs is None else inputs.recording
    found: dict[str, Recording | NotRun] = {}
    for home in sorted(path for path in folder.glob("*") if path.is_dir()):
        if wanted is not None and home.name not in wanted:
            continue
        try:
            recording = read(home, plan=plan.digest)
        except RecordingError as error:
            found[home.name] = NotRun(reason=str(error))
            continue
        name = recording.header.adapter
        whose = NotRun(reason=f"{home}: this is a recording of {name!r}; move it back to a folder of that name")
        found[home.name] = recording if name == home.name else whose
    return found
