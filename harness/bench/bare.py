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

    They are of processor time (``computed``), and on a clock (``elapsed``).
    ``asked``: framework, plan and recording (their folders). What a framework has not, nobody calls; and what ended the
    process that recorded it would end this one.
    """
    adapter: Adapter = load(asked["framework"])()
    description = adapter.describe()
    began = _clocks()
    plan = read_plan(Path(asked["plan"]))
    reading = _since(began)
    entries = read_recording(Path(asked["recording"]), plan=plan.digest).entries
    calls = [
        (getattr(adapter, quantity.value), _own(problem.call, adapter))
        for problem, quantity in schedule(plan)
        if isinstance(entries[problem.id, quantity].result, Returned | Raised)
    ]
    began = _clocks()
    for function, call in calls:
        try:  # noqa: SIM105 - the plainest loop that there is
            function(call)
        except Exception:  # noqa: S110 - what a framework refuses, it refuses here too
            pass
    calling = _since(began)
    progress(1)
    return {
        **{clock: reading[clock] + calling[clock] for clock in calling},
        "version": f"{description.framework} {description.version}, NumPy {np.__version__}",
    }


def _clocks() -> dict[str, float]:
    return {"computed": time.process_time(), "elapsed": time.perf_counter()}


def _since(began: Mapping[str, float]) -> dict[str, float]:
    return {clock: now - began[clock] for clock, now in _clocks().items()}


def _own(call: Call, adapter: Adapter) -> Call:
    arrays: dict[str, Any] = {name: None if (given := getattr(call, name)) is None else given.copy() for name in ARRAYS}
    return replace(call, mode=adapter.modes[0] if call.mode is Mode.DEFAULT else call.mode, **arrays)
