"""Options that several verbs share, spelled once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click


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


reports_option = click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder that holds plan, recordings and report.",
)
