"""Progress of long work, on stderr: a bar on a terminal, one plain line every few seconds otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.cli.rate import rate, span

SECONDS_BETWEEN_LINES = 5.0
Clock = Callable[[], float]


@contextmanager
def progress(label: str, *, total: int, clock: Clock = time.monotonic) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how much of ``total`` is done.

    What is done when it is told for the first time was done before, by an earlier run perhaps: rate and time left are
    those of what comes after.
    """
    if sys.stderr.isatty():
        from harness.cli.bar import bar  # noqa: PLC0415 - it takes longer to import than many a run has to say

        with bar(label, total=total) as move:
            yield move
        return
    lines = Lines(label, total=total, clock=clock)
    yield lines.told


class Lines:
    """One plain line every few seconds: how much is done, how fast, and how long the rest will take at that rate."""

    def __init__(self, label: str, *, total: int, clock: Clock) -> None:
        self._label, self._total, self._clock = label, total, clock
        self._said = clock()
        self._first: tuple[int, float] | None = None

    def told(self, done: int) -> None:
        """Print a line, where the last one is long enough ago."""
        now = self._clock()
        self._first = self._first or (done, now)
        if now - self._said < SECONDS_BETWEEN_LINES:
            return
        self._said = now
        before, since = self._first
        speed = (done - before) / (now - since) if now > since else 0.0
        rest = f", {rate(speed)}, {span((self._total - done) / speed)} left" if speed else ""
        print(f"harness: {self._label}: {done} of {self._total}{rest}", file=sys.stderr, flush=True)  # noqa: T201
