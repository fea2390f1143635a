"""Recording as `harness record` does it, in the interpreter that has the framework."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.layout import Layout
from harness.plan.plan import Plan
from harness.plan.store import write_plan
from harness.record.elsewhere import reachable
from harness.record.recording import Header, Recording
from harness.record.store import RecordingError, read_recording
from harness.vocabulary import Exit


class RecorderFailed(Exception):
    """The recorder did not do its work; what it said stands on stderr above. ``code`` is its exit code, if any."""

    def __init__(self, text: str, *, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Records one adapter, a name or the path of a file, in ``python``; progress goes to stderr.

    What JAX compiles is kept in the folder ``compiled``: the next chunk asks another process for the same functions.
    ``options`` are those of `harness record`, beside the folder.
    """

    adapter: str
    python: Path
    environ: Mapping[str, str]
    compiled: Path
    options: tuple[str, ...] = ()

    def identify(self, plan: Plan, home: Path) -> Header:
        """Record ``plan``, which should be small, in a folder of its own, and return what the recording says of itself.

        Raise as :meth:`record` does.
        """
        write_plan(plan, Layout(home).plan)
        self._run(home)
        recordings = Layout(home).recordings(selected=plan.selection is not None)
        (folder,) = (path for path in recordings.iterdir() if path.is_dir())
        return _read(folder, plan).header

    def record(self, plan: Plan, home: Path, *, name: str) -> Recording:
        """Record ``plan``, which is in ``home`` already, and return what came back from the adapter called ``name``.

        What an earlier run, in the same surroundings, has recorded there is not asked again. Raise
        :class:`RecorderFailed`, or KeyboardInterrupt where a person interrupted the recorder.
        """
        self._run(home)
        return _read(Layout(home).recordings(selected=plan.selection is not None) / name, plan)

    def _run(self, home: Path) -> None:
        line = [str(self.python), "-m", "harness", "record", self.adapter, "--reports", str(home), *self.options]
        try:
            with reachable({**_cache(self.compiled), **self.environ}) as environment:
                done = subprocess.run(  # noqa: S603 - an interpreter that the user or tox provides
                    line, env=environment, stdout=subprocess.DEVNULL, check=False
                )
        except OSError as error:
            raise RecorderFailed(f"{self.python}: cannot be started: {error.strerror}") from None
        if done.returncode == Exit.INTERRUPTED:
            raise KeyboardInterrupt
        if done.returncode not in (Exit.AGREED, Exit.NOT_RUN):
            raise RecorderFailed(f"{' '.join(line)}: it ended with exit code {done.returncode}", code=done.returncode)


def _cache(folder: Path) -> dict[str, str]:
    """Return what tells JAX to keep everything that it compiles in ``folder``, however little time it took."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder.absolute()),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


def _read(folder: Path, plan: Plan) -> Recording:
    try:
        return read_recording(folder, plan=plan.digest)
    except RecordingError as error:
        raise RecorderFailed(str(error)) from None
