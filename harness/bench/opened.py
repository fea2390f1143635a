"""Run by the Python that has a framework: what a recording process imports, the framework included; nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

import harness.record.worker  # noqa: F401 - for what it imports
from harness.adapters.device import made
from harness.adapters.registry import load, source_digest


def answer(asked: str, *, progress: Callable[[int], None]) -> float:
    """Load the adapter ``asked`` as far as a recording process has it when it says that it is ready.

    Return the seconds of processor time that this process has taken until then.
    """
    adapter = load(asked)
    made(adapter, device=None).describe()
    source_digest(adapter)
    progress(1)
    return time.process_time()
