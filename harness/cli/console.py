"""The terminal as every verb writes to it."""

from __future__ import annotations

from rich.console import Console


class Terminal(Console):
    """A console that leaves a closed pipe (``| head``) to the command line, as ``click.echo`` does."""

    def on_broken_pipe(self) -> None:
        """Raise, where rich itself would exit with 1: which here means findings."""
        raise BrokenPipeError
