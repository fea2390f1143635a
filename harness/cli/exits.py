"""The one way in which a verb ends with a message and an exit code."""

from __future__ import annotations

from typing import NoReturn

import click

from harness.vocabulary import Exit


def leave(code: Exit, message: str) -> NoReturn:
    """Print ``message`` on stderr and exit with ``code``."""
    click.echo(f"harness: {message}", err=True)
    raise SystemExit(int(code))


def note(text: str) -> None:
    """Say on stderr what a person should know, while the work goes on."""
    click.echo(f"harness: {text}", err=True)


__all__ = ["Exit", "leave", "note"]
