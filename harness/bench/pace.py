"""Interleaved repetitions: what disturbs the machine for a while disturbs every part alike. Python alone."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

Clock = Callable[[], float]
Times = Mapping[str, Sequence[float]]  # by part: the seconds of each repetition


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of the ratios that the ``repetitions`` of one run gave, and their quartiles."""

    median: float
    lowest: float
    highest: float
    repetitions: int


def interleaved(
    parts: Mapping[str, Callable[[], object]],
    *,
    repetitions: int,
    progress: Callable[[int], None] = lambda _done: None,
    clock: Clock = time.process_time,
    warm: bool = False,
) -> dict[str, list[float]]:
    """Return the seconds that each part takes, ``repetitions`` of them.

    One more, before them, warms the parts up, but where they are ``warm``.

    Seconds are of processor time, which this process spends, all threads together: what else the machine does, and how
    long it lets us wait, is left out. A part that waits, for a process or a disk, needs another ``clock``.

    Every repetition runs all parts, and begins with another one than the repetition before it. The garbage collector
    runs between the parts, and not within.
    """
    for part in () if warm else parts.values():
        part()
    found: dict[str, list[float]] = {name: [] for name in parts}
    names = list(parts)
    for done in range(repetitions):
        first = done % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            gc.disable()
            try:
                began = clock()
                parts[name]()
                found[name].append(clock() - began)
            finally:
                gc.enable()
        progress(done + 1)
    return found


def ratio(times: Times, subject: str, against: str) -> Spread:
    """Return the spread of the subject's seconds over those of ``against`` in the same repetition."""
    each = [one / other for one, other in zip(times[subject], times[against], strict=True)]
    if len(each) == 1:
        return once(*each)
    low, _, high = quantiles(each, n=4, method="inclusive")
    return Spread(median=median(each), lowest=low, highest=high, repetitions=len(each))


def once(measured: float) -> Spread:
    """Return the spread of a ratio that was measured a single time."""
    return Spread(median=measured, lowest=measured, highest=measured, repetitions=1)
