"""Progress as a bar, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from harness.cli.console import Terminal
from harness.cli.rate import rate


@contextmanager
def bar(label: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr, and yield a function that is told how much of ``total`` is done."""
    with Progress(*_columns(), console=Terminal(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=total, start=False)

        def move(done: int) -> None:
            if shown.tasks[task].started:
                shown.update(task, completed=done)
            else:
                shown.reset(task, completed=done)

        yield move


class _RateColumn(TextColumn):
    """How much is done in a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(rate(task.speed) if task.speed else "", style="progress.data.speed")


def _columns() -> tuple[TextColumn, BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn]:
    return TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _RateColumn(), TimeRemainingColumn()
