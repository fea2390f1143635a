"""Progress of long work, on stderr: a bar on a terminal, one plain line every few seconds otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from harness.cli.console import Terminal

SECONDS_BETWEEN_LINES = 5.0
Clock = Callable[[], float]


@contextmanager
def progress(label: str, *, total: int, clock: Clock = time.monotonic) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how much of ``total`` is done.

    What is done when it is told for the first time was done before, by an earlier run perhaps: rate and time left are
    those of what comes after.
    """
    if sys.stderr.isatty():
        with Progress(*_columns(), console=Terminal(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total, start=False)

            def move(done: int) -> None:
                if bar.tasks[task].started:
                    bar.update(task, completed=done)
                else:
                    bar.reset(task, completed=done)

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


class _RateColumn(TextColumn):
    """How much is done in a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(rate(task.speed) if task.speed else "", style="progress.data.speed")


def _columns() -> tuple[TextColumn, BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn]:
    return TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _RateColumn(), TimeRemainingColumn()


def rate(speed: float) -> str:
    """Return a rate per second, or, where that is below one, the seconds that each takes."""
    return f"{speed:.0f} a second" if speed >= 1 else f"{1 / speed:.1f} s each"


def span(seconds: float) -> str:
    """Return a time as hours, minutes and seconds, without what is zero in front."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
