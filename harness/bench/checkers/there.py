"""Run by the Python that has a framework: this harness and the framework's checkers, in turns over the same problems.

Every repetition has problems of its own, so that nobody finds again what he has computed before. This harness judges
all of them. A checker, to which one problem is like another, is timed at as many as take it a given time, at least one.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from harness.adapters.contract import Adapter
from harness.adapters.registry import load
from harness.bench.checkers.verified import drawn, flagged
from harness.bench.pace import interleaved
from harness.plan.problem import Problem
from harness.vocabulary import DType

OURS: Final = "this harness"
_SHORTEST: Final = 1e-6  # seconds: a clock may stand still
_FEW: Final = 2  # problems at which a checker is asked whether it accepts a right kernel at all


Problems = tuple[Problem, ...]


def answer(asked: Mapping[str, Any], *, progress: Callable[[int], None]) -> dict[str, Any]:
    """Return the seconds of processor time per problem, by part and repetition, and who refuses a right kernel.

    ``asked``: framework, shape, dtype, problems (how many), repetitions, seconds (of a checker in a repetition).
    """
    adapter: Adapter = load(asked["framework"])()
    checks = importlib.import_module(f"harness.bench.checkers.of_{asked['framework']}").checks()
    dtype, shape = DType(asked["dtype"]), tuple(asked["shape"])
    sets = [
        drawn(shape, dtype, seed=seed, count=asked["problems"]) for seed in range(asked["repetitions"] + 1)
    ]  # the first warms everyone up
    refused, counts = {OURS: bool(flagged(sets[0], adapter))}, {OURS: asked["problems"]}
    parts = {OURS: _ours(sets[1:], adapter)}
    for name, check in checks.items():
        refused[name], seconds = _tried(check, sets[0][:_FEW])
        if not refused[name]:
            counts[name] = max(1, min(asked["problems"], int(asked["seconds"] / max(seconds, _SHORTEST))))
            parts[name] = _theirs(sets[1:], check, count=counts[name])
    times = interleaved(parts, repetitions=asked["repetitions"], progress=progress, warm=True)
    return {
        "seconds": {name: [one / counts[name] for one in each] for name, each in times.items()},
        "counts": counts,
        "refused": refused,
        "version": f"{adapter.describe().framework} {adapter.describe().version}, NumPy {np.__version__}",
    }


def _ours(sets: Sequence[Problems], adapter: Adapter) -> Callable[[], object]:
    following: Iterator[Problems] = iter(sets)
    return lambda: flagged(next(following), adapter)


def _theirs(sets: Sequence[Problems], check: Callable[[Any], bool], *, count: int) -> Callable[[], object]:
    following: Iterator[Problems] = iter(sets)
    return lambda: [check(problem.call.x) for problem in next(following)[:count]]


def _tried(check: Callable[[Any], bool], problems: Problems) -> tuple[bool, float]:
    """Return whether a checker refuses a right kernel at any of the problems, and the seconds that the last took."""
    refused, seconds = False, 0.0
    for problem in problems:
        began = time.process_time()
        refused |= not check(problem.call.x)
        seconds = time.process_time() - began
    return refused, seconds
