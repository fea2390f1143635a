"""Run by the Python that has a framework: its functions alone, called one after the other on inputs read before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.adapters.contract import Adapter
from harness.adapters.registry import load
from harness.call import ARRAYS, Call
from harness.plan.store import read_plan
from harness.record.evaluate import schedule
from harness.record.recording import Raised, Returned
from harness.record.store import read_recording
from harness.vocabulary import Mode


def answer(asked: Mapping[str, Any], *, progress: Callable[[int], None]) -> dict[str, Any]:
    """Return the seconds of reading the inputs and of the loop over every call that came back, or raised, before.

    ``asked``: framework, plan and recording (their folders). What a framework has not, nobody calls; and what ended the
    process that recorded it would end this one.
    """
    adapter: Adapter = load(asked["framework"])()
    description = adapter.describe()
    began = time.perf_counter()
    plan = read_plan(Path(asked["plan"]))
    reading = time.perf_counter() - began
    entries = read_recording(Path(asked["recording"]), plan=plan.digest).entries
    calls = [
        (getattr(adapter, quantity.value), _own(problem.call, adapter))
        for problem, quantity in schedule(plan)
        if isinstance(entries[problem.id, quantity].result, Returned | Raised)
    ]
    began = time.perf_counter()
    for function, call in calls:
        try:  # noqa: SIM105 - the plainest loop that there is
            function(call)
        except Exception:  # noqa: S110 - what a framework refuses, it refuses here too
            pass
    seconds = time.perf_counter() - began
    progress(1)
    return {
        "seconds": reading + seconds,
        "version": f"{description.framework} {description.version}, NumPy {np.__version__}",
    }


def _own(call: Call, adapter: Adapter) -> Call:
    arrays: dict[str, Any] = {name: None if (given := getattr(call, name)) is None else given.copy() for name in ARRAYS}
    return replace(call, mode=adapter.modes[0] if call.mode is Mode.DEFAULT else call.mode, **arrays)
