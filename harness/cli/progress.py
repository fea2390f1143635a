"""Progress of long work, on stderr: a bar on a terminal, one plain line every few seconds otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.cli.console import Terminal

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def progress(label: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how much of ``total`` is done."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Terminal(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda done: bar.update(task, completed=done)
        return
    said = time.monotonic()

    def line(done: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SECONDS_BETWEEN_LINES:
            said = time.monotonic()
            print(f"harness: {label}: {done} of {total}", file=sys.stderr, flush=True)  # noqa: T201

    yield line
