"""Options that several verbs share, spelled once."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.cli.exits import Exit, leave
from harness.layout import SELECTION, Layout

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

CASES = Path("cases")  # where no path is given
paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
keyword_option = click.option(
    "-k", "keyword", metavar="EXPR", help="Only what matches: words with and, or, not and parentheses, as in pytest."
)


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


def reports_in(
    default: str, *, holds: str, found: Callable[[Path], Path] = lambda folder: folder
) -> Callable[[Decorated], Decorated]:
    """Return the option ``--reports``: a folder, by default ``default``, that holds what ``holds`` says.

    ``found`` returns the folder that is meant by the one that was given.
    """
    return click.option(
        "--reports",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(default),
        show_default=True,
        callback=lambda _context, _option, folder: found(folder),
        help=f"The folder that holds {holds}.",
    )


def planned_in(folder: Path) -> Path:
    """Return ``folder``, or where it is a selection's own the one around it, which has the plan.

    The folder of a selection is where people are told that its page and programs lie. Leave where the plan around it is
    of a selection no more.
    """
    from harness.plan.store import PlanError, read_header  # noqa: PLC0415 - so that --help needs nothing but click

    whole = folder.parent if folder.name == SELECTION else folder.resolve().parent
    if folder.resolve().name != SELECTION or Layout(folder).plan.exists() or not Layout(whole).plan.exists():
        return folder
    try:
        selection = read_header(Layout(whole).plan).get("selection")
    except PlanError:
        return whole  # and have the verb say it
    if selection is None:
        leave(
            Exit.USAGE,
            f"{folder} is of a selection, and the plan in {whole} is by now of the whole library: plan the selection "
            f"again, or give --reports {whole}",
        )
    return whole


_HELD = "plan, recordings and report"
reports_option = reports_in("reports", holds=_HELD)
current_option = reports_in("reports", holds=_HELD, found=planned_in)  # of verbs that begin with a plan that is there

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
