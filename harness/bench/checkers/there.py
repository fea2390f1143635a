"""Run by the Python that has a framework: this harness over some problems, or the framework's checkers over the same.

Each side has a process to itself, with the framework as that side sets it up: the adapter's settings are not the
checkers'. Every repetition has problems of its own, so that nobody finds again what he has computed before. This
harness judges all of them. A checker, to which one problem is like another, is timed at as many as take it a given
time, at least one.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
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
_FEW: Final = 2  # problems at which a checker is asked whether it accepts a right kernel
_BEFORE: Final = 4  # sets of problems that this harness has judged before it is timed: by then its memory is in place

Problems = tuple[Problem, ...]
Refused = tuple[int, int]  # right results, of so many


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What is timed, by name: at how many of how many problems it refuses a right kernel, and over how many it goes."""

    refused: Mapping[str, Refused]
    parts: Mapping[str, Callable[[], object]]
    counts: Mapping[str, int]
    version: str = ""


def answer(asked: Mapping[str, Any], *, progress: Callable[[int], None]) -> dict[str, Any]:
    """Return the seconds of processor time per problem, by part, and how often each refuses a right kernel.

    ``asked``: framework, ours (whether it is this harness, and not the checkers), shape, dtype, problems (how many),
    repetition (its number), seconds (of a checker). Before it is timed, this harness has judged four other sets of
    problems, and each checker two problems.
    """
    dtype, shape = DType(asked["dtype"]), tuple(asked["shape"])
    first = asked["repetition"] * (_BEFORE + 1)
    *before, timed = (drawn(shape, dtype, seed=first + k, count=asked["problems"]) for k in range(_BEFORE + 1))
    side = _ours(asked, before, timed) if asked["ours"] else _theirs(asked, before, timed)
    times = interleaved(side.parts, repetitions=1, progress=progress, warm=True)
    return {
        "seconds": {name: each[0] / side.counts[name] for name, each in times.items()},
        "counts": side.counts,
        "refused": side.refused,
        "version": side.version,
    }


def _ours(asked: Mapping[str, Any], before: Sequence[Problems], timed: Problems) -> _Side:
    adapter: Adapter = load(asked["framework"])()
    description = adapter.describe()
    refused = sum(flagged(problems, adapter) for problems in before)
    return _Side(
        refused={OURS: (refused, sum(map(len, before)))},
        parts={OURS: lambda: flagged(timed, adapter)},
        counts={OURS: len(timed)},
        version=f"{description.framework} {description.version}, NumPy {np.__version__}",
    )


def _theirs(asked: Mapping[str, Any], before: Sequence[Problems], timed: Problems) -> _Side:
    refused: dict[str, Refused] = {}
    parts: dict[str, Callable[[], object]] = {}
    counts: dict[str, int] = {}
    for name, check in importlib.import_module(f"harness.bench.checkers.of_{asked['framework']}").checks().items():
        tried = before[0][:_FEW]
        wrongly, seconds = _tried(check, tried)
        refused[name] = wrongly, len(tried)
        counts[name] = max(1, min(len(timed), int(asked["seconds"] / max(seconds, _SHORTEST))))
        parts[name] = partial(_checked, check, timed[: counts[name]])
    return _Side(refused=refused, parts=parts, counts=counts)


def _checked(check: Callable[[Any], bool], problems: Problems) -> None:
    for problem in problems:
        check(problem.call.x)


def _tried(check: Callable[[Any], bool], problems: Problems) -> tuple[int, float]:
    """Return at how many of the problems a checker refuses a right kernel, and the seconds that the last took."""
    refused, seconds = 0, 0.0
    for problem in problems:
        began = time.process_time()
        refused += not check(problem.call.x)
        seconds = time.process_time() - began
    return refused, seconds
