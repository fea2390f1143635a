"""What a comparison is made of: plan and recordings, which may be read before all of them are there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from harness.plan.plan import Plan
from harness.plan.store import PlanError, read_plan
from harness.record.recording import Recording
from harness.record.store import RecordingError, read_recording

_State = tuple[tuple[str | int, ...], ...]


class Inputs:
    """The plan in the folder ``plan``, and recordings of it: each read once, and again where its files have changed.

    Whether they have is told by their names, sizes, inodes and times: all of them are written whole, under another name
    at first.
    """

    def __init__(self, plan: Path, *, recordings: Path) -> None:
        self._folder = plan
        self._home = recordings
        self._plan: tuple[_State, Plan] | None = None
        self._recordings: dict[Path, tuple[_State, str, Recording]] = {}

    def read_ahead(self, adapter: str) -> None:
        """Read the plan and the recording of ``adapter`` for later; what cannot be read says so then."""
        with suppress(PlanError, RecordingError, OSError):
            self.recording(self._home / adapter, plan=self.plan().digest)

    def plan(self) -> Plan:
        """Return the plan; raise :class:`~harness.plan.store.PlanError` as :func:`read_plan` does."""
        state = _state(self._folder)
        if self._plan is None or self._plan[0] != state:
            self._plan = state, read_plan(self._folder)
        return self._plan[1]

    def recording(self, folder: Path, *, plan: str) -> Recording:
        """Return the recording in ``folder``; raise as :func:`~harness.record.store.read_recording` does."""
        state = _state(folder)
        known = self._recordings.get(folder)
        if known is None or known[:2] != (state, plan):
            known = self._recordings[folder] = state, plan, read_recording(folder, plan=plan)
        return known[2]


def _state(folder: Path) -> _State:
    found = []
    for path in sorted(folder.glob("*")):
        try:
            status = path.stat()
        except OSError:  # what somebody writes there has got its name meanwhile, or has none that leads anywhere
            continue
        found.append((path.name, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns))
    return tuple(found)
