"""Options that several verbs share, spelled once."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Positive(click.FloatRange):
    """A finite number above 0: of a limit that is no number nothing is ever beyond."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return ``value`` as a float, or leave with a message of click's."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def reports_in(default: str, *, holds: str) -> Callable[[Decorated], Decorated]:
    """Return the option ``--reports``: a folder, by default ``default``, that holds what ``holds`` says."""
    return click.option(
        "--reports",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(default),
        show_default=True,
        help=f"The folder that holds {holds}.",
    )


reports_option = reports_in("reports", holds="plan, recordings and report")

environments_option = click.option(
    "--environments",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".tox"),
    show_default=True,
    help="tox's folder, with an environment per framework.",
)


def names(text: str) -> tuple[str, ...]:
    """Return the names in ``text``, which separates them by commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
