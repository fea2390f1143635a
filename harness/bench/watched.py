"""A program and whatever it starts, watched: what it computed for, and how much memory it held at most."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PAUSE: Final = 0.004  # seconds between two looks


class NotWatched(Exception):
    """A program cannot be watched here, or ended with an error; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a program used: seconds of a processor, and bytes of memory of its own at its peak, its processes together.

    The time does not depend on what else the machine does. Files that are mapped, and what the system keeps of files,
    are nobody's own.
    """

    seconds: float
    memory: int


def watched(line: Sequence[str], *, environ: Mapping[str, str], folder: Path) -> Used:
    """Run a program in ``folder`` to its end; raise :class:`NotWatched` where that fails, or nothing can be seen."""
    if not (_PROC / "self" / "status").exists():
        raise NotWatched("this system does not say how much memory a process holds")
    began, peak = computed_by_others(), 0
    with (folder / "said.txt").open("w+b") as said:
        with subprocess.Popen(line, cwd=folder, env=environ, stdout=said, stderr=said) as running:  # noqa: S603
            while running.poll() is None:
                peak = max(peak, sum(_own(process) for process in _tree(running.pid)))
                time.sleep(_PAUSE)
        seconds = computed_by_others() - began
        if running.returncode:
            said.seek(0)
            words = said.read()[-500:].decode("utf-8", errors="replace").strip()
            raise NotWatched(f"{' '.join(line)}: it ended with exit code {running.returncode}: {words}")
    return Used(seconds=seconds, memory=peak)


def computed_by_others() -> float:
    """Return the seconds that all programs which this one has started, and which ended so far, have computed for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(process: int) -> Iterator[int]:
    """Yield a process and all that it has started, and those have."""
    yield process
    for listed in (_PROC / str(process) / "task").glob("*/children"):
        for child in _read(listed).split():
            yield from _tree(int(child))


def _own(process: int) -> int:
    """Return the bytes of anonymous memory of a process; 0 where it has ended."""
    for line in _read(_PROC / str(process) / "status").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes())
    except OSError:  # it has ended since
        return ""
