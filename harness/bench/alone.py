"""The framework calls of a plan and nothing else: what a recorder's memory is measured against.

Run by the Python of the framework, by :mod:`harness.bench.program`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.adapters.device import made
from harness.adapters.registry import load
from harness.call import ARRAYS
from harness.plan.store import read_plan


def answer(asked: Mapping[str, Any], *, progress: Callable[[int], None]) -> int:
    """Make every call of the plan in ``plan`` with the adapter ``adapter``; return how many there were.

    The inputs are in memory, as a user's are, and a result is dropped before the next call.
    """
    adapter = made(load(asked["adapter"]), device=None)
    done = 0
    for problem in read_plan(Path(asked["plan"])).problems:
        given = {name: getattr(problem.call, name) for name in ARRAYS}
        arrays: dict[str, Any] = {name: np.array(array) for name, array in given.items() if array is not None}
        call = replace(problem.call, mode=adapter.modes[0], **arrays)
        for quantity in problem.check:
            getattr(adapter, quantity.value)(call)
            done += 1
            progress(done)
    return done
