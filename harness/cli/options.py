"""Options that several verbs share, spelled once."""

from __future__ import annotations

from pathlib import Path

import click

reports_option = click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder that holds plan, recordings and report.",
)
